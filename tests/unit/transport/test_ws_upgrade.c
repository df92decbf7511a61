/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "transport/ws.h"

#include <stdio.h>
#include <string.h>

#include "cm.h"

/* The example of RFC 6455 section 1.3. */
#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static enum err
request(const char *in, struct ws_request *r)
{
    return ws_request_read(bytes_str(in), r);
}

static enum err
answer(const char *in)
{
    size_t len;

    return ws_answer_read(bytes_str(in), (const uint8_t *)KEY, &len);
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
        assert_err(ws_request_read((struct bytes){out.b, len}, &r),
                   ERR_NOT_FOUND);
    assert_err(ws_request_read(buf_bytes(&out), &r), ERR_OK);
    assert_bytes(r.path, bytes_str("abc-_9"));
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
    assert_bytes(r.path, bytes_str("abc"));
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

static void
test_hopeless_at_once(void **state)
{
    struct ws_request r;

    (void)state;
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

static void
test_answer_round_trip(void **state)
{
    struct buf out = buf_limited(LIMIT_UPGRADE);
    uint8_t other[WS_KEY_LEN];
    size_t head_len = 0;

    (void)state;
    ws_answer_write((const uint8_t *)KEY, &out);
    buf_u8(&out, 0);
    assert_non_null(
        strstr((char *)out.b, "\r\nSec-WebSocket-Accept: " ACCEPT "\r\n"));
    buf_truncate(&out, out.len - 1);
    for (size_t len = 0; len < out.len; len++)
        assert_err(ws_answer_read((struct bytes){out.b, len},
                                  (const uint8_t *)KEY, &head_len),
                   ERR_NOT_FOUND);
    buf_append(&out, bytes_str("frames"));
    assert_err(ws_answer_read(buf_bytes(&out), (const uint8_t *)KEY, &head_len),
               ERR_OK);
    assert_int_equal(head_len, out.len - 6);
    memcpy(other, KEY, sizeof other);
    other[0] ^= 1;
    assert_err(ws_answer_read(buf_bytes(&out), other, &head_len),
               ERR_MALFORMED);
    buf_free(&out);
}

static void
test_other_answers(void **state)
{
    static const struct {
        const char *text;
        enum err e;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\n", ERR_AUTH},
        {"HTTP/1.1 404 Not Found\r\n", ERR_AUTH},
        {"HTTP/1.0 302 Found\r\nLocation: http://login.example/\r\n\r\n",
         ERR_AUTH},
        {"HTTP/1.1 400 Bad Request\r\n", ERR_AUTH},
        {"HTTP/1.1 407 Proxy Authentication Required\r\n", ERR_DENIED},
        {"HTTP/1.1 429 Too Many Requests\r\n", ERR_DENIED},
        {"HTTP/1.1 502 Bad Gateway\r\n", ERR_DENIED},
        {"HTTP/1.1 503 Service Unavailable\r\n", ERR_DENIED},
        {"SSH-2.0-OpenSSH\r\n", ERR_MALFORMED},
        {"HTTP/1.1 101 Ok\n", ERR_MALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_err(answer(cases[i].text), cases[i].e);
}

#define ANSWER(upgrade, connection, accept, more)                              \
    "HTTP/1.1 101 X\r\n" upgrade connection accept more "\r\n"
#define UPGRADE    "Upgrade: WebSocket\r\n"
#define CONNECTION "Connection: upgrade\r\n"
#define ACCEPTED   "Sec-WebSocket-Accept: " ACCEPT "\r\n"

static void
test_bad_101(void **state)
{
    static const char *const cases[] = {
        ANSWER("", CONNECTION, ACCEPTED, ""),
        ANSWER(UPGRADE, "", ACCEPTED, ""),
        ANSWER(UPGRADE, CONNECTION, "", ""),
        ANSWER("Upgrade: x\r\n", CONNECTION, ACCEPTED, ""),
        ANSWER(UPGRADE, "Connection: close\r\n", ACCEPTED, ""),
        ANSWER(UPGRADE, CONNECTION, "Sec-WebSocket-Accept: x\r\n", ""),
        ANSWER(UPGRADE, CONNECTION, ACCEPTED, ACCEPTED),
        ANSWER(UPGRADE, CONNECTION, ACCEPTED, "no field\r\n"),
        ANSWER(UPGRADE, CONNECTION, ACCEPTED, "A: b\n"),
        ANSWER(UPGRADE, CONNECTION, ACCEPTED,
               "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
        ANSWER(UPGRADE, CONNECTION, ACCEPTED,
               "Sec-WebSocket-Protocol: chat\r\n"),
    };

    (void)state;
    assert_err(answer(ANSWER(UPGRADE, CONNECTION, ACCEPTED, "Server: x\r\n")),
               ERR_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_err(answer(cases[i]), ERR_MALFORMED);
}

static void
test_answer_limit_and_memory(void **state)
{
    static char text[LIMIT_UPGRADE + 1];
    struct buf small = buf_limited(20);
    uint8_t key[WS_KEY_LEN];

    (void)state;
    memset(text, 'x', LIMIT_UPGRADE);
    assert_err(answer(text), ERR_TOO_LARGE);
    mem_fail_at(1);
    assert_err(answer(ANSWER(UPGRADE, CONNECTION, ACCEPTED, "")), ERR_MEMORY);
    mem_fail_at(0);
    ws_answer_write((const uint8_t *)KEY, &small);
    assert_err(buf_end(&small), ERR_TOO_LARGE);
    buf_free(&small);
    ws_request_write(bytes_str("h"), bytes_str("p"), &small, key);
    assert_err(buf_end(&small), ERR_TOO_LARGE);
    buf_free(&small);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_round_trip),
        cmocka_unit_test(test_foreign_but_good_request),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_hopeless_at_once),
        cmocka_unit_test(test_request_limit),
        cmocka_unit_test(test_answer_round_trip),
        cmocka_unit_test(test_other_answers),
        cmocka_unit_test(test_bad_101),
        cmocka_unit_test(test_answer_limit_and_memory),
    };

    return RUN(tests);
}
