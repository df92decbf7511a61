/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "crypto/encoding.h"
#include "crypto/random.h"
#include "low_order.h"
#include "pair.h"

enum { PATH_AT = 5, PATH_LEN = 64 }; /* behind "GET /" */

static void
test_opens(void **state)
{
    static const size_t steps[] = {1, 2, 7, 64, 1000};
    struct pair p;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        pair_open_in_steps(&p, steps[i]);
        assert_null(p.client->shake);
        assert_null(p.relay->shake);
        assert_int_equal(p.to_client.len + p.to_relay.len, 0);
        assert_memory_equal(&p.client->send.key, &p.relay->recv.key,
                            AEAD_KEY_LEN);
        assert_memory_equal(&p.relay->send.key, &p.client->recv.key,
                            AEAD_KEY_LEN);
        pair_free(&p);
    }
}

/* The relay judges the request where the client's first ephemeral key is seen.
 */
static void
test_first_ephemeral(void **state)
{
    struct buf message = buf_limited(48);
    struct pair p;

    (void)state;
    pair_start(&p);
    assert_memory_equal(p.to_relay.b, "GET /", 5);
    assert_err(
        encoding_unbase64url(
            &message, bytes_slice(buf_bytes(&p.to_relay), PATH_AT, PATH_LEN)),
        ERR_OK);
    pair_pump(&p, 100);
    assert_memory_equal(link_first_ephemeral(p.relay)->b, message.b, DH_LEN);
    pair_free(&p);
    buf_free(&message);
}

/* All first flights have the same length for one host. */
static void
test_first_flight_has_one_size(void **state)
{
    size_t len = 0;
    struct pair p;

    (void)state;
    for (int i = 0; i < 20; i++) {
        pair_start(&p);
        assert_true(len == 0 || len == p.to_relay.len);
        assert_true(p.to_relay.len < LIMIT_UPGRADE);
        len = p.to_relay.len;
        pair_free(&p);
    }
}

/* What a censor's published rule for "fully encrypted" traffic lets pass (Wu
 * and others, USENIX Security 2023, section 4): text at the front, much text, a
 * long run of it, bits that are too few or too many, or HTTP. */
static bool
is_fully_encrypted(struct bytes in)
{
    size_t bits = 0, text = 0, run = 0, longest = 0, front = 0;

    for (size_t i = 0; i < in.len; i++) {
        bool printable = in.b[i] >= 0x20 && in.b[i] <= 0x7e;

        for (unsigned bit = 0; bit < 8; bit++)
            bits += in.b[i] >> bit & 1U;
        text += printable ? 1U : 0U;
        run = printable ? run + 1 : 0;
        longest = run > longest ? run : longest;
        front = printable && front == i ? front + 1 : front;
    }
    return front < 6 && 2 * text <= in.len && longest <= 20 &&
           10 * bits > 34 * in.len && 10 * bits < 46 * in.len &&
           memcmp(in.b, "GET ", 4) != 0;
}

static void
a22_first_flights_are_text(void **state)
{
    uint8_t noise[200];
    size_t caught = 0;
    struct pair p;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        pair_start(&p);
        assert_false(is_fully_encrypted(buf_bytes(&p.to_relay)));
        /* so plain that each exemption but that of bits holds by itself */
        for (size_t k = 0; k < p.to_relay.len; k++)
            assert_true(p.to_relay.b[k] == '\r' || p.to_relay.b[k] == '\n' ||
                        (p.to_relay.b[k] >= 0x20 && p.to_relay.b[k] <= 0x7e));
        pair_free(&p);
        random_bytes(noise, sizeof noise);
        caught += is_fully_encrypted(BYTES_OF(noise)) ? 1U : 0U;
    }
    assert_true(caught > 1800); /* the rule itself works */
}

/* J-10: apart from path and key every first flight is the same, whoever made
 * it, and names no program, version or system. */
static void
j10_first_flights_name_nobody(void **state)
{
    static const char before[] =
        " HTTP/1.1\r\nHost: " HOST "\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: ";
    struct pair p;
    const char *text;

    (void)state;
    pair_start(&p);
    text = (const char *)p.to_relay.b + PATH_AT + PATH_LEN;
    assert_memory_equal(text, before, sizeof before - 1);
    assert_memory_equal(text + sizeof before - 1 + WS_KEY_LEN, "\r\n\r\n", 4);
    assert_int_equal(p.to_relay.len,
                     PATH_AT + PATH_LEN + sizeof before - 1 + WS_KEY_LEN + 4);
    pair_free(&p);
}

/* The request to a fresh relay; what state is it in, and what does the web
 * server say? */
static enum link_state
offer(struct pair *p, struct bytes request, char status[static 4])
{
    struct buf out = buf_limited(4096);
    enum link_state got;
    struct link *l;

    assert_err(link_new_server(&p->secret, &p->pub, &page, &l), ERR_OK);
    assert_err(pair_feed(l, request, SIZE_MAX / 2, &out), ERR_NOT_FOUND);
    got = link_state(l);
    assert_int_equal(out.len, 0); /* nothing leaves without the owner */
    memcpy(status, "---", 4);
    if (got == LINK_DECOY) {
        assert_err(link_decoy(l, 0, &out), ERR_OK);
        assert_int_not_equal(link_state(l), LINK_DECOY);
        memcpy(status, out.b + 9, 3);
    }
    link_free(l);
    buf_free(&out);
    return got;
}

/* a bit of message 1 anywhere, in its base64url form. */
static void
test_flipped_message_1(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char status[4];
    struct pair p;

    (void)state;
    pair_start(&p);
    for (size_t i = PATH_AT; i < PATH_AT + PATH_LEN; i++) {
        uint8_t right = p.to_relay.b[i];
        size_t value = (size_t)(strchr(alphabet, right) - alphabet);

        for (size_t bit = 1; bit < 64; bit <<= 1) {
            p.to_relay.b[i] = (uint8_t)alphabet[value ^ bit];
            assert_int_equal(offer(&p, buf_bytes(&p.to_relay), status),
                             LINK_DECOY);
            assert_string_equal(status, "404");
        }
        p.to_relay.b[i] = right;
    }
    assert_int_equal(offer(&p, buf_bytes(&p.to_relay), status), LINK_SHAKING);
    pair_free(&p);
}

/* The body's beginning is looked at before the answer, as nginx does. */
static void
a21_bad_body_that_is_here(void **state)
{
#define CHUNKED " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    static const char *const cases[][2] = {
        {"GET /" CHUNKED "xyz\r\n", "400"},
        {"GET /" CHUNKED "0\r\n\r\n", "200"},
        {"GET /x" CHUNKED "xyz\r\n", "404"},
        {"POST /" CHUNKED "xyz\r\n", "405"},
    };
    char status[4];
    struct pair p;

    (void)state;
    pair_start(&p);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(offer(&p, bytes_str(cases[i][0]), status), LINK_DECOY);
        assert_string_equal(status, cases[i][1]);
    }
    pair_free(&p);
}

static void
test_low_order_message_1(void **state)
{
    char status[4];
    struct pair p;

    (void)state;
    pair_start(&p);
    for (size_t i = 0; i < LOW_ORDER_COUNT; i++) {
        uint8_t message[48] = {0};
        struct buf path = buf_limited(PATH_LEN);

        memcpy(message, low_order[i].b, DH_LEN);
        encoding_base64url(&path, BYTES_OF(message));
        memcpy(p.to_relay.b + PATH_AT, path.b, PATH_LEN);
        buf_free(&path);
        assert_int_equal(offer(&p, buf_bytes(&p.to_relay), status), LINK_DECOY);
    }
    pair_free(&p);
}

/* whatever else comes, the relay is a web server. */
static void
test_probes(void **state)
{
    static const struct {
        const char *request;
        const char *status;
    } probes[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "200"},
        {"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", "200"},
        {"GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n", "404"},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", "405"},
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400"},
        {"SSH-2.0-OpenSSH_9.2\r\n", "400"},
        {"GET / HTTP/1.1\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: "
         "websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
         "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
         "200"},
        {"GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: "
         "websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
         "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
         "404"},
    };
    char status[4];
    struct pair p;
    struct buf late = buf_limited(4096);

    (void)state;
    pair_start(&p);
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        assert_int_equal(offer(&p, bytes_str(probes[i].request), status),
                         LINK_DECOY);
        assert_string_equal(status, probes[i].status);
    }
    /* a good request, but somebody goes on talking at once */
    buf_append(&late, buf_bytes(&p.to_relay));
    buf_append(&late, bytes_str("x"));
    assert_int_equal(offer(&p, buf_bytes(&late), status), LINK_DECOY);
    assert_string_equal(status, "404");
    /* too long, and more than that */
    buf_free(&late);
    late = buf_limited(9000);
    buf_append(&late, bytes_str("GET / HTTP/1.1\r\nX: "));
    while (late.len < 9000)
        buf_u8(&late, 'x');
    assert_int_equal(offer(&p, buf_bytes(&late), status), LINK_DECOY);
    assert_string_equal(status, "400");
    /* incomplete, so far */
    assert_int_equal(offer(&p, bytes_str("GET / HTTP/1.1\r\n"), status),
                     LINK_UPGRADING);
    pair_free(&p);
    buf_free(&late);
}

static void
test_replay_is_refused(void **state)
{
    struct buf out = buf_limited(4096);
    struct pair p;

    (void)state;
    pair_start(&p);
    link_refuse(p.relay); /* too early: no effect */
    assert_int_equal(link_state(p.relay), LINK_UPGRADING);
    pair_pump(&p, 100);
    link_refuse(p.client); /* not a relay */
    assert_int_equal(link_state(p.client), LINK_UPGRADING);
    link_refuse(p.relay);
    assert_int_equal(link_state(p.relay), LINK_DECOY);
    assert_err(link_accept(p.relay, &out), ERR_TURN);
    link_feed(p.relay, bytes_str("ignored"));
    assert_err(link_next(p.relay, &out, &(struct bytes){0}), ERR_NOT_FOUND);
    assert_err(link_decoy(p.relay, 0, &out), ERR_OK);
    assert_memory_equal(out.b, "HTTP/1.1 404 ", 13);
    assert_err(link_decoy(p.relay, 0, &out), ERR_TURN);
    pair_free(&p);
    buf_free(&out);
}

/* Bytes between message 1 and accept come from nobody of ours. */
static void
test_early_bytes(void **state)
{
    struct buf out = buf_limited(100);
    struct pair p;

    (void)state;
    pair_start(&p);
    pair_pump(&p, 100);
    assert_err(pair_feed(p.relay, bytes_str("x"), 1, &out), ERR_MALFORMED);
    assert_int_equal(link_state(p.relay), LINK_FAILED);
    pair_free(&p);
}

/* a bit of the relay's answer; only message 2 has no slack at all.
 */
static void
test_flipped_answer(void **state)
{
    enum { MESSAGE_2_LEN = 48 };
    struct buf first = buf_limited(4096);
    struct pair p;

    (void)state;
    pair_start(&p);
    pair_pump(&p, 100);
    assert_err(link_accept(p.relay, &p.to_client), ERR_OK);
    for (size_t bit = 0; bit < 8 * (size_t)MESSAGE_2_LEN; bit++) {
        struct bytes frame;
        struct link *c;
        struct noise_handshake noise = *p.client->shake->noise;
        uint8_t *b = p.to_client.b + p.to_client.len - MESSAGE_2_LEN + bit / 8;

        /* the same client once more */
        assert_err(link_new_client(&p.pub, bytes_str(HOST), &first, &c),
                   ERR_OK);
        *c->shake->noise = noise;
        memcpy(c->shake->ws_key, p.client->shake->ws_key, WS_KEY_LEN);
        *b ^= (uint8_t)(1U << bit % 8);
        link_feed(c, buf_bytes(&p.to_client));
        assert_err(link_next(c, &first, &frame), ERR_AUTH);
        assert_int_equal(link_state(c), LINK_FAILED);
        assert_err(link_next(c, &first, &frame), ERR_AUTH); /* ever after */
        *b ^= (uint8_t)(1U << bit % 8);
        link_free(c);
        buf_free(&first);
    }
    pair_pump(&p, 1000);
    assert_int_equal(link_state(p.client), LINK_OPEN);
    pair_free(&p);
}

/* the connection ends at somebody else's relay. */
static void
test_not_your_relay(void **state)
{
    struct pair p, other;
    struct buf out = buf_limited(4096);

    (void)state;
    pair_start(&p);
    pair_start(&other);
    assert_err(pair_feed(other.relay, buf_bytes(&p.to_relay), 1000, &out),
               ERR_NOT_FOUND);
    assert_int_equal(link_state(other.relay), LINK_DECOY);
    assert_err(link_decoy(other.relay, 0, &out), ERR_OK);
    assert_err(pair_feed(p.client, buf_bytes(&out), 1000, &p.to_relay),
               ERR_AUTH);
    assert_int_equal(link_state(p.client), LINK_FAILED);
    pair_free(&p);
    pair_free(&other);
    buf_free(&out);
}

static void
test_other_answers(void **state)
{
    static const struct {
        const char *text;
        enum err e;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\n\r\n<html>log in here</html>", ERR_AUTH},
        {"HTTP/1.1 503 Service Unavailable\r\n\r\n", ERR_DENIED},
        {"220 mail.example ESMTP\r\n", ERR_MALFORMED},
    };
    static uint8_t endless[LIMIT_UPGRADE + 10];
    struct pair p;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        pair_start(&p);
        assert_err(
            pair_feed(p.client, bytes_str(cases[i].text), 1000, &p.to_relay),
            cases[i].e);
        pair_free(&p);
    }
    memset(endless, 'x', sizeof endless);
    pair_start(&p);
    assert_err(pair_feed(p.client, BYTES_OF(endless), 1000, &p.to_relay),
               ERR_TOO_LARGE);
    pair_free(&p);
}

/* After the 101 only message 2 is right; a ping may come before it. */
static void
test_wrong_frames_instead_of_message_2(void **state)
{
    static const struct {
        const char *frame;
        size_t len;
        enum err e;
    } cases[] = {
        {"\x82\x00", 2, ERR_MALFORMED},
        {"\x82\x03"
         "abc",
         5, ERR_MALFORMED},
        {"\x88\x00", 2, ERR_MALFORMED},
        {"\x81\x01x", 3, ERR_MALFORMED},
        {"\x82\xb0", 2, ERR_MALFORMED},
        {"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10, ERR_TOO_LARGE},
        {"\x89\x01x", 3, ERR_NOT_FOUND},
        {"\x8a\x00", 2, ERR_NOT_FOUND},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair p;

        pair_start(&p);
        buf_free(&p.to_relay);
        ws_answer_write(p.client->shake->ws_key, &p.to_client);
        buf_append(&p.to_client, (struct bytes){(const uint8_t *)cases[i].frame,
                                                cases[i].len});
        assert_err(
            pair_feed(p.client, buf_bytes(&p.to_client), 1000, &p.to_relay),
            cases[i].e);
        assert_int_equal(p.to_relay.len != 0, i == 6); /* a pong */
        pair_free(&p);
    }
}

static void
test_new_errors(void **state)
{
    static char host[LINK_HOST_MAX + 2];
    struct buf out = buf_limited(4096);
    struct buf small = buf_limited(50);
    struct link *l = NULL;
    struct pair p;

    (void)state;
    pair_start(&p);
    memset(host, 'x', LINK_HOST_MAX + 1);
    assert_err(link_new_client(&p.pub, (struct bytes){0}, &out, &l), ERR_USE);
    assert_err(link_new_client(&p.pub, bytes_str("a b"), &out, &l), ERR_USE);
    assert_err(link_new_client(&p.pub, bytes_str("a\r\nX: y"), &out, &l),
               ERR_USE);
    assert_err(link_new_client(&p.pub, bytes_str("\xd0\xb1"), &out, &l),
               ERR_USE);
    assert_err(link_new_client(&p.pub, bytes_str(host), &out, &l), ERR_USE);
    for (size_t i = 0; i < LOW_ORDER_COUNT; i++)
        assert_err(link_new_client(&low_order[i], bytes_str("x"), &out, &l),
                   ERR_AUTH);
    assert_int_equal(out.len, 0);
    assert_err(link_new_client(&p.pub, bytes_str("x"), &small, &l),
               ERR_TOO_LARGE);
    assert_null(l);
    host[LINK_HOST_MAX] = '\0';
    assert_err(link_new_client(&p.pub, bytes_str(host), &out, &l), ERR_OK);
    link_free(l);
    link_free(NULL);
    buf_free(&out);
    buf_free(&small);
    pair_free(&p);
}

static void
test_accept_errors(void **state)
{
    struct buf small = buf_limited(50);
    struct pair p;

    (void)state;
    pair_start(&p);
    assert_err(link_accept(p.relay, &p.to_client), ERR_TURN);
    assert_err(link_accept(p.client, &p.to_client), ERR_TURN);
    assert_err(link_decoy(p.relay, 0, &small), ERR_TURN);
    pair_pump(&p, 100);
    assert_err(link_accept(p.relay, &small), ERR_TOO_LARGE);
    assert_int_equal(link_state(p.relay), LINK_FAILED);
    buf_free(&small);
    pair_free(&p);

    pair_start(&p);
    buf_free(&p.to_relay);
    assert_err(pair_feed(p.relay, bytes_str("x"), 1, &p.to_client),
               ERR_NOT_FOUND);
    assert_err(link_decoy(p.relay, 0, &small), ERR_TOO_LARGE);
    assert_int_equal(link_state(p.relay), LINK_FAILED);
    buf_free(&small);
    pair_free(&p);
}

/* The whole way to OPEN, with the n-th allocation failing. */
static void
test_nth_allocation_fails(void **state)
{
    bool done = false;

    (void)state;
    for (size_t n = 1; !done; n++) {
        struct pair p = {.to_relay = buf_limited(4096),
                         .to_client = buf_limited(4096)};
        enum err e;

        dh_generate(&p.secret, &p.pub);
        mem_fail_at(n);
        e = link_new_client(&p.pub, bytes_str(HOST), &p.to_relay, &p.client);
        if (e == ERR_OK)
            e = link_new_server(&p.secret, &p.pub, &page, &p.relay);
        if (e == ERR_OK)
            e = pair_feed(p.relay, buf_bytes(&p.to_relay), 50, &p.to_client);
        if (e == ERR_NOT_FOUND)
            e = link_accept(p.relay, &p.to_client);
        if (e == ERR_OK)
            e = pair_feed(p.client, buf_bytes(&p.to_client), 50, &p.to_relay);
        done = !mem_failed();
        mem_fail_at(0);
        assert_err(e, done ? ERR_NOT_FOUND : ERR_MEMORY);
        if (done)
            assert_int_equal(link_state(p.client), LINK_OPEN);
        pair_free(&p);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens),
        cmocka_unit_test(test_first_ephemeral),
        cmocka_unit_test(test_first_flight_has_one_size),
        cmocka_unit_test(a22_first_flights_are_text),
        cmocka_unit_test(j10_first_flights_name_nobody),
        cmocka_unit_test(test_flipped_message_1),
        cmocka_unit_test(a21_bad_body_that_is_here),
        cmocka_unit_test(test_low_order_message_1),
        cmocka_unit_test(test_probes),
        cmocka_unit_test(test_replay_is_refused),
        cmocka_unit_test(test_early_bytes),
        cmocka_unit_test(test_flipped_answer),
        cmocka_unit_test(test_not_your_relay),
        cmocka_unit_test(test_other_answers),
        cmocka_unit_test(test_wrong_frames_instead_of_message_2),
        cmocka_unit_test(test_new_errors),
        cmocka_unit_test(test_accept_errors),
        cmocka_unit_test(test_nth_allocation_fails),
    };

    return RUN(tests);
}
