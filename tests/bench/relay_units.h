/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the relay's figures are made of: primitives in the same run. */
#ifndef BENCH_RELAY_UNITS_H
#define BENCH_RELAY_UNITS_H

/* Microseconds of processor time; of sealing: for each KiB. */
struct relay_units {
    double dh_us;       /* one X25519 agreement by libsodium */
    double seal_1k_us;  /* ChaCha20-Poly1305 as the relay has it */
    double seal_16k_us; /* the same, 16 KiB at a time */
    double gcm_1k_us;   /* AES-256-GCM by OpenSSL, as its TLS uses it */
    double gcm_16k_us;
};

void relay_units_measure(struct relay_units *u);

#endif
