/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "unit.h"

#include <stdio.h>

#include "clock.h"
#include "crypto/aead.h"
#include "crypto/dh.h"
#include "crypto/random.h"
#include "crypto/sign.h"

enum {
    ROUNDS = 31,
    PROBES = 16,
    SEAL_PROBES = 256,
    TEXT_LEN = 256,
    RECORD_LEN = 1024
};

/* What all the primitives work on. */
struct bench_desk {
    struct dh_secret dh;
    struct dh_public dh_pub;
    struct dh_public other;
    struct dh_shared shared;
    struct sign_secret sign;
    struct sign_public sign_pub;
    uint8_t signature[SIGN_LEN];
    struct aead_key key;
    uint8_t nonce[AEAD_NONCE_LEN];
    uint8_t text[RECORD_LEN + AEAD_TAG_LEN];
};

static void
do_dh(struct bench_desk *d)
{
    bench_must(dh_agree(&d->dh, &d->other, &d->shared), "X25519");
}

static void
do_base(struct bench_desk *d)
{
    dh_derive_public(&d->dh, &d->dh_pub);
}

static void
do_sign(struct bench_desk *d)
{
    sign_make(&d->sign, (struct bytes){d->text, TEXT_LEN}, d->signature);
}

static void
do_verify(struct bench_desk *d)
{
    bench_must(sign_verify(&d->sign_pub, (struct bytes){d->text, TEXT_LEN},
                           BYTES_OF(d->signature)),
               "Ed25519");
}

static void
do_seal(struct bench_desk *d)
{
    aead_seal(&d->key, d->nonce, (struct bytes){0},
              (struct bytes){d->text, RECORD_LEN}, d->text);
}

/* Microseconds of one call: the median over batches of per calls. */
static double
measure(void (*call)(struct bench_desk *), struct bench_desk *d, int per)
{
    struct bench_samples s = {0};

    for (int round = 0; round < ROUNDS; round++) {
        double from = bench_clock_us();

        for (int i = 0; i < per; i++)
            call(d);
        bench_samples_add(&s, (bench_clock_us() - from) / per, 1);
    }
    return bench_samples_median(&s).us;
}

void
bench_units_measure(struct bench_units *u)
{
    struct bench_desk d = {0};
    struct dh_secret unused;

    dh_generate(&d.dh, &d.dh_pub);
    dh_generate(&unused, &d.other);
    sign_generate(&d.sign, &d.sign_pub);
    random_bytes(d.key.b, sizeof d.key.b);
    u->dh_us = measure(do_dh, &d, 16);
    u->base_us = measure(do_base, &d, 16);
    u->sign_us = measure(do_sign, &d, 16);
    u->verify_us = measure(do_verify, &d, 16);
    u->seal_us = measure(do_seal, &d, 256);
}

double
bench_unit_probe(void)
{
    static const struct dh_secret ours = {{8, 7, 6, 5, 4, 3, 2, 1}};
    static const struct dh_public theirs = {{9}}; /* RFC 7748: the base point */
    struct dh_shared shared;
    double from = bench_clock_us();

    for (int i = 0; i < PROBES; i++)
        bench_must(dh_agree(&ours, &theirs, &shared), "X25519");
    return (bench_clock_us() - from) / PROBES;
}

double
bench_seal_probe(void)
{
    static const struct aead_key key = {{1}};
    static const uint8_t nonce[AEAD_NONCE_LEN] = {2};
    uint8_t text[RECORD_LEN + AEAD_TAG_LEN] = {3};
    double from = bench_clock_us();

    for (int i = 0; i < SEAL_PROBES; i++)
        aead_seal(&key, nonce, (struct bytes){0},
                  (struct bytes){text, RECORD_LEN}, text);
    return (bench_clock_us() - from) / SEAL_PROBES;
}

struct bench_units
bench_units_mean(const struct bench_units *a, const struct bench_units *b)
{
    return (struct bench_units){
        .dh_us = (a->dh_us + b->dh_us) / 2,
        .base_us = (a->base_us + b->base_us) / 2,
        .sign_us = (a->sign_us + b->sign_us) / 2,
        .verify_us = (a->verify_us + b->verify_us) / 2,
        .seal_us = (a->seal_us + b->seal_us) / 2,
    };
}

void
bench_units_print(const struct bench_units *u)
{
    printf("unit: one X25519 agreement    %8.2f us  = 1 u\n", u->dh_us);
    printf("      X25519 public half      %8.2f us  = %.2f u\n", u->base_us,
           u->base_us / u->dh_us);
    printf("      Ed25519 sign            %8.2f us  = %.2f u\n", u->sign_us,
           u->sign_us / u->dh_us);
    printf("      Ed25519 verify          %8.2f us  = %.2f u\n", u->verify_us,
           u->verify_us / u->dh_us);
    printf("      ChaCha20-Poly1305, 1 KiB %7.2f us  = %.2f u\n", u->seal_us,
           u->seal_us / u->dh_us);
}
