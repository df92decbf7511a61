/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A link that somebody pasted. Property: what is read can be written in both
 * spellings, and each of them reads as the same link. */
#include <assert.h>
#include <string.h>

#include "crypto/random.h"
#include "transport/uri.h"

enum { MAX = 4096 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return random_start() == ERR_OK ? 0 : 1;
}

static void
expect_same(const struct uri *u, enum uri_spelling spelling)
{
    struct buf text = buf_limited(MAX);
    struct uri again;
    enum err e;

    e = uri_write(u, spelling, &text);
    assert(e == ERR_OK);
    e = uri_read(buf_bytes(&text), &again);
    assert(e == ERR_OK);
    assert(memcmp(u, &again, sizeof again) == 0);
    buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};
    struct uri u;

    if (uri_read(in, &u) == ERR_OK) {
        expect_same(&u, URI_TEXT);
        expect_same(&u, URI_QR);
    }
    uri_wipe(&u);
    return 0;
}
