/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Stopping between two frames: link_keep(), link_deafen(). A-16. */
#include <string.h>

#include "pair.h"

enum { FRAMES = 9, FRAME_LEN = 30 };

/* The i-th frame, unlike all others. */
static void
make_frame(size_t i, uint8_t *frame)
{
    for (size_t k = 0; k < FRAME_LEN; k++)
        frame[k] = (uint8_t)(i * 31 + k + 1);
}

/* Frames from to to, all of them in one Noise message. */
static void
send_frames(struct link *l, size_t from, size_t to, struct buf *out)
{
    for (size_t i = from; i < to; i++) {
        uint8_t frame[FRAME_LEN];
        struct bytes piece = BYTES_OF(frame);

        make_frame(i, frame);
        assert_ok(link_add(l, &piece, 1));
    }
    assert_ok(link_flush(l, out));
}

/* The first frame in a message of its own, the others in a second one. */
static void
open_with_two_messages(struct pair *p)
{
    pair_open(p);
    send_frames(p->client, 0, 1, &p->to_relay);
    send_frames(p->client, 1, FRAMES, &p->to_relay);
}

static void
expect_frame(struct link *l, size_t i, struct buf *out)
{
    uint8_t want[FRAME_LEN];
    struct bytes frame;

    make_frame(i, want);
    assert_ok(link_next(l, out, &frame));
    assert_bytes(frame, BYTES_OF(want));
}

static void
expect_no_more(struct link *l, struct buf *out)
{
    struct bytes frame;

    assert_err(link_next(l, out, &frame), ERR_NOT_FOUND);
    assert_int_equal(link_held_len(l), 0);
    assert_null(l->rest);
}

/* The bytes in memory that is gone when the test frees it. */
static uint8_t *
copy_of(const struct buf *b)
{
    uint8_t *copy = mem_new(b->len);

    assert_non_null(copy);
    memcpy(copy, b->b, b->len);
    return copy;
}

/* Feeds a copy of all, and takes it away at the first stop, which comes after
 * so many frames; and stops after each frame from then on. */
static void
read_with_stops(struct pair *p, size_t first)
{
    uint8_t *fed = copy_of(&p->to_relay);
    size_t len = p->to_relay.len;

    link_feed(p->relay, (struct bytes){fed, len});
    for (size_t i = 0; i < first; i++)
        expect_frame(p->relay, i, &p->to_client);
    assert_ok(link_keep(p->relay));
    assert_true(link_held_len(p->relay) <= 2 * len);
    memset(fed, 0xff, len);
    mem_free(fed);
    for (size_t i = first; i < FRAMES; i++) {
        assert_true(link_held_len(p->relay) > 0);
        expect_frame(p->relay, i, &p->to_client);
        assert_ok(link_keep(p->relay));
    }
    expect_no_more(p->relay, &p->to_client);
}

static void
test_stops_anywhere(void **state)
{
    (void)state;
    for (size_t first = 0; first < FRAMES; first++) {
        struct pair p;

        pair_open(&p);
        send_frames(p.client, 0, 3, &p.to_relay); /* three messages */
        send_frames(p.client, 3, 4, &p.to_relay);
        send_frames(p.client, 4, FRAMES, &p.to_relay);
        read_with_stops(&p, first);
        /* and may be fed again */
        buf_reset(&p.to_relay);
        send_frames(p.client, 0, 1, &p.to_relay);
        link_feed(p.relay, buf_bytes(&p.to_relay));
        expect_frame(p.relay, 0, &p.to_client);
        expect_no_more(p.relay, &p.to_client);
        pair_free(&p);
    }
}

/* The WebSocket message that begins at at, in three fragments and with a ping
 * between. */
static void
cut_message(struct buf *b, size_t at)
{
    struct buf cut = buf_limited(LINK_OUT_MAX);
    uint8_t mask[4];
    size_t len = b->len - at - 8; /* head of 4 bytes, mask of 4 */
    size_t done = 0;

    memcpy(mask, b->b + at + 4, sizeof mask);
    for (size_t i = 0; i < len; i++)
        b->b[at + 8 + i] ^= mask[i % 4];
    for (unsigned k = 0; k < 3; k++) {
        size_t part = k < 2 ? 50 : len - done;

        buf_u8(&cut, (uint8_t)((k == 0 ? 2 : 0) | (k == 2 ? 0x80 : 0)));
        buf_u8(&cut, (uint8_t)(0x80 | (part < 126 ? part : 126)));
        if (part >= 126)
            buf_u16(&cut, (uint16_t)part);
        buf_u32(&cut, 0); /* a mask that changes nothing */
        buf_append(&cut, (struct bytes){b->b + at + 8 + done, part});
        done += part;
        if (k == 0)
            ws_frame_write(WS_CLIENT, WS_PING, bytes_str("?"), &cut);
    }
    b->len = at;
    buf_append(b, buf_bytes(&cut));
    assert_ok(buf_end(b));
    buf_free(&cut);
}

static void
test_stops_before_fragments(void **state)
{
    (void)state;
    for (size_t first = 0; first < FRAMES; first++) {
        struct pair p;
        size_t at;

        pair_open(&p);
        send_frames(p.client, 0, 2, &p.to_relay);
        at = p.to_relay.len;
        send_frames(p.client, 2, FRAMES, &p.to_relay);
        cut_message(&p.to_relay, at);
        read_with_stops(&p, first);
        assert_int_equal(p.to_client.len, 3); /* one pong */
        pair_free(&p);
    }
}

/* What is kept is copied once, counts, and goes as soon as it is used. */
static void
test_holds_what_is_left(void **state)
{
    struct link_rest *rest;
    struct pair p;
    size_t len;

    (void)state;
    pair_open(&p);
    send_frames(p.client, 0, 2, &p.to_relay);
    len = p.to_relay.len;
    send_frames(p.client, 2, FRAMES, &p.to_relay);
    link_feed(p.relay, buf_bytes(&p.to_relay));
    expect_frame(p.relay, 0, &p.to_client);
    assert_ok(link_keep(p.relay));
    rest = p.relay->rest;
    assert_non_null(rest);
    assert_int_equal(rest->len, p.to_relay.len - len);
    assert_int_equal(link_held_len(p.relay),
                     rest->len + p.relay->ws.message.cap);
    expect_frame(p.relay, 1, &p.to_client);
    mem_fail_at(1);
    assert_ok(link_keep(p.relay));
    mem_fail_at(0);
    assert_ptr_equal(p.relay->rest, rest);
    /* the last message is opened: only that is held */
    expect_frame(p.relay, 2, &p.to_client);
    assert_null(p.relay->rest);
    assert_int_equal(link_held_len(p.relay), p.relay->ws.message.cap);
    mem_fail_at(1);
    assert_ok(link_keep(p.relay));
    mem_fail_at(0);
    for (size_t i = 3; i < FRAMES; i++)
        expect_frame(p.relay, i, &p.to_client);
    expect_no_more(p.relay, &p.to_client);
    pair_free(&p);
}

static void
test_no_memory_to_keep(void **state)
{
    struct pair p;
    struct bytes frame;

    (void)state;
    open_with_two_messages(&p);
    link_feed(p.relay, buf_bytes(&p.to_relay));
    expect_frame(p.relay, 0, &p.to_client);
    mem_fail_at(1);
    assert_err(link_keep(p.relay), ERR_MEMORY);
    mem_fail_at(0);
    assert_int_equal(link_state(p.relay), LINK_FAILED);
    assert_int_equal(link_held_len(p.relay), 0);
    assert_err(link_next(p.relay, &p.to_client, &frame), ERR_MEMORY);
    assert_err(link_keep(p.relay), ERR_MEMORY);
    pair_free(&p);
}

/* What was kept is judged as what was fed. */
static void
test_a_fault_in_what_is_kept(void **state)
{
    struct pair p;
    struct bytes frame;

    (void)state;
    open_with_two_messages(&p);
    p.to_relay.b[p.to_relay.len - 1] ^= 1;
    link_feed(p.relay, buf_bytes(&p.to_relay));
    expect_frame(p.relay, 0, &p.to_client);
    assert_ok(link_keep(p.relay));
    assert_err(link_next(p.relay, &p.to_client, &frame), ERR_AUTH);
    assert_int_equal(link_held_len(p.relay), 0);
    assert_err(link_keep(p.relay), ERR_AUTH);
    pair_free(&p);
}

/* A close in what was kept ends it; what follows is not looked at. */
static void
test_a_close_in_what_is_kept(void **state)
{
    struct pair p;

    (void)state;
    pair_open(&p);
    send_frames(p.client, 0, 2, &p.to_relay);
    assert_ok(link_close(p.client, &p.to_relay));
    buf_append(&p.to_relay, bytes_str("nobody reads this"));
    link_feed(p.relay, buf_bytes(&p.to_relay));
    expect_frame(p.relay, 0, &p.to_client);
    assert_ok(link_keep(p.relay));
    expect_frame(p.relay, 1, &p.to_client);
    expect_no_more(p.relay, &p.to_client);
    assert_int_equal(link_state(p.relay), LINK_CLOSED);
    assert_ok(link_keep(p.relay));
    pair_free(&p);
}

/* Before it is OPEN nobody needs to stop, but may: a stranger's request, and a
 * body behind it that goes by after the answer. */
static void
test_a_stranger_that_is_kept(void **state)
{
    static const char text[] = "POST / HTTP/1.1\r\nHost: x\r\n"
                               "Content-Length: 5\r\n\r\nabcde"
                               "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    struct buf sent = buf_limited(sizeof text);
    struct pair p;
    struct bytes frame;
    uint8_t *fed;

    (void)state;
    pair_start(&p);
    buf_append(&sent, bytes_str(text));
    fed = copy_of(&sent);
    link_feed(p.relay, (struct bytes){fed, sent.len});
    assert_ok(link_keep(p.relay));
    mem_free(fed);
    for (int i = 0; i < 2; i++) {
        assert_err(link_next(p.relay, &p.to_client, &frame), ERR_NOT_FOUND);
        assert_int_equal(link_state(p.relay), LINK_DECOY);
        assert_ok(link_decoy(p.relay, 0, &p.to_client));
    }
    expect_no_more(p.relay, &p.to_client);
    assert_int_equal(link_state(p.relay), LINK_UPGRADING);
    pair_free(&p);
    buf_free(&sent);
}

/* Deaf, it holds nothing and can still speak. */
static void
test_deaf(void **state)
{
    struct pair p;

    (void)state;
    pair_open(&p);
    send_frames(p.client, 0, 2, &p.to_relay);
    send_frames(p.client, 2, FRAMES, &p.to_relay);
    link_feed(p.relay,
              bytes_slice(buf_bytes(&p.to_relay), 0, p.to_relay.len - 1));
    expect_frame(p.relay, 0, &p.to_client);
    assert_ok(link_keep(p.relay));
    link_deafen(p.relay);
    assert_int_equal(link_held_len(p.relay), 0);
    assert_int_equal(link_state(p.relay), LINK_OPEN);
    send_frames(p.relay, 0, 1, &p.to_client);
    assert_ok(link_close(p.relay, &p.to_client));
    link_feed(p.client, buf_bytes(&p.to_client));
    expect_frame(p.client, 0, &p.to_relay);
    expect_no_more(p.client, &p.to_relay);
    assert_int_equal(link_state(p.client), LINK_CLOSED);
    pair_free(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stops_anywhere),
        cmocka_unit_test(test_stops_before_fragments),
        cmocka_unit_test(test_holds_what_is_left),
        cmocka_unit_test(test_no_memory_to_keep),
        cmocka_unit_test(test_a_fault_in_what_is_kept),
        cmocka_unit_test(test_a_close_in_what_is_kept),
        cmocka_unit_test(test_a_stranger_that_is_kept),
        cmocka_unit_test(test_deaf),
    };

    return RUN(tests);
}
