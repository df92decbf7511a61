/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "envelope.h"

#include <string.h>

#include "crypto/random.h"

static const char label[] = "Pristan envelope 1";

enum { AAD_LEN = sizeof label - 1 + LIMIT_ID + 1 };

static const size_t sizes[] = {1024, 4 * 1024, 16 * 1024, 64 * 1024,
                               256 * 1024};

static struct bytes
aad_of(const struct channel *ch,
       enum record_kind kind,
       uint8_t out[static AAD_LEN])
{
    memcpy(out, label, sizeof label - 1);
    memcpy(out + sizeof label - 1, ch->id, LIMIT_ID);
    out[AAD_LEN - 1] = (uint8_t)kind;
    return (struct bytes){out, AAD_LEN};
}

/* The smallest size that holds len bytes; 0: none. */
static size_t
size_for(size_t len)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (len <= sizes[i])
            return sizes[i];
    return 0;
}

static void
put_length(uint8_t out[static 4], size_t len)
{
    for (size_t i = 0; i < 4; i++)
        out[i] = (uint8_t)(len >> (24 - 8 * i));
}

enum err
envelope_seal(const struct channel *ch,
              enum record_kind kind,
              struct bytes message,
              struct buf *out)
{
    uint8_t aad[AAD_LEN];
    uint8_t *record, *plain;
    size_t size, plain_len;

    if (message.len > LIMIT_MLS_MESSAGE)
        return ERR_TOO_LARGE;
    size = size_for(message.len + ENVELOPE_OVERHEAD);
    record = buf_space(out, size);
    if (record == NULL)
        return buf_end(out);
    random_bytes(record, AEAD_XNONCE_LEN);
    plain = record + AEAD_XNONCE_LEN;
    plain_len = size - AEAD_XNONCE_LEN - AEAD_TAG_LEN;
    put_length(plain, message.len);
    memcpy(plain + 4, message.b, message.len);
    aead_xseal(&ch->envelope_key, record, aad_of(ch, kind, aad),
               (struct bytes){plain, plain_len}, plain);
    return ERR_OK;
}

static enum err
unpad(struct bytes plain, struct bytes *message)
{
    struct reader r = {.rest = plain};
    size_t len = reader_u32(&r);

    if (len > r.rest.len)
        return ERR_MALFORMED;
    *message = reader_take(&r, len);
    if (!bytes_all_zero(r.rest) ||
        size_for(len + ENVELOPE_OVERHEAD) !=
            plain.len + AEAD_XNONCE_LEN + AEAD_TAG_LEN)
        return ERR_MALFORMED;
    return ERR_OK;
}

enum err
envelope_open(const struct channel *ch,
              enum record_kind kind,
              struct bytes record,
              struct buf *out)
{
    uint8_t aad[AAD_LEN];
    struct buf plain = buf_limited(LIMIT_RECORD);
    struct bytes sealed, message;
    uint8_t *room;
    enum err e;

    if (record.len < sizes[0] || size_for(record.len) != record.len)
        return ERR_MALFORMED;
    sealed = bytes_slice(record, AEAD_XNONCE_LEN, record.len);
    room = buf_space(&plain, sealed.len - AEAD_TAG_LEN);
    if (room == NULL)
        return buf_end(&plain);
    e = aead_xopen(&ch->envelope_key, record.b, aad_of(ch, kind, aad), sealed,
                   room);
    if (e == ERR_OK)
        e = unpad(buf_bytes(&plain), &message);
    if (e == ERR_OK) {
        buf_append(out, message);
        e = buf_end(out);
    }
    buf_free(&plain);
    return e;
}
