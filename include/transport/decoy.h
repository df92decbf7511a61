/* SPDX-License-Identifier: Apache-2.0 */
/* What an ordinary static web server with one page says to a request, so that
 * whoever probes the relay meets nothing else. PROTOCOL.md section 2.3. */
#ifndef TRANSPORT_DECOY_H
#define TRANSPORT_DECOY_H

#include "base/buf.h"
#include "base/bytes.h"

/* Appends a whole HTTP answer; the connection is closed after it.
 *
 *  request  what came in, maybe not HTTP at all, maybe incomplete
 *  page     the HTML that GET / gives; the same for everyone
 *  now_ms   Unix time for the Date header, before the year 10000
 *
 * 200 for GET and HEAD of / and /index.html, 404 for other paths, 405 for other
 * methods, 400 for what is not a request, 505 for other versions than HTTP/1.x.
 * Errors stick in out. */
void decoy_answer(struct bytes request,
                  struct bytes page,
                  uint64_t now_ms,
                  struct buf *out);

#endif
