/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <getopt.h>
#include <string.h>

#include "tui/commands.h"
#include "tui/options.h"

enum { WORDS_MAX = 16 };

/* Words up to NULL as a command line. */
static enum exit_code
read_words(struct options *o, ...)
{
    static char program[] = "pristan";
    char *argv[WORDS_MAX] = {program};
    int argc = 1;
    va_list words;

    va_start(words, o);
    while (argc < WORDS_MAX && (argv[argc] = va_arg(words, char *)) != NULL)
        argc++;
    va_end(words);
    optind = 0; /* begin anew */
    return options_read(argc, argv, o);
}

static void
defaults_are_what_the_help_says(void **state)
{
    struct options o;

    (void)state;
    assert_int_equal(read_words(&o, "read", NULL), EXIT_DONE);
    assert_string_equal(o.command, "read");
    assert_int_equal(o.last, 50);
    assert_int_equal(o.timeout_s, 30);
    assert_int_equal(o.uses, 1);
    assert_int_equal(o.lifetime_s, 7 * 86400);
    assert_int_equal(o.urgency, 1);
    assert_int_equal(o.passphrase_fd, -1);
    assert_false(o.json || o.follow || o.wait || o.qr);
}

static void
options_may_stand_anywhere(void **state)
{
    struct options o;

    (void)state;
    assert_int_equal(read_words(&o, "--json", "link", "--uses", "3", "new",
                                "--expires=12h", NULL),
                     EXIT_DONE);
    assert_string_equal(o.command, "link new");
    assert_int_equal(o.uses, 3);
    assert_int_equal(o.lifetime_s, 12 * 3600);
    assert_true(o.json);
    assert_int_equal(o.arg_count, 0);
}

static void
words_after_two_dashes_are_text(void **state)
{
    struct options o;

    (void)state;
    assert_int_equal(read_words(&o, "say", "--", "--json", NULL), EXIT_DONE);
    assert_int_equal(o.arg_count, 1);
    assert_string_equal(o.args[0], "--json");
    assert_false(o.json);
}

static void
what_makes_no_sense_is_refused(void **state)
{
    struct options o;

    (void)state;
    assert_int_equal(read_words(&o, "frobnicate", NULL), EXIT_BAD_USAGE);
    assert_int_equal(read_words(&o, "read", "--frobnicate", NULL),
                     EXIT_BAD_USAGE);
    assert_int_equal(read_words(&o, "read", "--last", "-1", NULL),
                     EXIT_BAD_USAGE);
    assert_int_equal(read_words(&o, "read", "--last", "x", NULL),
                     EXIT_BAD_USAGE);
    assert_int_equal(read_words(&o, "read", "--last", "100001", NULL),
                     EXIT_BAD_USAGE);
    assert_int_equal(read_words(&o, "read", "--last", NULL), EXIT_BAD_USAGE);
    assert_int_equal(read_words(&o, "link", "new", "--expires", "7w", NULL),
                     EXIT_BAD_USAGE);
    assert_int_equal(read_words(&o, "ask", "--urgency", "soon", NULL),
                     EXIT_BAD_USAGE);
    assert_int_equal(read_words(&o, "read", "--lang", "xx", NULL),
                     EXIT_BAD_USAGE);
    assert_int_equal(read_words(&o, "say", "1", "2", "3", "4", "5", "6", "7",
                                "8", "9", NULL),
                     EXIT_BAD_USAGE);
}

static void
every_switch_is_taken(void **state)
{
    struct options o;

    (void)state;
    assert_int_equal(read_words(&o, "--qr", "--lobby", "--wait", "--follow",
                                "--silently", "--yes", "--no-passphrase",
                                "--help", "--version", NULL),
                     EXIT_DONE);
    assert_true(o.qr && o.lobby && o.wait && o.follow && o.silently && o.yes);
    assert_true(o.no_passphrase && o.help && o.version);
    assert_null(o.command);
}

static void
two_words_beat_one(void **state)
{
    char close[] = "close", desk[] = "desk", one[] = "1";
    char *first[] = {desk, close}, *second[] = {close, one};
    int used;

    (void)state;
    assert_string_equal(commands_match(2, first, &used), "desk close");
    assert_int_equal(used, 2);
    assert_string_equal(commands_match(2, second, &used), "close");
    assert_int_equal(used, 1);
    assert_null(commands_match(1, first, &used));
    assert_non_null(commands_find("close"));
    assert_null(commands_find("desk"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_what_the_help_says),
        cmocka_unit_test(options_may_stand_anywhere),
        cmocka_unit_test(words_after_two_dashes_are_text),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(every_switch_is_taken),
        cmocka_unit_test(two_words_beat_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
