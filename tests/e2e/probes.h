/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What probers send to find out what a port is. */
#ifndef TESTS_E2E_PROBES_H
#define TESTS_E2E_PROBES_H

#include <stddef.h>

enum { PROBE_STEPS = 3 };

struct probe_step {
    unsigned after_ms; /* since the step before */
    const char *text;  /* up to its end, or len bytes when len is not 0 */
    size_t len;
};

struct probe {
    const char *name;
    struct probe_step steps[PROBE_STEPS];
    unsigned watch_ms; /* how long to look; 0: a second and a half */
};

#define GET  "GET / HTTP/1.1\r\nHost: x\r\n"
#define POST "POST / HTTP/1.1\r\nHost: x\r\n"
#define UPGRADE                                                                \
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"                            \
    "Sec-WebSocket-Version: 13\r\n"                                            \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define PATH_64                                                                \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define ONE(text)                                                              \
    {                                                                          \
        {                                                                      \
            0, text, 0                                                         \
        }                                                                      \
    }
#define RAW(text)                                                              \
    {                                                                          \
        {                                                                      \
            0, text, sizeof(text) - 1                                          \
        }                                                                      \
    }
#define HELLO_HEAD "\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03"

static const struct probe probes[] = {
    /* what a browser or crawler asks */
    {"GET /", ONE(GET "\r\n"), 0},
    {"GET /index.html", ONE("GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"GET /favicon.ico", ONE("GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n"),
     0},
    {"GET /robots.txt", ONE("GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"a 64 character path", ONE("GET /" PATH_64 " HTTP/1.1\r\nHost: x\r\n\r\n"),
     0},
    {"HEAD /", ONE("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"HEAD /none", ONE("HEAD /none HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"a query", ONE("GET /?a=b#c HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"Connection: close", ONE(GET "Connection: close\r\n\r\n"), 0},
    {"HTTP/1.0", ONE("GET / HTTP/1.0\r\n\r\n"), 0},
    {"HTTP/1.0 kept", ONE("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
     0},
    {"HTTP/0.9", ONE("GET /\r\n"), 0},
    {"HTTP/0.9 none", ONE("GET /x\r\n"), 0},
    {"HTTP/0.9 with HEAD", ONE("HEAD /\r\n"), 0},
    {"HTTP/0.9 with POST", ONE("POST / \r\n"), 0},
    {"HTTP/0.9 ends badly", ONE("HEAD / \r\r\n"), 0},
    {"no host in the target", ONE("GET http:/// HTTP/1.1\r\n"), 0},
    {"a bad host in the target", ONE("GET http://a..b/ HTTP/1.1\r\n"), 0},
    {"a bad literal", ONE("GET http://[a/"), 0},
    {"a literal", ONE("GET http://[::1]:8/ HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"bare LF", ONE("GET / HTTP/1.1\nHost: x\n\n"), 0},
    {"empty lines first", ONE("\r\n\r\n" GET "\r\n"), 0},
    {"closed and kept",
     ONE(GET "Connection: close\r\nConnection: keep-alive\r\n\r\n"), 0},
    {"kept and closed",
     ONE(GET "Connection: keep-alive\r\nConnection: close\r\n\r\n"), 0},
    {"closed in a list", ONE(GET "Connection: keep-alive, Close\r\n\r\n"), 0},
    {"two browsers",
     ONE("GET /x HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\nUser-Agent: "
         "Chrome/1\r\n\r\n"),
     0},
    {"MSIE and no more",
     ONE("GET /x HTTP/1.1\r\nHost: x\r\nUser-Agent: MSIE 5.\r\n\r\n"), 0},
    {"MSIE and a little",
     ONE("GET /x HTTP/1.1\r\nHost: x\r\nUser-Agent: MSIE 5.0\r\n\r\n"), 0},
    {"Opera as MSIE",
     ONE("GET /x HTTP/1.1\r\nHost: x\r\nUser-Agent: MSIE 5.0 Opera\r\n\r\n"),
     0},
    {"MSIE 4 posts, then GET",
     ONE(POST "User-Agent: MSIE 4.0\r\nContent-Length: 3\r\n\r\nabc" GET
              "\r\n"),
     0},
    {"MSIE 5 posts", ONE(POST "User-Agent: a MSIE 5.5; b\r\n\r\n"), 0},
    {"MSIE 5 posts nowhere",
     ONE("POST /x HTTP/1.1\r\nHost: x\r\nUser-Agent: MSIE 5.5;\r\n\r\n"), 0},
    {"MSIE 6 posts",
     ONE(POST "User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)"
              "\r\nContent-Length: 0\r\n\r\n"),
     0},
    {"MSIE 6 posts, its body later",
     {{0, POST "User-Agent: MSIE 6.0;\r\nContent-Length: 3\r\n\r\n", 0},
      {300, "abc" GET "\r\n", 0}},
     8000},
    {"MSIE 6 posts without its body",
     ONE(POST "User-Agent: MSIE 6.0;\r\nContent-Length: 3\r\n\r\n"), 8000},
    {"MSIE 6 posts chunks",
     ONE(POST "User-Agent: MSIE 6.0;\r\nTransfer-Encoding: chunked\r\n\r\n"
              "0\r\n\r\n"),
     8000},
    {"MSIE 6 posts and wants to stay",
     ONE("POST / HTTP/1.0\r\nConnection: keep-alive\r\n"
         "User-Agent: MSIE 6.0;\r\n\r\n"),
     0},
    {"MSIE 6 SV1 posts",
     ONE(POST "User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; "
              "SV1)\r\n\r\n"),
     0},
    {"SV1 before MSIE 6", ONE(POST "User-Agent: SV1 MSIE 6.0\r\n\r\n"), 0},
    {"SV1 as soon as it counts", ONE(POST "User-Agent: MSIE 6.0SV1\r\n\r\n"),
     0},
    {"SV1 too soon", ONE(POST "User-Agent: MSIE 6.SV1\r\n\r\n"), 0},
    {"MSIE 5 with SV1", ONE(POST "User-Agent: MSIE 5.0; SV1\r\n\r\n"), 0},
    {"MSIE 6 too short", ONE(POST "User-Agent: MSIE 6. \r\n\r\n"), 0},
    {"MSIE 60", ONE(POST "User-Agent: MSIE 60.0;\r\n\r\n"), 0},
    {"MSIE 3 posts", ONE(POST "User-Agent: MSIE 3.0;\r\n\r\n"), 0},
    {"MSIE 7 posts", ONE(POST "User-Agent: MSIE 7.0; MSIE 6.0\r\n\r\n"), 0},
    {"MSIE twice", ONE(POST "User-Agent: MSIE MSIE 6.0;\r\n\r\n"), 0},
    {"Opera posts as MSIE 6", ONE(POST "User-Agent: MSIE 6.0; Opera\r\n\r\n"),
     0},
    {"MSIE 6 posts as the second",
     ONE(POST "User-Agent: x\r\nUser-Agent: MSIE 6.0;\r\n\r\n"), 0},
    {"MSIE 6 gets", ONE(GET "User-Agent: MSIE 6.0;\r\n\r\n"), 0},
    {"MSIE 6 puts",
     ONE("PUT / HTTP/1.1\r\nHost: x\r\nUser-Agent: MSIE 6.0;\r\n\r\n"), 0},
    {"a browser",
     ONE(GET "User-Agent: Mozilla/5.0 (X11; Linux x86_64) "
             "AppleWebKit/537.36 (KHTML, like Gecko) "
             "Chrome/120.0.0.0 Safari/537.36\r\n"
             "Accept: */*\r\nAccept-Language: de\r\n\r\n"),
     0},
    {"Chrome on a missing page",
     ONE("GET /x HTTP/1.1\r\nHost: x\r\nUser-Agent: Chrome/1\r\n\r\n"), 0},
    {"MSIE on a missing page",
     ONE("GET /x HTTP/1.1\r\nHost: x\r\nUser-Agent: MSIE 9.0;\r\n\r\n"), 0},
    {"Firefox on a missing page",
     ONE("GET /x HTTP/1.1\r\nHost: x\r\nUser-Agent: Gecko/1\r\n\r\n"), 0},

    /* conditions and ranges */
    {"If-None-Match *", ONE(GET "If-None-Match: *\r\n\r\n"), 0},
    {"If-None-Match other", ONE(GET "If-None-Match: \"x\"\r\n\r\n"), 0},
    {"If-Match other", ONE(GET "If-Match: \"x\"\r\n\r\n"), 0},
    {"If-Modified-Since other",
     ONE(GET "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"), 0},
    {"If-Unmodified-Since old",
     ONE(GET "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"), 0},
    {"If-Unmodified-Since new",
     ONE(GET "If-Unmodified-Since: Sun, 06 Nov 2094 08:49:37 GMT\r\n\r\n"), 0},
    {"a range", ONE(GET "Range: bytes=0-3\r\n\r\n"), 0},
    {"the last five", ONE(GET "Range: bytes=-5\r\n\r\n"), 0},
    {"from five on", ONE(GET "Range: bytes=5-\r\n\r\n"), 0},
    {"behind the end", ONE(GET "Range: bytes=100000-\r\n\r\n"), 0},
    {"two ranges", ONE(GET "Range: bytes=0-1,4-5\r\n\r\n"), 0},
    {"a range and a bad one", ONE(GET "Range: bytes=0-1,x\r\n\r\n"), 0},
    {"a blank in a range", ONE(GET "Range: bytes=1 1-2\r\n\r\n"), 0},
    {"a blank before the last", ONE(GET "Range: bytes=- 5\r\n\r\n"), 0},
    {"the last none", ONE(GET "Range: bytes=-0\r\n\r\n"), 0},
    {"a huge range", ONE(GET "Range: bytes=1-99999999999999999999\r\n\r\n"), 0},
    {"two Ranges", ONE(GET "Range: bytes=1-1\r\nRange: bytes=x\r\n\r\n"), 0},
    {"no range", ONE(GET "Range: bytes=x\r\n\r\n"), 0},
    {"other units", ONE(GET "Range: lines=0-1\r\n\r\n"), 0},
    {"HEAD of a range",
     ONE("HEAD / HTTP/1.1\r\nHost: x\r\nRange: bytes=1-2\r\n\r\n"), 0},
    {"If-Range other", ONE(GET "Range: bytes=0-1\r\nIf-Range: \"x\"\r\n\r\n"),
     0},
    {"Expect", ONE(GET "Expect: 100-continue\r\n\r\n"), 0},

    /* other methods, bodies */
    {"OPTIONS *", ONE("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"OPTIONS /", ONE("OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"TRACE", ONE("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"CONNECT", ONE("CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"DELETE /", ONE("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"PUT /x", ONE("PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
     0},
    {"an unknown method", ONE("GETX / HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"a small method", ONE("get / HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"POST", ONE(POST "Content-Length: 3\r\n\r\nabc"), 0},
    {"POST, then GET", ONE(POST "Content-Length: 3\r\n\r\nabc" GET "\r\n"), 0},
    {"POST, its body later",
     {{0, POST "Content-Length: 3\r\n\r\n", 0}, {300, "abc" GET "\r\n", 0}},
     0},
    {"POST without its body", ONE(POST "Content-Length: 3\r\n\r\n"), 8000},
    {"POST that is too large", ONE(POST "Content-Length: 2000000\r\n\r\n"),
     8000},
    {"POST without a length", ONE(POST "Content-Length: x\r\n\r\n"), 0},
    {"POST without a host", ONE("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n"),
     0},
    {"a length out of bounds",
     ONE(POST "Content-Length: 9223372036854775808\r\n\r\n"), 0},
    {"the largest length",
     ONE(POST "Content-Length: 9223372036854775807\r\n\r\n"), 8000},
    {"an unknown coding, MSIE",
     ONE(POST "Transfer-Encoding: gzip\r\nUser-Agent: MSIE 7.0;\r\n\r\n"), 0},
    {"GET, broken chunks", ONE(GET "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"),
     0},
    {"goes on before 416",
     ONE(GET "Expect: 100-continue\r\nRange: bytes=999-\r\n\r\n"), 0},
    {"goes on before 412",
     ONE(GET "Expect: 100-continue\r\nIf-Match: \"a\"\r\n\r\n"), 0},
    {"a date of RFC 850",
     ONE(GET "If-Unmodified-Since: Sunday, 06-Nov-36 08:49:37 GMT\r\n\r\n"), 0},
    {"a date of asctime()",
     ONE(GET "If-Unmodified-Since: Sun Nov  6 08:49:37 2036\r\n\r\n"), 0},
    {"a day that is not",
     ONE(GET "If-Unmodified-Since: Sun, 31 Apr 2036 08:49:37 GMT\r\n\r\n"), 0},
    {"two lengths", ONE(POST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
     0},
    {"chunks, then GET",
     ONE(POST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" GET
              "\r\n"),
     0},
    {"broken chunks", ONE(POST "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"),
     8000},
    {"chunks and a length",
     ONE(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"), 8000},
    {"an unknown coding", ONE(POST "Transfer-Encoding: gzip\r\n\r\n"), 0},
    {"chunks in HTTP/1.0",
     ONE("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 0},

    /* paths */
    {"coded", ONE("GET /%69ndex.html HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"coded badly", ONE("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"a coded zero", ONE("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"two slashes", ONE("GET //index.html HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"dots", ONE("GET /a/../index.html HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"one dot", ONE("GET /./ HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"above the root", ONE("GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"),
     0},
    {"a file as folder", ONE("GET /index.html/ HTTP/1.1\r\nHost: x\r\n\r\n"),
     0},
    {"a whole address", ONE("GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"a whole address without path",
     ONE("GET http://x:80 HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"no slash", ONE("GET x HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"high bytes", ONE("GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"a control character", ONE("GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n"), 0},

    /* versions, fields */
    {"HTTP/1.2", ONE("GET / HTTP/1.2\r\nHost: x\r\n\r\n"), 0},
    {"HTTP/1.12345", ONE("GET / HTTP/1.12345\r\nHost: x\r\n\r\n"), 0},
    {"HTTP/2.0", ONE("GET / HTTP/2.0\r\n\r\n"), 0},
    {"HTTP/2 by prior knowledge", ONE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 0},
    {"h2c",
     ONE(GET "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
             "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"),
     0},
    {"HTTP/0.9 said", ONE("GET / HTTP/0.9\r\nHost: x\r\n\r\n"), 0},
    {"a blank too many", ONE("GET  / HTTP/1.1 \r\nHost: x\r\n\r\n"), 0},
    {"a word too many", ONE("GET / x HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
    {"no Host", ONE("GET / HTTP/1.1\r\n\r\n"), 0},
    {"two Hosts, not the end", ONE("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n"),
     0},
    {"an empty Host", ONE("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 0},
    {"a Host with a blank", ONE("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 0},
    {"a Host of a dot", ONE("GET / HTTP/1.1\r\nHost: .\r\n\r\n"), 0},
    {"a Host of a dot and a port", ONE("GET / HTTP/1.1\r\nHost: .:80\r\n\r\n"),
     0},
    {"a Host of a port", ONE("GET / HTTP/1.1\r\nHost: :80\r\n\r\n"), 0},
    {"a Host that is an address",
     ONE("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), 0},
    {"a Host without colon", ONE("GET / HTTP/1.1\r\nHost\r\n\r\n"), 0},
    {"a Host with dots", ONE("GET / HTTP/1.1\r\nHost: a..b\r\n\r\n"), 0},
    {"a field without colon", ONE(GET "field\r\n\r\n"), 0},
    {"a name with a blank", ONE(GET "a b: c\r\n\r\n"), 0},
    {"a name with odd characters", ONE(GET "@_: c\r\n\r\n"), 0},
    {"a folded line", ONE(GET "A: b\r\n c\r\n\r\n"), 0},
    {"a control in a value", ONE(GET "A: \x01\r\n\r\n"), 0},
    {"a zero in a value", RAW(GET "A: \0\r\n\r\n"), 0},
    {"a lone CR", ONE(GET "A: b\rc\r\n\r\n"), 0},

    /* almost ours */
    {"an upgrade to /", ONE(GET UPGRADE "\r\n"), 0},
    {"an upgrade to a wrong path",
     ONE("GET /" PATH_64 " HTTP/1.1\r\nHost: x\r\n" UPGRADE "\r\n"), 0},
    {"an upgrade to a short path",
     ONE("GET /chat HTTP/1.1\r\nHost: x\r\n" UPGRADE "\r\n"), 0},
    {"an upgrade, version 12",
     ONE("GET /" PATH_64 " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
         "Upgrade: websocket\r\nSec-WebSocket-Version: 12\r\n\r\n"),
     0},
    {"an upgrade and a frame",
     ONE("GET /" PATH_64 " HTTP/1.1\r\nHost: x\r\n" UPGRADE "\r\n"
         "\x82\x81\x01\x02\x03\x04\x05"),
     0},

    /* other protocols */
    {"SSH", ONE("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"), 0},
    {"TLS", RAW(HELLO_HEAD "0123456789abcdef0123456789abcdef"), 0},
    {"SMTP", ONE("EHLO x\r\n"), 0},
    {"QUIT", ONE("QUIT\r\n"), 0},
    {"SOCKS5", RAW("\x05\x01\x00"), 0},
    {"SOCKS4", RAW("\x04\x01\x00\x50\x7f\x00\x00\x01\x00"), 0},
    {"zeros", RAW("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), 0},
    {"RDP", RAW("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00"), 0},
    {"DNS over TCP", RAW("\x00\x1c\x12\x34\x01\x00\x00\x01\x00\x00"), 0},

    /* pieces and time */
    {"pipelined", ONE(GET "\r\n" GET "\r\nHEAD /x HTTP/1.1\r\nHost: x\r\n\r\n"),
     0},
    {"pipelined, then rubbish", ONE(GET "\r\n\x01"), 0},
    {"in pieces",
     {{0, "GE", 0}, {200, "T / HTTP/1.1\r\nHo", 0}, {200, "st: x\r\n\r\n", 0}},
     0},
    {"on a kept connection", {{0, GET "\r\n", 0}, {500, GET "\r\n", 0}}, 0},
    {"nothing at all", {{0, "", 0}}, 70000},
    {"one letter", ONE("G"), 70000},
    {"half a line", ONE("GET / HTT"), 70000},
    {"half a head", ONE(GET "Accept: "), 70000},
    {"slow bytes",
     {{0, "GET / HT", 0}, {20000, "TP/1.1\r\n", 0}, {20000, "Host: x\r\n", 0}},
     70000},
    {"kept and then silent", ONE(GET "\r\n"), 85000},
    {"kept and then half a head",
     {{0, GET "\r\n", 0}, {10000, "GET /", 0}},
     85000},
};

#endif
