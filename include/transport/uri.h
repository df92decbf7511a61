/* SPDX-License-Identifier: Apache-2.0 */
/* A pristan: link (docs/PROTOCOL.md section 1). It is a secret unless it is of
 * kind RELAY.
 *
 *     pristan:BODY               BODY in base64url
 *     https://any.host/...#BODY  the same
 *     PRISTAN:BODY               BODY in base32 upper case, for QR codes and
 * telephones
 *
 * BODY = struct {
 *     uint8 version_and_kind;    version 1 in the high four bits
 *     opaque relay_key[32];
 *     [JOIN, ASK, RETURN:] opaque card[16]; opaque secret[16];
 *     Endpoint endpoints<1..3>;  each: uint8 type_or_length, host, uint16 port
 *     uint8 check[2];            first bytes of a hash of all before
 * } */
#ifndef TRANSPORT_URI_H
#define TRANSPORT_URI_H

#include "base/buf.h"
#include "crypto/dh.h"

enum uri_kind {
    URI_RELAY = 1, /* only where the relay is */
    URI_JOIN = 2,
    URI_ASK = 3,
    URI_RETURN = 4
};

enum { URI_ENDPOINTS_MAX = 3, URI_HOST_MAX = 63, URI_SECRET_LEN = 16 };

struct uri_endpoint {
    char host[URI_HOST_MAX + 1]; /* name, IPv4 or IPv6 without brackets */
    uint16_t port;               /* not 0 */
    bool tls;                    /* there is a front that speaks TLS */
};

struct uri {
    enum uri_kind kind;
    struct dh_public relay_key;
    uint8_t card[16]; /* first bytes of the card's id */
    uint8_t secret[URI_SECRET_LEN];
    struct uri_endpoint endpoints[URI_ENDPOINTS_MAX];
    size_t endpoint_count;
};

enum uri_spelling { URI_TEXT, URI_QR };

/* Appends. ERR_USE for a field out of range, ERR_MEMORY. */
MUST_USE enum err
uri_write(const struct uri *in, enum uri_spelling spelling, struct buf *out);

/* Takes any spelling, with white space around it. ERR_MALFORMED: not a pristan
 * link; ERR_AUTH: it is one, but mistyped or cut short (the check does not
 * hold); ERR_UNSUPPORTED: a later version or unknown kind. */
MUST_USE enum err uri_read(struct bytes in, struct uri *out);

void uri_wipe(struct uri *u);

#endif
