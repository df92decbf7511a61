/* SPDX-License-Identifier: Apache-2.0 */
/* The ordinary web server. PROTOCOL.md section 2.3. No name of any product is
 * claimed: a wrong "Server:" is easier to tell than none. */
#include "transport/decoy.h"

#include <string.h>

#include "http.h"

enum { DAY_S = 24 * 60 * 60, DAYS_400_YEARS = 146097 };

static void
text(struct buf *out, const char *s)
{
    buf_append(out, bytes_str(s));
}

/* In decimal, at least width digits. */
static void
number(struct buf *out, uint64_t v, size_t width)
{
    uint8_t digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (uint8_t)('0' + v % 10);
        v /= 10;
    } while (v != 0 || sizeof digits - at < width);
    buf_append(out, (struct bytes){digits + at, sizeof digits - at});
}

static bool
is_leap(uint64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* IMF-fixdate, RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". */
static void
date(struct buf *out, uint64_t now_ms)
{
    static const char day_names[] =
        "ThuFriSatSunMonTueWed"; /* 1.1.1970 first */
    static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30,
                                         31, 31, 30, 31, 30, 31};
    uint64_t s = now_ms / 1000;
    uint64_t days = s / DAY_S;
    uint64_t year = 1970 + days / DAYS_400_YEARS * 400;
    size_t weekday = (size_t)(days % 7);
    size_t month = 0;

    days %= DAYS_400_YEARS;
    for (; days >= (is_leap(year) ? 366U : 365U); year++)
        days -= is_leap(year) ? 366U : 365U;
    for (;; month++) {
        uint64_t len =
            month_days[month] + (month == 1 && is_leap(year) ? 1U : 0U);

        if (days < len)
            break;
        days -= len;
    }
    buf_append(out, bytes_slice(bytes_str(day_names), 3 * weekday, 3));
    text(out, ", ");
    number(out, days + 1, 2);
    text(out, " ");
    buf_append(out, bytes_slice(bytes_str(month_names), 3 * month, 3));
    text(out, " ");
    number(out, year, 4);
    text(out, " ");
    number(out, s / 3600 % 24, 2);
    text(out, ":");
    number(out, s / 60 % 60, 2);
    text(out, ":");
    number(out, s % 60, 2);
    text(out, " GMT");
}

enum status {
    STATUS_OK,
    STATUS_BAD,
    STATUS_NONE,
    STATUS_METHOD,
    STATUS_VERSION
};

static const char *const status_lines[] = {
    [STATUS_OK] = "200 OK",
    [STATUS_BAD] = "400 Bad Request",
    [STATUS_NONE] = "404 Not Found",
    [STATUS_METHOD] = "405 Method Not Allowed",
    [STATUS_VERSION] = "505 HTTP Version Not Supported",
};

/* All lines up to the empty one are fields, and HTTP/1.1 has a Host. */
static bool
fields_good(struct bytes rest, struct bytes version)
{
    struct http_field f;
    struct bytes line;
    bool bad = false;
    size_t hosts = 0;

    while (http_line_next(&rest, &line, &bad) && line.len != 0) {
        if (http_field_read(line, &f) != ERR_OK)
            return false;
        hosts += http_equal(f.name, "host") ? 1U : 0U;
    }
    return hosts == 1 || (hosts == 0 && bytes_equal(version, bytes_str("1.0")));
}

/* Up to a query. */
static bool
path_is(struct bytes target, const char *path)
{
    size_t len = 0;

    while (len < target.len && target.b[len] != '?')
        len++;
    return bytes_equal(bytes_slice(target, 0, len), bytes_str(path));
}

static enum status
judge(struct bytes request, bool *head)
{
    struct http_request_line start;
    struct bytes rest = request;
    struct bytes line;
    bool bad = false;

    if (!http_line_next(&rest, &line, &bad) ||
        http_request_line_read(line, &start) != ERR_OK)
        return STATUS_BAD;
    if (start.version.b[0] != '1')
        return start.version.b[0] == '0' ? STATUS_BAD : STATUS_VERSION;
    *head = bytes_equal(start.method, bytes_str("HEAD"));
    if (http_head_len(request) == 0 || start.target.b[0] != '/' ||
        !fields_good(rest, start.version))
        return STATUS_BAD;
    if (!*head && !bytes_equal(start.method, bytes_str("GET")))
        return STATUS_METHOD;
    if (path_is(start.target, "/") || path_is(start.target, "/index.html"))
        return STATUS_OK;
    return STATUS_NONE;
}

static const char error_page[] =
    "<html>\r\n<head><title>%</title></head>\r\n<body>\r\n"
    "<center><h1>%</h1></center>\r\n</body>\r\n</html>\r\n";

/* error_page with each % replaced. */
static void
write_error_page(struct buf *out, const char *status_line)
{
    for (const char *p = error_page; *p != '\0'; p++) {
        if (*p == '%')
            text(out, status_line);
        else
            buf_u8(out, (uint8_t)*p);
    }
}

void
decoy_answer(struct bytes request,
             struct bytes page,
             uint64_t now_ms,
             struct buf *out)
{
    bool head = false;
    enum status status = judge(request, &head);
    const char *line = status_lines[status];
    size_t len = sizeof error_page - 1 + 2 * (strlen(line) - 1);

    text(out, "HTTP/1.1 ");
    text(out, line);
    text(out, "\r\nDate: ");
    date(out, now_ms);
    text(out, "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: ");
    number(out, status == STATUS_OK ? page.len : len, 1);
    if (status == STATUS_METHOD)
        text(out, "\r\nAllow: GET, HEAD");
    text(out, "\r\nConnection: close\r\n\r\n");
    if (head)
        return;
    if (status == STATUS_OK)
        buf_append(out, page);
    else
        write_error_page(out, line);
}
