/* SPDX-License-Identifier: Apache-2.0 */
/* One request, judged in the order in which nginx does: the line, the fields,
 * the method, the size of the body, the path. */
#include "decoy_parts.h"

#include <string.h>

#include "http.h"

/* Says so, and that this is the last on this connection. */
static enum err
fail(struct decoy_request *out, enum decoy_status status)
{
    out->status = status;
    out->keep = false;
    return ERR_OK;
}

bool
decoy_has(struct bytes text, const char *word, bool fold)
{
    size_t len = strlen(word);

    for (size_t i = 0; i + len <= text.len; i++) {
        struct bytes part = bytes_slice(text, i, len);

        if (fold ? http_equal(part, word) : bytes_equal(part, bytes_str(word)))
            return true;
    }
    return false;
}

enum err
decoy_number(struct bytes text, uint64_t *out)
{
    uint64_t v = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.b[i] < '0' || text.b[i] > '9' || v > (uint64_t)INT64_MAX / 16)
            return ERR_MALFORMED;
        v = v * 10 + (uint64_t)(text.b[i] - '0');
    }
    *out = v;
    return text.len != 0 ? ERR_OK : ERR_MALFORMED;
}

/* What may follow the head. */
static enum decoy_status
judge_body(struct decoy_request *out)
{
    const struct bytes *f = out->fields;

    if (f[DECOY_LENGTH].b != NULL &&
        decoy_number(f[DECOY_LENGTH], &out->body_len) != ERR_OK)
        return DECOY_BAD;
    if (f[DECOY_ENCODING].b == NULL)
        return DECOY_OK;
    if (out->minor < 1)
        return DECOY_BAD;
    if (!http_equal(f[DECOY_ENCODING], "chunked"))
        return DECOY_CODING;
    out->chunked = true;
    return f[DECOY_LENGTH].b == NULL ? DECOY_OK : DECOY_BAD;
}

static bool
is(struct bytes text, const char *word)
{
    return bytes_equal(text, bytes_str(word));
}

static bool
wants_more(const struct decoy_request *out)
{
    struct bytes connection = out->fields[DECOY_CONNECTION];

    if (decoy_has(connection, "close", true))
        return false;
    return out->minor >= 1 || decoy_has(connection, "keep-alive", true);
}

static enum decoy_status
judge_path(const struct decoy_start *start, struct bytes path)
{
    bool get = is(start->method, "GET") || is(start->method, "HEAD");

    if (!is(path, "/") && !is(path, "/index.html"))
        return DECOY_NONE;
    return get ? DECOY_OK : DECOY_METHOD;
}

/* The head is whole. */
static enum err
judge(const struct decoy_start *start,
      struct bytes path,
      struct decoy_request *out)
{
    enum decoy_status body = DECOY_OK;

    if (!out->bare && out->minor >= 1 && out->fields[DECOY_HOST].b == NULL)
        return fail(out, DECOY_BAD);
    if (!out->bare)
        body = judge_body(out);
    if (body != DECOY_OK)
        return fail(out, body);
    if (is(start->method, "TRACE") || is(start->method, "CONNECT"))
        return fail(out, DECOY_METHOD);
    if (out->body_len > DECOY_BODY_MAX)
        return fail(out, DECOY_LARGE_BODY);
    out->keep = !out->bare && wants_more(out);
    out->status = judge_path(start, path);
    return ERR_OK;
}

/* in begins with a good request line that ends before at. */
static enum err
read_rest(struct bytes in,
          size_t at,
          const struct decoy_start *start,
          struct decoy_request *out)
{
    struct decoy_path path;
    enum err e = decoy_path_read(start->target, &path);

    out->head = is(start->method, "HEAD");
    out->bare = start->bare;
    out->minor = start->minor;
    if (e == ERR_OK && !out->bare)
        e = decoy_fields_read(in, &at, out);
    if (e == ERR_OK) {
        out->len = at;
        e = judge(start, (struct bytes){path.b, path.len}, out);
    } else if (e == ERR_MALFORMED) {
        e = fail(out, DECOY_BAD);
    } else if (e == ERR_NOT_FOUND && in.len >= LIMIT_UPGRADE) {
        e = fail(out, DECOY_LARGE_FIELDS);
    }
    return e;
}

enum err
decoy_read(struct bytes in, struct decoy_request *out)
{
    struct decoy_start start;
    size_t at = 0;
    enum err e;

    in = bytes_slice(in, 0, LIMIT_UPGRADE);
    e = decoy_start_read(in, &at, &start);
    *out = (struct decoy_request){.len = in.len};
    if (e == ERR_OK)
        return read_rest(in, at, &start, out);
    out->head = is(start.method, "HEAD");
    if (e == ERR_MALFORMED)
        return fail(out, DECOY_BAD);
    if (e == ERR_UNSUPPORTED)
        return fail(out, DECOY_VERSION);
    if (e == ERR_NOT_FOUND && in.len >= LIMIT_UPGRADE)
        return fail(out, DECOY_LARGE_TARGET);
    return e;
}
