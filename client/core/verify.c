/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pronounceable codes: docs/PROTOCOL.md section 5.6. */
#include "verify.h"

#include <string.h>

#include "crypto/hash.h"

/* The same index is the same sound in both scripts. */
static const char *const consonants[2][16] = {
    {"b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v",
     "z"},
    {"б", "д", "ф", "г", "х", "ж", "к", "л", "м", "н", "п", "р", "с", "т", "в",
     "з"},
};
static const char *const vowels[2][4] = {
    {"a", "i", "o", "u"},
    {"а", "и", "о", "у"},
};

/* Consonant 4 bits, vowel 2, consonant 4, vowel 2, consonant 4. */
static void
word(uint16_t v, size_t script, struct buf *out)
{
    buf_append(out, bytes_str(consonants[script][v >> 12]));
    buf_append(out, bytes_str(vowels[script][(v >> 10) & 3]));
    buf_append(out, bytes_str(consonants[script][(v >> 6) & 15]));
    buf_append(out, bytes_str(vowels[script][(v >> 4) & 3]));
    buf_append(out, bytes_str(consonants[script][v & 15]));
}

void
verify_words(struct bytes in, enum client_script script, struct buf *out)
{
    size_t row = script == CLIENT_CYRILLIC ? 1 : 0;

    for (size_t i = 0; i + 1 < in.len; i += 2) {
        if (i != 0)
            buf_u8(out, ' ');
        word((uint16_t)(in.b[i] << 8 | in.b[i + 1]), row, out);
    }
}

void
verify_group(struct bytes group_id,
             struct bytes epoch_authenticator,
             enum client_script script,
             struct buf *out)
{
    const struct bytes parts[] = {group_id, epoch_authenticator};
    uint8_t hash[HASH_LEN];

    /* the authenticator itself must not be read aloud */
    hash_id("pristan group code", parts, 2, hash);
    verify_words((struct bytes){hash, 2 * VERIFY_GROUP_WORDS}, script, out);
}

enum err
verify_knock(const uint8_t id[static 16],
             struct bytes key_package,
             char out[static 64])
{
    const struct bytes parts[] = {{id, 16}, key_package};
    struct buf words = buf_limited(63);
    uint8_t hash[HASH_LEN];
    enum err e;

    memset(out, 0, 64);
    hash_id("pristan knock code", parts, 2, hash);
    verify_words((struct bytes){hash, 2 * VERIFY_KNOCK_WORDS}, CLIENT_LATIN,
                 &words);
    e = buf_end(&words);
    if (e == ERR_OK)
        memcpy(out, words.b, words.len);
    buf_free(&words);
    return e;
}
