/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "transport/decoy.h"

#include <stdlib.h>
#include <string.h>

#include "cm.h"

static const char page[] = "<h1>A page</h1>";
static const uint64_t now_ms = 784111777ULL * 1000;

/* The answer as a C string in out. */
static const char *
ask(struct buf *out, struct bytes request, uint64_t at_ms)
{
    buf_reset(out);
    decoy_answer(request, bytes_str(page), at_ms, out);
    buf_u8(out, 0);
    assert_err(buf_end(out), ERR_OK);
    return (const char *)out->b;
}

static void
test_statuses(void **state)
{
    static const struct {
        const char *request;
        const char *status;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "200"},
        {"GET / HTTP/1.0\r\n\r\n", "200"},
        {"GET /index.html HTTP/1.1\nHost: x\n\n", "200"},
        {"GET /?utm=1 HTTP/1.1\r\nHost: x\r\n\r\n", "200"},
        {"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "200"},
        {"GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n", "404"},
        {"HEAD /nothing HTTP/1.1\r\nHost: x\r\n\r\n", "404"},
        {"GET /abc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", "404"},
        {"POST / HTTP/1.1\r\nHost: x\r\n\r\nbody", "405"},
        {"OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n", "405"},
        {"DELETE /x HTTP/1.1\r\nHost: x\r\n\r\n", "405"},
        {"GET / HTTP/1.1\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: x\r\nno field\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: x\r\n", "400"},
        {"GET x HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
        {"GET / HTTP/0.9\r\n\r\n", "400"},
        {"GET /\r\n\r\n", "400"},
        {"SSH-2.0-OpenSSH\r\n", "400"},
        {"\x16\x03\x01\x02", "400"},
        {"", "400"},
        {"PRI * HTTP/2.0\r\n\r\n", "505"},
    };
    struct buf out = buf_limited(4096);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *a = ask(&out, bytes_str(cases[i].request), now_ms);

        assert_int_equal(strncmp(a, "HTTP/1.1 ", 9), 0);
        assert_memory_equal(a + 9, cases[i].status, 3);
    }
    buf_free(&out);
}

/* Content-Length is that of the body, there is a body but for HEAD. */
static void
test_bodies(void **state)
{
    static const char *const requests[] = {
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: x\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: x\r\n\r\n",
        "rubbish",
        "GET / HTTP/3.0\r\n\r\n",
    };
    struct buf out = buf_limited(4096);
    const char *a;

    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const char *len, *body;

        a = ask(&out, bytes_str(requests[i]), now_ms);
        len = strstr(a, "\r\nContent-Length: ");
        body = strstr(a, "\r\n\r\n");
        assert_non_null(len);
        assert_non_null(body);
        assert_non_null(strstr(a, "\r\nConnection: close\r\n"));
        assert_int_equal(strtoul(len + 18, NULL, 10), strlen(body + 4));
        assert_true((strstr(a, "\r\nAllow: GET, HEAD\r\n") != NULL) ==
                    (i == 2));
    }
    a = ask(&out, bytes_str(requests[0]), now_ms);
    assert_string_equal(strstr(a, "\r\n\r\n") + 4, page);
    a = ask(&out, bytes_str("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"), now_ms);
    assert_string_equal(strstr(a, "\r\n\r\n"), "\r\n\r\n");
    assert_non_null(strstr(a, "\r\nContent-Length: 15\r\n"));
    buf_free(&out);
}

static void
test_dates(void **state)
{
    static const struct {
        uint64_t s;
        const char *date;
    } cases[] = {
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"}, /* RFC 9110 5.6.7 */
        {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
        {951868800, "Wed, 01 Mar 2000 00:00:00 GMT"},
        {1709251199, "Thu, 29 Feb 2024 23:59:59 GMT"},
        {1735689599, "Tue, 31 Dec 2024 23:59:59 GMT"},
        {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
        {12622780799, "Wed, 31 Dec 2369 23:59:59 GMT"},
        {12622780800, "Thu, 01 Jan 2370 00:00:00 GMT"},
    };
    struct buf out = buf_limited(4096);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *a = ask(&out, bytes_str("x"), cases[i].s * 1000 + 999);
        const char *date = strstr(a, "\r\nDate: ");

        assert_non_null(date);
        assert_memory_equal(date + 8, cases[i].date, strlen(cases[i].date));
    }
    buf_free(&out);
}

static void
test_no_room(void **state)
{
    struct buf out = buf_limited(20);

    (void)state;
    decoy_answer(bytes_str("x"), bytes_str(page), now_ms, &out);
    assert_err(buf_end(&out), ERR_TOO_LARGE);
    buf_free(&out);
    mem_fail_at(1);
    decoy_answer(bytes_str("x"), bytes_str(page), now_ms, &out);
    assert_err(buf_end(&out), ERR_MEMORY);
    mem_fail_at(0);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_no_room),
    };

    return RUN(tests);
}
