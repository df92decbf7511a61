/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* TLS 1.3 by OpenSSL as a server would use it that wants to be cheap: whatever
 * cipher it chooses, records of 16 KiB, no tickets, no buffers while idle. It
 * reads from what was received and writes to what will be sent, so that
 * several records leave in one system call. All ends the program on errors. */
#ifndef BENCH_RELAY_TLS_H
#define BENCH_RELAY_TLS_H

#include "relay_cover.h"

enum tls_key { TLS_KEY_P256, TLS_KEY_RSA };

/* A key and a certificate of its own making, for the servers of this process.
 * Before the first of them. */
void tls_make_identity(enum tls_key kind);

/* The same as files, for a program that is started beside. */
void tls_write_identity(enum tls_key kind, const char *cert, const char *key);

/* AES-256-GCM over len bytes in place, without anything of TLS around it. */
void tls_seal_alone(uint8_t *text, size_t len);

struct tls_end *tls_end_new(bool server, struct heap *out);
void tls_end_free(struct tls_end *t);
bool tls_end_open(const struct tls_end *t);
void tls_end_feed(struct tls_end *t,
                  struct bytes in,
                  struct heap *out,
                  cover_take *take,
                  void *context);
void tls_end_flush(struct tls_end *t, struct heap *plain, struct heap *out);

#endif
