/* SPDX-License-Identifier: Apache-2.0 */
/* Names and addresses in a link. docs/PROTOCOL.md section 1.3. Addresses are
 * kept as bytes, since a link has to fit a small QR code. */
#include "endpoint.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

enum {
    TYPE_IPV4 = 0x84,
    TYPE_IPV6 = 0x90,
    TYPE_TLS = 0x40, /* added to any type or length */
    IPV4_LEN = 4,
    IPV6_LEN = 16
};

static_assert((int)URI_HOST_MAX < (int)TYPE_TLS,
              "a length and the bit are apart");

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

/* A name in small letters: labels between dots, none empty, the last one not a
 * number, because resolvers take "1.2.3" and "0x7f.1" for addresses. */
static bool
is_name(const char *host, size_t len)
{
    size_t label = 0; /* where the present label begins */

    if (len == 0)
        return false;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && host[i] != '.') {
            if (!is_name_char(host[i]))
                return false;
            continue;
        }
        if (i == label || host[label] == '-' || host[i - 1] == '-')
            return false;
        if (i < len)
            label = i + 1;
    }
    return !is_digit(host[label]);
}

/* False when the host is not ended inside its array. */
static bool
lower_case(const char host[static URI_HOST_MAX + 1],
           char out[static URI_HOST_MAX + 1])
{
    for (size_t i = 0; i <= URI_HOST_MAX; i++) {
        char c = host[i];

        out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (c == '\0')
            return true;
    }
    return false;
}

enum err
endpoint_write(const struct uri_endpoint *in, struct buf *out)
{
    char host[URI_HOST_MAX + 1];
    uint8_t address[IPV6_LEN];
    unsigned tls = in->tls ? TYPE_TLS : 0;

    if (in->port == 0 || !lower_case(in->host, host))
        return ERR_USE;
    if (inet_pton(AF_INET, host, address) == 1) {
        buf_u8(out, (uint8_t)(TYPE_IPV4 | tls));
        buf_append(out, (struct bytes){address, IPV4_LEN});
    } else if (inet_pton(AF_INET6, host, address) == 1) {
        buf_u8(out, (uint8_t)(TYPE_IPV6 | tls));
        buf_append(out, (struct bytes){address, IPV6_LEN});
    } else if (is_name(host, strlen(host))) {
        buf_u8(out, (uint8_t)(strlen(host) | tls));
        buf_append(out, bytes_str(host));
    } else {
        return ERR_USE;
    }
    buf_u16(out, in->port);
    return ERR_OK;
}

static void
read_address(struct reader *r, int family, size_t len, char *host)
{
    uint8_t address[IPV6_LEN];

    reader_copy(r, address, len);
    if (inet_ntop(family, address, host, URI_HOST_MAX + 1) == NULL)
        reader_fail(r);
}

static void
read_name(struct reader *r, size_t len, char *host)
{
    if (len == 0 || len > URI_HOST_MAX) {
        reader_fail(r);
        return;
    }
    reader_copy(r, (uint8_t *)host, len);
    host[len] = '\0';
    if (!is_name(host, len))
        reader_fail(r);
}

void
endpoint_read(struct reader *r, struct uri_endpoint *out)
{
    uint8_t type = reader_u8(r);

    memset(out, 0, sizeof *out);
    out->tls = (type & TYPE_TLS) != 0;
    type &= (uint8_t)~TYPE_TLS;
    if (type == TYPE_IPV4)
        read_address(r, AF_INET, IPV4_LEN, out->host);
    else if (type == TYPE_IPV6)
        read_address(r, AF_INET6, IPV6_LEN, out->host);
    else
        read_name(r, type, out->host);
    out->port = reader_u16(r);
    if (out->port == 0)
        reader_fail(r);
}
