/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

#include <string.h>

#include "base/text.h"
#include "relay/relay.h"

static const struct relay_census census = {
    .channels = 3,
    .mailboxes = 4,
    .messages = {12, 34567, 1010, 1336},
    .letters = {1, 99, 1001, 1001},
    .sweep_hour = 998,
    .file_bytes = 18446744073709551615u,
};

static char *
say(struct buf *out, const struct relay_census *c, enum relay_language l)
{
    relay_what_i_know(c, 1000, l, out);
    buf_u8(out, 0);
    assert_ok(buf_end(out));
    assert_true(text_is_clean(bytes_slice(buf_bytes(out), 0, out->len - 1)));
    return (char *)out->b;
}

static void
it_says_all_in_english(void **state)
{
    struct buf out = buf_limited(8192);
    const char *s = say(&out, &census, RELAY_ENGLISH);

    (void)state;
    assert_non_null(strstr(s, "owners made: 3, 4\n"));
    assert_non_null(strstr(s, "Sealed messages: 12, bytes: 34567, the first "
                              "gone in hours: 10-336\n"));
    assert_non_null(strstr(s, "to be fetched: 1, bytes: 99, the first gone in "
                              "hours: 1-1\n"));
    assert_non_null(strstr(s, "Sealed changes of groups: none\n"));
    assert_non_null(strstr(s, "last clearing out: 2\n"));
    assert_non_null(strstr(s, ": 18446744073709551615\n"));
    assert_non_null(strstr(s, "It does not hold: names"));
    buf_free(&out);
}

static void
it_says_all_in_russian(void **state)
{
    struct buf out = buf_limited(8192);
    const char *s = say(&out, &census, RELAY_RUSSIAN);

    (void)state;
    assert_non_null(strstr(s, "Запечатанные сообщения: 12, байт: 34567"));
    assert_non_null(strstr(s, "Запечатанные изменения групп: нет\n"));
    assert_non_null(strstr(s, "Здесь нет: имён"));
    buf_free(&out);
}

static void
errors_stick(void **state)
{
    struct buf out = buf_limited(50);

    (void)state;
    relay_what_i_know(&census, 1000, RELAY_ENGLISH, &out);
    assert_err(buf_end(&out), ERR_TOO_LARGE);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_all_in_english),
        cmocka_unit_test(it_says_all_in_russian),
        cmocka_unit_test(errors_stick),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
