/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "relay_tls.h"

#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/mem.h"
#include "clock.h"

enum { PIECE = 16 * 1024, RSA_BITS = 2048, DAY_S = 24 * 3600 };

/* Bytes lie in in and out during one call, and there only. */
struct tls_end {
    SSL *ssl;
    bool open;
    struct bytes in;
    struct heap *out;
};

/* Of this process. */
static SSL_CTX *server_context;
static SSL_CTX *client_context;

static void
must(bool fine, const char *what)
{
    if (fine)
        return;
    ERR_print_errors_fp(stderr);
    bench_must(ERR_AUTH, what);
}

/* --- OpenSSL's view of in and out ---------------------------------------- */

static int
bio_write(BIO *b, const char *from, int len)
{
    struct tls_end *t = BIO_get_data(b);

    heap_add(t->out, (struct bytes){(const uint8_t *)from, (size_t)len});
    return len;
}

static int
bio_read(BIO *b, char *to, int len)
{
    struct tls_end *t = BIO_get_data(b);
    struct bytes part = bytes_slice(t->in, 0, (size_t)len);

    BIO_clear_retry_flags(b);
    if (part.len == 0) {
        BIO_set_retry_read(b);
        return -1;
    }
    memcpy(to, part.b, part.len);
    t->in = bytes_slice(t->in, part.len, t->in.len);
    return (int)part.len;
}

static long
bio_ctrl(BIO *b, int what, long number, void *p)
{
    (void)b;
    (void)number;
    (void)p;
    return what == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO *
bio_new(struct tls_end *t)
{
    static BIO_METHOD *method;
    BIO *b;

    if (method == NULL) {
        method =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bytes");
        must(method != NULL && BIO_meth_set_write(method, bio_write) == 1 &&
                 BIO_meth_set_read(method, bio_read) == 1 &&
                 BIO_meth_set_ctrl(method, bio_ctrl) == 1,
             "a BIO");
    }
    b = BIO_new(method);
    must(b != NULL, "a BIO");
    BIO_set_data(b, t);
    BIO_set_init(b, 1);
    return b;
}

/* --- identities ---------------------------------------------------------- */

static EVP_PKEY *
make_key(enum tls_key kind)
{
    EVP_PKEY *key = kind == TLS_KEY_RSA
                        ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS)
                        : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

    must(key != NULL, "a key");
    return key;
}

static X509 *
make_certificate(EVP_PKEY *key)
{
    X509 *x = X509_new();
    X509_NAME *name = x != NULL ? X509_get_subject_name(x) : NULL;

    must(x != NULL && X509_set_version(x, X509_VERSION_3) == 1 &&
             ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
             X509_gmtime_adj(X509_getm_notBefore(x), -DAY_S) != NULL &&
             X509_gmtime_adj(X509_getm_notAfter(x), DAY_S) != NULL &&
             X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                        (const unsigned char *)"bench", -1, -1,
                                        0) == 1 &&
             X509_set_issuer_name(x, name) == 1 &&
             X509_set_pubkey(x, key) == 1 && X509_sign(x, key, EVP_sha256()),
         "a certificate");
    return x;
}

static SSL_CTX *
make_context(const SSL_METHOD *method)
{
    SSL_CTX *c = SSL_CTX_new(method);

    must(c != NULL && SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) == 1 &&
             SSL_CTX_set_num_tickets(c, 0) == 1,
         "a context");
    (void)SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
    /* what OpenSSL prefers by itself; said so that no settings file of the
     * machine changes the measure */
    must(SSL_CTX_set_ciphersuites(c, "TLS_AES_256_GCM_SHA384") == 1,
         "a cipher suite");
    SSL_CTX_set_verify(c, SSL_VERIFY_NONE, NULL);
    return c;
}

void
tls_make_identity(enum tls_key kind)
{
    EVP_PKEY *key = make_key(kind);
    X509 *x = make_certificate(key);

    server_context = make_context(TLS_server_method());
    must(SSL_CTX_use_certificate(server_context, x) == 1 &&
             SSL_CTX_use_PrivateKey(server_context, key) == 1,
         "an identity");
    X509_free(x);
    EVP_PKEY_free(key);
}

void
tls_write_identity(enum tls_key kind, const char *cert, const char *key)
{
    EVP_PKEY *k = make_key(kind);
    X509 *x = make_certificate(k);
    FILE *c = fopen(cert, "w");
    FILE *f = fopen(key, "w");

    must(c != NULL && f != NULL && PEM_write_X509(c, x) == 1 &&
             PEM_write_PrivateKey(f, k, NULL, NULL, 0, NULL, NULL) == 1 &&
             fclose(c) == 0 && fclose(f) == 0,
         "writing an identity");
    X509_free(x);
    EVP_PKEY_free(k);
}

void
tls_seal_alone(uint8_t *text, size_t len)
{
    static const uint8_t key[32] = {1};
    static const uint8_t nonce[12] = {2};
    static EVP_CIPHER_CTX *c;
    uint8_t tag[16];
    int n = 0;

    if (c == NULL) {
        c = EVP_CIPHER_CTX_new();
        must(c != NULL && EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key,
                                             nonce) == 1,
             "a cipher");
    }
    must(EVP_EncryptInit_ex(c, NULL, NULL, NULL, nonce) == 1 &&
             EVP_EncryptUpdate(c, text, &n, text, (int)len) == 1 &&
             EVP_EncryptFinal_ex(c, text + n, &n) == 1 &&
             EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag) ==
                 1,
         "sealing");
}

/* --- one end ------------------------------------------------------------- */

static void
shake(struct tls_end *t)
{
    int n = SSL_do_handshake(t->ssl);

    t->open = n == 1;
    if (n != 1)
        must(SSL_get_error(t->ssl, n) == SSL_ERROR_WANT_READ, "a handshake");
}

struct tls_end *
tls_end_new(bool server, struct heap *out)
{
    struct tls_end *t = mem_new(sizeof *t);
    BIO *b;

    must(t != NULL, "memory");
    if (!server && client_context == NULL)
        client_context = make_context(TLS_client_method());
    t->ssl = SSL_new(server ? server_context : client_context);
    must(t->ssl != NULL, "a connection");
    b = bio_new(t);
    SSL_set_bio(t->ssl, b, b);
    if (server) {
        SSL_set_accept_state(t->ssl);
        return t;
    }
    SSL_set_connect_state(t->ssl);
    t->out = out;
    shake(t);
    t->out = NULL;
    return t;
}

void
tls_end_free(struct tls_end *t)
{
    if (t == NULL)
        return;
    SSL_free(t->ssl);
    mem_free(t);
}

bool
tls_end_open(const struct tls_end *t)
{
    return t->open;
}

void
tls_end_feed(struct tls_end *t,
             struct bytes in,
             struct heap *out,
             cover_take *take,
             void *context)
{
    static uint8_t plain[PIECE];
    int n;

    t->in = in;
    t->out = out;
    if (!t->open)
        shake(t);
    if (t->open) {
        while ((n = SSL_read(t->ssl, plain, sizeof plain)) > 0)
            take(context, (struct bytes){plain, (size_t)n});
        must(SSL_get_error(t->ssl, n) == SSL_ERROR_WANT_READ, "reading TLS");
    }
    t->in = (struct bytes){0};
    t->out = NULL;
}

void
tls_end_flush(struct tls_end *t, struct heap *plain, struct heap *out)
{
    t->out = out;
    while (plain->len > plain->at) {
        struct bytes piece = bytes_slice(heap_rest(plain), 0, PIECE);

        must(SSL_write(t->ssl, piece.b, (int)piece.len) == (int)piece.len,
             "writing TLS");
        heap_take(plain, piece.len);
    }
    t->out = NULL;
}
