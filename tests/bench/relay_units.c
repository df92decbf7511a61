/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_units.h"

#include "clock.h"
#include "crypto/aead.h"
#include "relay_tls.h"
#include "unit.h"

enum { KIB = 1024, LONG_KIB = 16, ROUNDS = 15, PER_ROUND_KIB = 256 };

typedef void seal(uint8_t *text, size_t len);

static void
seal_chacha(uint8_t *text, size_t len)
{
    static const struct aead_key key = {{1}};
    static const uint8_t nonce[AEAD_NONCE_LEN] = {2};

    aead_seal(&key, nonce, (struct bytes){0}, (struct bytes){text, len}, text);
}

/* For each KiB: the median of rounds. */
static double
measure(seal *what, size_t kib)
{
    static uint8_t text[LONG_KIB * KIB + AEAD_TAG_LEN];
    struct bench_samples s = {0};

    for (int i = 0; i < ROUNDS; i++) {
        double from = bench_clock_us();

        for (size_t done = 0; done < PER_ROUND_KIB; done += kib)
            what(text, kib * KIB);
        bench_samples_add(&s, (bench_clock_us() - from) / PER_ROUND_KIB, 1);
    }
    return bench_samples_median(&s).us;
}

void
relay_units_measure(struct relay_units *u)
{
    *u = (struct relay_units){.dh_us = bench_unit_probe()};
    u->seal_1k_us = measure(seal_chacha, 1);
    u->seal_16k_us = measure(seal_chacha, LONG_KIB);
    u->gcm_1k_us = measure(tls_seal_alone, 1);
    u->gcm_16k_us = measure(tls_seal_alone, LONG_KIB);
}
