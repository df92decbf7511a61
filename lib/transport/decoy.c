/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of an nginx that hides its version. PROTOCOL.md section 2.3. */
#include "transport/decoy.h"

#include "decoy_parts.h"

static const char *const status_lines[DECOY_STATUSES] = {
    [DECOY_OK] = "200 OK",
    [DECOY_PART] = "206 Partial Content",
    [DECOY_SAME] = "304 Not Modified",
    [DECOY_BAD] = "400 Bad Request",
    [DECOY_NONE] = "404 Not Found",
    [DECOY_METHOD] = "405 Not Allowed",
    [DECOY_CONDITION] = "412 Precondition Failed",
    [DECOY_LARGE_BODY] = "413 Request Entity Too Large",
    [DECOY_LARGE_TARGET] = "414 Request-URI Too Large",
    [DECOY_RANGE] = "416 Requested Range Not Satisfiable",
    [DECOY_LARGE_FIELDS] = "400 Bad Request",
    [DECOY_CODING] = "501 Not Implemented",
    [DECOY_VERSION] = "505 HTTP Version Not Supported",
};

/* What a browser of these makes of short error pages is prevented. */
static const char padding[] = "<!-- a padding to disable MSIE and Chrome "
                              "friendly error page -->\r\n";
enum { PADDINGS = 6 };

static void
text(struct buf *out, const char *s)
{
    buf_append(out, bytes_str(s));
}

static void
add_hex(struct http_text *t, uint64_t v)
{
    unsigned shift = 0;

    while (v >> shift > 15)
        shift += 4;
    for (shift += 4; shift != 0; shift -= 4)
        http_text_add(t, (uint8_t) "0123456789abcdef"[v >> (shift - 4) & 15]);
}

void
decoy_etag(struct http_text *out, const struct decoy_page *page)
{
    http_text_reset(out);
    http_text_add(out, '"');
    add_hex(out, page->modified_s);
    http_text_add(out, '-');
    add_hex(out, page->body.len);
    http_text_add(out, '"');
}

static bool
is_padded(const struct decoy_request *r, enum decoy_status status)
{
    return r->padded && !r->bare && status >= DECOY_BAD;
}

static void
write_error_page(struct buf *out,
                 const struct decoy_request *r,
                 enum decoy_status status)
{
    static const char large[] = "Request Header Or Cookie Too Large";
    const char *line = status_lines[status];

    text(out, "<html>\r\n<head><title>");
    text(out, status == DECOY_LARGE_FIELDS ? "400 " : line);
    if (status == DECOY_LARGE_FIELDS)
        text(out, large);
    text(out, "</title></head>\r\n<body>\r\n<center><h1>");
    text(out, line);
    text(out, "</h1></center>\r\n");
    if (status == DECOY_LARGE_FIELDS) {
        text(out, "<center>");
        text(out, large);
        text(out, "</center>\r\n");
    }
    text(out, "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n");
    for (int i = 0; i < PADDINGS && is_padded(r, status); i++)
        text(out, padding);
}

/* What follows the head, HEAD or not. */
struct answer {
    enum decoy_status status;
    struct bytes body;
    size_t from; /* DECOY_PART */
    size_t to;
};

static void
write_content_range(struct buf *out,
                    const struct answer *a,
                    const struct decoy_page *page)
{
    text(out, "Content-Range: bytes ");
    if (a->status == DECOY_PART) {
        decoy_number(out, a->from, 1);
        text(out, "-");
        decoy_number(out, a->to - 1, 1);
    } else {
        text(out, "*");
    }
    text(out, "/");
    decoy_number(out, page->body.len, 1);
    text(out, "\r\n");
}

/* The fields in nginx's order. */
static void
write_head(struct buf *out,
           const struct decoy_request *r,
           const struct answer *a,
           const struct decoy_page *page,
           uint64_t now_ms)
{
    bool of_page = a->status <= DECOY_SAME;
    struct http_text etag;

    text(out, "HTTP/1.1 ");
    text(out, status_lines[a->status]);
    text(out, "\r\nServer: nginx\r\nDate: ");
    decoy_date(out, now_ms / 1000);
    if (a->status != DECOY_SAME) {
        text(out, "\r\nContent-Type: text/html\r\nContent-Length: ");
        decoy_number(out, a->body.len, 1);
    }
    if (of_page) {
        text(out, "\r\nLast-Modified: ");
        decoy_date(out, page->modified_s);
    }
    text(out, r->keep ? "\r\nConnection: keep-alive\r\n"
                      : "\r\nConnection: close\r\n");
    if (of_page) {
        text(out, "ETag: ");
        decoy_etag(&etag, page);
        buf_append(out, http_text_bytes(&etag));
        text(out, "\r\n");
    }
    if (a->status == DECOY_OK)
        text(out, "Accept-Ranges: bytes\r\n");
    if (a->status == DECOY_PART || a->status == DECOY_RANGE)
        write_content_range(out, a, page);
    text(out, "\r\n");
}

static void
write_answer(struct buf *out,
             const struct decoy_request *r,
             const struct answer *a,
             const struct decoy_page *page,
             uint64_t now_ms)
{
    /* where there is the page; conditions and ranges are judged after it */
    if (r->minor >= 1 && r->status == DECOY_OK && r->go_on)
        text(out, "HTTP/1.1 100 Continue\r\n\r\n");
    if (!r->bare)
        write_head(out, r, a, page, now_ms);
    if (!r->head)
        buf_append(out, a->body);
}

bool
decoy_answer(const struct decoy_request *request,
             const struct decoy_page *page,
             uint64_t now_ms,
             struct buf *out)
{
    struct buf made = buf_limited(2048);
    struct answer a = {.status = request->status};

    if (a.status == DECOY_OK)
        a.status = request->found;
    if (a.status == DECOY_PART && request->to > page->body.len)
        a.status = DECOY_OK; /* the page has changed since its line was read */
    if (a.status == DECOY_OK)
        a.body = page->body;
    else if (a.status == DECOY_PART) {
        a.from = request->from;
        a.to = request->to;
        a.body = bytes_slice(page->body, a.from, a.to - a.from);
    } else if (a.status != DECOY_SAME) {
        write_error_page(&made, request, a.status);
        a.body = buf_bytes(&made);
    }
    if (buf_end(&made) == ERR_OK)
        write_answer(out, request, &a, page, now_ms);
    else if (out->err == ERR_OK)
        out->err = buf_end(&made);
    buf_free(&made);
    return request->keep && a.status != DECOY_CONDITION;
}
