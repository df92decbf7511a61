/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is compared with a real nginx in tests/e2e/probe.sh is here rule by
 * rule, and at any cut of the bytes. */
#include "transport/decoy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cm.h"
#include "lib/transport/decoy_parts.h"

#define H    "Host: x\r\n"
#define GET  "GET / HTTP/1.1\r\n" H
#define POST "POST / HTTP/1.1\r\n" H

static const struct decoy_page page = {{(const uint8_t *)"<h1>A page</h1>", 15},
                                       784111777};
static const uint64_t now_ms = 784111778ULL * 1000;

/* A head from its beginning. The bytes behind it are *in afterwards. */
static enum err
read_on(struct bytes *in, struct decoy_request *out)
{
    struct decoy_head h;
    enum err e;

    decoy_head_begin(&h);
    e = decoy_head_read(&h, &page, in);
    assert_true(h.begun || e == ERR_NOT_FOUND);
    *out = h.request;
    return e;
}

static enum err
read_head(struct bytes in, struct decoy_request *out)
{
    return read_on(&in, out);
}

/* The answer as a C string in out. */
static const char *
ask(struct buf *out, const char *request)
{
    struct decoy_request r;

    buf_reset(out);
    assert_err(read_head(bytes_str(request), &r), ERR_OK);
    (void)decoy_answer(&r, &page, now_ms, out);
    buf_u8(out, 0);
    assert_err(buf_end(out), ERR_OK);
    return (const char *)out->b;
}

static void
a21_statuses(void **state)
{
    static const struct {
        const char *request;
        enum decoy_status status;
        bool keep;
    } cases[] = {
        {GET "\r\n", DECOY_OK, true},
        {"GET / HTTP/1.0\r\n\r\n", DECOY_OK, false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", DECOY_OK, true},
        {GET "Connection: close\r\n\r\n", DECOY_OK, false},
        {GET "Connection: CLOSE, keep-alive\r\n\r\n", DECOY_OK, false},
        {GET "Connection: close\r\nConnection: keep-alive\r\n\r\n", DECOY_OK,
         true},
        {GET "Connection: clos e\r\n\r\n", DECOY_OK, true},
        {GET "User-Agent: a\r\nUser-Agent: b\r\n\r\n", DECOY_OK, true},
        {"GET /index.html HTTP/1.1\nHost: x\n\n", DECOY_OK, true},
        {"GET /?utm=1#a HTTP/1.1\r\n" H "\r\n", DECOY_OK, true},
        {"\r\n\nGET / HTTP/1.1\r\n" H "\r\n", DECOY_OK, true},
        {"GET  /  HTTP/1.1  \r\n" H "\r\n", DECOY_OK, true},
        {"GET http://h:80/ HTTP/1.1\r\n" H "\r\n", DECOY_OK, true},
        {"GET http://[::1] HTTP/1.1\r\n" H "\r\n", DECOY_OK, true},
        {"GET /%69ndex%2ehtml HTTP/1.1\r\n" H "\r\n", DECOY_OK, true},
        {"GET //a/.././/index.html HTTP/1.1\r\n" H "\r\n", DECOY_OK, true},
        {"GET /a/b/../.. HTTP/1.1\r\n" H "\r\n", DECOY_OK, true},
        {"GET /a%2f.%2E/index.htm%6c HTTP/1.1\r\n" H "\r\n", DECOY_OK, true},
        {"GET /index.htmlx HTTP/1.1\r\n" H "\r\n", DECOY_NONE, true},
        {"GET /a/index.html HTTP/1.1\r\n" H "\r\n", DECOY_NONE, true},
        {"GET /a/.. HTTP/1.1\r\n" H "\r\n", DECOY_OK, true},
        {"GET /... HTTP/1.1\r\n" H "\r\n", DECOY_NONE, true},
        {GET "@: b\r\n\r\n", DECOY_OK, true},
        {GET "nothing\r\n\r\n", DECOY_OK, true},
        {GET "A: \x01\r\n\r\n", DECOY_OK, true},
        {"HEAD /nothing HTTP/1.1\r\n" H "\r\n", DECOY_NONE, true},
        {"GET /index.html/ HTTP/1.1\r\n" H "\r\n", DECOY_NONE, true},
        {"DELETE /x HTTP/1.1\r\n" H "\r\n", DECOY_NONE, true},
        {"GET /\xff HTTP/1.1\r\n" H "\r\n", DECOY_NONE, true},
        {POST "Content-Length: 4\r\n\r\nbody", DECOY_METHOD, true},
        {"OPTIONS / HTTP/1.1\r\n" H "\r\n", DECOY_METHOD, true},
        {"TRACE / HTTP/1.1\r\n" H "\r\n", DECOY_METHOD, false},
        {"CONNECT / HTTP/1.1\r\n" H "\r\n", DECOY_METHOD, false},
        {POST "Content-Length: 1048577\r\n\r\n", DECOY_LARGE_BODY, false},
        {POST "Content-Length: 1048576\r\n\r\n", DECOY_METHOD, true},
        {POST "Transfer-Encoding: Chunked\r\n\r\n", DECOY_METHOD, true},
        {POST "Transfer-Encoding: gzip\r\n\r\n", DECOY_CODING, false},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", DECOY_BAD,
         false},
        {POST "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
         DECOY_BAD, false},
        {POST "Content-Length: x\r\n\r\n", DECOY_BAD, false},
        {POST "Content-Length:\r\n\r\n", DECOY_BAD, false},
        {POST "Content-Length: 99999999999999999999\r\n\r\n", DECOY_BAD, false},
        {POST "Content-Length: 9223372036854775808\r\n\r\n", DECOY_BAD, false},
        {POST "Content-Length: 9223372036854775807\r\n\r\n", DECOY_LARGE_BODY,
         false},
        {"GET / HTTP/1.1\r\n\r\n", DECOY_BAD, false},
        {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n", DECOY_BAD, false},
        {"GET / HTTP/1.1\r\nHost:\r\n", DECOY_BAD, false},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n", DECOY_BAD, false},
        {"GET / HTTP/1.1\r\nHost: a..b\r\n", DECOY_BAD, false},
        {"GET / HTTP/1.1\r\nHost: :80\r\n", DECOY_BAD, false},
        {"GET / HTTP/1.1\r\nHost: .:80\r\n", DECOY_BAD, false},
        {"GET / HTTP/1.1\r\nHost: .\r\n", DECOY_BAD, false},
        {"GET / HTTP/1.1\r\nHost\r\n", DECOY_BAD, false},
        {"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", DECOY_OK, true},
        {"GET / HTTP/1.1\r\nHost: x.:80\r\n\r\n", DECOY_OK, true},
        {GET "no field", DECOY_BAD, false},
        {GET " folded", DECOY_BAD, false},
        {GET ": x", DECOY_BAD, false},
        {GET "A: b\rc", DECOY_BAD, false},
        {GET "\rx", DECOY_BAD, false},
        {GET "Content-Range: 1\r\ncontent-range: 1\r\n", DECOY_BAD, false},
        {"GET x HTTP/1.1\r\n", DECOY_BAD, false},
        {"GET x:/", DECOY_NONE, false}, /* waits */
        {"GET http://a:b", DECOY_BAD, false},
        {"GET http:/// HTTP/1.1\r\n", DECOY_BAD, false},
        {"GET http:/// HTTP/2", DECOY_VERSION, false},
        {"GET http://:80/ HTTP/1.1\r\n", DECOY_BAD, false},
        {"GET http://a..b/ HTTP/1.1\r\n", DECOY_BAD, false},
        {"GET http://./ HTTP/1.1\r\n", DECOY_BAD, false},
        {"GET http://a./ HTTP/1.1\r\n" H "\r\n", DECOY_OK, true},
        {"GET http://[::1]:80?x HTTP/1.1\r\n" H "\r\n", DECOY_OK, true},
        {"GET http://[a/", DECOY_BAD, false},
        {"GET http://[a]b", DECOY_BAD, false},
        {"GET http://[[", DECOY_BAD, false},
        {"GET /../x HTTP/1.1\r\n", DECOY_BAD, false},
        {"GET /%zz HTTP/1.1\r\n", DECOY_BAD, false},
        {"GET /%00 HTTP/1.1\r\n", DECOY_BAD, false},
        {"GET /%1 HTTP/1.1\r\n", DECOY_BAD, false},
        {"GET / HTTP/0.9", DECOY_BAD, false},
        {"GET / HTTP/1.x", DECOY_BAD, false},
        {"GET / HTTP/1.1000", DECOY_BAD, false},
        {"GET / HTTQ", DECOY_BAD, false},
        {"GET / HTTP/1.1 x", DECOY_BAD, false},
        {"GET / HTTP/1.1\rx", DECOY_BAD, false},
        {"get", DECOY_BAD, false},
        {" GET", DECOY_BAD, false},
        {"SSH-2.0", DECOY_BAD, false},
        {"\x16\x03\x01", DECOY_BAD, false},
        {"GET / HTTP/2", DECOY_VERSION, false},
        {"GET / HTTP/11", DECOY_VERSION, false},
        {"GET /\r\n", DECOY_OK, false},
        {"GET /x\n", DECOY_NONE, false},
        {"HEAD /\r\n", DECOY_BAD, false},
        {"POST / \n", DECOY_BAD, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decoy_request r;
        enum err e = read_head(bytes_str(cases[i].request), &r);

        if (strcmp(cases[i].request, "GET x:/") == 0) {
            assert_err(e, ERR_NOT_FOUND);
            continue;
        }
        assert_err(e, ERR_OK);
        assert_int_equal(r.status, cases[i].status);
        assert_int_equal(r.keep, cases[i].keep);
    }
}

/* What a bad request is answered with, and what is still awaited of it. */
static void
a21_bad_requests(void **state)
{
    static const struct {
        const char *request;
        uint64_t body_len;
        bool chunked;
        bool bare;
        bool head;
    } cases[] = {
        {"HEAD /\r\n", 0, false, true, false},
        {"GET / \r\r", 0, false, false, false},
        {"HEAD / \rx", 0, false, false, true},
        {"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 0, false, false,
         false},
        {POST "Content-Length: 5\r\n" H, 0, false, false, false},
        {POST "Content-Length: 5x\r\n\r\n", 0, false, false, false},
        {POST "Content-Length: 5x5\r\n\r\n", 0, false, false, false},
        {POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 5,
         false, false, false},
        {POST "Content-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\n", 5, false,
         false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decoy_request r;

        assert_err(read_head(bytes_str(cases[i].request), &r), ERR_OK);
        assert_true(r.status == DECOY_BAD || r.status == DECOY_CODING);
        assert_int_equal(r.body_len, cases[i].body_len);
        assert_int_equal(r.chunked, cases[i].chunked);
        assert_int_equal(r.bare, cases[i].bare);
        assert_int_equal(r.head, cases[i].head);
    }
}

/* Whatever is decided is decided at its last byte: before it, more was waited
 * for, and what follows changes nothing. */
static void
a21_decided_at_one_byte(void **state)
{
    static const char *const requests[] = {
        GET "Accept: a\r\n\r\n",
        "GET / HTTP/1.0\n\n",
        "GET /\r\n",
        "GET / HTTP/2",
        "SSH-2",
        "\x16",
        GET "\x01",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
        "GET /../ HTTP/1.1\r\n",
        POST "Content-Length: 3\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct bytes whole = bytes_str(requests[i]);
        struct decoy_request r, longer;
        struct buf more = buf_limited(4096);
        struct bytes rest;

        if (whole.b[0] == 'S')
            whole.len = 4; /* "SSH-" is a method, "SSH-2" is not */
        for (size_t len = 0; len < whole.len; len++)
            assert_err(read_head(bytes_slice(whole, 0, len), &r),
                       ERR_NOT_FOUND);
        whole = bytes_str(requests[i]);
        assert_err(read_head(whole, &r), ERR_OK);
        buf_append(&more, whole);
        buf_append(&more, bytes_str("abc"));
        rest = buf_bytes(&more);
        assert_err(read_on(&rest, &longer), ERR_OK);
        assert_int_equal(r.status, longer.status);
        assert_int_equal(rest.len, 3);
        buf_free(&more);
    }
}

/* Appends count of c. */
static void
fill(struct buf *b, char c, size_t count)
{
    while (count-- > 0)
        buf_u8(b, (uint8_t)c);
}

/* A line must fit one of nginx's large buffers. What is too large is told at
 * the byte that fills it, and not before. */
static void
a21_long_lines(void **state)
{
    static const struct {
        const char *before; /* the lines before it */
        const char *line;
        size_t len; /* of the line, its end included */
        enum decoy_status status;
    } cases[] = {
        {"", "GET /", 8192, DECOY_LARGE_TARGET},
        {"\r\n\r\n", "GET /", 8192, DECOY_LARGE_TARGET},
        {"", "GETA", 8192, DECOY_LARGE_TARGET},
        {GET, "Cookie: ", 8192, DECOY_LARGE_FIELDS},
        {GET, "x", 8192, DECOY_LARGE_FIELDS},
        {GET "A: b\r\n", "User-Agent: ", 8192, DECOY_LARGE_FIELDS},
    };
    struct buf in = buf_limited(16 * 1024);
    struct decoy_request r;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t before = strlen(cases[i].before);

        buf_reset(&in);
        buf_append(&in, bytes_str(cases[i].before));
        buf_append(&in, bytes_str(cases[i].line));
        fill(&in, 'A', before + cases[i].len - 1 - in.len);
        assert_err(read_head(buf_bytes(&in), &r), ERR_NOT_FOUND);
        buf_u8(&in, 'A');
        assert_err(read_head(buf_bytes(&in), &r), ERR_OK);
        assert_int_equal(r.status, cases[i].status);
        assert_false(r.keep);
    }
    buf_free(&in);
}

/* The longest line that fits is read. */
static void
a21_lines_that_fit(void **state)
{
    struct buf in = buf_limited(64 * 1024);
    struct decoy_request r;

    (void)state;
    buf_append(&in, bytes_str("GET /?"));
    fill(&in, 'a', 8192 - 6 - strlen(" HTTP/1.1\r\n"));
    buf_append(&in, bytes_str(" HTTP/1.1\r\n"));
    assert_int_equal(in.len, 8192);
    buf_append(&in, bytes_str(H "If-None-Match: "));
    for (size_t line = 0; line < 8192 - 80; line += 5)
        buf_append(&in, bytes_str("\"a\", "));
    buf_append(&in, bytes_str("\"2ebc98a1-f\"\r\nUser-Agent: "));
    fill(&in, 'M', 8000);
    buf_append(&in, bytes_str("SIE 5.0; Chrome/\r\n\r\n"));
    assert_err(buf_end(&in), ERR_OK);
    assert_err(read_head(buf_bytes(&in), &r), ERR_OK);
    assert_int_equal(r.status, DECOY_OK);
    assert_int_equal(r.found, DECOY_SAME);
    assert_true(r.padded);
    buf_free(&in);
}

/* nginx has four large buffers: a line that did not fit into what was left of
 * one has moved to the next. Whole lines of 1000 bytes: eight in each, 192
 * bytes of the ninth, which moves. */
static void
a21_many_lines(void **state)
{
    struct buf in = buf_limited(64 * 1024);
    struct decoy_request r;
    enum err e = ERR_NOT_FOUND;
    size_t lines = 0;

    (void)state;
    buf_append(&in, bytes_str("GET / HTTP/1.1\r\nHost: x"));
    fill(&in, 'x', 1000 - in.len - 2);
    buf_append(&in, bytes_str("\r\n"));
    while (e == ERR_NOT_FOUND && lines < 64) {
        buf_append(&in, bytes_str("A: "));
        fill(&in, 'a', 995);
        buf_append(&in, bytes_str("\r\n"));
        lines++;
        e = read_head(buf_bytes(&in), &r);
    }
    assert_err(e, ERR_OK);
    assert_int_equal(r.status, DECOY_LARGE_FIELDS);
    /* one began in the first 1024 bytes, 8 whole ones in each large one */
    assert_int_equal(lines, 4 * 8 + 1);
    buf_free(&in);
}

/* A thousand fields, and any number of those that are passed over. */
static void
a21_many_fields(void **state)
{
    struct buf in = buf_limited(64 * 1024);
    struct decoy_request r;

    (void)state;
    buf_append(&in, bytes_str(GET));
    for (int i = 0; i < 100; i++)
        buf_append(&in, bytes_str("_: b\n"));
    for (int i = 0; i < 999; i++)
        buf_append(&in, bytes_str("A: b\n"));
    buf_append(&in, bytes_str("_: b\n"));
    assert_err(read_head(buf_bytes(&in), &r), ERR_NOT_FOUND);
    buf_append(&in, bytes_str("\n"));
    assert_err(read_head(buf_bytes(&in), &r), ERR_OK);
    assert_int_equal(r.status, DECOY_OK);
    buf_truncate(&in, in.len - 1);
    buf_append(&in, bytes_str("Host: y\n")); /* and a second one at that */
    assert_err(read_head(buf_bytes(&in), &r), ERR_OK);
    assert_int_equal(r.status, DECOY_LARGE_FIELDS);
    buf_free(&in);
}

/* Whatever the cuts, the answer is the same. */
static void
a21_any_cut(void **state)
{
    static const char request[] =
        "\r\nPOST http://[::1]:8/a/../%69ndex.html?q#f HTTP/1.12\r\n"
        "Host: [::1]:80\r\nConnection: x, Keep-Alive \r\n"
        "User-Agent:   a  MSIE 7.0; b  \r\nTransfer-Encoding: chunked\r\n"
        "If-Match: \"a\" , \"2ebc98a1-f\" ,x\r\nExpect: 100-Continue\r\n"
        "If-Range: \"2ebc98a1-f\"\r\nRange: bytes=3 - 5 , 99-\r\n\r\n";

    (void)state;
    for (size_t step = 1; step <= sizeof request; step++) {
        struct bytes in = bytes_str(request);
        struct decoy_head h;

        decoy_head_begin(&h);
        for (size_t at = 0; at < in.len; at += step) {
            struct bytes part = bytes_slice(in, at, step);
            enum err e = decoy_head_read(&h, &page, &part);

            assert_err(e, at + step < in.len ? ERR_NOT_FOUND : ERR_OK);
            assert_int_equal(part.len, 0);
        }
        assert_int_equal(h.request.status, DECOY_METHOD);
        assert_int_equal(h.request.found, DECOY_PART);
        assert_int_equal(h.request.from, 3);
        assert_int_equal(h.request.to, 6);
        assert_int_equal(h.request.minor, 12);
        assert_true(h.request.keep && h.request.chunked && h.request.go_on &&
                    h.request.padded);
        assert_false(h.request.head || h.request.bare);
    }
}

/* The page may be another when the rest of a request comes in. */
static void
a21_page_changes_midway(void **state)
{
    static const char *const parts[] = {GET "Range: bytes=9-12\r\n", "\r\n"};
    static const struct decoy_page shorter = {{(const uint8_t *)"short", 5}, 9};
    struct buf out = buf_limited(4096);
    struct decoy_head h;
    struct bytes in = bytes_str(parts[0]);

    (void)state;
    decoy_head_begin(&h);
    assert_err(decoy_head_read(&h, &page, &in), ERR_NOT_FOUND);
    in = bytes_str(parts[1]);
    assert_err(decoy_head_read(&h, &shorter, &in), ERR_OK);
    assert_true(decoy_answer(&h.request, &shorter, now_ms, &out));
    assert_memory_equal(out.b, "HTTP/1.1 200 ", 13);
    assert_memory_equal(out.b + out.len - 5, "short", 5);
    buf_free(&out);
}

/* Where there is the page it goes on, whatever conditions make of it. */
static void
a21_goes_on(void **state)
{
#define GO_ON "Expect: 100-continue\r\n"
    static const struct {
        const char *request;
        bool goes_on;
    } cases[] = {
        {GET GO_ON "\r\n", true},
        {GET GO_ON "Range: bytes=15-\r\n\r\n", true},
        {GET GO_ON "If-Match: \"a\"\r\n\r\n", true},
        {GET GO_ON "If-None-Match: \"2ebc98a1-f\"\r\n\r\n", true},
        {"GET /x HTTP/1.1\r\n" H GO_ON "\r\n", false},
        {"GET / HTTP/1.0\r\n" H GO_ON "\r\n", false},
        {POST GO_ON "\r\n", false},
        {POST GO_ON "Content-Length: x\r\n\r\n", false},
    };
    struct buf out = buf_limited(4096);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(
            strncmp(ask(&out, cases[i].request), "HTTP/1.1 100 ", 13) == 0,
            cases[i].goes_on);
    buf_free(&out);
}

/* To MSIE 4 to 6, but for the later half of 6, no connection is kept after a
 * POST: keepalive_disable msie6. */
static void
a21_old_browsers_post_once(void **state)
{
    static const struct {
        const char *agent;
        bool keep;
    } cases[] = {
        {"MSIE 4.0", false},
        {"a MSIE 5.5; b", false},
        {"MSIE 5.0; SV1", false},
        {"MSIE 6.0; b", false},
        {"SV1 MSIE 6.0", false},
        {"MSIE 6.SV1", false}, /* looked for from the second behind the dot */
        {"MSIE 6.0SV1", true},
        {"MSIE 6.0; b; SV1; c", true},
        {"MSIE 6.", true}, /* one more is wanted */
        {"MSIE 6. ", true},
        {"MSIE 60.0;", true},
        {"MSIE 3.0;", true},
        {"MSIE 7.0;", true},
        {"MSIE 7.0; MSIE 6.0;", true}, /* the first counts */
        {"MSIE MSIE 6.0;", true},
        {"MSIE 6.0; Opera", true},
        {"Opera MSIE 6.0;", true},
        {"msie 6.0;", true},
    };
    static const struct {
        const char *line;
        bool post;
    } methods[] = {{"POST /", true},
                   {"GET /", false},
                   {"PUT /", false},
                   {"POST /x", true}};
    char text[200];
    struct decoy_request r;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t j = 0; j < sizeof methods / sizeof *methods; j++) {
            (void)snprintf(text, sizeof text,
                           "%s HTTP/1.1\r\n" H "User-Agent: %s\r\n\r\n",
                           methods[j].line, cases[i].agent);
            assert_err(read_head(bytes_str(text), &r), ERR_OK);
            assert_int_equal(r.keep, cases[i].keep || !methods[j].post);
        }
}

/* Error pages of the server's kind are padded like those of the client's. */
static void
a21_padding(void **state)
{
    static const char msie[] =
        POST "User-Agent: MSIE 7.0;\r\nTransfer-Encoding: gzip\r\n\r\n";
    struct buf out = buf_limited(4096);

    (void)state;
    assert_non_null(strstr(ask(&out, msie), "Content-Length: 560\r\n"));
    assert_non_null(strstr(ask(&out, msie), "<!-- a padding "));
    buf_free(&out);
}

/* Every byte of each kind of answer; written down from nginx 1.22.1. */
static void
a21_answers(void **state)
{
#define TIME "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n"
#define OF_PAGE                                                                \
    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: keep-alive"   \
    "\r\nETag: \"2ebc98a1-f\"\r\n"
#define HTML "Content-Type: text/html\r\n"
#define ERROR_PAGE(s)                                                          \
    "<html>\r\n<head><title>" s "</title></head>\r\n<body>\r\n<center><h1>" s  \
    "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    static const char *const cases[][2] = {
        {GET "\r\n", "HTTP/1.1 200 OK\r\nServer: nginx\r\n" TIME HTML
                     "Content-Length: 15\r\n" OF_PAGE
                     "Accept-Ranges: bytes\r\n\r\n<h1>A page</h1>"},
        {"HEAD / HTTP/1.1\r\n" H "\r\n",
         "HTTP/1.1 200 OK\r\nServer: nginx\r\n" TIME HTML
         "Content-Length: 15\r\n" OF_PAGE "Accept-Ranges: bytes\r\n\r\n"},
        {GET "Range: bytes=4-5\r\n\r\n",
         "HTTP/1.1 206 Partial Content\r\nServer: nginx\r\n" TIME HTML
         "Content-Length: 2\r\n" OF_PAGE
         "Content-Range: bytes 4-5/15\r\n\r\nA "},
        {GET "If-None-Match: \"a\", W/\"2ebc98a1-f\"\r\n\r\n",
         "HTTP/1.1 304 Not Modified\r\nServer: nginx\r\n" TIME OF_PAGE "\r\n"},
        {GET "Range: bytes=15-\r\n\r\n",
         "HTTP/1.1 416 Requested Range Not Satisfiable\r\nServer: "
         "nginx\r\n" TIME HTML
         "Content-Length: 190\r\nConnection: keep-alive\r\n"
         "Content-Range: bytes */15\r\n\r\n" ERROR_PAGE(
             "416 Requested Range Not Satisfiable")},
        {"GET /x HTTP/1.1\r\n" H "\r\n",
         "HTTP/1.1 404 Not Found\r\nServer: nginx\r\n" TIME HTML
         "Content-Length: 146\r\nConnection: keep-alive\r\n\r\n" ERROR_PAGE(
             "404 Not Found")},
        {POST "\r\n",
         "HTTP/1.1 405 Not Allowed\r\nServer: nginx\r\n" TIME HTML
         "Content-Length: 150\r\nConnection: keep-alive\r\n\r\n" ERROR_PAGE(
             "405 Not Allowed")},
        {"x", "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n" TIME HTML
              "Content-Length: 150\r\nConnection: close\r\n\r\n" ERROR_PAGE(
                  "400 Bad Request")},
        {"GET /\n", "<h1>A page</h1>"},
        {"GET /x\n", ERROR_PAGE("404 Not Found")},
    };
    struct buf out = buf_limited(4096);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(ask(&out, cases[i][0]), cases[i][1]);
    buf_free(&out);
}

/* Which of page, part, nothing new and refusal it is. */
static void
a21_conditions(void **state)
{
#define AT     "Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT\r\n"
#define AFTER  "Mon, 06 Nov 2094 08:49:36 GMT\r\n"
    static const struct {
        const char *fields;
        const char *status;
    } cases[] = {
        {"If-Modified-Since: " AT, "304"},
        {"If-Modified-Since: " AFTER, "200"},
        {"If-Modified-Since: yesterday\r\n", "200"},
        {"If-Modified-Since: " AT "If-None-Match: \"a\"\r\n", "200"},
        {"If-None-Match: *\r\n", "304"},
        {"If-None-Match: *, \"a\"\r\n", "200"},
        {"If-None-Match: ,,\t \"2ebc98a1-f\"\t , x\r\n", "304"},
        {"If-None-Match: \"2ebc98a1-f\" x\r\n", "200"},
        {"If-None-Match:\r\n", "200"},
        {"If-None-Match\r\n", "200"},
        {"If-None-Match: \"2ebc98a1-f\"x\r\n", "200"},
        {"If-Match: \"2ebc98a1-f\"\r\n", "200"},
        {"If-Match: W/\"2ebc98a1-f\"\r\n", "412"},
        {"If-Unmodified-Since: " AT, "200"},
        {"If-Unmodified-Since: " AFTER, "200"},
        {"If-Unmodified-Since: " BEFORE, "412"},
        {"Range: bytes=0-\r\n", "206"},
        {"Range: bytes= 1 - 2 \r\n", "206"},
        {"Range: bytes=-1\r\n", "206"},
        {"Range: bytes=-99\r\n", "206"},
        {"Range: bytes=-\r\n", "416"},
        {"Range: bytes=2-1\r\n", "416"},
        {"Range: bytes=1\r\n", "416"},
        {"Range: bytes=1-2x\r\n", "416"},
        {"Range: bytes=99999999999999999999-\r\n", "416"},
        {"Range: bytes=0-1,3-4\r\n", "200"},
        {"Range: bytes=0-1,x\r\n", "416"},
        {"Range: bytes=0-1,\r\n", "416"},
        {"Range: bytes=- 1\r\n", "416"},
        {"Range: bytes=-0\r\n", "416"},
        {"Range: bytes=1 1-\r\n", "416"},
        {"Range: bytes=1-1 1\r\n", "416"},
        {"Range: bytes=1-99999999999999999999\r\n", "416"},
        {"Range: BYTES=1-1\r\nRange: bytes=x\r\n", "206"},
        {"Range: bytes=\r\n", "200"},
        {"Range: bytes=1-1,99-\r\n", "206"},
        {"Range: byte=1-1\r\n", "200"},
        {"Range: bytes=1-1\r\nIf-Range: \"2ebc98a1-f\"\r\n", "206"},
        {"Range: bytes=1-1\r\nIf-Range: \"a\"\r\n", "200"},
        {"Range: bytes=1-1\r\nIf-Range: \"a\", \"2ebc98a1-f\"\r\n", "200"},
        {"Range: bytes=1-1\r\nIf-Range: " AT, "206"},
        {"Range: bytes=1-1\r\nIf-Range: " BEFORE, "200"},
    };
    struct buf in = buf_limited(1024);
    struct buf out = buf_limited(4096);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_reset(&in);
        buf_append(&in, bytes_str(GET));
        buf_append(&in, bytes_str(cases[i].fields));
        buf_append(&in, (struct bytes){(const uint8_t *)"\r\n\0", 3});
        assert_err(buf_end(&in), ERR_OK);
        assert_memory_equal(ask(&out, (const char *)in.b) + 9, cases[i].status,
                            3);
    }
    buf_free(&in);
    buf_free(&out);
}

/* Content-Length is that of the body, with each padding, too. */
static void
a21_lengths(void **state)
{
    static const char *const requests[] = {
        GET "\r\n",
        GET "Range: bytes=3-\r\n\r\n",
        "GET /x HTTP/1.1\r\n" H "\r\n",
        "GET /x HTTP/1.1\r\n" H "User-Agent: Chrome/1\r\n\r\n",
        "GET /x HTTP/1.1\r\n" H "User-Agent: MSIE 5.0;\r\n\r\n",
        POST "Transfer-Encoding: gzip\r\nUser-Agent: Chrome/1\r\n\r\n",
        "rubbish",
        "GET / HTTP/3.0\r\n\r\n",
    };
    struct buf out = buf_limited(4096);

    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const char *a = ask(&out, requests[i]);
        const char *len = strstr(a, "\r\nContent-Length: ");
        const char *body = strstr(a, "\r\n\r\n");

        assert_non_null(len);
        assert_non_null(body);
        assert_int_equal(strtoul(len + 18, NULL, 10), strlen(body + 4));
        assert_true((strstr(a, "a padding to disable") != NULL) ==
                    (i >= 3 && i <= 5));
    }
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
        {2093129940, "Wed, 30 Apr 2036 00:59:00 GMT"},
        {2095850096, "Sat, 31 May 2036 12:34:56 GMT"},
        {2095891201, "Sun, 01 Jun 2036 00:00:01 GMT"},
        {2101078923, "Thu, 31 Jul 2036 01:02:03 GMT"},
        {2101889472, "Sat, 09 Aug 2036 10:11:12 GMT"},
        {2106428459, "Tue, 30 Sep 2036 23:00:59 GMT"},
        {2107246210, "Fri, 10 Oct 2036 10:10:10 GMT"},
        {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
        {12622780799, "Wed, 31 Dec 2369 23:59:59 GMT"},
        {12622780800, "Thu, 01 Jan 2370 00:00:00 GMT"},
    };
    static const char *const none[] = {
        "",
        "Thu, 01 Xan 1970 00:00:00 GMT",
        "Thu, 00 Jan 1970 00:00:00 GMT",
        "Thu, 01 Jan 1969 00:00:00 GMT",
        "Thu, 01 Jan 1970 24:00:00 GMT",
        "Thu, 01 Jan 1970 00:60:00 GMT",
        "Thu, 01 Jan 1970 00:00:60 GMT",
        "Thu, 01 Jan 1970 00:00:0x GMT",
        "Thu, 01 Jan 1970 00:00",
        "Thu, 31 Apr 2036 00:00:00 GMT",
        "Mon, 29 Feb 2100 00:00:00 GMT",
        "Thu, 01-Jan-1970 00:00:00 GMT",
        "Thu, 01 Jan-1970 00:00:00 GMT",
        "Thu, 01xJan 1970 00:00:00 GMT",
        "Thu, 01 Jan 1970T00:00:00 GMT",
        "Thu, 01 Jan 1970 00.00:00 GMT",
        "Thu, 01 Jan 1970 00:00.00 GMT",
        "Thu Jan  1x00:00:00 1970",
        "Thu Jan  1 00:00:00x1970",
        "Thu,01-Jan 70 00:00:00 GMT",
        "Thu Jan  1 00:00:00",
        "Thu Jan 1 00:00:00 70",
        "Thu Jan 123 00:00:00 1970",
        "Thursday",
        "Thu, ",
    };
    /* nginx takes them, for that time */
    static const struct {
        uint64_t s;
        const char *date;
    } odd[] = {
        {784111777, "Sunday, 06-Nov-94 08:49:37 GMT"},
        {784111777, "Sun Nov  6 08:49:37 1994"},
        {784111777, "Sun Nov 6 08:49:37 1994"},
        {784111777, "Sun Nov 06 08:49:37 1994 UTC"},
        {784111777, "Sun,06 Nov 1994 08:49:37"},
        {784111777, ",  06 Nxx 1994 08:49:37 and so on"},
        {951782400, "Tue Feb 29 00:00:00 2000"},
        {2147472000, "Tuesday, 19-Jan-38 00:00:00 GMT"},
        {1732924800, "Mon, 00 Dec 2024 00:00:00 GMT"},
    };
    struct buf out = buf_limited(64);
    uint64_t back;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_reset(&out);
        decoy_date(&out, cases[i].s);
        assert_true(bytes_equal(buf_bytes(&out), bytes_str(cases[i].date)));
        assert_err(decoy_date_read(buf_bytes(&out), &back), ERR_OK);
        assert_true(back == cases[i].s);
    }
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        assert_err(decoy_date_read(bytes_str(odd[i].date), &back), ERR_OK);
        assert_true(back == odd[i].s);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_err(decoy_date_read(bytes_str(none[i]), &back), ERR_MALFORMED);
    buf_free(&out);
}

/* Bodies are read past, whatever the cuts. */
static void
a21_bodies(void **state)
{
    static const struct {
        const char *head;
        const char *body;
        enum err e;
    } cases[] = {
        {POST "Content-Length: 5\r\n\r\n", "12345", ERR_OK},
        {POST "Content-Length: 0\r\n\r\n", "", ERR_OK},
        {POST "Transfer-Encoding: chunked\r\n\r\n",
         "3;a=b\r\nabc\r\n0A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", ERR_OK},
        {POST "Transfer-Encoding: chunked\r\n\r\n", "1\nx\n0\n\n", ERR_OK},
        {POST "Transfer-Encoding: chunked\r\n\r\n", "x", ERR_MALFORMED},
        {POST "Transfer-Encoding: chunked\r\n\r\n", "1x", ERR_MALFORMED},
        {POST "Transfer-Encoding: chunked\r\n\r\n", "1\r\nab", ERR_MALFORMED},
        {POST "Transfer-Encoding: chunked\r\n\r\n", "FFFFFFFFFFF",
         ERR_MALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes body = bytes_str(cases[i].body);

        for (size_t step = 1; step <= body.len + 1; step++) {
            struct decoy_request r;
            struct decoy_body b;
            enum err e = ERR_NOT_FOUND;
            size_t used = 0;

            assert_err(read_head(bytes_str(cases[i].head), &r), ERR_OK);
            decoy_body_begin(&b, &r);
            assert_true(b.under_way == (cases[i].body[0] != '\0'));
            while (b.under_way) {
                struct bytes in = bytes_slice(body, used, step);
                size_t len = in.len;

                assert_int_not_equal(len, 0);
                e = decoy_body_skip(&b, &in);
                used += len - in.len;
                assert_true(e != ERR_NOT_FOUND || in.len == 0);
            }
            assert_true(used == body.len || cases[i].e != ERR_OK);
            if (body.len != 0)
                assert_err(e, cases[i].e);
        }
    }
}

static void
test_no_room(void **state)
{
    struct buf out = buf_limited(20);
    struct decoy_request r;

    (void)state;
    assert_err(read_head(bytes_str("x"), &r), ERR_OK);
    (void)decoy_answer(&r, &page, now_ms, &out);
    assert_err(buf_end(&out), ERR_TOO_LARGE);
    buf_free(&out);
    out = buf_limited(4096);
    for (int n = 1; n < 4; n++) {
        mem_fail_at((size_t)n);
        (void)decoy_answer(&r, &page, now_ms, &out);
        mem_fail_at(0);
        assert_err(buf_end(&out), ERR_MEMORY);
        buf_free(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a21_statuses),
        cmocka_unit_test(a21_bad_requests),
        cmocka_unit_test(a21_decided_at_one_byte),
        cmocka_unit_test(a21_long_lines),
        cmocka_unit_test(a21_lines_that_fit),
        cmocka_unit_test(a21_many_lines),
        cmocka_unit_test(a21_many_fields),
        cmocka_unit_test(a21_any_cut),
        cmocka_unit_test(a21_page_changes_midway),
        cmocka_unit_test(a21_goes_on),
        cmocka_unit_test(a21_old_browsers_post_once),
        cmocka_unit_test(a21_padding),
        cmocka_unit_test(a21_answers),
        cmocka_unit_test(a21_conditions),
        cmocka_unit_test(a21_lengths),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(a21_bodies),
        cmocka_unit_test(test_no_room),
    };

    return RUN(tests);
}
