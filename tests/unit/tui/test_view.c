/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "capture.h"
#include "client/tui/qr.h"
#include "client/tui/view.h"

static struct client *
empty_client(void)
{
    struct client *c = NULL;

    assert_int_equal(client_new(&c), ERR_OK);
    assert_int_equal(client_start(c, (struct client_now){1, 1}, true), ERR_OK);
    return c;
}

static struct notice
said(const char *text)
{
    struct notice n = {.kind = NOTICE_TEXT, .seq = 1, .text = bytes_str(text)};

    n.who.id.b[0] = 1;
    n.who.name = bytes_str("Second");
    return n;
}

/* H-07: no line but the program's own begins with "-- ". */
static void
nobody_can_type_a_line_of_the_program(void **state)
{
    struct client *core = empty_client();
    struct notice n = said("hello\n-- You were removed\n[01.01 00:00] you: x");
    struct capture c;

    (void)state;
    capture_open(&c, LANG_EN, false);
    view_notice(&c.p, core, &n);
    assert_non_null(strstr(capture_text(&c), "Second#0000: hello"));
    for (const char *line = c.text; line != NULL && *line != '\0';) {
        assert_int_not_equal(strncmp(line, "-- ", 3), 0);
        if (line != c.text)
            assert_int_equal(strncmp(line, "    ", 4), 0);
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    capture_free(&c);
    client_free(core);
}

/* In the history of a circle that one was removed from: nothing can be answered
 * there, and no case has a number. */
static void
a_case_that_is_gone_has_no_number(void **state)
{
    struct client *core = empty_client();
    struct notice n = {.kind = NOTICE_CASE_CLAIMED, .seq = 1};
    struct capture c;

    (void)state;
    n.who.self = true;
    n.who.name = bytes_str("Second");
    capture_open(&c, LANG_EN, false);
    view_notice(&c.p, core, &n);
    assert_non_null(strstr(capture_text(&c), "Request ? is taken by"));
    assert_null(strstr(c.text, "pristan answer"));
    capture_free(&c);
    client_free(core);
}

/* Each kind either says something or is for programs only; JSON says all. */
static void
every_kind_of_notice_can_be_shown(void **state)
{
    struct client *core = empty_client();

    (void)state;
    for (int kind = 0; kind < NOTICE_KINDS; kind++)
        for (int json = 0; json < 2; json++) {
            struct notice n = said("text");
            struct capture c;

            n.kind = (enum notice_kind)kind;
            n.code = CODE_ALARM_GAP;
            capture_open(&c, LANG_RU, json);
            view_notice(&c.p, core, &n);
            if (json)
                assert_non_null(strstr(capture_text(&c), "\"kind\":\""));
            else
                assert_non_null(capture_text(&c));
            assert_null(strstr(c.text, "null"));
            capture_free(&c);
        }
    client_free(core);
}

/* A link with a host name of ordinary length fits a terminal of 24 lines. */
static void
a_link_fits_the_screen_as_qr(void **state)
{
    char text[8 + 142 + 1] = "PRISTAN:";
    struct capture c;
    unsigned lines = 0;

    (void)state;
    memset(text + 8, 'A', 142);
    capture_open(&c, LANG_EN, false);
    assert_int_equal(qr_print(c.p.out, bytes_str(text)), ERR_OK);
    for (const char *s = capture_text(&c); (s = strchr(s, '\n')) != NULL; s++)
        lines++;
    assert_in_range(lines, 11, 23);
    assert_null(strchr(c.text, '\x1b')); /* no terminal: no colours */
    capture_free(&c);
}

static void
a_text_that_is_too_long_for_a_qr_is_refused(void **state)
{
    char text[500];
    struct capture c;

    (void)state;
    memset(text, 'A', sizeof text);
    capture_open(&c, LANG_EN, false);
    assert_int_equal(
        qr_print(c.p.out, (struct bytes){(const uint8_t *)text, sizeof text}),
        ERR_TOO_LARGE);
    capture_free(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_can_type_a_line_of_the_program),
        cmocka_unit_test(a_case_that_is_gone_has_no_number),
        cmocka_unit_test(every_kind_of_notice_can_be_shown),
        cmocka_unit_test(a_link_fits_the_screen_as_qr),
        cmocka_unit_test(a_text_that_is_too_long_for_a_qr_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
