/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

#include <string.h>

#include "client/uv/socks.h"
#include "crypto/random.h"

/* What the proxy says, cut into steps; what we said to it is in out. */
static enum err
hear(struct socks *s, struct bytes said, size_t step, struct buf *out)
{
    enum err e = ERR_NOT_FOUND;

    for (size_t at = 0; at < said.len && e == ERR_NOT_FOUND; at += step) {
        struct bytes in = bytes_slice(said, at, step);

        e = socks_read(s, &in, out);
    }
    return e;
}

#define SAID(text)                                                             \
    {                                                                          \
        (const uint8_t *)(text), sizeof(text) - 1                              \
    }
#define BYTES(text) ((struct bytes)SAID(text))

static void
j09_names_go_to_the_proxy(void **state)
{
    static const struct {
        const char *host;
        struct bytes asked;
    } cases[] = {
        {"relay.example", SAID("\5\1\0\3\15relay.example\1\273")},
        {"127.0.0.1", SAID("\5\1\0\1\177\0\0\1\1\273")},
        {"::1", SAID("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\273")},
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t step = 1; step < 20; step++) {
            struct buf out = buf_limited(512);
            struct socks s;

            assert_true(socks_start(&s, cases[i].host, 443) == ERR_OK);
            socks_greet(&out);
            assert_true(bytes_equal(buf_bytes(&out), BYTES("\5\2\0\2")));
            buf_reset(&out);
            assert_true(hear(&s, BYTES("\5\0"), step, &out) == ERR_NOT_FOUND);
            assert_true(bytes_equal(buf_bytes(&out), cases[i].asked));
            assert_true(hear(&s, BYTES("\5\0\0\1\1\2\3\4\5\6"), step, &out) ==
                        ERR_OK);
            assert_int_equal(s.state, SOCKS_DONE);
            buf_free(&out);
        }
    }
}

/* What follows the reply is the relay's; each kind of address in the reply. */
static void
the_rest_is_the_peers(void **state)
{
    static const struct bytes replies[] = {
        SAID("\5\0\5\0\0\1\1\2\3\4\5\6rest"),
        SAID("\5\0\5\0\0\3\3abc\5\6rest"),
        SAID("\5\0\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\2rest"),
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct buf out = buf_limited(512);
        struct bytes in = replies[i];
        struct socks s;

        assert_true(socks_start(&s, "a", 1) == ERR_OK);
        assert_true(socks_read(&s, &in, &out) == ERR_OK);
        assert_true(bytes_equal(in, bytes_str("rest")));
        buf_free(&out);
    }
}

/* J-06: who wants a name gets one that is new each time. */
static void
j06_a_name_for_each(void **state)
{
    struct buf first = buf_limited(512), second = buf_limited(512);
    struct socks a, b;

    (void)state;
    assert_true(socks_start(&a, "a", 1) == ERR_OK);
    assert_true(socks_start(&b, "a", 1) == ERR_OK);
    assert_true(hear(&a, BYTES("\5\2"), 1, &first) == ERR_NOT_FOUND);
    assert_true(hear(&b, BYTES("\5\2"), 1, &second) == ERR_NOT_FOUND);
    assert_int_equal(first.len, 1 + 17 + 17);
    assert_int_equal(first.b[0], 1);
    assert_int_equal(first.b[1], 16);
    assert_int_equal(first.b[18], 16);
    assert_memory_not_equal(first.b + 2, second.b + 2, 16);
    assert_memory_not_equal(first.b + 19, second.b + 19, 16);
    buf_reset(&first);
    assert_true(hear(&a, BYTES("\1\0"), 1, &first) == ERR_NOT_FOUND);
    assert_int_equal(a.state, SOCKS_CONNECT);
    assert_true(bytes_equal(buf_bytes(&first), BYTES("\5\1\0\3\1a\0\1")));
    buf_free(&first);
    buf_free(&second);
}

static void
refusals_and_nonsense(void **state)
{
    static const struct {
        struct bytes said;
        enum err e;
    } cases[] = {
        {SAID("\4\0"), ERR_MALFORMED},
        {SAID("HTTP"), ERR_MALFORMED},
        {SAID("\5\377"), ERR_DENIED},
        {SAID("\5\1"), ERR_DENIED},
        {SAID("\5\2\5\0"), ERR_MALFORMED},
        {SAID("\5\2\1\1"), ERR_DENIED},
        {SAID("\5\0\5\5\0\1\0\0\0\0\0\0"), ERR_DENIED},
        {SAID("\5\0\4\0\0\1\0\0\0\0\0\0"), ERR_MALFORMED},
        {SAID("\5\0\5\0\1\1\0\0\0\0\0\0"), ERR_MALFORMED},
        {SAID("\5\0\5\0\0\2\0\0\0\0\0\0"), ERR_MALFORMED},
    };
    char host[SOCKS_HOST_MAX + 2];
    struct buf none = buf_limited(3);
    struct socks s;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = buf_limited(512);

        assert_true(socks_start(&s, "a", 1) == ERR_OK);
        assert_int_equal(hear(&s, cases[i].said, 1, &out), cases[i].e);
        assert_int_equal(s.state, SOCKS_FAILED);
        assert_int_equal(hear(&s, BYTES("\5\0"), 2, &out), ERR_MALFORMED);
        buf_free(&out);
    }
    memset(host, 'a', sizeof host);
    host[SOCKS_HOST_MAX + 1] = '\0';
    assert_true(socks_start(&s, host, 1) == ERR_USE);
    assert_true(socks_start(&s, "", 1) == ERR_USE);
    host[SOCKS_HOST_MAX] = '\0';
    assert_true(socks_start(&s, host, 1) == ERR_OK);
    assert_true(hear(&s, BYTES("\5\0"), 1, &none) == ERR_TOO_LARGE);
    buf_free(&none);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(j09_names_go_to_the_proxy),
        cmocka_unit_test(the_rest_is_the_peers),
        cmocka_unit_test(j06_a_name_for_each),
        cmocka_unit_test(refusals_and_nonsense),
    };

    if (random_start() != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
