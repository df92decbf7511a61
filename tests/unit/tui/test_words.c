/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/words.h"

static void
every_word_is_there_in_every_language(void **state)
{
    (void)state;
    for (int w = 0; w < WORD_COUNT; w++)
        for (int l = 0; l < LANG_COUNT; l++) {
            const char *s = words_get((enum lang)l, (enum word)w);

            assert_non_null(s);
            assert_true(strlen(s) > 0);
            assert_true(text_is_clean(bytes_str(s)));
        }
}

/* Bits of the arguments that a sentence uses; braces are for nothing else. */
static unsigned
holes(const char *s)
{
    unsigned bits = 0;

    for (; (s = strchr(s, '{')) != NULL; s++) {
        assert_in_range(s[1], '0', '3');
        assert_int_equal(s[2], '}');
        bits |= 1u << (s[1] - '0');
    }
    return bits;
}

static void
languages_use_the_same_arguments(void **state)
{
    (void)state;
    for (int w = 0; w < WORD_COUNT; w++)
        assert_int_equal(holes(words_get(LANG_EN, (enum word)w)),
                         holes(words_get(LANG_RU, (enum word)w)));
}

static void
the_locale_chooses(void **state)
{
    (void)state;
    setenv("LC_ALL", "ru_RU.UTF-8", 1);
    assert_int_equal(words_guess(), LANG_RU);
    setenv("LC_ALL", "nl_NL.UTF-8", 1);
    assert_int_equal(words_guess(), LANG_EN);
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    setenv("LANG", "uk_UA.UTF-8", 1);
    assert_int_equal(words_guess(), LANG_RU);
    unsetenv("LANG");
    assert_int_equal(words_guess(), LANG_EN);
}

static void
numbers_choose_the_sentence(void **state)
{
    static const struct {
        uint64_t count;
        int en, ru;
    } rows[] = {{0, 2, 2},   {1, 0, 0},   {2, 2, 1},   {4, 2, 1},
                {5, 2, 2},   {11, 2, 2},  {12, 2, 2},  {14, 2, 2},
                {20, 2, 2},  {21, 2, 0},  {22, 2, 1},  {25, 2, 2},
                {101, 2, 0}, {111, 2, 2}, {112, 2, 2}, {122, 2, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(
            words_counted(LANG_EN, WORD_ASKED_READERS_ONE, rows[i].count),
            WORD_ASKED_READERS_ONE + rows[i].en);
        assert_int_equal(
            words_counted(LANG_RU, WORD_ASKED_READERS_ONE, rows[i].count),
            WORD_ASKED_READERS_ONE + rows[i].ru);
    }
}

static void
names_of_languages(void **state)
{
    enum lang lang;

    (void)state;
    assert_true(words_find("ru", &lang) && lang == LANG_RU);
    assert_true(words_find("en", &lang) && lang == LANG_EN);
    assert_false(words_find("de", &lang));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_is_there_in_every_language),
        cmocka_unit_test(languages_use_the_same_arguments),
        cmocka_unit_test(the_locale_chooses),
        cmocka_unit_test(numbers_choose_the_sentence),
        cmocka_unit_test(names_of_languages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
