/* SPDX-License-Identifier: Apache-2.0 */
/* One address of a relay inside a link (docs/PROTOCOL.md section 1.3):
 *
 *     struct {
 *         uint8 type_or_length;  1..63: a name of so many bytes;
 *                                0x84: 4 bytes of IPv4; 0x90: 16 of IPv6;
 *                                0x40 added to it: by TLS
 *         opaque host[...];
 *         uint16 port;           not 0
 *     } Endpoint */
#ifndef LIB_TRANSPORT_ENDPOINT_H
#define LIB_TRANSPORT_ENDPOINT_H

#include "base/reader.h"
#include "transport/uri.h"

enum { ENDPOINT_LEN_MAX = 1 + URI_HOST_MAX + 2 };

/* Appends. Capital letters of a name become small ones. ERR_USE for a host that
 * is neither an address nor a name of letters, digits, '-', '_' and '.', or for
 * port 0. */
MUST_USE enum err
endpoint_write(const struct uri_endpoint *in, struct buf *out);

/* A bad one makes r fail. Addresses come out in their shortest text form. */
void endpoint_read(struct reader *r, struct uri_endpoint *out);

#endif
