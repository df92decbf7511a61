/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A decoder of lib/mls, chosen by DECODER when it is built: each has a program
 * of its own. Property: what parses is written back byte for byte. */
#include <string.h>

#include "crypto/random.h"
#include "mls_decode.h"

enum { MAX = 1 << 20 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *name;
    decode_function *decode;
} decoders[] = {
    {"credential", decode_credential},
    {"extensions", decode_extensions},
    {"required_capabilities", decode_required_capabilities},
    {"external_senders", decode_external_senders},
    {"leaf_node", decode_leaf_node},
    {"parent_node", decode_parent_node},
    {"psk_id", decode_psk_id},
    {"group_context", decode_group_context},
    {"group_secrets", decode_group_secrets},
    {"proposal", decode_proposal},
    {"commit", decode_commit},
    {"update_path", decode_update_path},
    {"authenticated_content", decode_authenticated_content},
    {"sender_data", decode_sender_data},
    {"private_content", decode_private_content},
    {"public_message", decode_public_message},
    {"private_message", decode_private_message},
    {"welcome", decode_welcome},
    {"group_info", decode_group_info},
    {"message", decode_message},
};

static decode_function *decode;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < sizeof decoders / sizeof decoders[0]; i++)
        if (strcmp(decoders[i].name, DECODER) == 0)
            decode = decoders[i].decode;
    return decode != NULL && random_start() == ERR_OK ? 0 : 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf again = buf_limited(MAX);
    struct bytes in = {data, size};

    if (decode(in, &again))
        expect_same(&again, in);
    buf_free(&again);
    return 0;
}
