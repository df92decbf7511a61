/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The two stored blobs of a group, one after the other: a big-endian u32 says
 * how long the first is. Their digests are mended, so that what is inside them
 * is reached.
 * Property: what loads is saved again byte for byte. */
#include <assert.h>
#include <string.h>

#include "crypto/hash.h"
#include "mls_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return random_start() == ERR_OK ? 0 : 1;
}

static void
mend(struct buf *b)
{
    if (b->len >= HASH_LEN)
        hash_sha256((struct bytes){b->b, b->len - HASH_LEN},
                    b->b + b->len - HASH_LEN);
}

static void
load(const struct buf *epoch, const struct buf *messages)
{
    struct buf epoch_again = buf_limited(WORLD_BYTES);
    struct buf messages_again = buf_limited(WORLD_BYTES);
    struct mls_group *g;

    if (mls_group_load(buf_bytes(epoch), buf_bytes(messages), &g) != ERR_OK)
        return;
    world_save(g, &epoch_again, &messages_again);
    assert(bytes_equal(buf_bytes(epoch), buf_bytes(&epoch_again)));
    assert(bytes_equal(buf_bytes(messages), buf_bytes(&messages_again)));
    buf_free(&epoch_again);
    buf_free(&messages_again);
    mls_group_free(g);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};
    struct buf epoch = buf_limited(WORLD_BYTES);
    struct buf messages = buf_limited(WORLD_BYTES);
    size_t first;

    if (size < 4 || size > WORLD_BYTES)
        return 0;
    first = (size_t)data[0] << 24 | (size_t)data[1] << 16 |
            (size_t)data[2] << 8 | data[3];
    if (first > size - 4)
        return 0;
    buf_append(&epoch, bytes_slice(in, 4, first));
    buf_append(&messages, bytes_slice(in, 4 + first, size));
    mend(&epoch);
    mend(&messages);
    load(&epoch, &messages);
    buf_free(&epoch);
    buf_free(&messages);
    return 0;
}
