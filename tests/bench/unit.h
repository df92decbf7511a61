/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The units that results are given in, so that they hold on any machine: one
 * primitive each, measured in the same run: libsodium's, but for sealing in the
 * programs that link crypto_openssl. */
#ifndef BENCH_UNIT_H
#define BENCH_UNIT_H

struct bench_units {
    double dh_us;     /* one X25519 agreement: THE unit */
    double base_us;   /* the public half of an X25519 key */
    double sign_us;   /* one Ed25519 signature over 256 bytes */
    double verify_us; /* its verification */
    double seal_us;   /* ChaCha20-Poly1305 over 1 KiB */
};

/* random_start() must have been called. */
void bench_units_measure(struct bench_units *u);

/* Microseconds of one X25519 agreement right now, over a few. */
double bench_unit_probe(void);

/* The same of one ChaCha20-Poly1305 seal of 1 KiB. */
double bench_seal_probe(void);

/* The mean of two measurements, before and after what they are for. */
struct bench_units
bench_units_mean(const struct bench_units *a, const struct bench_units *b);

/* One line per unit. */
void bench_units_print(const struct bench_units *u);

#endif
