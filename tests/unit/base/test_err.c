/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

static void
every_reason_has_its_own_name(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT; i++) {
        const char *name = err_name((enum err)i);

        assert_string_not_equal(name, "");
        assert_string_not_equal(name, "UNKNOWN");
        for (int j = 0; j < i; j++)
            assert_string_not_equal(name, err_name((enum err)j));
    }
    assert_string_equal(err_name(ERR_MALFORMED), "MALFORMED");
}

static void
what_is_no_reason_is_unknown(void **state)
{
    (void)state;
    assert_string_equal(err_name(ERR_COUNT), "UNKNOWN");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_its_own_name),
        cmocka_unit_test(what_is_no_reason_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
