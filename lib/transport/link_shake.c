/* SPDX-License-Identifier: Apache-2.0 */
/* From the first byte to OPEN: Noise NK, whose first message rides in the path
 * of the upgrade request and whose second is the first WebSocket message of the
 * relay. PROTOCOL.md sections 2.2 to 2.4. */
#include "link_parts.h"

#include <assert.h>

#include "base/mem.h"
#include "crypto/encoding.h"

enum {
    MESSAGE_LEN = DH_LEN + AEAD_TAG_LEN, /* either message: a key and a tag */
    PATH_LEN = MESSAGE_LEN / 3 * 4,      /* in base64url */

    /* bytes of answers that wait to leave: who asks for more without reading is
     * answered for the last time */
    ANSWERS_MAX = 64 * 1024
};

static_assert(MESSAGE_LEN % 3 == 0, "no padding, no spare bits in the path");

/* A change of the protocol changes the prologue: who speaks another version
 * fails the handshake, and a man in the middle cannot talk them down. */
static const char protocol_name[] = "Noise_NK_25519_ChaChaPoly_BLAKE2b";
static const char prologue[] = "Pristan/1";

static enum err
link_new(enum ws_side side, struct link **l)
{
    struct link *made = mem_new(sizeof *made);

    if (made == NULL)
        return ERR_MEMORY;
    made->side = side;
    ws_reader_init(&made->ws, side == WS_CLIENT ? WS_SERVER : WS_CLIENT);
    frame_reader_init(&made->frames);
    made->pending = buf_limited(LINK_PADDED_MAX);
    made->shake = mem_new(sizeof *made->shake);
    if (made->shake == NULL) {
        link_free(made);
        return ERR_MEMORY;
    }
    made->shake->text = buf_limited(LIMIT_UPGRADE);
    ws_request_begin(&made->shake->request);
    decoy_head_begin(&made->shake->head);
    *l = made;
    return ERR_OK;
}

/* The handshake is large beside all else that an unfinished link holds, so it
 * is there only while it is needed. */
static enum err
shake_begin(struct link_shake *shake, const struct noise_config *config)
{
    shake->noise = mem_new(sizeof *shake->noise);
    if (shake->noise == NULL)
        return ERR_MEMORY;
    return noise_handshake_init(shake->noise, config);
}

void
link_shake_drop(struct link_shake *shake)
{
    if (shake->noise == NULL)
        return;
    noise_handshake_wipe(shake->noise);
    mem_free(shake->noise);
    shake->noise = NULL;
}

static bool
is_host(struct bytes host)
{
    for (size_t i = 0; i < host.len; i++)
        if (host.b[i] <= 0x20 || host.b[i] >= 0x7f)
            return false;
    return host.len >= 1 && host.len <= LINK_HOST_MAX;
}

/* Message 1 as it goes into the path. */
static enum err
write_path(struct noise_handshake *noise, struct buf *path)
{
    struct buf message = buf_limited(MESSAGE_LEN);
    enum err e;

    e = noise_handshake_write(noise, (struct bytes){0}, &message);
    if (e != ERR_OK)
        goto out;
    encoding_base64url(path, buf_bytes(&message));
    e = buf_end(path);
out:
    buf_free(&message);
    return e;
}

enum err
link_new_client(const struct dh_public *relay,
                struct bytes host,
                struct buf *out,
                struct link **l)
{
    struct noise_config config = {
        .protocol_name = protocol_name,
        .initiator = true,
        .prologue = bytes_str(prologue),
        .rs = relay,
    };
    struct buf path = buf_limited(PATH_LEN);
    struct link *made = NULL;
    enum err e;

    if (!is_host(host))
        return ERR_USE;
    e = link_new(WS_CLIENT, &made);
    if (e != ERR_OK)
        goto out;
    e = shake_begin(made->shake, &config);
    if (e != ERR_OK)
        goto out;
    e = write_path(made->shake->noise, &path);
    if (e != ERR_OK)
        goto out;
    ws_request_write(host, buf_bytes(&path), out, made->shake->ws_key);
    e = buf_end(out);
    if (e != ERR_OK)
        goto out;
    *l = made;
    made = NULL;
out:
    link_free(made);
    buf_free(&path);
    return e;
}

enum err
link_new_server(const struct dh_secret *secret,
                const struct dh_public *pub,
                const struct decoy_page *page,
                struct link **l)
{
    enum err e = link_new(WS_SERVER, l);

    if (e != ERR_OK)
        return e;
    (*l)->shake->secret = secret;
    (*l)->shake->pub = pub;
    (*l)->shake->page = page;
    return ERR_OK;
}

/* As much of l->in as the text may hold. */
static enum err
gather_text(struct link *l)
{
    struct buf *text = &l->shake->text;
    struct bytes part = bytes_slice(l->in, 0, text->max - text->len);

    buf_append(text, part);
    l->in = bytes_slice(l->in, part.len, l->in.len);
    return buf_end(text);
}

/* The path of a request that may be ours, opened. ERR_AUTH when it is not. One
 * that cannot be ours is opened, too, as another: the answer to an upgrade
 * takes as long whatever its path is. */
static enum err
read_path(struct link_shake *shake, const struct ws_request *request)
{
    struct noise_config config = {
        .protocol_name = protocol_name,
        .prologue = bytes_str(prologue),
        .s = shake->secret,
        .s_pub = shake->pub,
    };
    struct buf message = buf_limited(MESSAGE_LEN);
    struct buf payload = buf_limited(0);
    enum err e = ERR_MALFORMED;

    if (request->path_len == PATH_LEN)
        e = encoding_unbase64url(&message, BYTES_OF(request->path));
    if (e == ERR_MALFORMED) {
        buf_reset(&message);
        buf_u8(&message, 9); /* X25519's base point, a key like any other */
        buf_zero(&message, MESSAGE_LEN - 1);
        e = buf_end(&message);
    }
    if (e != ERR_OK)
        goto out;
    e = shake_begin(shake, &config);
    if (e != ERR_OK)
        goto out;
    e = noise_handshake_read(shake->noise, buf_bytes(&message), &payload);
out:
    buf_free(&payload);
    buf_free(&message);
    return e;
}

/* Relay: what is left of the last request's body goes by. */
static enum err
skip_body(struct link *l)
{
    struct link_shake *shake = l->shake;
    enum err e = decoy_body_skip(&shake->body, &l->in);

    if (e == ERR_NOT_FOUND)
        return e;
    if (e == ERR_OK && !shake->last)
        return ERR_OK;
    e = link_step(l, LINK_ANSWERED);
    return e == ERR_OK ? ERR_NOT_FOUND : e;
}

/* Relay: the request is whole, and one of ours if e is ERR_OK; whatever is not
 * is the web server's. */
static enum err
judge_request(struct link *l, enum err e)
{
    struct link_shake *shake = l->shake;

    if (e == ERR_OK && l->in.len != 0)
        e = ERR_MALFORMED; /* nobody of ours speaks before message 2 */
    if (e == ERR_OK) {
        l->tries++;
        e = read_path(shake, &shake->request.request);
    }
    if (e == ERR_MEMORY)
        return e;
    if (e != ERR_OK) {
        e = link_step(l, LINK_FOREIGN);
        return e == ERR_OK ? ERR_NOT_FOUND : e;
    }
    e = link_step(l, LINK_UPGRADED);
    return e == ERR_OK ? ERR_NOT_FOUND : e;
}

/* The web server's reading says where a head ends; ours, which is stricter,
 * goes along with it. */
static enum err
read_request(struct link *l)
{
    struct link_shake *shake = l->shake;
    struct bytes fed;
    enum err ours;
    enum err e = ERR_OK;

    if (shake->body.under_way)
        e = skip_body(l);
    if (e != ERR_OK)
        return e;
    fed = l->in;
    e = decoy_head_read(&shake->head, shake->page, &l->in);
    ours = ws_request_read(&shake->request,
                           bytes_slice(fed, 0, fed.len - l->in.len));
    return e == ERR_OK ? judge_request(l, ours) : e;
}

/* Client: the head of the answer, and not a byte of what follows it. */
static enum err
read_answer(struct link *l)
{
    struct link_shake *shake = l->shake;
    struct bytes fed = l->in;
    size_t before = shake->text.len;
    size_t head_len = 0;
    enum err e;

    e = gather_text(l);
    if (e != ERR_OK)
        return e;
    e = ws_answer_read(buf_bytes(&shake->text), shake->ws_key, &head_len);
    if (e != ERR_OK)
        return e;
    l->in = bytes_slice(fed, head_len - before, fed.len);
    return link_step(l, LINK_UPGRADED);
}

/* Client: the relay's first WebSocket message, which only the holder of the key
 * in the link can make. */
static enum err
read_message_2(struct link *l, const struct ws_message *m)
{
    struct noise_handshake *noise = l->shake->noise;
    struct buf payload = buf_limited(0);
    enum err e;

    if (m->len != MESSAGE_LEN)
        return ERR_MALFORMED;
    e = noise_handshake_read(noise, (struct bytes){m->b, m->len}, &payload);
    buf_free(&payload);
    if (e != ERR_OK)
        return e;
    e = noise_handshake_split(noise, &l->send, &l->recv);
    return e == ERR_OK ? link_step(l, LINK_SHAKEN) : e;
}

enum err
link_shake_next(struct link *l, struct buf *out)
{
    struct ws_message m;
    enum err e;

    if (l->side == WS_SERVER) {
        if (l->state == LINK_UPGRADING)
            return read_request(l);
        /* the owner has not accepted yet, so nobody of ours speaks */
        return l->in.len == 0 ? ERR_NOT_FOUND : ERR_MALFORMED;
    }
    if (l->state == LINK_UPGRADING) {
        e = read_answer(l);
        if (e != ERR_OK)
            return e;
    }
    while ((e = ws_reader_next(&l->ws, &l->in, &m)) == ERR_OK) {
        if (m.opcode == WS_CLOSE)
            return ERR_MALFORMED;
        if (m.opcode == WS_BINARY) {
            e = read_message_2(l, &m);
            return e == ERR_OK ? ERR_NOT_FOUND : e;
        }
        e = link_on_control(l, &m, out);
        if (e != ERR_OK)
            return e;
    }
    return e;
}

const struct dh_public *
link_first_ephemeral(const struct link *l)
{
    assert(l->side == WS_SERVER && l->state == LINK_SHAKING);
    return &l->shake->noise->re;
}

enum err
link_accept(struct link *l, struct buf *out)
{
    struct buf message = buf_limited(MESSAGE_LEN);
    enum err e;

    if (l->side != WS_SERVER || l->state != LINK_SHAKING)
        return ERR_TURN;
    e = noise_handshake_write(l->shake->noise, (struct bytes){0}, &message);
    if (e != ERR_OK)
        goto out;
    e = noise_handshake_split(l->shake->noise, &l->send, &l->recv);
    if (e != ERR_OK)
        goto out;
    ws_answer_write(l->shake->request.request.key, out);
    ws_frame_write(WS_SERVER, WS_BINARY, buf_bytes(&message), out);
    e = buf_end(out);
    if (e != ERR_OK)
        goto out;
    e = link_step(l, LINK_ACCEPT);
out:
    buf_free(&message);
    return e == ERR_OK ? e : link_fault(l, e);
}

void
link_refuse(struct link *l)
{
    enum err e;

    if (l->side != WS_SERVER || l->state != LINK_SHAKING)
        return;
    e = link_step(l, LINK_REFUSE);
    assert(e == ERR_OK);
}

/* The body begins in what was fed behind the head. ERR_MALFORMED: and does so
 * badly. */
static enum err
begin_body(struct link *l)
{
    struct link_shake *shake = l->shake;
    struct bytes rest = l->in;
    struct decoy_body look;
    enum err e = ERR_OK;

    decoy_body_begin(&shake->body, &shake->head.request);
    look = shake->body;
    if (look.under_way)
        e = decoy_body_skip(&look, &rest);
    return e == ERR_MALFORMED ? e : ERR_OK;
}

enum err
link_decoy(struct link *l, uint64_t now_ms, struct buf *out)
{
    struct link_shake *shake = l->shake;
    struct decoy_request *request;
    enum err e;

    if (l->state != LINK_DECOY)
        return ERR_TURN;
    request = &shake->head.request;
    e = begin_body(l);
    if (e != ERR_OK || ++shake->answered >= DECOY_REQUESTS_MAX ||
        out->len >= ANSWERS_MAX)
        request->keep = false;
    if (e != ERR_OK)
        request->found = DECOY_BAD;
    shake->last = !decoy_answer(request, shake->page, now_ms, out);
    ws_request_begin(&shake->request);
    decoy_head_begin(&shake->head);
    if (buf_end(out) != ERR_OK)
        return link_fault(l, buf_end(out));
    if (shake->last && (e != ERR_OK || !shake->body.under_way))
        return link_step(l, LINK_ANSWERED);
    return link_step(l, LINK_ASK_ON);
}

enum link_awaits
link_awaits(const struct link *l)
{
    assert(l->side == WS_SERVER && l->state == LINK_UPGRADING);
    if (l->shake->body.under_way)
        return LINK_AWAITS_BODY;
    return l->shake->head.begun ? LINK_AWAITS_HEAD : LINK_AWAITS_REQUEST;
}
