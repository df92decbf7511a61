/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "transport/ws.h"

#include <stdio.h>
#include <string.h>

#include "cm.h"

/* The example of RFC 6455 section 1.3. */
#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static enum err
answer(const char *in)
{
    size_t len;

    return ws_answer_read(bytes_str(in), (const uint8_t *)KEY, &len);
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
        cmocka_unit_test(test_answer_round_trip),
        cmocka_unit_test(test_other_answers),
        cmocka_unit_test(test_bad_101),
        cmocka_unit_test(test_answer_limit_and_memory),
    };

    return RUN(tests);
}
