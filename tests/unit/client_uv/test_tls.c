/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A server of OpenSSL's, in memory, that does what it likes. Who it is is none
 * of TLS's business here: the relay proves that by its own key, inside. */
#include "support/check.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "client/uv/tls.h"

enum { DAY_S = 86400, OUT_MAX = 4 * 1024 * 1024 };

/* One line from a client to a server and back. */
struct pair {
    struct tls *client;
    struct buf out;   /* of the client's, not yet at the server */
    struct buf plain; /* what came to the client */
    bool open;
    enum err e;
    SSL_CTX *context;
    SSL *server;
    BIO *to_server; /* both owned by server */
    BIO *from_server;
};

/* What kind of server it is. */
struct kind {
    int version_min;
    int version_max;
    long valid_from_s; /* of its certificate, from now */
    long valid_to_s;
    const char *name;
    bool anonymous; /* has none */
    int chain;      /* so many more certificates */
};

static X509 *
make_certificate(EVP_PKEY *key, const struct kind *k)
{
    X509 *x = X509_new();
    X509_NAME *name;

    assert_non_null(x);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), k->valid_from_s));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), k->valid_to_s));
    assert_int_equal(X509_set_pubkey(x, key), 1);
    name = X509_get_subject_name(x);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const unsigned char *)k->name,
                                                -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(x, name), 1);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    return x;
}

static void
certify(SSL_CTX *context, const struct kind *k)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *x;

    assert_non_null(key);
    x = make_certificate(key, k);
    assert_int_equal(SSL_CTX_use_certificate(context, x), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    for (int i = 0; i < k->chain; i++)
        assert_int_equal(SSL_CTX_add1_chain_cert(context, x), 1);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void
pair_start(struct pair *p, const struct kind *k)
{
    *p = (struct pair){.out = buf_limited(OUT_MAX),
                       .plain = buf_limited(OUT_MAX)};
    p->context = SSL_CTX_new(TLS_server_method());
    assert_non_null(p->context);
    SSL_CTX_set_security_level(p->context, 0);
    assert_int_equal(SSL_CTX_set_min_proto_version(p->context, k->version_min),
                     1);
    assert_int_equal(SSL_CTX_set_max_proto_version(p->context, k->version_max),
                     1);
    if (k->anonymous) {
        assert_int_equal(SSL_CTX_set_cipher_list(p->context, "aNULL"), 1);
        assert_int_equal(SSL_CTX_set_dh_auto(p->context, 1), 1);
    } else {
        certify(p->context, k);
    }
    p->server = SSL_new(p->context);
    p->to_server = BIO_new(BIO_s_mem());
    p->from_server = BIO_new(BIO_s_mem());
    assert_true(p->server != NULL && p->to_server != NULL &&
                p->from_server != NULL);
    SSL_set_bio(p->server, p->to_server, p->from_server);
    SSL_set_accept_state(p->server);
    assert_ok(tls_new("relay.example", &p->client));
    p->e = tls_feed(p->client, (struct bytes){0}, &p->out, &p->plain, &p->open);
    assert_ok(p->e);
}

static void
pair_end(struct pair *p)
{
    tls_free(p->client);
    SSL_free(p->server);
    SSL_CTX_free(p->context);
    buf_free(&p->out);
    buf_free(&p->plain);
    ERR_clear_error();
}

static void
to_server(struct pair *p)
{
    if (p->out.len > 0)
        assert_int_equal(BIO_write(p->to_server, p->out.b, (int)p->out.len),
                         (int)p->out.len);
    buf_reset(&p->out);
}

/* All that the server has to say, in pieces of at most step bytes; what is to
 * come after that many bytes is lost. */
static void
to_client(struct pair *p, int step, size_t limit)
{
    uint8_t b[1024];
    int n;

    while (limit > 0 && p->e == ERR_OK &&
           (n = BIO_read(p->from_server, b, step)) > 0) {
        struct bytes part = {b, (size_t)n < limit ? (size_t)n : limit};

        limit -= part.len;
        p->e = tls_feed(p->client, part, &p->out, &p->plain, &p->open);
    }
}

/* Until neither has anything to say. */
static void
shake(struct pair *p)
{
    for (int i = 0; i < 10 && p->e == ERR_OK; i++) {
        to_server(p);
        (void)SSL_do_handshake(p->server);
        to_client(p, 1024, SIZE_MAX);
    }
    ERR_clear_error();
}

static void
server_says(struct pair *p, const char *text)
{
    assert_int_equal(SSL_write(p->server, text, (int)strlen(text)),
                     (int)strlen(text));
}

static const struct kind usual = {
    TLS1_2_VERSION, TLS1_3_VERSION, -DAY_S, DAY_S, "relay.example", false, 0};

/* Wrong name, expired, not yet valid, signed by itself, either version. */
static void
test_any_certificate_opens(void **state)
{
    static const struct kind kinds[] = {
        {TLS1_2_VERSION, TLS1_3_VERSION, -DAY_S, DAY_S, "relay.example", false,
         0},
        {TLS1_2_VERSION, TLS1_2_VERSION, -DAY_S, DAY_S, "other.example", false,
         0},
        {TLS1_3_VERSION, TLS1_3_VERSION, -2 * DAY_S, -DAY_S, "*", false, 3},
        {TLS1_2_VERSION, TLS1_3_VERSION, DAY_S, 2 * DAY_S, "x", false, 0},
    };
    char got[16];

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct pair p;

        pair_start(&p, &kinds[i]);
        shake(&p);
        assert_ok(p.e);
        assert_true(p.open);
        assert_ok(tls_seal(p.client, bytes_str("a request"), &p.out));
        to_server(&p);
        assert_int_equal(SSL_read(p.server, got, sizeof got), 9);
        assert_memory_equal(got, "a request", 9);
        server_says(&p, "an answer");
        to_client(&p, 1, SIZE_MAX);
        assert_ok(p.e);
        assert_true(bytes_equal(buf_bytes(&p.plain), bytes_str("an answer")));
        pair_end(&p);
    }
}

/* Too old, without a certificate, with more of them than anybody needs. */
static void
test_these_servers_are_refused(void **state)
{
    static const struct kind kinds[] = {
        {TLS1_VERSION, TLS1_1_VERSION, -DAY_S, DAY_S, "relay.example", false,
         0},
        {TLS1_2_VERSION, TLS1_2_VERSION, 0, 0, "", true, 0},
        {TLS1_3_VERSION, TLS1_3_VERSION, -DAY_S, DAY_S, "relay.example", false,
         1000},
        {TLS1_2_VERSION, TLS1_2_VERSION, -DAY_S, DAY_S, "relay.example", false,
         1000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct pair p;

        pair_start(&p, &kinds[i]);
        shake(&p);
        assert_int_equal(p.e, ERR_MALFORMED);
        assert_false(p.open);
        assert_int_equal(p.plain.len, 0);
        pair_end(&p);
    }
}

/* It says half of its hello and no more: nothing happens, until somebody loses
 * patience. */
static void
test_a_stalled_handshake_is_not_open(void **state)
{
    (void)state;
    for (size_t limit = 1; limit < 2000; limit += 97) {
        struct pair p;

        pair_start(&p, &usual);
        to_server(&p);
        (void)SSL_do_handshake(p.server);
        to_client(&p, 1024, limit);
        assert_ok(p.e);
        assert_true(p.open ==
                    (tls_seal(p.client, bytes_str("x"), &p.out) == ERR_OK));
        if (limit < 500)
            assert_false(p.open);
        pair_end(&p);
    }
}

/* After a good handshake: rubbish, an end, a record of which a byte was
 * changed. Nothing of it comes out. */
static void
test_rubbish_after_the_handshake(void **state)
{
    static const uint8_t rubbish[] = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    struct pair p;
    uint8_t b[64];
    int n;

    (void)state;
    pair_start(&p, &usual);
    shake(&p);
    assert_true(p.open);
    assert_int_equal(
        tls_feed(p.client, BYTES_OF(rubbish), &p.out, &p.plain, &p.open),
        ERR_MALFORMED);
    assert_int_equal(p.plain.len, 0);
    pair_end(&p);

    pair_start(&p, &usual);
    shake(&p);
    assert_int_equal(SSL_shutdown(p.server), 0);
    to_client(&p, 1024, SIZE_MAX);
    assert_int_equal(p.e, ERR_MALFORMED); /* as an end: nothing can follow */
    assert_int_equal(p.plain.len, 0);
    pair_end(&p);

    for (int cut = 0; cut < 2; cut++) { /* cut off, then changed */
        pair_start(&p, &usual);
        shake(&p);
        server_says(&p, "an answer");
        n = BIO_read(p.from_server, b, sizeof b);
        assert_in_range(n, 10, sizeof b - 1);
        b[n - 1] ^= 1;
        assert_int_equal(tls_feed(p.client,
                                  (struct bytes){b, (size_t)(n - 1 + cut)},
                                  &p.out, &p.plain, &p.open),
                         cut == 0 ? ERR_OK : ERR_MALFORMED);
        assert_int_equal(p.plain.len, 0);
        pair_end(&p);
    }
}

/* A server that asks to begin anew could hold up what we write for ever: it is
 * told no, and what we write goes on. */
static void
test_no_renegotiation(void **state)
{
    static const struct kind old = {
        TLS1_2_VERSION,  TLS1_2_VERSION, -DAY_S, DAY_S,
        "relay.example", false,          0};
    struct pair p;
    uint8_t got[8];

    (void)state;
    pair_start(&p, &old);
    shake(&p);
    assert_true(p.open);
    assert_int_equal(SSL_renegotiate(p.server), 1);
    assert_int_equal(SSL_do_handshake(p.server), 1); /* says HelloRequest */
    to_client(&p, 1024, SIZE_MAX);
    assert_ok(p.e);
    /* an alert, sealed: 5 bytes of record, 8 of nonce, 2, 16 of tag */
    assert_in_range(p.out.len, 15, 64);
    assert_int_equal(p.out.b[0], SSL3_RT_ALERT);
    to_server(&p);
    assert_true(SSL_read(p.server, got, sizeof got) <= 0);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
    assert_ok(tls_seal(p.client, bytes_str("goes on"), &p.out));
    assert_int_equal(p.out.b[0], SSL3_RT_APPLICATION_DATA);
    pair_end(&p);
}

/* A server that speaks no TLS, ends it, or says too much: an error, and never
 * "open", after which the client would speak. */
static void
j09_nonsense_opens_nothing(void **state)
{
    static const uint8_t http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    static const uint8_t alert[] = {0x15, 3, 3, 0, 2, 2, 40};
    static const uint8_t huge[] = {0x16, 3, 3, 0xff, 0xff, 2};
    static const struct bytes said[] = {
        {http, sizeof http - 1}, {alert, sizeof alert}, {huge, sizeof huge}};
    static uint8_t byte;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t step = 1; step < 8; step += 6) {
            struct buf out = buf_limited(4096), plain = buf_limited(4096);
            struct tls *t = NULL;
            enum err e = ERR_OK;
            bool open = true;

            assert_true(tls_new("relay.example", &t) == ERR_OK);
            for (size_t at = 0; at < said[i].len && e == ERR_OK; at += step)
                e = tls_feed(t, bytes_slice(said[i], at, step), &out, &plain,
                             &open);
            assert_int_equal(e, ERR_MALFORMED);
            assert_false(open);
            assert_int_equal(plain.len, 0);
            assert_true(tls_seal(t, BYTES_OF(alert), &out) == ERR_TURN);
            open = true; /* also if nothing can be taken */
            assert_true(tls_feed(t, (struct bytes){&byte, (size_t)INT_MAX + 1},
                                 &out, &plain, &open) == ERR_MEMORY);
            assert_false(open);
            tls_free(t);
            buf_free(&out);
            buf_free(&plain);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_certificate_opens),
        cmocka_unit_test(test_these_servers_are_refused),
        cmocka_unit_test(test_a_stalled_handshake_is_not_open),
        cmocka_unit_test(test_rubbish_after_the_handshake),
        cmocka_unit_test(test_no_renegotiation),
        cmocka_unit_test(j09_nonsense_opens_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
