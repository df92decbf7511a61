/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that nobody wants, read past (RFC 9112 sections 6.2 and 7.1). */
#include "transport/decoy.h"

#include "http.h"

enum chunk {
    CHUNK_SIZE_FIRST, /* the first digit of a size */
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_DATA,
    CHUNK_DATA_END,
    CHUNK_TRAILER, /* the beginning of a line of it */
    CHUNK_TRAILER_LINE,
    CHUNK_OVER
};

void
decoy_body_begin(struct decoy_body *b, const struct decoy_request *r)
{
    *b = (struct decoy_body){.left = r->chunked ? 0 : r->body_len,
                             .chunked = r->chunked,
                             .under_way = r->chunked || r->body_len != 0};
}

static enum err
step_size(struct decoy_body *b, uint8_t c)
{
    int digit = http_digit(c);

    if (digit >= 0) {
        if (b->left > UINT32_MAX)
            return ERR_MALFORMED;
        b->left = b->left * 16 + (uint64_t)digit;
        b->state = CHUNK_SIZE;
        return ERR_OK;
    }
    if (b->state == CHUNK_SIZE_FIRST)
        return ERR_MALFORMED;
    if (c == '\n')
        b->state = b->left == 0 ? CHUNK_TRAILER : CHUNK_DATA;
    else if (c == '\r' || c == ';' || c == ' ' || c == '\t')
        b->state = CHUNK_EXTENSION;
    else
        return ERR_MALFORMED;
    return ERR_OK;
}

/* One byte that is not a chunk's data. */
static enum err
step(struct decoy_body *b, uint8_t c)
{
    switch ((enum chunk)b->state) {
    case CHUNK_SIZE_FIRST:
    case CHUNK_SIZE:
        return step_size(b, c);
    case CHUNK_EXTENSION:
        if (c == '\n')
            b->state = b->left == 0 ? CHUNK_TRAILER : CHUNK_DATA;
        break;
    case CHUNK_DATA_END:
        if (c == '\n')
            b->state = CHUNK_SIZE_FIRST;
        else if (c != '\r')
            return ERR_MALFORMED;
        break;
    case CHUNK_TRAILER:
        if (c == '\n')
            b->state = CHUNK_OVER;
        else if (c != '\r')
            b->state = CHUNK_TRAILER_LINE;
        break;
    case CHUNK_TRAILER_LINE:
        if (c == '\n')
            b->state = CHUNK_TRAILER;
        break;
    case CHUNK_DATA:
    case CHUNK_OVER:
        break;
    }
    return ERR_OK;
}

/* As much of in as left allows. */
static void
pass(struct decoy_body *b, struct bytes *in)
{
    size_t n = in->len < b->left ? in->len : (size_t)b->left;

    *in = bytes_slice(*in, n, in->len);
    b->left -= n;
}

enum err
decoy_body_skip(struct decoy_body *b, struct bytes *in)
{
    enum err e = ERR_OK;

    while (e == ERR_OK && b->chunked && b->state != CHUNK_OVER) {
        if (in->len == 0)
            return ERR_NOT_FOUND;
        if (b->state == CHUNK_DATA) {
            pass(b, in);
            if (b->left == 0)
                b->state = CHUNK_DATA_END;
        } else {
            e = step(b, in->b[0]);
            *in = bytes_slice(*in, 1, in->len);
        }
    }
    if (e == ERR_OK && !b->chunked) {
        pass(b, in);
        if (b->left != 0)
            return ERR_NOT_FOUND;
    }
    b->under_way = false;
    return e;
}
