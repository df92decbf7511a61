/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "pair.h"

static uint8_t pattern[LIMIT_FRAME];

static int
fill(void **state)
{
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)(i * 13 + (i >> 8) + 1);
    return start_random(state);
}

static struct bytes
some(size_t len)
{
    return (struct bytes){pattern, len};
}

static void
send_some(struct link *l, size_t len, struct buf *out)
{
    struct bytes piece = some(len);

    assert_err(link_send(l, &piece, 1, out), ERR_OK);
}

/* Reads all of in, in steps, and expects frames of these lengths. */
static void
expect(struct link *l,
       struct bytes in,
       size_t step,
       const size_t *lens,
       size_t count,
       struct buf *out)
{
    struct bytes frame;
    size_t got = 0;
    enum err e;

    for (size_t at = 0; at < in.len; at += step) {
        link_feed(l, bytes_slice(in, at, step));
        while ((e = link_next(l, out, &frame)) == ERR_OK) {
            assert_true(got < count);
            assert_bytes(frame, some(lens[got]));
            got++;
        }
        assert_err(e, ERR_NOT_FOUND);
    }
    assert_int_equal(got, count);
}

static const size_t lens[] = {1,    200,   236,   237,  1000,
                              5000, 16604, 16620, 40000};
enum { LENS = sizeof lens / sizeof *lens };

/* Byte by byte gives the same as all at once, both ways. */
static void
test_any_cut_gives_the_same(void **state)
{
    static const size_t steps[] = {1, 3, 1000, 65536, 1000000};

    (void)state;
    for (size_t s = 0; s < 5; s++) {
        struct pair p;

        pair_open(&p);
        for (size_t i = 0; i < LENS; i++) {
            send_some(p.client, lens[i], &p.to_relay);
            send_some(p.relay, lens[i], &p.to_client);
        }
        expect(p.relay, buf_bytes(&p.to_relay), steps[s], lens, LENS,
               &p.to_client);
        expect(p.client, buf_bytes(&p.to_client), steps[s], lens, LENS,
               &p.to_relay);
        pair_free(&p);
    }
}

static void
test_largest_frame(void **state)
{
    static const size_t len = LIMIT_FRAME;
    struct pair p;

    (void)state;
    pair_open(&p);
    send_some(p.client, len, &p.to_relay);
    expect(p.relay, buf_bytes(&p.to_relay), 65536, &len, 1, &p.to_client);
    assert_int_equal(link_state(p.relay), LINK_OPEN);
    pair_free(&p);
}

/* No buffers per idle connection. */
static void
test_idle_link_is_small(void **state)
{
    static const size_t len = 50000;
    struct pair p;

    (void)state;
    assert_true(sizeof(struct link) <= 400);
    pair_open(&p);
    send_some(p.client, len, &p.to_relay);
    expect(p.relay, buf_bytes(&p.to_relay), 1000, &len, 1, &p.to_client);
    assert_null(p.relay->shake);
    assert_null(p.relay->ws.message.b);
    assert_null(p.relay->ws.control.b);
    assert_null(p.relay->frames.partial.b);
    assert_null(p.relay->pending.b);
    assert_null(p.client->pending.b);
    pair_free(&p);
}

/* A link that holds half a message holds no more than what came. */
static void
test_memory_follows_what_came(void **state)
{
    struct pair p;
    struct buf out = buf_limited(100);

    (void)state;
    pair_open(&p);
    send_some(p.client, 16000, &p.to_relay);
    assert_err(pair_feed(p.relay, bytes_slice(buf_bytes(&p.to_relay), 0, 40),
                         40, &out),
               ERR_NOT_FOUND);
    assert_true(p.relay->ws.message.cap <= 64);
    pair_free(&p);
}

/* After the handshake every byte counts: WebSocket's own, or the tag. */
static void
test_flipped_bytes(void **state)
{
    struct pair p;
    size_t total;

    (void)state;
    pair_open(&p);
    send_some(p.relay, 100, &p.to_client);
    total = p.to_client.len;
    buf_free(&p.to_client);
    for (size_t i = 0; i < total; i++) {
        struct bytes frame;
        enum err e;

        pair_free(&p);
        pair_open(&p);
        send_some(p.relay, 100, &p.to_client);
        p.to_client.b[i] ^= 0x80;
        link_feed(p.client, buf_bytes(&p.to_client));
        e = link_next(p.client, &p.to_relay, &frame);
        /* FIN gone, or a longer frame promised: waits for more. The rest fails.
         */
        if (i == 0 || i == 2 || i == 3) {
            assert_err(e, ERR_NOT_FOUND);
            continue;
        }
        assert_err(e, i == 1 ? ERR_MALFORMED : ERR_AUTH);
        assert_int_equal(link_state(p.client), LINK_FAILED);
        assert_true(bytes_all_zero(
            (struct bytes){(uint8_t *)&p.client->send, sizeof p.client->send}));
        assert_true(bytes_all_zero(
            (struct bytes){(uint8_t *)&p.client->recv, sizeof p.client->recv}));
        assert_int_equal(p.to_relay.len, 0); /* and says nothing */
    }
    pair_free(&p);
}

/* a message twice, or the second before the first. */
static void
test_out_of_order(void **state)
{
    struct pair p;
    size_t len;
    struct bytes frame;

    (void)state;
    pair_open(&p);
    send_some(p.client, 10, &p.to_relay);
    len = p.to_relay.len;
    send_some(p.client, 10, &p.to_relay);
    link_feed(p.relay, bytes_slice(buf_bytes(&p.to_relay), len, len));
    assert_err(link_next(p.relay, &p.to_client, &frame), ERR_AUTH);
    pair_free(&p);

    pair_open(&p);
    send_some(p.client, 10, &p.to_relay);
    link_feed(p.relay, buf_bytes(&p.to_relay));
    assert_err(link_next(p.relay, &p.to_client, &frame), ERR_OK);
    assert_err(link_next(p.relay, &p.to_client, &frame), ERR_NOT_FOUND);
    link_feed(p.relay, buf_bytes(&p.to_relay));
    assert_err(link_next(p.relay, &p.to_client, &frame), ERR_AUTH);
    pair_free(&p);
}

/* Sends a plaintext of our own making, well sealed. */
static enum err
deliver_plain(struct pair *p, struct bytes plain)
{
    uint8_t sealed[LIMIT_NOISE_MESSAGE];
    struct bytes frame;

    assert_true(plain.len + AEAD_TAG_LEN <= sizeof sealed);
    assert_err(noise_cipher_encrypt(&p->client->send, (struct bytes){0}, plain,
                                    sealed),
               ERR_OK);
    buf_reset(&p->to_relay);
    ws_frame_write(WS_CLIENT, WS_BINARY,
                   (struct bytes){sealed, plain.len + AEAD_TAG_LEN},
                   &p->to_relay);
    link_feed(p->relay, buf_bytes(&p->to_relay));
    return link_next(p->relay, &p->to_client, &frame);
}

/* */
static void
test_bad_frames_inside(void **state)
{
    static const struct {
        uint8_t plain[8];
        size_t len;
        enum err e;
    } cases[] = {
        {{0}, 0, ERR_NOT_FOUND},                      /* an empty message */
        {{0}, 8, ERR_NOT_FOUND},                      /* padding alone */
        {{0, 0, 0, 0, 0, 0, 0, 1}, 8, ERR_MALFORMED}, /* that is not zero */
        {{0, 4, 4, 1}, 4, ERR_TOO_LARGE},             /* LIMIT_FRAME + 1 */
        {{0xff, 0xff, 0xff, 0xff}, 4, ERR_TOO_LARGE},
        {{0, 0, 0, 1, 'x'}, 5, ERR_OK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair p;

        pair_open(&p);
        assert_err(
            deliver_plain(&p, (struct bytes){cases[i].plain, cases[i].len}),
            cases[i].e);
        assert_int_equal(link_state(p.relay) == LINK_FAILED,
                         cases[i].e != ERR_OK && cases[i].e != ERR_NOT_FOUND);
        pair_free(&p);
    }
}

static void
test_too_short_for_a_tag(void **state)
{
    struct pair p;
    struct bytes frame;

    (void)state;
    pair_open(&p);
    ws_frame_write(WS_CLIENT, WS_BINARY, some(AEAD_TAG_LEN - 1), &p.to_relay);
    link_feed(p.relay, buf_bytes(&p.to_relay));
    assert_err(link_next(p.relay, &p.to_client, &frame), ERR_MALFORMED);
    pair_free(&p);
}

static void
test_ping(void **state)
{
    struct pair p;

    (void)state;
    pair_open(&p);
    assert_err(link_ping(p.client, &p.to_relay), ERR_OK);
    pair_pump(&p, 1); /* the pong goes back and is ignored */
    assert_int_equal(p.to_relay.len + p.to_client.len, 0);
    assert_err(link_ping(p.relay, &p.to_client), ERR_OK);
    pair_pump(&p, 1);
    assert_true(p.to_relay.len > 0);
    pair_pump(&p, 1);
    assert_int_equal(link_state(p.client), LINK_OPEN);
    assert_int_equal(link_state(p.relay), LINK_OPEN);
    pair_free(&p);
}

static void
test_close(void **state)
{
    static const size_t len = 50;
    struct pair p;
    struct bytes frame, piece = some(10);

    (void)state;
    pair_open(&p);
    assert_err(link_add(p.client, &piece, 1), ERR_OK);
    assert_err(link_close(p.client, &p.to_relay), ERR_OK);
    assert_int_equal(link_state(p.client), LINK_CLOSING);
    assert_int_equal(link_pending_len(p.client), 0);
    assert_err(link_close(p.client, &p.to_relay), ERR_TURN);
    assert_err(link_add(p.client, &piece, 1), ERR_TURN);
    assert_err(link_flush(p.client, &p.to_relay), ERR_TURN);
    assert_err(link_ping(p.client, &p.to_relay), ERR_TURN);

    /* what the relay sent before it knew still arrives; its ping is not
     * answered */
    send_some(p.relay, len, &p.to_client);
    assert_err(link_ping(p.relay, &p.to_client), ERR_OK);
    expect(p.client, buf_bytes(&p.to_client), 7, &len, 1, &p.to_relay);
    buf_reset(&p.to_client);

    assert_err(pair_feed(p.relay, buf_bytes(&p.to_relay), 1, &p.to_client),
               ERR_NOT_FOUND);
    assert_int_equal(link_state(p.relay), LINK_CLOSED);
    assert_int_equal(p.to_client.len, 4); /* a close with its code */
    assert_err(pair_feed(p.client, buf_bytes(&p.to_client), 1, &p.to_relay),
               ERR_NOT_FOUND);
    assert_int_equal(link_state(p.client), LINK_CLOSED);
    link_feed(p.client, some(100)); /* ignored */
    assert_err(link_next(p.client, &p.to_relay, &frame), ERR_NOT_FOUND);
    assert_err(link_ping(p.client, &p.to_relay), ERR_TURN);
    pair_free(&p);
}

/* Bytes behind the peer's close in the same read are not looked at. */
static void
test_nothing_after_close(void **state)
{
    struct pair p;
    struct bytes frame;

    (void)state;
    pair_open(&p);
    assert_err(link_close(p.client, &p.to_relay), ERR_OK);
    buf_append(&p.to_relay, some(100));
    link_feed(p.relay, buf_bytes(&p.to_relay));
    assert_err(link_next(p.relay, &p.to_client, &frame), ERR_NOT_FOUND);
    assert_int_equal(link_state(p.relay), LINK_CLOSED);
    pair_free(&p);
}

static void
test_no_room_for_an_answer(void **state)
{
    struct buf small = buf_limited(1);
    struct pair p;

    (void)state;
    pair_open(&p);
    assert_err(link_ping(p.client, &p.to_relay), ERR_OK);
    assert_err(pair_feed(p.relay, buf_bytes(&p.to_relay), 100, &small),
               ERR_MEMORY);
    assert_int_equal(link_state(p.relay), LINK_FAILED);
    pair_free(&p);
    buf_free(&small);

    pair_open(&p);
    assert_err(link_close(p.client, &p.to_relay), ERR_OK);
    assert_err(pair_feed(p.relay, buf_bytes(&p.to_relay), 100, &small),
               ERR_MEMORY);
    pair_free(&p);
    buf_free(&small);
}

/* Fragments from a proxy on the way. */
static void
test_fragmented_message(void **state)
{
    static const size_t len = 100;
    struct pair p;
    struct buf cut = buf_limited(1000);
    struct bytes body;

    (void)state;
    pair_open(&p);
    send_some(p.relay, len, &p.to_client);
    body = bytes_slice(buf_bytes(&p.to_client), 4, 1000);
    buf_u16(&cut, 0x0205);
    buf_append(&cut, bytes_slice(body, 0, 5));
    buf_u16(&cut, 0x8900); /* a ping between */
    buf_u16(&cut, 0x807e);
    buf_u16(&cut, (uint16_t)(body.len - 5));
    buf_append(&cut, bytes_slice(body, 5, 1000));
    expect(p.client, buf_bytes(&cut), 1, &len, 1, &p.to_relay);
    assert_int_equal(p.to_relay.len, 6); /* a masked pong */
    pair_free(&p);
    buf_free(&cut);
}

static void
test_nth_allocation_fails(void **state)
{
    bool done = false;

    (void)state;
    for (size_t n = 1; !done; n++) {
        struct bytes frame;
        struct pair p;
        enum err e = ERR_NOT_FOUND;
        size_t got = 0;

        pair_open(&p);
        send_some(p.client, 40000, &p.to_relay);
        assert_err(link_ping(p.client, &p.to_relay), ERR_OK);
        mem_fail_at(n);
        for (size_t at = 0; at < p.to_relay.len && e == ERR_NOT_FOUND;
             at += 10000) {
            link_feed(p.relay, bytes_slice(buf_bytes(&p.to_relay), at, 10000));
            while ((e = link_next(p.relay, &p.to_client, &frame)) == ERR_OK)
                got++;
        }
        done = !mem_failed();
        mem_fail_at(0);
        assert_err(e, done ? ERR_NOT_FOUND : ERR_MEMORY);
        assert_int_equal(link_state(p.relay), done ? LINK_OPEN : LINK_FAILED);
        assert_true(got == 1 || !done);
        pair_free(&p);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_cut_gives_the_same),
        cmocka_unit_test(test_largest_frame),
        cmocka_unit_test(test_idle_link_is_small),
        cmocka_unit_test(test_memory_follows_what_came),
        cmocka_unit_test(test_flipped_bytes),
        cmocka_unit_test(test_out_of_order),
        cmocka_unit_test(test_bad_frames_inside),
        cmocka_unit_test(test_too_short_for_a_tag),
        cmocka_unit_test(test_ping),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_nothing_after_close),
        cmocka_unit_test(test_no_room_for_an_answer),
        cmocka_unit_test(test_fragmented_message),
        cmocka_unit_test(test_nth_allocation_fails),
    };

    return cmocka_run_group_tests(tests, fill, NULL);
}
