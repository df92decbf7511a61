/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a relay is, and ids of 16 bytes. */
#include <assert.h>
#include <string.h>

#include "core.h"
#include "crypto/random.h"

enum { TLS_SHIFT = 4, COUNT_MASK = 15 };

static_assert((int)URI_ENDPOINTS_MAX <= (int)COUNT_MASK &&
                  (int)TLS_SHIFT + (int)URI_ENDPOINTS_MAX <= 8,
              "count and TLS bits in one byte");

void
address_from_uri(const struct uri *in, struct address *out)
{
    *out = (struct address){.key = in->relay_key,
                            .endpoint_count = in->endpoint_count};
    memcpy(out->endpoints, in->endpoints, sizeof out->endpoints);
}

bool
address_equal(const struct address *a, const struct address *b)
{
    return bytes_equal(BYTES_OF(a->key.b), BYTES_OF(b->key.b));
}

void
address_write(const struct address *in, struct buf *out)
{
    unsigned tls = 0;

    buf_append(out, BYTES_OF(in->key.b));
    /* above the count: which of them are by TLS */
    for (size_t i = 0; i < in->endpoint_count; i++)
        tls |= in->endpoints[i].tls ? 1U << (TLS_SHIFT + i) : 0;
    buf_u8(out, (uint8_t)(in->endpoint_count | tls));
    for (size_t i = 0; i < in->endpoint_count; i++) {
        buf_opaque(out, bytes_str(in->endpoints[i].host));
        buf_u16(out, in->endpoints[i].port);
    }
}

void
address_read(struct reader *r, struct address *out)
{
    unsigned first;

    *out = (struct address){0};
    reader_copy(r, out->key.b, sizeof out->key.b);
    first = reader_u8(r);
    out->endpoint_count = first & COUNT_MASK;
    if (out->endpoint_count < 1 || out->endpoint_count > URI_ENDPOINTS_MAX) {
        out->endpoint_count = 0;
        reader_fail(r);
    }
    for (size_t i = 0; i < out->endpoint_count; i++) {
        struct bytes host = reader_opaque(r);

        if (host.len < 1 || host.len > URI_HOST_MAX ||
            memchr(host.b, 0, host.len) != NULL) {
            reader_fail(r);
            return;
        }
        memcpy(out->endpoints[i].host, host.b, host.len);
        out->endpoints[i].port = reader_u16(r);
        out->endpoints[i].tls = (first >> (TLS_SHIFT + i) & 1U) != 0;
    }
}

bool
client_id_equal(const struct client_id *a, const struct client_id *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool
client_id_is_zero(const struct client_id *a)
{
    return bytes_all_zero(BYTES_OF(a->b));
}

struct client_id
client_id_random(void)
{
    struct client_id id;

    do
        random_bytes(id.b, sizeof id.b);
    while (client_id_is_zero(&id));
    return id;
}

enum err
client_link_kind(struct bytes link, enum client_link_kind *out)
{
    static const enum client_link_kind kinds[] = {
        [URI_RELAY] = CLIENT_LINK_RELAY,
        [URI_JOIN] = CLIENT_LINK_JOIN,
        [URI_ASK] = CLIENT_LINK_ASK,
        [URI_RETURN] = CLIENT_LINK_RETURN,
    };
    struct uri uri;
    enum err e = uri_read(link, &uri);

    if (e == ERR_OK)
        *out = kinds[uri.kind];
    uri_wipe(&uri);
    return e;
}
