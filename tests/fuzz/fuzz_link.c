/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bytes to a link. The first byte chooses the end and how far it has come:
 *
 *   0  a fresh relay          2  an open relay: the bytes are socket bytes
 *   1  a fresh client         3  an open client: the same
 *   4  an open relay: the bytes are the plaintext of a well sealed message
 *
 * and from 128 on that it is stopped before each frame, as if there were others
 * to be read (link_keep()); the second the steps in which they come.
 * Properties: only documented errors; FAILED and CLOSED hold nothing; what was
 * fed is not looked at any more; an honest link goes on after whatever was
 * good. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "lib/transport/link_parts.h"

enum { ENDS = 5, STOPPED = 128, OUT_MAX = 4 * 1024 * 1024 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct decoy_page page = {{(const uint8_t *)"page", 4}, 7};
static struct dh_secret secret; /* the relay's; set once */
static struct dh_public pub;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (random_start() != ERR_OK)
        return 1;
    random_seed(1);
    dh_generate(&secret, &pub);
    return 0;
}

static void
pass(struct link *to, struct buf *under_way, struct buf *out)
{
    struct bytes frame;
    enum err e;

    link_feed(to, buf_bytes(under_way));
    e = link_next(to, out, &frame);
    assert(e == ERR_NOT_FOUND);
    buf_reset(under_way);
}

static void
open_both(struct link *client, struct link *relay, struct buf *a, struct buf *b)
{
    enum err e;

    pass(relay, a, b);
    e = link_accept(relay, b);
    assert(e == ERR_OK);
    pass(client, b, a);
    assert(link_state(client) == LINK_OPEN && link_state(relay) == LINK_OPEN);
}

static void
check(const struct link *l, enum err e)
{
    enum link_state s = link_state(l);

    assert((s == LINK_FAILED) == (e != ERR_NOT_FOUND));
    assert(e == ERR_NOT_FOUND || e == ERR_MALFORMED || e == ERR_TOO_LARGE ||
           e == ERR_AUTH || e == ERR_DENIED);
    assert(l->rest == NULL);
    if (s != LINK_FAILED && s != LINK_CLOSED)
        return;
    assert(l->shake == NULL && l->ws.message.b == NULL &&
           l->frames.partial.b == NULL && l->pending.b == NULL);
}

static void
answer(struct link *l, struct buf *out)
{
    enum err e = link_decoy(l, 0, out);

    assert(e == ERR_OK && link_state(l) != LINK_DECOY);
    if (link_state(l) == LINK_UPGRADING)
        assert(link_awaits(l) <= LINK_AWAITS_BODY);
    if (out->len > OUT_MAX / 2)
        buf_reset(out);
}

/* All that is there after one read. */
static enum err
go_through(struct link *l, bool stopped, struct buf *out)
{
    struct bytes frame;
    enum err e;

    for (;;) {
        if (stopped && link_keep(l) != ERR_OK)
            assert(false);
        e = link_next(l, out, &frame);
        if (e == ERR_OK)
            assert(frame.len >= 1 && frame.len <= LIMIT_FRAME);
        else if (link_state(l) == LINK_DECOY)
            answer(l, out);
        else
            return e;
    }
}

/* What is stopped has lost what it was fed by the time that it goes on. */
static enum err
feed_and_stop(struct link *l, struct bytes in, struct buf *out)
{
    uint8_t *b = mem_new(in.len);
    enum err e;

    assert(b != NULL);
    memcpy(b, in.b, in.len);
    link_feed(l, (struct bytes){b, in.len});
    e = link_keep(l);
    assert(e == ERR_OK);
    mem_free(b);
    return go_through(l, true, out);
}

static void
feed(
    struct link *l, struct bytes in, size_t step, bool stopped, struct buf *out)
{
    enum err e = ERR_NOT_FOUND;

    for (size_t at = 0; at < in.len && e == ERR_NOT_FOUND; at += step) {
        struct bytes part = bytes_slice(in, at, step);

        if (stopped) {
            e = feed_and_stop(l, part, out);
            continue;
        }
        link_feed(l, part);
        e = go_through(l, false, out);
    }
    check(l, e);
}

static void
seal(struct link *client, struct bytes plain, struct buf *out)
{
    uint8_t sealed[LIMIT_NOISE_MESSAGE];
    enum err e;

    plain = bytes_slice(plain, 0, sizeof sealed - AEAD_TAG_LEN);
    e = noise_cipher_encrypt(&client->send, (struct bytes){0}, plain, sealed);
    assert(e == ERR_OK);
    ws_frame_write(WS_CLIENT, WS_BINARY,
                   (struct bytes){sealed, plain.len + AEAD_TAG_LEN}, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf a = buf_limited(OUT_MAX);
    struct buf b = buf_limited(OUT_MAX);
    struct link *client = NULL;
    struct link *relay = NULL;
    struct bytes in;
    uint8_t end;
    enum err e;

    if (size < 2)
        return 0;
    end = data[0] % ENDS;
    in = (struct bytes){data + 2, size - 2};
    e = link_new_client(&pub, bytes_str("relay.example"), &a, &client);
    assert(e == ERR_OK);
    e = link_new_server(&secret, &pub, &page, &relay);
    assert(e == ERR_OK);
    if (end >= 2)
        open_both(client, relay, &a, &b);
    if (end == 4) {
        seal(client, in, &a);
        in = buf_bytes(&a);
    }
    feed(end % 2 == 0 ? relay : client, in, 1 + 16 * (size_t)data[1],
         data[0] >= STOPPED, &b);
    link_free(client);
    link_free(relay);
    buf_free(&a);
    buf_free(&b);
    return 0;
}
