/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An upgrade request, an answer to ours, and a request to the web server.
 * Properties: what is good was incomplete a byte before; the web server always
 * says something whole. */
#include <assert.h>
#include <string.h>

#include "transport/decoy.h"
#include "transport/ws.h"

static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_request(struct bytes in)
{
    struct ws_request request;

    if (ws_request_read(in, &request) != ERR_OK)
        return;
    assert(request.path.b > in.b && request.path.b < in.b + in.len);
    assert(in.len <= LIMIT_UPGRADE);
    in.len--;
    assert(ws_request_read(in, &request) == ERR_NOT_FOUND);
}

static void
read_answer(struct bytes in)
{
    size_t len = 0;

    if (ws_answer_read(in, (const uint8_t *)key, &len) != ERR_OK)
        return;
    assert(len != 0 && len <= in.len);
    in.len = len - 1;
    assert(ws_answer_read(in, (const uint8_t *)key, &len) == ERR_NOT_FOUND);
}

static void
ask_web_server(struct bytes in)
{
    static const struct decoy_page page = {{(const uint8_t *)"page", 4}, 7};
    struct buf out = buf_limited(4096);
    struct decoy_request r;
    struct decoy_body body;
    struct bytes rest;
    enum err e = decoy_read(in, &r);

    assert(e == ERR_OK || (e == ERR_NOT_FOUND && in.len < LIMIT_UPGRADE));
    if (e != ERR_OK)
        return;
    assert(r.len <= in.len && r.len <= LIMIT_UPGRADE);
    (void)decoy_answer(&r, &page, in.len * 86400000ULL, &out);
    assert(buf_end(&out) == ERR_OK);
    assert(r.bare || (out.len > 50 && memcmp(out.b, "HTTP/1.1 ", 9) == 0));
    decoy_body_begin(&body, &r);
    rest = bytes_slice(in, r.len, in.len - r.len);
    e = body.under_way ? decoy_body_skip(&body, &rest) : ERR_OK;
    assert(e != ERR_NOT_FOUND || rest.len == 0);
    buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};

    read_request(in);
    read_answer(in);
    ask_web_server(in);
    return 0;
}
