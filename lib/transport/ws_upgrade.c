/* SPDX-License-Identifier: Apache-2.0 */
/* The opening handshake of WebSocket (RFC 6455 section 4): what is written on
 * both sides, and the answer read; ws_request.c reads the request. */
#include "transport/ws.h"

#include <string.h>

#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "http.h"

enum { ACCEPT_LEN = 28 }; /* base64 of a SHA-1 */

/* Section 1.3 */
static const char accept_guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

static void
text(struct buf *out, const char *s)
{
    buf_append(out, bytes_str(s));
}

void
ws_request_write(struct bytes host,
                 struct bytes path,
                 struct buf *out,
                 uint8_t key[static WS_KEY_LEN])
{
    uint8_t nonce[16];
    size_t mark;

    random_bytes(nonce, sizeof nonce);
    text(out, "GET /");
    buf_append(out, path);
    text(out, " HTTP/1.1\r\nHost: ");
    buf_append(out, host);
    text(out, "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
    mark = out->len;
    encoding_base64(out, BYTES_OF(nonce));
    if (buf_end(out) == ERR_OK)
        memcpy(key, out->b + mark, WS_KEY_LEN);
    text(out, "\r\n\r\n");
}

/* base64(SHA-1(key || GUID)), section 4.2.2 item 5.4 */
static void
write_accept(const uint8_t key[static WS_KEY_LEN], struct buf *out)
{
    uint8_t in[WS_KEY_LEN + sizeof accept_guid - 1];
    uint8_t digest[HASH_SHA1_LEN];

    memcpy(in, key, WS_KEY_LEN);
    memcpy(in + WS_KEY_LEN, accept_guid, sizeof accept_guid - 1);
    hash_sha1(BYTES_OF(in), digest);
    encoding_base64(out, BYTES_OF(digest));
}

void
ws_answer_write(const uint8_t key[static WS_KEY_LEN], struct buf *out)
{
    text(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
              "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
    write_accept(key, out);
    text(out, "\r\n\r\n");
}

/* The fields of an answer that count; each may come once. */
enum field {
    FIELD_UPGRADE,
    FIELD_CONNECTION,
    FIELD_ACCEPT,
    FIELD_EXTENSIONS,
    FIELD_PROTOCOL,
    FIELDS
};

static const char *const field_names[FIELDS] = {
    [FIELD_UPGRADE] = "upgrade",
    [FIELD_CONNECTION] = "connection",
    [FIELD_ACCEPT] = "sec-websocket-accept",
    [FIELD_EXTENSIONS] = "sec-websocket-extensions",
    [FIELD_PROTOCOL] = "sec-websocket-protocol",
};

struct fields {
    struct bytes value[FIELDS];
    bool there[FIELDS];
};

/* All lines up to the empty one. ERR_MALFORMED. */
static enum err
read_fields(struct bytes *rest, struct fields *out)
{
    struct http_field f;
    struct bytes line;
    bool bad = false;

    while (http_line_next(rest, &line, &bad) && line.len != 0) {
        if (http_field_read(line, &f) != ERR_OK)
            return ERR_MALFORMED;
        for (size_t i = 0; i < FIELDS; i++) {
            if (!http_equal(f.name, field_names[i]))
                continue;
            if (out->there[i])
                return ERR_MALFORMED;
            out->there[i] = true;
            out->value[i] = f.value;
        }
    }
    return bad ? ERR_MALFORMED : ERR_OK;
}

/* Is the head whole? NOT_FOUND while more may help. */
static enum err
find_head(struct bytes in, size_t *head_len)
{
    *head_len = http_head_len(in);
    if (*head_len > LIMIT_UPGRADE)
        return ERR_TOO_LARGE;
    if (*head_len != 0)
        return ERR_OK;
    return in.len < LIMIT_UPGRADE ? ERR_NOT_FOUND : ERR_TOO_LARGE;
}

/* Section 4.1, "once the client's opening handshake has been sent", items 2 to
 * 6; we offered no extension and no subprotocol. */
static enum err
check_answer(const struct fields *f, const uint8_t key[static WS_KEY_LEN])
{
    struct buf accept = buf_limited(ACCEPT_LEN);
    enum err e;

    write_accept(key, &accept);
    e = buf_end(&accept);
    if (e != ERR_OK)
        goto out;
    if (!http_equal(f->value[FIELD_UPGRADE], "websocket") ||
        !http_list_has(f->value[FIELD_CONNECTION], "upgrade") ||
        !bytes_equal(f->value[FIELD_ACCEPT], buf_bytes(&accept)) ||
        f->there[FIELD_EXTENSIONS] || f->there[FIELD_PROTOCOL])
        e = ERR_MALFORMED;
out:
    buf_free(&accept);
    return e;
}

enum err
ws_answer_read(struct bytes in,
               const uint8_t key[static WS_KEY_LEN],
               size_t *head_len)
{
    struct fields fields = {0};
    struct bytes rest = in;
    struct bytes line;
    unsigned status;
    bool bad = false;
    enum err e;

    /* the first line decides, however long the rest is */
    if (http_line_next(&rest, &line, &bad)) {
        if (bad || http_status_line_read(line, &status) != ERR_OK)
            return ERR_MALFORMED;
        if (status == 407 || status == 429 || status / 100 == 5)
            return ERR_DENIED;
        if (status != 101)
            return ERR_AUTH;
    }
    e = find_head(in, head_len);
    if (e != ERR_OK)
        return e;
    rest.len = *head_len - (size_t)(rest.b - in.b);
    e = read_fields(&rest, &fields);
    return e == ERR_OK ? check_answer(&fields, key) : e;
}
