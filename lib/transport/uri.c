/* SPDX-License-Identifier: Apache-2.0 */
/* Links: one body, three spellings. docs/PROTOCOL.md section 1. */
#include "transport/uri.h"

#include <string.h>

#include "base/mem.h"
#include "base/reader.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "endpoint.h"

enum {
    VERSION = 1,
    CHECK_LEN = 2,
    BODY_MAX = 1 + DH_LEN + 16 + URI_SECRET_LEN +
               URI_ENDPOINTS_MAX * ENDPOINT_LEN_MAX + CHECK_LEN,
    TEXT_MAX = 4096 /* characters: far more than any landing page's address */
};

static const char scheme[] = "pristan:";
static const char web_scheme[] = "https://";

static void
body_check(struct bytes body, uint8_t out[static CHECK_LEN])
{
    uint8_t hash[HASH_LEN];

    hash_id("pristan link", &body, 1, hash);
    memcpy(out, hash, CHECK_LEN);
}

static bool
has_secret(enum uri_kind kind)
{
    return kind != URI_RELAY;
}

static bool
is_kind(unsigned v)
{
    return v >= URI_RELAY && v <= URI_RETURN;
}

static enum err
body_write(const struct uri *in, struct buf *body)
{
    uint8_t check[CHECK_LEN];
    enum err e = ERR_OK;

    if (!is_kind(in->kind) || in->endpoint_count < 1 ||
        in->endpoint_count > URI_ENDPOINTS_MAX)
        return ERR_USE;
    buf_u8(body, (uint8_t)(VERSION << 4 | (unsigned)in->kind));
    buf_append(body, BYTES_OF(in->relay_key.b));
    if (has_secret(in->kind)) {
        buf_append(body, BYTES_OF(in->card));
        buf_append(body, BYTES_OF(in->secret));
    }
    for (size_t i = 0; e == ERR_OK && i < in->endpoint_count; i++)
        e = endpoint_write(&in->endpoints[i], body);
    if (e != ERR_OK)
        return e;
    if (buf_end(body) != ERR_OK)
        return buf_end(body);
    body_check(buf_bytes(body), check);
    buf_append(body, BYTES_OF(check));
    return buf_end(body);
}

enum err
uri_write(const struct uri *in, enum uri_spelling spelling, struct buf *out)
{
    struct buf body = buf_limited(BODY_MAX);
    enum err e = body_write(in, &body);

    if (e != ERR_OK)
        goto out;
    switch (spelling) {
    case URI_TEXT:
        buf_append(out, bytes_str(scheme));
        encoding_base64url(out, buf_bytes(&body));
        break;
    case URI_QR: /* upper case only: a QR code packs it in half the squares */
        buf_append(out, bytes_str("PRISTAN:"));
        encoding_base32(out, buf_bytes(&body));
        break;
    }
    e = buf_end(out);
out:
    buf_free(&body);
    return e;
}

static bool
is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct bytes
trim(struct bytes in)
{
    while (in.len > 0 && is_space(in.b[0]))
        in = bytes_slice(in, 1, in.len - 1);
    while (in.len > 0 && is_space(in.b[in.len - 1]))
        in.len--;
    return in;
}

static bool
begins_with(struct bytes in, const char *lower)
{
    size_t len = strlen(lower);

    if (in.len < len)
        return false;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = in.b[i];

        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c - 'A' + 'a');
        if (c != (uint8_t)lower[i])
            return false;
    }
    return true;
}

/* Where the body is: after our own scheme, or in the fragment of a web address.
 * ERR_MALFORMED: this is no link of ours. */
static enum err
find_body(struct bytes in, struct bytes *out)
{
    const uint8_t *hash;

    if (begins_with(in, scheme)) {
        *out = bytes_slice(in, strlen(scheme), in.len - strlen(scheme));
        return ERR_OK;
    }
    if (!begins_with(in, web_scheme))
        return ERR_MALFORMED;
    hash = memchr(in.b, '#', in.len);
    if (hash == NULL)
        return ERR_MALFORMED;
    *out = bytes_slice(in, (size_t)(hash - in.b) + 1, in.len);
    return ERR_OK;
}

/* Whether a body that did not check was meant to be one. Any web page may have
 * a fragment; ours is long, and its first character holds the version: 'E' or
 * 'F' in base64url, 'C' in base32. */
static bool
was_meant(struct bytes in, struct bytes body)
{
    enum { ENOUGH = 24 };

    if (begins_with(in, scheme))
        return true;
    return body.len >= ENOUGH && memchr("EFCc", body.b[0], 4) != NULL;
}

static bool
check_holds(struct bytes body)
{
    uint8_t check[CHECK_LEN];
    size_t len;

    if (body.len <= CHECK_LEN)
        return false;
    len = body.len - CHECK_LEN;
    body_check(bytes_slice(body, 0, len), check);
    return bytes_equal(BYTES_OF(check), bytes_slice(body, len, CHECK_LEN));
}

/* Which of the two alphabets it is, the check decides: a link that was read out
 * over a telephone may have been typed in small letters. ERR_AUTH: neither. */
static enum err
decode(struct bytes text, struct buf *body)
{
    enum err e = encoding_unbase64url(body, text);

    if (e == ERR_OK && check_holds(buf_bytes(body)))
        return ERR_OK;
    if (e == ERR_MEMORY)
        return e;
    buf_reset(body);
    e = encoding_unbase32(body, text);
    if (e == ERR_OK && check_holds(buf_bytes(body)))
        return ERR_OK;
    return e == ERR_MEMORY ? e : ERR_AUTH;
}

/* The check holds: what is wrong now was written so. */
static enum err
body_read(struct bytes body, struct uri *out)
{
    struct reader r = {.rest = bytes_slice(body, 0, body.len - CHECK_LEN)};
    uint8_t first = reader_u8(&r);

    if (first >> 4 != VERSION || !is_kind(first & 15u))
        return ERR_UNSUPPORTED;
    out->kind = (enum uri_kind)(first & 15u);
    reader_copy(&r, out->relay_key.b, sizeof out->relay_key.b);
    if (has_secret(out->kind)) {
        reader_copy(&r, out->card, sizeof out->card);
        reader_copy(&r, out->secret, sizeof out->secret);
    }
    while (reader_more(&r)) {
        if (out->endpoint_count == URI_ENDPOINTS_MAX)
            return ERR_MALFORMED;
        endpoint_read(&r, &out->endpoints[out->endpoint_count++]);
    }
    if (out->endpoint_count == 0)
        return ERR_MALFORMED;
    return reader_end(&r);
}

enum err
uri_read(struct bytes in, struct uri *out)
{
    struct buf body = buf_limited(TEXT_MAX);
    struct bytes text;
    enum err e;

    memset(out, 0, sizeof *out);
    in = trim(in);
    if (in.len > TEXT_MAX)
        return ERR_MALFORMED;
    e = find_body(in, &text);
    if (e == ERR_OK)
        e = decode(text, &body);
    if (e == ERR_AUTH && !was_meant(in, text))
        e = ERR_MALFORMED;
    if (e == ERR_OK)
        e = body_read(buf_bytes(&body), out);
    if (e != ERR_OK)
        uri_wipe(out);
    buf_free(&body);
    return e;
}

void
uri_wipe(struct uri *u)
{
    mem_wipe(u, sizeof *u);
}
