/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A key package in an MLSMessage. Properties: what parses is written back byte
 * for byte; what passes every check can be looked at. */
#include "mls_encode.h"

#include "crypto/random.h"
#include "lib/mls/message.h"
#include "mls/key_package.h"

enum { MAX = 1 << 20 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (random_start() != ERR_OK)
        return -1;
    random_seed(1);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf again = buf_limited(MAX);
    struct bytes in = {data, size}, found;
    struct mls_key_package_view view;
    struct mls_key_package kp;

    if (mls_key_package_parse(in, &kp) == ERR_OK) {
        mls_message_begin(&again, MLS_WIRE_KEY_PACKAGE);
        encode_key_package(&kp, &again);
        expect_same(&again, in);
        (void)mls_key_package_extension(in, 1, &found);
        if (mls_key_package_check(in, 0, &view) == ERR_OK)
            assert(bytes_equal(view.credential, kp.leaf.credential.identity));
    }
    buf_free(&again);
    return 0;
}
