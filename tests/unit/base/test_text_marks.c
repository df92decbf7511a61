/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/base/text_marks.h"

#include "support/check.h"

/* How many code points of Unicode 14 are in the categories Mn and Me, or a
 * Hangul vowel or final: counted in UnicodeData.txt. */
enum { MARKS = 2203 };

static void
there_are_as_many_as_unicode_has(void **state)
{
    size_t count = 0;

    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++)
        count += text_is_mark(c) ? 1 : 0;
    assert_int_equal(count, MARKS);
}

static void
marks_and_their_neighbours(void **state)
{
    static const uint32_t marks[] = {0x0300, 0x036f, 0x0483,  0x0489, 0x0591,
                                     0x064b, 0x0e31, 0x20dd,  0x302a, 0xfe0f,
                                     0x1160, 0x11ff, 0x1d167, 0xe01ef};
    static const uint32_t others[] = {0,      'a',    0x02ff,  0x0370,
                                      0x0482, 0x048a, 0x200d,  0x0903,
                                      0x115f, 0x1200, 0xe01f0, 0x10ffff};

    (void)state;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        assert_true(text_is_mark(marks[i]));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(text_is_mark(others[i]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_as_many_as_unicode_has),
        cmocka_unit_test(marks_and_their_neighbours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
