/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A server in front of no relay, which does one thing wrong:
 *
 *     tls_server MODE
 *
 * Prints its port, and serves one connection after another until it is killed,
 * for five minutes at most. */
#include "listen.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

enum { LIFE_S = 300, CHAIN = 1000, DAY_S = 86400 };

static const char *mode;

static bool
is(const char *name)
{
    return strcmp(mode, name) == 0;
}

static void
die(const char *what)
{
    fprintf(stderr, "tls_server: %s\n", what);
    exit(1);
}

/* Signed by itself, for another name, and over since yesterday: none of it
 * matters to who looks at the relay's own key. */
static SSL_CTX *
make_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *x = X509_new();
    X509_NAME *name;

    if (context == NULL || key == NULL || x == NULL)
        die("no certificate");
    name = X509_get_subject_name(x);
    if (X509_gmtime_adj(X509_getm_notBefore(x), -2L * DAY_S) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(x), -1L * DAY_S) == NULL ||
        X509_set_pubkey(x, key) != 1 ||
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   (const unsigned char *)"other.example", -1,
                                   -1, 0) != 1 ||
        X509_set_issuer_name(x, name) != 1 ||
        X509_sign(x, key, EVP_sha256()) == 0 ||
        SSL_CTX_use_certificate(context, x) != 1 ||
        SSL_CTX_use_PrivateKey(context, key) != 1)
        die("no certificate");
    for (int i = 0; is("chain") && i < CHAIN; i++)
        if (SSL_CTX_add1_chain_cert(context, x) != 1)
            die("no chain");
    if (is("old"))
        SSL_CTX_set_security_level(context, 0);
    if ((is("old") &&
         (SSL_CTX_set_min_proto_version(context, TLS1_VERSION) != 1 ||
          SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION) != 1)) ||
        (is("renegotiate") &&
         SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) != 1))
        die("no version");
    X509_free(x);
    EVP_PKEY_free(key);
    return context;
}

/* Until the other side has had enough. */
static void
wait_for_end(int fd)
{
    char b[4096];

    while (read(fd, b, sizeof b) > 0)
        continue;
}

static void
say(int fd, const void *b, size_t len)
{
    if (write(fd, b, len) != (ssize_t)len)
        exit(0); /* it has gone */
}

/* The first bytes of a good handshake and no more. */
static void
say_half(int fd, SSL_CTX *context)
{
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    SSL *ssl = SSL_new(context);
    char b[4096];
    ssize_t n = read(fd, b, sizeof b);

    if (n <= 0 || BIO_write(in, b, (int)n) != (int)n)
        exit(0);
    SSL_set_bio(ssl, in, out);
    SSL_set_accept_state(ssl);
    (void)SSL_do_handshake(ssl);
    n = BIO_read(out, b, 200);
    if (n > 0)
        say(fd, b, (size_t)n);
    SSL_free(ssl);
}

/* What is wrong after a good handshake. */
static void
say_inside(SSL *ssl, int fd)
{
    static const char none[] = "HTTP/1.1 404 Not Found\r\n\r\n";
    static const char bad[] = "HTTP/1.1 502 Bad Gateway\r\n\r\n";
    static const char zeros[16384];
    char b[4096];

    if (is("rubbish"))
        say(fd, none, sizeof none - 1); /* not sealed */
    if (is("bye"))
        (void)SSL_shutdown(ssl);
    if (is("web") || is("bad-gateway") || is("half-answer"))
        (void)SSL_read(ssl, b, sizeof b);
    if (is("web"))
        (void)SSL_write(ssl, none, sizeof none - 1);
    if (is("bad-gateway"))
        (void)SSL_write(ssl, bad, sizeof bad - 1);
    if (is("half-answer"))
        (void)SSL_write(ssl, "HTTP/1.1 101 Sw", 15);
    while (is("endless") && SSL_write(ssl, zeros, sizeof zeros) > 0)
        continue;
    for (int i = 0; is("renegotiate") && i < 1000; i++)
        if (SSL_renegotiate(ssl) != 1 || SSL_do_handshake(ssl) != 1)
            break;
    if (is("mute") || is("renegotiate") || is("rubbish"))
        wait_for_end(fd);
}

static void
serve(int fd, SSL_CTX *context)
{
    static const unsigned char alert[] = {0x15, 3, 3, 0, 2, 2, 40};
    SSL *ssl;

    if (is("alert"))
        say(fd, alert, sizeof alert);
    if (is("plain"))
        say(fd, "SSH-2.0-x\r\n", 11);
    if (is("half") || is("cut"))
        say_half(fd, context);
    if (is("stall") || is("half") || is("alert") || is("plain"))
        wait_for_end(fd);
    if (is("stall") || is("half") || is("alert") || is("plain") || is("cut"))
        return;
    ssl = SSL_new(context);
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1)
        die("no memory");
    if (SSL_accept(ssl) == 1)
        say_inside(ssl, fd);
    SSL_free(ssl);
}

int
main(int argc, char **argv)
{
    SSL_CTX *context;
    int door;

    if (argc != 2)
        return 64;
    mode = argv[1];
    (void)alarm(LIFE_S);
    context = make_context();
    door = listen_somewhere();
    if (door < 0)
        die("cannot listen");
    for (;;) {
        int fd = accept(door, NULL, NULL);

        if (fd < 0)
            die("cannot accept");
        serve(fd, context);
        close(fd);
    }
}
