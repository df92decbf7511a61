/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/transport/http.h"

#include "cm.h"

static void
test_head_len(void **state)
{
    static const struct {
        const char *in;
        size_t len;
    } cases[] = {
        {"", 0},
        {"GET / HTTP/1.1", 0},
        {"GET / HTTP/1.1\r\n", 0},
        {"GET / HTTP/1.1\r\nA: b\r\n\r", 0},
        {"GET / HTTP/1.1\r\nA: b\r\n\r\n", 24},
        {"GET / HTTP/1.1\r\nA: b\r\n\r\nmore\r\n\r\n", 24},
        {"GET /\n\n", 7},
        {"GET /\n\r\nx", 8},
        {"\r\n\r\n", 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(http_head_len(bytes_str(cases[i].in)), cases[i].len);
}

static void
test_lines(void **state)
{
    struct bytes rest = bytes_str("one\r\n\r\nthree\nfour");
    struct bytes line;
    bool bad = false;

    (void)state;
    assert_true(http_line_next(&rest, &line, &bad));
    assert_bytes(line, bytes_str("one"));
    assert_true(http_line_next(&rest, &line, &bad));
    assert_int_equal(line.len, 0);
    assert_false(bad);
    assert_true(http_line_next(&rest, &line, &bad));
    assert_bytes(line, bytes_str("three"));
    assert_true(bad); /* LF alone */
    assert_false(http_line_next(&rest, &line, &bad));
    assert_bytes(rest, bytes_str("four"));

    bad = false;
    rest = bytes_str("a\rb\r\n");
    assert_true(http_line_next(&rest, &line, &bad));
    assert_true(bad); /* CR alone */
}

static void
test_status_line(void **state)
{
    static const char *const bad[] = {
        "",
        "HTTP/1.1",
        "HTTP/1.1 ",
        "HTTP/1.1 20",
        "HTTP/2 200",
        "HTTP/1.1 2000 X",
        "HTTP/1.1 099 X",
        "HTTP/1.1  200",
        "HTTP/1.1 20x OK",
        "ICY 200 OK",
        "HTTP/1.a 200 OK",
    };
    unsigned status = 0;

    (void)state;
    assert_err(http_status_line_read(bytes_str("HTTP/1.1 101 Yes"), &status),
               ERR_OK);
    assert_int_equal(status, 101);
    assert_err(http_status_line_read(bytes_str("HTTP/1.0 404"), &status),
               ERR_OK);
    assert_int_equal(status, 404);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_err(http_status_line_read(bytes_str(bad[i]), &status),
                   ERR_MALFORMED);
}

static void
test_field(void **state)
{
    static const char *const bad[] = {"",        "no colon", ": v",
                                      "a b: c",  " a: b",    "a : b",
                                      "a: \x01", "a: \x7f",  "a\x80: b"};
    struct http_field f;

    (void)state;
    assert_err(http_field_read(bytes_str("Host: \t x y \t"), &f), ERR_OK);
    assert_bytes(f.name, bytes_str("Host"));
    assert_bytes(f.value, bytes_str("x y"));
    assert_err(http_field_read(bytes_str("X:"), &f), ERR_OK);
    assert_int_equal(f.value.len, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_err(http_field_read(bytes_str(bad[i]), &f), ERR_MALFORMED);
}

static void
test_words(void **state)
{
    (void)state;
    assert_true(http_equal(bytes_str("UpGrade"), "upgrade"));
    assert_false(http_equal(bytes_str("upgrade"), "upgrad"));
    assert_false(http_equal((struct bytes){0}, "x"));
    assert_true(http_list_has(bytes_str("keep-alive, Upgrade"), "upgrade"));
    assert_true(http_list_has(bytes_str("upgrade"), "upgrade"));
    assert_true(http_list_has(bytes_str("a,\tUPGRADE ,b"), "upgrade"));
    assert_false(http_list_has(bytes_str("upgrade-x, xupgrade"), "upgrade"));
    assert_false(http_list_has(bytes_str("up grade"), "upgrade"));
    assert_false(http_list_has((struct bytes){0}, "upgrade"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_len),    cmocka_unit_test(test_lines),
        cmocka_unit_test(test_status_line), cmocka_unit_test(test_field),
        cmocka_unit_test(test_words),
    };

    return RUN(tests);
}
