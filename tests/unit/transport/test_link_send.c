/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "pair.h"

static uint8_t zeros[LIMIT_FRAME + 1];

static struct bytes
some(size_t len)
{
    return (struct bytes){zeros, len};
}

static enum err
add(struct link *l, size_t len)
{
    struct bytes piece = some(len);

    return link_add(l, &piece, 1);
}

/* What is pending leaves in one WebSocket frame of a size class. */
static void
test_joined_in_one_frame(void **state)
{
    struct pair p;
    struct bytes frame;
    size_t got = 0;

    (void)state;
    pair_open(&p);
    for (size_t i = 1; i <= 10; i++)
        assert_err(add(p.relay, i * 20), ERR_OK);
    assert_int_equal(link_pending_len(p.relay), 10 * 4 + 55 * 20);
    assert_err(link_flush(p.relay, &p.to_client), ERR_OK);
    assert_int_equal(link_pending_len(p.relay), 0);
    assert_int_equal(p.to_client.len, 4 + 1280);
    assert_int_equal(p.relay->send.n, 1); /* one Noise message */
    link_feed(p.client, buf_bytes(&p.to_client));
    while (link_next(p.client, &p.to_relay, &frame) == ERR_OK)
        assert_int_equal(frame.len, ++got * 20);
    assert_int_equal(got, 10);
    pair_free(&p);
}

/* J-04, A-23: only bucket sizes on the wire. */
static void
test_sizes(void **state)
{
    static const size_t classes[] = {256, 1280, 2560, 4352, 8448, 16640};
    struct pair p;

    (void)state;
    pair_open(&p);
    for (size_t len = 1; len < 40000; len += len < 300 ? 1 : 97) {
        size_t messages, whole, before = (size_t)p.relay->send.n;
        bool known = false;

        assert_err(add(p.relay, len), ERR_OK);
        assert_err(link_flush(p.relay, &p.to_client), ERR_OK);
        messages = (size_t)p.relay->send.n - before;
        whole = p.to_client.len / messages;
        assert_int_equal(p.to_client.len % messages, 0);
        for (size_t i = 0; i < 6; i++)
            known = known || whole == 4 + classes[i];
        assert_true(known);
        assert_true(messages == 1 || whole == 16644);
        buf_reset(&p.to_client);
    }
    pair_free(&p);
}

static void
test_pieces(void **state)
{
    struct bytes pieces[] = {bytes_str("head"), {0}, bytes_str("record")};
    struct pair p;
    struct bytes frame;

    (void)state;
    pair_open(&p);
    assert_err(link_send(p.client, pieces, 3, &p.to_relay), ERR_OK);
    link_feed(p.relay, buf_bytes(&p.to_relay));
    assert_err(link_next(p.relay, &p.to_client, &frame), ERR_OK);
    assert_bytes(frame, bytes_str("headrecord"));
    pair_free(&p);
}

/* The client's frames are masked with a fresh mask, the relay's are not. */
static void
test_masking(void **state)
{
    struct pair p;
    struct bytes piece = some(5);

    (void)state;
    pair_open(&p);
    assert_err(link_send(p.client, &piece, 1, &p.to_relay), ERR_OK);
    assert_err(link_send(p.client, &piece, 1, &p.to_relay), ERR_OK);
    assert_int_equal(p.to_relay.len, 2 * (8 + 256));
    assert_int_equal(p.to_relay.b[1], 0x80 | 126);
    assert_memory_not_equal(p.to_relay.b + 4, p.to_relay.b + 264 + 4, 4);
    assert_err(link_send(p.relay, &piece, 1, &p.to_client), ERR_OK);
    assert_int_equal(p.to_client.b[1], 126);
    pair_free(&p);
}

static void
test_errors(void **state)
{
    struct pair p;
    struct bytes piece = some(1);

    (void)state;
    pair_start(&p);
    assert_err(add(p.client, 1), ERR_TURN);
    assert_err(add(p.relay, 1), ERR_TURN);
    assert_err(link_flush(p.client, &p.to_relay), ERR_TURN);
    assert_err(link_send(p.client, &piece, 1, &p.to_relay), ERR_TURN);
    assert_err(link_ping(p.client, &p.to_relay), ERR_TURN);
    assert_err(link_close(p.client, &p.to_relay), ERR_TURN);
    pair_free(&p);

    pair_open(&p);
    assert_err(add(p.client, 0), ERR_USE);
    assert_err(link_add(p.client, NULL, 0), ERR_USE);
    assert_err(add(p.client, LIMIT_FRAME + 1), ERR_TOO_LARGE);
    assert_int_equal(link_pending_len(p.client), 0);
    assert_err(link_flush(p.client, &p.to_relay), ERR_OK);
    assert_int_equal(p.to_relay.len, 0); /* nothing pending, nothing sent */
    pair_free(&p);
}

static void
test_pending_limit(void **state)
{
    struct buf out = buf_limited(LINK_OUT_MAX);
    struct pair p;

    (void)state;
    pair_open(&p);
    for (int i = 0; i < 4; i++)
        assert_err(add(p.client, LIMIT_FRAME), ERR_OK);
    assert_int_equal(link_pending_len(p.client), LINK_PENDING_MAX);
    assert_err(add(p.client, 1), ERR_FULL);
    assert_err(link_flush(p.client, &out), ERR_OK); /* fits LINK_OUT_MAX */
    assert_err(add(p.client, 1), ERR_OK);
    pair_free(&p);
    buf_free(&out);
}

static void
test_failed_flush_can_be_repeated(void **state)
{
    struct buf small = buf_limited(259);
    struct pair p;
    struct bytes frame;

    (void)state;
    pair_open(&p);
    assert_err(add(p.relay, 100), ERR_OK);
    mem_fail_at(1); /* room for the padding */
    assert_err(link_flush(p.relay, &p.to_client), ERR_MEMORY);
    mem_fail_at(0);
    assert_err(link_flush(p.relay, &small), ERR_TOO_LARGE);
    assert_err(buf_end(&small), ERR_OK);
    mem_fail_at(1); /* room in out */
    assert_err(link_flush(p.relay, &p.to_client), ERR_MEMORY);
    mem_fail_at(0);
    assert_int_equal(p.to_client.len, 0);
    assert_int_equal(p.relay->send.n, 0);
    assert_int_equal(link_pending_len(p.relay), 104);
    assert_err(link_flush(p.relay, &p.to_client), ERR_OK);
    link_feed(p.client, buf_bytes(&p.to_client));
    assert_err(link_next(p.client, &p.to_relay, &frame), ERR_OK);
    assert_int_equal(frame.len, 100);

    small.err = ERR_TOO_LARGE; /* an out that failed before */
    assert_err(add(p.relay, 100), ERR_OK);
    assert_err(link_flush(p.relay, &small), ERR_TOO_LARGE);
    assert_err(link_ping(p.relay, &small), ERR_TOO_LARGE);
    assert_err(link_close(p.relay, &small), ERR_TOO_LARGE);
    assert_int_equal(link_state(p.relay), LINK_OPEN);
    pair_free(&p);
    buf_free(&small);
}

/* Memory that is lent comes back, empty, and a link that could not flush keeps
 * what is pending. */
static void
test_memory_is_lent(void **state)
{
    struct buf spare = buf_limited(LINK_PENDING_MAX);
    struct buf small = buf_limited(16);
    struct pair p;
    struct bytes frame;
    const uint8_t *was;

    (void)state;
    assert_ok(buf_reserve(&spare, 4096));
    was = spare.b;
    pair_open(&p);
    link_lend(p.relay, &spare);
    assert_null(spare.b);
    assert_err(add(p.relay, 100), ERR_OK);
    assert_err(link_flush(p.relay, &p.to_client), ERR_OK);
    link_give_back(p.relay, &spare);
    assert_ptr_equal(spare.b, was);
    assert_int_equal(spare.len, 0);
    assert_true(bytes_all_zero((struct bytes){spare.b, 256}));
    assert_int_equal(p.relay->pending.cap, 0);
    link_give_back(p.relay, &spare); /* twice does no harm */
    assert_ptr_equal(spare.b, was);

    link_lend(p.relay, &spare);
    assert_err(add(p.relay, 50), ERR_OK);
    assert_err(link_flush(p.relay, &small), ERR_TOO_LARGE);
    link_give_back(p.relay, &spare);
    assert_null(spare.b);
    assert_int_equal(link_pending_len(p.relay), 54);
    link_lend(p.relay, &spare); /* has its own: nothing is taken */
    assert_err(link_flush(p.relay, &p.to_client), ERR_OK);
    assert_int_equal(p.relay->pending.cap, 0);
    link_feed(p.client, buf_bytes(&p.to_client));
    assert_err(link_next(p.client, &p.to_relay, &frame), ERR_OK);
    assert_int_equal(frame.len, 100);
    assert_err(link_next(p.client, &p.to_relay, &frame), ERR_OK);
    assert_int_equal(frame.len, 50);
    pair_free(&p);
    buf_free(&spare);
    buf_free(&small);
}

/* What was gathered elsewhere arrives as what was added does, in one Noise
 * message or in several. */
static void
test_seal(void **state)
{
    static const size_t lens[] = {100, 1200, 16000, 40000};
    struct pair p;

    (void)state;
    pair_open(&p);
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        struct buf plain = buf_limited(LINK_PENDING_MAX);
        uint64_t before = p.relay->send.n;
        struct bytes piece = some(lens[i]);
        struct bytes frame;
        size_t padded;

        for (int k = 0; k < 2; k++)
            assert_ok(frame_write(&piece, 1, LINK_PENDING_MAX, &plain));
        padded = frame_padded_len(plain.len);
        buf_zero(&plain, padded - plain.len);
        assert_ok(link_seal(p.relay, buf_bytes(&plain), &p.to_client));
        assert_int_equal(p.relay->send.n - before,
                         padded <= FRAME_UNIT_ROOM ? 1
                                                   : padded / FRAME_UNIT_ROOM);
        link_feed(p.client, buf_bytes(&p.to_client));
        for (int k = 0; k < 2; k++) {
            assert_ok(link_next(p.client, &p.to_relay, &frame));
            assert_bytes(frame, piece);
        }
        assert_err(link_next(p.client, &p.to_relay, &frame), ERR_NOT_FOUND);
        buf_reset(&p.to_client);
        buf_free(&plain);
    }
    pair_free(&p);
}

static void
test_seal_refuses(void **state)
{
    const size_t padded = frame_padded_len(1);
    struct buf small = buf_limited(259);
    struct pair p;

    (void)state;
    pair_start(&p);
    assert_err(link_seal(p.relay, some(padded), &p.to_client), ERR_TURN);
    pair_free(&p);

    pair_open(&p);
    assert_err(link_seal(p.relay, some(padded - 1), &p.to_client), ERR_USE);
    assert_err(link_seal(p.relay, some(0), &p.to_client), ERR_USE);
    assert_err(link_seal(p.relay, some(padded), &small), ERR_TOO_LARGE);
    mem_fail_at(1);
    assert_err(link_seal(p.relay, some(padded), &p.to_client), ERR_MEMORY);
    mem_fail_at(0);
    assert_ok(add(p.relay, 1)); /* would be overtaken */
    assert_err(link_seal(p.relay, some(padded), &p.to_client), ERR_USE);
    assert_int_equal(p.relay->send.n, 0);
    assert_ok(link_flush(p.relay, &p.to_client));
    p.relay->send.n = UINT64_MAX;
    assert_err(link_seal(p.relay, some(padded), &p.to_client), ERR_TURN);
    pair_free(&p);
    buf_free(&small);
}

static void
test_add_without_memory(void **state)
{
    struct pair p;

    (void)state;
    pair_open(&p);
    mem_fail_at(1);
    assert_err(add(p.client, 100), ERR_MEMORY);
    mem_fail_at(0);
    assert_int_equal(link_pending_len(p.client), 0);
    assert_err(add(p.client, 100), ERR_OK);
    pair_free(&p);
}

/* the last nonce is not used, and the stream stops instead of wrapping.
 */
static void
test_nonces_run_out(void **state)
{
    struct pair p;
    struct bytes frame;

    (void)state;
    pair_open(&p);
    p.client->send.n = p.relay->recv.n = UINT64_MAX - 1;
    assert_err(add(p.client, 20000), ERR_OK);
    assert_err(link_flush(p.client, &p.to_relay), ERR_TURN); /* takes two */
    assert_int_equal(p.to_relay.len, 0);
    pair_free(&p);

    pair_open(&p);
    p.client->send.n = p.relay->recv.n = UINT64_MAX - 1;
    assert_err(add(p.client, 100), ERR_OK);
    assert_err(link_flush(p.client, &p.to_relay), ERR_OK);
    link_feed(p.relay, buf_bytes(&p.to_relay));
    assert_err(link_next(p.relay, &p.to_client, &frame), ERR_OK);
    assert_err(link_next(p.relay, &p.to_client, &frame), ERR_NOT_FOUND);
    assert_err(add(p.client, 100), ERR_OK);
    assert_err(link_flush(p.client, &p.to_relay), ERR_TURN);
    link_feed(p.relay, buf_bytes(&p.to_relay));
    assert_err(link_next(p.relay, &p.to_client, &frame), ERR_AUTH);
    pair_free(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_joined_in_one_frame),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_masking),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_pending_limit),
        cmocka_unit_test(test_failed_flush_can_be_repeated),
        cmocka_unit_test(test_memory_is_lent),
        cmocka_unit_test(test_seal),
        cmocka_unit_test(test_seal_refuses),
        cmocka_unit_test(test_add_without_memory),
        cmocka_unit_test(test_nonces_run_out),
    };

    return RUN(tests);
}
