/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An upgrade request, an answer to ours, and a request to the web server.
 * Properties: what is good was incomplete a byte before; the web server always
 * says something whole. */
#include <assert.h>
#include <string.h>

#include "transport/decoy.h"
#include "transport/ws.h"

/* bytes: as long as nginx takes, empty lines before it aside */
enum { HEAD_MAX = 1024 + 4 * 8192 };

static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_request(struct bytes in)
{
    struct ws_request_reader r;

    ws_request_begin(&r);
    if (ws_request_read(&r, in) != ERR_OK)
        return;
    assert(memcmp(in.b, "GET /", 5) == 0 && r.request.path_len < in.len - 5);
    assert(in.len <= LIMIT_UPGRADE);
    in.len--;
    ws_request_begin(&r);
    assert(ws_request_read(&r, in) == ERR_NOT_FOUND);
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
    struct decoy_head h;
    struct decoy_body body;
    struct bytes rest = in;
    enum err e;

    decoy_head_begin(&h);
    e = decoy_head_read(&h, &page, &rest);
    while (in.len != 0 && (in.b[0] == '\r' || in.b[0] == '\n'))
        in = bytes_slice(in, 1, in.len);
    assert(e == ERR_OK || (e == ERR_NOT_FOUND && in.len < HEAD_MAX));
    if (e != ERR_OK)
        return;
    assert(in.len - rest.len <= HEAD_MAX);
    (void)decoy_answer(&h.request, &page, in.len * 86400000ULL, &out);
    assert(buf_end(&out) == ERR_OK);
    assert(h.request.bare ||
           (out.len > 50 && memcmp(out.b, "HTTP/1.1 ", 9) == 0));
    decoy_body_begin(&body, &h.request);
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
