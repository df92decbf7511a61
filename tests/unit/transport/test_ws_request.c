/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "transport/ws.h"

#include <string.h>

#include "cm.h"

/* The example of RFC 6455 section 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

static enum err
read_request(struct bytes in, struct ws_request *r)
{
    struct ws_request_reader reader;
    enum err e;

    ws_request_begin(&reader);
    e = ws_request_read(&reader, in);
    *r = reader.request;
    return e;
}

static enum err
request(const char *in, struct ws_request *r)
{
    return read_request(bytes_str(in), r);
}

static void
test_request_round_trip(void **state)
{
    struct buf out = buf_limited(LIMIT_UPGRADE);
    struct ws_request r;
    uint8_t key[WS_KEY_LEN];
    uint8_t other[WS_KEY_LEN];

    (void)state;
    ws_request_write(bytes_str("relay.example:8443"), bytes_str("abc-_9"), &out,
                     key);
    assert_err(buf_end(&out), ERR_OK);
    for (size_t len = 0; len < out.len; len++)
        assert_err(read_request((struct bytes){out.b, len}, &r), ERR_NOT_FOUND);
    assert_err(read_request(buf_bytes(&out), &r), ERR_OK);
    assert_bytes(((struct bytes){r.path, r.path_len}), bytes_str("abc-_9"));
    assert_memory_equal(r.key, key, sizeof key);
    buf_reset(&out);
    ws_request_write(bytes_str("h"), bytes_str("p"), &out, other);
    assert_memory_not_equal(key, other, sizeof key);
    buf_free(&out);
}

/* As a browser and a proxy write it. */
static void
test_foreign_but_good_request(void **state)
{
    struct ws_request r;

    (void)state;
    assert_err(
        request("GET /abc HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, "
                "Upgrade\r\nPragma: no-cache\r\nOrigin: https://x\r\n"
                "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.2\r\n"
                "UPGRADE: WebSocket\r\nsec-websocket-version:13\r\n"
                "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                "Sec-WebSocket-Extensions: x\r\nContent-Length: 0\r\n"
                "Sec-WebSocket-Key: " KEY "\r\n\r\n",
                &r),
        ERR_OK);
    assert_bytes(((struct bytes){r.path, r.path_len}), bytes_str("abc"));
    assert_memory_equal(r.key, KEY, WS_KEY_LEN);
}

static const char *const good_lines[] = {"GET /abc HTTP/1.1\r\n",
                                         "Host: x\r\n",
                                         "Connection: Upgrade\r\n",
                                         "Upgrade: websocket\r\n",
                                         "Sec-WebSocket-Version: 13\r\n",
                                         "Sec-WebSocket-Key: " KEY "\r\n",
                                         "\r\n"};
enum { GOOD_LINES = sizeof good_lines / sizeof *good_lines };

/* The good request with line n replaced. */
static enum err
request_with(size_t n, const char *line)
{
    char text[1000] = "";
    struct ws_request r;

    for (size_t i = 0; i < GOOD_LINES; i++)
        strncat(text, i == n ? line : good_lines[i],
                sizeof text - strlen(text) - 1);
    return request(text, &r);
}

static void
test_bad_requests(void **state)
{
    static const struct {
        size_t line;
        const char *text;
    } cases[] = {
        {0, "POST /abc HTTP/1.1\r\n"},
        {0, "GET /abc HTTP/1.0\r\n"},
        {0, "GET /abc HTTP/2.0\r\n"},
        {0, "GET abc HTTP/1.1\r\n"},
        {0, "GET /abc HTTP/1.1\n"},
        {0, "\r\nGET /abc HTTP/1.1\r\n"},
        {1, ""},
        {1, "Host:\r\n"},
        {1, "Host: x\r\nHost: x\r\n"},
        {1, "Host: x\r\n folded: line\r\n"},
        {1, "Host: x\n"},
        {1, "Host x\r\n"},
        {1, "Host: x\r\nContent-Length: 1\r\n"},
        {1, "Host: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n"},
        {1, "Host: x\r\nTransfer-Encoding: chunked\r\n"},
        {2, ""},
        {2, "Connection: close\r\n"},
        {2, "Connection: Upgrade\r\nConnection: Upgrade\r\n"},
        {3, ""},
        {3, "Upgrade: h2c\r\n"},
        {3, "Upgrade: websockets\r\n"},
        {4, ""},
        {4, "Sec-WebSocket-Version: 8\r\n"},
        {4, "Sec-WebSocket-Version: 13, 8\r\n"},
        {5, ""},
        {5, "Sec-WebSocket-Key: \r\n"},
        {5, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n"},
        {5, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ===\r\n"},
        {5, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\n"},
        {5, "Sec-WebSocket-Key: dGhlIHNhb*BsZSBub25jZQ==\r\n"},
        {5, "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Key: " KEY "\r\n"},
        {6, "\r\nx"},
        {6, "\n"},
    };

    (void)state;
    assert_err(request_with(GOOD_LINES, NULL), ERR_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_err(request_with(cases[i].line, cases[i].text), ERR_MALFORMED);
}

/* Nobody waits for more of what cannot become one of ours. */
static void
test_first_lines(void **state)
{
    static const char *const bad[] = {
        "\r",
        " ",
        "GET\r",
        "GET  ",
        "g",
        "G3",
        "H",
        "GET *",
        "GET /\x01",
        "GET /\x80",
        "GET /\x7f",
        "GET /\r",
        "GET /a b",
        "GET / h",
        "GET / F",
        "GET / HTTP/11",
        "GET / HTTP/1.0",
        "GET / HTTP/1.1 ",
        "GET / HTTP/1.1\n",
        "GET / HTTP/1.1\r\r",
    };
    struct ws_request r;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bytes in = bytes_str(bad[i]);

        assert_err(read_request(in, &r), ERR_MALFORMED);
        in.len--;
        assert_err(read_request(in, &r), ERR_NOT_FOUND);
    }
    assert_err(request("\x16\x03\x01", &r), ERR_MALFORMED);
    assert_err(request("SSH-2.0-OpenSSH", &r), ERR_MALFORMED);
    assert_err(request("GET /\r\n", &r), ERR_MALFORMED);
}

static void
test_request_limit(void **state)
{
    static char text[LIMIT_UPGRADE + 2];
    struct ws_request r;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "GET /", 5);
    text[LIMIT_UPGRADE - 1] = '\0';
    assert_err(request(text, &r), ERR_NOT_FOUND);
    text[LIMIT_UPGRADE - 1] = 'x';
    text[LIMIT_UPGRADE] = '\0';
    assert_err(request(text, &r), ERR_TOO_LARGE);
    memcpy(text, "GET / HTTP/1.1\r\nA: ", 19);
    memcpy(text + LIMIT_UPGRADE - 3, "\r\n\r\n", 4);
    assert_err(request(text, &r), ERR_TOO_LARGE);
}

/* However it is cut; and once it is whole, anything more is too much. */
static void
test_any_cut(void **state)
{
    struct buf in = buf_limited(LIMIT_UPGRADE);
    uint8_t key[WS_KEY_LEN];

    (void)state;
    ws_request_write(bytes_str("relay.example"), bytes_str("path"), &in, key);
    for (size_t step = 1; step <= in.len; step++) {
        struct ws_request_reader r;
        enum err e = ERR_NOT_FOUND;

        ws_request_begin(&r);
        for (size_t at = 0; at < in.len; at += step) {
            assert_err(e, ERR_NOT_FOUND);
            e = ws_request_read(&r, bytes_slice(buf_bytes(&in), at, step));
        }
        assert_err(e, ERR_OK);
        assert_memory_equal(r.request.key, key, sizeof key);
        assert_err(ws_request_read(&r, (struct bytes){0}), ERR_OK);
        assert_err(ws_request_read(&r, bytes_str("\n")), ERR_MALFORMED);
        assert_err(ws_request_read(&r, (struct bytes){0}), ERR_MALFORMED);
    }
    buf_free(&in);
}

/* A path is counted whole and kept as far as it can be ours. */
static void
test_long_path(void **state)
{
    struct buf in = buf_limited(LIMIT_UPGRADE);
    uint8_t path[WS_PATH_MAX + 1];
    uint8_t key[WS_KEY_LEN];
    struct ws_request r;

    (void)state;
    memset(path, 'p', sizeof path);
    ws_request_write(bytes_str("x"), BYTES_OF(path), &in, key);
    assert_err(read_request(buf_bytes(&in), &r), ERR_OK);
    assert_int_equal(r.path_len, WS_PATH_MAX + 1);
    assert_memory_equal(r.path, path, WS_PATH_MAX);
    buf_free(&in);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_round_trip),
        cmocka_unit_test(test_foreign_but_good_request),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_first_lines),
        cmocka_unit_test(test_request_limit),
        cmocka_unit_test(test_any_cut),
        cmocka_unit_test(test_long_path),
    };

    return RUN(tests);
}
