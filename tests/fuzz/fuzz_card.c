/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whatever lib/wire reads in the TLS presentation language: a card, what its
 * body says, a group's settings. Property: what is read is written back byte
 * for byte. */
#include <assert.h>

#include "wire/card.h"
#include "wire/settings.h"

enum { MAX = 2 * CARD_MAX };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect_same(enum err e, struct buf *again, struct bytes in)
{
    assert(e == ERR_OK);
    assert(bytes_equal(buf_bytes(again), in));
    buf_reset(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf again = buf_limited(MAX);
    struct bytes in = {data, size};
    struct card_body body;
    struct settings settings;
    struct card card;

    if (card_read(in, &card) == ERR_OK)
        expect_same(card_write(&card, &again), &again, in);
    if (card_body_read(in, &body) == ERR_OK)
        expect_same(card_body_write(&body, &again), &again, in);
    if (settings_read(in, &settings) == ERR_OK)
        expect_same(settings_write(&settings, &again), &again, in);
    buf_free(&again);
    return 0;
}
