/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake patterns as tables of tokens (Noise sections 7.4 and 7.5,
 * deferred ones of section 18.1), and their names with psk modifiers (sections
 * 8 and 9). */
#include "transport/noise.h"

#include <string.h>

#define E  NOISE_E
#define S  NOISE_S
#define EE NOISE_EE
#define ES NOISE_ES
#define SE NOISE_SE
#define SS NOISE_SS

/* clang-format off: one pattern, one line; -> and <- take turns */
static const struct noise_pattern patterns[] = {
    /* name, "-> s", "<- s", messages */
    {"N", 0, 1, 1, {{E, ES}}},
    {"K", 1, 1, 1, {{E, ES, SS}}},
    {"X", 0, 1, 1, {{E, ES, S, SS}}},

    {"NN", 0, 0, 2, {{E}, {E, EE}}},
    {"NK", 0, 1, 2, {{E, ES}, {E, EE}}},
    {"NX", 0, 0, 2, {{E}, {E, EE, S, ES}}},
    {"KN", 1, 0, 2, {{E}, {E, EE, SE}}},
    {"KK", 1, 1, 2, {{E, ES, SS}, {E, EE, SE}}},
    {"KX", 1, 0, 2, {{E}, {E, EE, SE, S, ES}}},
    {"XN", 0, 0, 3, {{E}, {E, EE}, {S, SE}}},
    {"XK", 0, 1, 3, {{E, ES}, {E, EE}, {S, SE}}},
    {"XX", 0, 0, 3, {{E}, {E, EE, S, ES}, {S, SE}}},
    {"IN", 0, 0, 2, {{E, S}, {E, EE, SE}}},
    {"IK", 0, 1, 2, {{E, ES, S, SS}, {E, EE, SE}}},
    {"IX", 0, 0, 2, {{E, S}, {E, EE, SE, S, ES}}},

    {"NK1", 0, 1, 2, {{E}, {E, EE, ES}}},
    {"NX1", 0, 0, 3, {{E}, {E, EE, S}, {ES}}},
    {"X1N", 0, 0, 4, {{E}, {E, EE}, {S}, {SE}}},
    {"X1K", 0, 1, 4, {{E, ES}, {E, EE}, {S}, {SE}}},
    {"XK1", 0, 1, 3, {{E}, {E, EE, ES}, {S, SE}}},
    {"X1K1", 0, 1, 4, {{E}, {E, EE, ES}, {S}, {SE}}},
    {"X1X", 0, 0, 4, {{E}, {E, EE, S, ES}, {S}, {SE}}},
    {"XX1", 0, 0, 3, {{E}, {E, EE, S}, {ES, S, SE}}},
    {"X1X1", 0, 0, 4, {{E}, {E, EE, S}, {ES, S}, {SE}}},
    {"K1N", 1, 0, 3, {{E}, {E, EE}, {SE}}},
    {"K1K", 1, 1, 3, {{E, ES}, {E, EE}, {SE}}},
    {"KK1", 1, 1, 2, {{E}, {E, EE, SE, ES}}},
    {"K1K1", 1, 1, 3, {{E}, {E, EE, ES}, {SE}}},
    {"K1X", 1, 0, 3, {{E}, {E, EE, S, ES}, {SE}}},
    {"KX1", 1, 0, 3, {{E}, {E, EE, SE, S}, {ES}}},
    {"K1X1", 1, 0, 3, {{E}, {E, EE, S}, {SE, ES}}},
    {"I1N", 0, 0, 3, {{E, S}, {E, EE}, {SE}}},
    {"I1K", 0, 1, 3, {{E, ES, S}, {E, EE}, {SE}}},
    {"IK1", 0, 1, 2, {{E, S}, {E, EE, SE, ES}}},
    {"I1K1", 0, 1, 3, {{E, S}, {E, EE, ES}, {SE}}},
    {"I1X", 0, 0, 3, {{E, S}, {E, EE, S, ES}, {SE}}},
    {"IX1", 0, 0, 3, {{E, S}, {E, EE, SE, S}, {ES}}},
    {"I1X1", 0, 0, 3, {{E, S}, {E, EE, S}, {SE, ES}}},
};
/* clang-format on */

#undef E
#undef S
#undef EE
#undef ES
#undef SE
#undef SS

enum { PATTERN_COUNT = sizeof patterns / sizeof *patterns };

const struct noise_pattern *
noise_pattern_at(size_t k)
{
    return k < PATTERN_COUNT ? &patterns[k] : NULL;
}

/* Takes the prefix off. */
static bool
skip(struct bytes *in, const char *prefix)
{
    size_t len = strlen(prefix);

    if (in->len < len || memcmp(in->b, prefix, len) != 0)
        return false;
    *in = bytes_slice(*in, len, in->len);
    return true;
}

/* Letters and digits up to "psk" or "_" are the name of the pattern. */
static struct bytes
take_name(struct bytes *in)
{
    size_t len = 0;
    struct bytes name;

    while (len < in->len && in->b[len] != '_' && in->b[len] != 'p')
        len++;
    name = bytes_slice(*in, 0, len);
    *in = bytes_slice(*in, len, in->len);
    return name;
}

/* "psk0+psk2": ascending, none beyond the last message. */
static bool
take_modifiers(struct bytes *in, uint8_t message_count, uint8_t *psks)
{
    int last = -1;

    *psks = 0;
    while (skip(in, last < 0 ? "psk" : "+psk")) {
        int at = in->len != 0 ? in->b[0] - '0' : -1;

        if (at <= last || at > message_count)
            return false;
        *psks = (uint8_t)(*psks | 1U << at);
        *in = bytes_slice(*in, 1, in->len);
        last = at;
    }
    return true;
}

enum err
noise_pattern_find(struct bytes protocol_name,
                   const struct noise_pattern **pattern,
                   uint8_t *psks)
{
    struct bytes in = protocol_name;
    struct bytes name;

    if (protocol_name.len > NOISE_NAME_MAX || !skip(&in, "Noise_"))
        return ERR_UNSUPPORTED;
    name = take_name(&in);
    for (size_t i = 0; i < PATTERN_COUNT; i++) {
        if (!bytes_equal(name, bytes_str(patterns[i].name)))
            continue;
        if (!take_modifiers(&in, patterns[i].message_count, psks) ||
            !bytes_equal(in, bytes_str("_25519_ChaChaPoly_BLAKE2b")))
            return ERR_UNSUPPORTED;
        *pattern = &patterns[i];
        return ERR_OK;
    }
    return ERR_UNSUPPORTED;
}
