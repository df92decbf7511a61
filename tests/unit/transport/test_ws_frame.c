/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "transport/ws.h"

#include <string.h>

#include "cm.h"

static uint8_t pattern[LIMIT_NOISE_MESSAGE];

static int
fill(void **state)
{
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)(i * 7 + (i >> 8));
    return start_random(state);
}

static void
put(struct buf *out, const char *bytes, size_t len)
{
    buf_append(out, (struct bytes){(const uint8_t *)bytes, len});
}

/* What a reader says about these bytes from that side, at its first result that
 * is not OK. */
static enum err
judge(enum ws_side from, const char *in, size_t len)
{
    struct ws_reader r;
    struct bytes rest = {(const uint8_t *)in, len};
    struct ws_message m;
    enum err e;

    ws_reader_init(&r, from);
    do
        e = ws_reader_next(&r, &rest, &m);
    while (e == ERR_OK);
    ws_reader_free(&r);
    return e;
}

#define JUDGE(from, literal) judge(from, literal, sizeof(literal) - 1)

static void
round_trip(enum ws_side side, size_t len)
{
    struct buf out = buf_limited(LIMIT_NOISE_MESSAGE + WS_HEAD_MAX);
    struct ws_reader r;
    struct ws_message m;
    struct bytes rest;

    ws_frame_write(side, WS_BINARY, (struct bytes){pattern, len}, &out);
    assert_err(buf_end(&out), ERR_OK);
    assert_int_equal(out.len, ws_frame_head_len(side, len) + len);
    ws_reader_init(&r, side);
    rest = buf_bytes(&out);
    assert_err(ws_reader_next(&r, &rest, &m), ERR_OK);
    assert_int_equal(m.opcode, WS_BINARY);
    assert_bytes(((struct bytes){m.b, m.len}), ((struct bytes){pattern, len}));
    assert_int_equal(rest.len, 0);
    assert_err(ws_reader_next(&r, &rest, &m), ERR_NOT_FOUND);
    assert_null(r.message.b); /* idle: no memory */
    ws_reader_free(&r);
    buf_free(&out);
}

static void
test_round_trips(void **state)
{
    static const size_t lens[] = {
        0,   1,   2,   7,    8,     9,     124,
        125, 126, 127, 1000, 16640, 65534, LIMIT_NOISE_MESSAGE};

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        round_trip(WS_CLIENT, lens[i]);
        round_trip(WS_SERVER, lens[i]);
    }
}

/* The examples of RFC 6455 section 5.7, the texts made binary. */
static void
test_examples(void **state)
{
    static const char masked[] = "\x82\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    static const char fragments[] = "\x02\x03Hel\x80\x02lo";
    static const char ping[] = "\x89\x05Hello";
    struct ws_reader r;
    struct ws_message m;
    struct bytes rest = {(const uint8_t *)masked, sizeof masked - 1};

    (void)state;
    ws_reader_init(&r, WS_CLIENT);
    assert_err(ws_reader_next(&r, &rest, &m), ERR_OK);
    assert_bytes(((struct bytes){m.b, m.len}), bytes_str("Hello"));
    ws_reader_free(&r);

    ws_reader_init(&r, WS_SERVER);
    rest = (struct bytes){(const uint8_t *)fragments, sizeof fragments - 1};
    assert_err(ws_reader_next(&r, &rest, &m), ERR_OK);
    assert_int_equal(m.opcode, WS_BINARY);
    assert_bytes(((struct bytes){m.b, m.len}), bytes_str("Hello"));
    rest = (struct bytes){(const uint8_t *)ping, sizeof ping - 1};
    assert_err(ws_reader_next(&r, &rest, &m), ERR_OK);
    assert_int_equal(m.opcode, WS_PING);
    assert_bytes(((struct bytes){m.b, m.len}), bytes_str("Hello"));
    ws_reader_free(&r);
}

/* A message in pieces with a ping and a close between them, fed in any steps.
 */
static void
test_any_cut_gives_the_same(void **state)
{
    struct buf in = buf_limited(2000);

    (void)state;
    put(&in, "\x02\x03one", 5);
    put(&in, "\x89\x04ping", 6);
    put(&in, "\x00\x00", 2);
    put(&in, "\x00\x03two", 5);
    put(&in, "\x8a\x00", 2);
    put(&in, "\x80\x05three", 7);
    ws_frame_write(WS_SERVER, WS_BINARY, (struct bytes){pattern, 300}, &in);
    put(&in,
        "\x88\x05\x03\xe8"
        "bye",
        7);
    for (size_t step = 1; step <= in.len; step++) {
        static const enum ws_opcode wanted[] = {WS_PING, WS_PONG, WS_BINARY,
                                                WS_BINARY, WS_CLOSE};
        struct ws_reader r;
        struct ws_message m;
        size_t got = 0;
        enum err e;

        ws_reader_init(&r, WS_SERVER);
        for (size_t at = 0; at < in.len; at += step) {
            struct bytes rest = bytes_slice(buf_bytes(&in), at, step);

            while ((e = ws_reader_next(&r, &rest, &m)) == ERR_OK) {
                struct bytes b = {m.b, m.len};

                assert_true(got < 5);
                assert_int_equal(m.opcode, wanted[got]);
                if (got == 0)
                    assert_bytes(b, bytes_str("ping"));
                if (got == 2)
                    assert_bytes(b, bytes_str("onetwothree"));
                if (got == 3)
                    assert_bytes(b, ((struct bytes){pattern, 300}));
                if (got == 4)
                    assert_bytes(b, bytes_str("\x03\xe8"
                                              "bye"));
                got++;
            }
            assert_err(e, ERR_NOT_FOUND);
            assert_int_equal(rest.len, 0);
        }
        assert_int_equal(got, 5);
        ws_reader_free(&r);
    }
    buf_free(&in);
}

static void
test_masked_in_any_steps(void **state)
{
    struct buf in = buf_limited(2000);

    (void)state;
    ws_frame_write(WS_CLIENT, WS_BINARY, (struct bytes){pattern, 533}, &in);
    for (size_t step = 1; step <= 20; step++) {
        struct ws_reader r;
        struct ws_message m = {0};

        ws_reader_init(&r, WS_CLIENT);
        for (size_t at = 0; at < in.len; at += step) {
            struct bytes rest = bytes_slice(buf_bytes(&in), at, step);
            bool last = at + step >= in.len;

            assert_err(ws_reader_next(&r, &rest, &m),
                       last ? ERR_OK : ERR_NOT_FOUND);
        }
        assert_bytes(((struct bytes){m.b, m.len}),
                     ((struct bytes){pattern, 533}));
        ws_reader_free(&r);
    }
    buf_free(&in);
}

static void
test_malformed(void **state)
{
    (void)state;
    /* reserved bits */
    assert_err(JUDGE(WS_SERVER, "\xc2\x00"), ERR_MALFORMED);
    assert_err(JUDGE(WS_SERVER, "\xa2\x00"), ERR_MALFORMED);
    assert_err(JUDGE(WS_SERVER, "\x92\x00"), ERR_MALFORMED);
    /* text, and every reserved opcode */
    assert_err(JUDGE(WS_SERVER, "\x81\x05Hello"), ERR_MALFORMED);
    for (char opcode = 3; opcode < 16; opcode++) {
        const char in[] = {(char)(opcode | 0x80), 0};

        assert_err(judge(WS_SERVER, in, 2),
                   opcode >= 8 && opcode <= 10 ? ERR_NOT_FOUND : ERR_MALFORMED);
    }
    /* masked by a server, not masked by a client */
    assert_err(JUDGE(WS_SERVER, "\x82\x80"), ERR_MALFORMED);
    assert_err(JUDGE(WS_CLIENT, "\x82\x00"), ERR_MALFORMED);
    /* a continuation of nothing, a message inside a message */
    assert_err(JUDGE(WS_SERVER, "\x80\x00"), ERR_MALFORMED);
    assert_err(JUDGE(WS_SERVER, "\x00\x00"), ERR_MALFORMED);
    assert_err(JUDGE(WS_SERVER, "\x02\x01x\x82\x01x"), ERR_MALFORMED);
    assert_err(JUDGE(WS_SERVER, "\x82\x01x\x80\x01x"), ERR_MALFORMED);
    /* control frames: in pieces, too long */
    assert_err(JUDGE(WS_SERVER, "\x09\x00"), ERR_MALFORMED);
    assert_err(JUDGE(WS_SERVER, "\x89\x7e\x00\x7e"), ERR_MALFORMED);
    assert_err(JUDGE(WS_SERVER, "\x88\x7f"), ERR_MALFORMED);
    /* not the shortest form */
    assert_err(JUDGE(WS_SERVER, "\x82\x7e\x00\x7d"), ERR_MALFORMED);
    assert_err(JUDGE(WS_SERVER, "\x82\x7e\x00\x7e"), ERR_NOT_FOUND);
    assert_err(JUDGE(WS_SERVER, "\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"),
               ERR_MALFORMED);
    assert_err(JUDGE(WS_SERVER, "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00"),
               ERR_MALFORMED);
}

static void
test_close_codes(void **state)
{
    (void)state;
    assert_err(JUDGE(WS_SERVER, "\x88\x00"), ERR_NOT_FOUND);
    assert_err(JUDGE(WS_SERVER, "\x88\x01\x03"), ERR_MALFORMED);
    assert_err(JUDGE(WS_SERVER, "\x88\x04\x03\xe8ok"), ERR_NOT_FOUND);
    assert_err(JUDGE(WS_SERVER, "\x88\x03\x03\xe8\xff"), ERR_MALFORMED);
    for (unsigned code = 0; code < 65536; code++) {
        const char in[] = {'\x88', 2, (char)(code >> 8), (char)code};
        bool good = (code >= 1000 && code <= 1003) ||
                    (code >= 1007 && code <= 1014) ||
                    (code >= 3000 && code <= 4999);

        assert_err(judge(WS_SERVER, in, sizeof in),
                   good ? ERR_NOT_FOUND : ERR_MALFORMED);
    }
}

static void
test_too_large(void **state)
{
    struct buf in = buf_limited(2 * LIMIT_NOISE_MESSAGE);

    (void)state;
    assert_err(JUDGE(WS_SERVER, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
               ERR_TOO_LARGE);
    /* fragments that are one byte too much together */
    put(&in, "\x02\x7e\xff\xfe", 4);
    buf_append(&in, (struct bytes){pattern, 0xfffe});
    put(&in, "\x80\x02", 2);
    assert_err(judge(WS_SERVER, (const char *)in.b, in.len), ERR_TOO_LARGE);
    in.b[in.len - 1] = 1;
    buf_u8(&in, 'x');
    assert_err(judge(WS_SERVER, (const char *)in.b, in.len), ERR_NOT_FOUND);
    buf_free(&in);
}

/* */
static void
test_memory_follows_what_came(void **state)
{
    static const char in[] = "\x82\x7e\xff\xff"
                             "abc";
    struct ws_reader r;
    struct ws_message m;
    struct bytes rest = {(const uint8_t *)in, sizeof in - 1};

    (void)state;
    ws_reader_init(&r, WS_SERVER);
    assert_err(ws_reader_next(&r, &rest, &m), ERR_NOT_FOUND);
    assert_true(r.message.cap <= 64);
    ws_reader_free(&r);
}

static void
test_allocation_fails(void **state)
{
    struct buf out = buf_limited(100);

    (void)state;
    mem_fail_at(1);
    assert_err(JUDGE(WS_SERVER, "\x82\x01x"), ERR_MEMORY);
    mem_fail_at(1);
    assert_err(JUDGE(WS_SERVER, "\x89\x01x"), ERR_MEMORY);
    mem_fail_at(1);
    ws_frame_write(WS_CLIENT, WS_PING, (struct bytes){0}, &out);
    assert_err(buf_end(&out), ERR_MEMORY);
    mem_fail_at(0);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_any_cut_gives_the_same),
        cmocka_unit_test(test_masked_in_any_steps),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_close_codes),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_memory_follows_what_came),
        cmocka_unit_test(test_allocation_fails),
    };

    return cmocka_run_group_tests(tests, fill, NULL);
}
