/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tls.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/mem.h"

struct tls {
    SSL_CTX *context;
    SSL *ssl;
    BIO *from; /* the peer's bytes; both are owned by ssl */
    BIO *to;
    bool open;
};

/* As browsers say for WebSocket. */
static const unsigned char protocols[] = "\x08http/1.1";

void
tls_free(struct tls *t)
{
    if (t == NULL)
        return;
    SSL_free(t->ssl);
    SSL_CTX_free(t->context);
    mem_free(t);
}

static bool
is_address(const char *host)
{
    unsigned char b[16];

    return inet_pton(AF_INET, host, b) == 1 ||
           inet_pton(AF_INET6, host, b) == 1;
}

/* SNI; addresses have none (RFC 6066 section 3). */
static bool
name_host(struct tls *t, const char *host)
{
    char name[256]; /* not const, as OpenSSL's macro wants it */

    if (is_address(host))
        return true;
    (void)snprintf(name, sizeof name, "%s", host);
    return SSL_set_tlsext_host_name(t->ssl, name) == 1;
}

static bool
prepare(struct tls *t, const char *host)
{
    /* no file of the machine's changes what we say */
    if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        return false;
    t->context = SSL_CTX_new(TLS_client_method());
    if (t->context == NULL ||
        SSL_CTX_set_min_proto_version(t->context, TLS1_2_VERSION) != 1)
        return false;
    SSL_CTX_set_verify(t->context, SSL_VERIFY_NONE, NULL);
    (void)SSL_CTX_set_session_cache_mode(t->context, SSL_SESS_CACHE_OFF);
    /* a server that asks for it could stop our writes as often as it likes */
    (void)SSL_CTX_set_options(t->context, SSL_OP_NO_RENEGOTIATION);
    t->ssl = SSL_new(t->context);
    t->from = BIO_new(BIO_s_mem());
    t->to = BIO_new(BIO_s_mem());
    if (t->ssl == NULL || t->from == NULL || t->to == NULL) {
        BIO_free(t->from);
        BIO_free(t->to);
        return false;
    }
    SSL_set_bio(t->ssl, t->from, t->to);
    SSL_set_connect_state(t->ssl);
    /* this one gives 0 for success */
    return SSL_set_alpn_protos(t->ssl, protocols, sizeof protocols - 1) == 0 &&
           name_host(t, host);
}

enum err
tls_new(const char *host, struct tls **out)
{
    struct tls *t = mem_new(sizeof *t);

    if (t == NULL)
        return ERR_MEMORY;
    if (!prepare(t, host)) {
        tls_free(t);
        return ERR_MEMORY;
    }
    *out = t;
    return ERR_OK;
}

/* What OpenSSL has for the socket. */
static enum err
drain(struct tls *t, struct buf *out)
{
    char b[4096];
    int n;

    while ((n = BIO_read(t->to, b, sizeof b)) > 0)
        buf_append(out, (struct bytes){(const uint8_t *)b, (size_t)n});
    return buf_end(out) == ERR_OK ? ERR_OK : ERR_MEMORY;
}

/* Whether it only wants more. */
static enum err
judge(struct tls *t, int result)
{
    int why = SSL_get_error(t->ssl, result);

    ERR_clear_error();
    return why == SSL_ERROR_WANT_READ ? ERR_OK : ERR_MALFORMED;
}

static enum err
read_all(struct tls *t, struct buf *plain)
{
    uint8_t b[4096];
    int n;

    while ((n = SSL_read(t->ssl, b, sizeof b)) > 0)
        buf_append(plain, (struct bytes){b, (size_t)n});
    mem_wipe(b, sizeof b);
    if (buf_end(plain) != ERR_OK)
        return ERR_MEMORY;
    return judge(t, n);
}

enum err
tls_feed(struct tls *t,
         struct bytes in,
         struct buf *out,
         struct buf *plain,
         bool *open)
{
    enum err e = ERR_OK;
    int n;

    *open = t->open;
    if (in.len > INT_MAX ||
        (in.len > 0 && BIO_write(t->from, in.b, (int)in.len) != (int)in.len))
        return ERR_MEMORY;
    if (!t->open) {
        n = SSL_do_handshake(t->ssl);
        t->open = n == 1;
        e = n == 1 ? ERR_OK : judge(t, n);
    }
    if (e == ERR_OK && t->open)
        e = read_all(t, plain);
    *open = t->open;
    if (drain(t, out) != ERR_OK)
        return ERR_MEMORY;
    return e;
}

enum err
tls_seal(struct tls *t, struct bytes plain, struct buf *out)
{
    int n;

    if (!t->open)
        return ERR_TURN;
    while (plain.len > 0) {
        int part = plain.len > 16384 ? 16384 : (int)plain.len;

        n = SSL_write(t->ssl, plain.b, part);
        if (n <= 0) {
            ERR_clear_error();
            return ERR_MEMORY; /* a BIO in memory takes all it has room for */
        }
        plain = bytes_slice(plain, (size_t)n, plain.len);
    }
    return drain(t, out);
}
