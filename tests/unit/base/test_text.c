/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Hostile text: rows H-01 to H-04 and H-13 of the table of threats. */
#include "base/text.h"

#include <string.h>

#include "base/mem.h"
#include "support/check.h"
#include "support/failing.h"
#include "support/guard.h"

#define R     "\xef\xbf\xbd" /* U+FFFD */
#define DOTS  "\xe2\x80\xa6" /* U+2026 */
#define ACUTE "\xcc\x81"     /* U+0301 */
#define ZWJ   "\xe2\x80\x8d" /* U+200D */
#define ZWNJ  "\xe2\x80\x8c" /* U+200C */
#define VS16  "\xef\xb8\x8f" /* U+FE0F */

struct row {
    const char *in;
    const char *line; /* what is shown in TEXT_LINE */
};

/* Not clean, some not even UTF-8. */
static const struct row hostile[] = {
    /* what a terminal obeys */
    {"\x1b[2J", R "[2J"},                 /* CSI: clear */
    {"\x1b]0;title\x07", R "]0;title" R}, /* OSC 0 */
    {"\x1b]8;;http://x\x1b\\y", R "]8;;http://x" R "\\y"},
    {"\x1b]52;c;AAAA", R "]52;c;AAAA"}, /* clipboard, no end */
    {"\x1bPq\x1b\\", R "Pq" R "\\"},    /* DCS */
    {"\x1b_x", R "_x"},                 /* APC */
    {"a\x1b", "a" R},                   /* lone ESC */
    {"\xc2\x9b"
     "31m",
     R "31m"}, /* C1 CSI in UTF-8 */
    {"\xc2\x9d"
     "0;x",
     R "0;x"},                           /* C1 OSC */
    {"\xc2\x80\xc2\x9f\xc2\x85", R R R}, /* PAD, APC, NEL */
    {"\x9b"
     "31m",
     R "31m"}, /* C1 as a single byte */
    {"\r\b\x7f\v\f\x0e\x01", R R R R R R R},
    /* what turns a line around */
    {"\xe2\x80\xae"
     "gpj.exe",
     R "gpj.exe"}, /* override */
    {"\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad", R R R R},
    {"\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9", R R R R},
    {"\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", R R R}, /* marks */
    {"a\xe2\x80\xa8"
     "b\xe2\x80\xa9",
     "a" R "b" R}, /* line separators */
    /* what cannot be seen */
    {"ad\xe2\x80\x8bmin", "ad" R "min"}, /* zero width space */
    {"\xef\xbb\xbfx", R "x"},            /* byte order mark */
    {"\xe2\x81\xa0\xe2\x81\xa3\xe2\x81\xaf", R R R},
    {"a\xc2\xad"
     "b",
     "a" R "b"}, /* soft hyphen */
    {"a\xcd\x8f"
     "b",
     "a" R "b"}, /* grapheme joiner */
    {"\xe1\x85\x9f\xe1\x85\xa0\xe3\x85\xa4\xef\xbe\xa0", R R R R},
    {"\xe1\xa0\x8e\xe1\x9e\xb4", R R},
    {"\xf3\xa0\x81\xa1\xf3\xa0\x80\x81", R R}, /* tags */
    {"\xf3\xa0\x87\xb0\xf3\xa0\xbf\xbf", R R}, /* ignorables of plane 14 */
    {"\xef\xbf\xb9\xef\xbf\xbb", R R},         /* annotation */
    {"\xf0\x9b\xb2\xa0\xf0\x9d\x85\xb3\xf0\x93\x90\xb0", R R R},
    {"a" ZWNJ "b", "a" R "b"}, /* two equal names */
    {"\xd0\xbe" ZWJ "\xd0\xbb", "\xd0\xbe" R "\xd0\xbb"},
    {ZWJ ZWNJ, R R}, /* at the beginning */
    {"\xe2\x9d\xa4" ZWJ ZWJ, "\xe2\x9d\xa4" ZWJ R},
    {"\xd9\x85" ZWNJ ZWJ, "\xd9\x85" ZWNJ R},
    /* what is no character */
    {"\xef\xbf\xbe\xef\xbf\xbf", R R},         /* U+FFFE, U+FFFF */
    {"\xef\xb7\x90\xef\xb7\xaf", R R},         /* U+FDD0, U+FDEF */
    {"\xf4\x8f\xbf\xbf\xf0\x9f\xbf\xbe", R R}, /* of the last, of plane 1 */
    /* what is no UTF-8: one sign for each byte */
    {"\xc0\xaf", R R}, /* overlong '/' */
    {"\xc1\xbf", R R},
    {"\xe0\x80\xaf", R R R},
    {"\xe0\x9f\xbf", R R R},
    {"\xf0\x80\x80\xaf", R R R R},
    {"\xf0\x8f\xbf\xbf", R R R R},
    {"\xed\xa0\x80\xed\xbf\xbf", R R R R R R}, /* surrogates */
    {"\xf4\x90\x80\x80", R R R R},             /* U+110000 */
    {"\xf5\x80\x80\x80\xfe\xff", R R R R R R},
    {"\x80\xbf", R R}, /* continuations alone */
    {"\xe2\x82", R R}, /* cut off */
    {"\xe2\x82x", R R "x"},
    {"\xf0\x9f\x98", R R R},
    {"\xc3(", R "("},
    {"\xc2\x1b", R R}, /* hides an ESC */
};

/* Clean, and shown as they are. */
static const char *const harmless[] = {
    "",
    "plain text",
    "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd1\x96\xd1\x82", /* Cyrillic */
    "\xd9\x85\xdb\x8c" ZWNJ "\xd8\xae\xd9\x88\xd8\xa7\xd9\x87\xd9\x85",
    "\xe0\xa4\x95\xe0\xa5\x8d" ZWJ "\xe0\xa4\xb7", /* Devanagari */
    "e" ACUTE,
    "\xf0\x9f\x91\xa9" ZWJ "\xe2\x9d\xa4" VS16 ZWJ "\xf0\x9f\x91\xa9",
    "\xf0\x9f\x8f\xb3" VS16 ZWJ "\xf0\x9f\x8c\x88", /* rainbow flag */
    "\xf0\x9f\x87\xba\xf0\x9f\x87\xa6",             /* a flag */
    "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",             /* skin tone */
    "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbd",     /* next to bad */
    "\xef\xbf\xbd\xef\xbf\xbc",
    "\xd8\x80\xdb\x9d", /* format characters that are seen */
    "\xf3\xa0\x84\x80", /* ideographic variation selector */
    "\x7e\xc2\xa0\xc2\xa1",
};

static void
check_shown(const char *in,
            enum text_mode mode,
            size_t max_chars,
            const char *want)
{
    struct bytes guarded = guard_copy(bytes_str(in));
    struct buf out = buf_limited(4 * (max_chars + 1));

    text_safe(&out, guarded, mode, max_chars);
    assert_ok(buf_end(&out));
    assert_bytes(buf_bytes(&out), bytes_str(want));
    assert_true(text_is_clean(buf_bytes(&out)));
    buf_free(&out);
    guard_free(guarded.b, guarded.len);
}

static void
hostile_text_is_not_clean_and_shown_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        assert_false(text_is_clean(bytes_str(hostile[i].in)));
        check_shown(hostile[i].in, TEXT_LINE, 100, hostile[i].line);
        check_shown(hostile[i].in, TEXT_BLOCK, 100, hostile[i].line);
    }
}

static void
harmless_text_is_clean_and_shown_as_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        assert_true(text_is_utf8(bytes_str(harmless[i])));
        assert_true(text_is_clean(bytes_str(harmless[i])));
        check_shown(harmless[i], TEXT_LINE, 100, harmless[i]);
        check_shown(harmless[i], TEXT_BLOCK, 100, harmless[i]);
    }
}

static void
nul_is_a_control_character(void **state)
{
    const uint8_t in[] = {'a', 0, 'b'};
    struct buf out = buf_limited(100);

    (void)state;
    assert_true(text_is_utf8(BYTES_OF(in)));
    assert_false(text_is_clean(BYTES_OF(in)));
    text_safe(&out, BYTES_OF(in), TEXT_LINE, 10);
    assert_bytes(buf_bytes(&out), bytes_str("a" R "b"));
    buf_free(&out);
}

/* The definition of RFC 3629 section 4, as ranges of bytes, against ours for
 * every sequence of up to three bytes and the borders of four. */
static bool
is_one_char(const uint8_t *b, size_t len)
{
    uint8_t low = b[0] == 0xe0 ? 0xa0 : b[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t high = b[0] == 0xed ? 0x9f : b[0] == 0xf4 ? 0x8f : 0xbf;
    size_t want = b[0] < 0x80                   ? 1
                  : b[0] >= 0xc2 && b[0] < 0xe0 ? 2
                  : b[0] >= 0xe0 && b[0] < 0xf0 ? 3
                  : b[0] >= 0xf0 && b[0] < 0xf5 ? 4
                                                : 0;

    if (want != len)
        return false;
    for (size_t i = 1; i < len; i++) {
        if (b[i] < low || b[i] > high)
            return false;
        low = 0x80;
        high = 0xbf;
    }
    return true;
}

static void
utf8_is_what_the_rfc_says(void **state)
{
    static const uint8_t edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90,
                                    0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    uint8_t b[4];

    (void)state;
    for (unsigned first = 0x80; first < 0x100; first++) {
        b[0] = (uint8_t)first;
        assert_false(text_is_utf8((struct bytes){b, 1}));
        for (unsigned second = 0; second < 0x100; second++) {
            b[1] = (uint8_t)second;
            if (second >= 0x80)
                assert_int_equal(text_is_utf8((struct bytes){b, 2}),
                                 is_one_char(b, 2));
            for (size_t i = 2; i < sizeof edges; i++) {
                b[2] = edges[i];
                if (second < 0x80)
                    continue;
                assert_int_equal(text_is_utf8((struct bytes){b, 3}),
                                 is_one_char(b, 3));
                for (size_t j = 2; j < sizeof edges; j++) {
                    b[3] = edges[j];
                    if (is_one_char(b + 2, 2) || is_one_char(b, 2))
                        continue; /* two characters, or a broken second */
                    assert_int_equal(text_is_utf8((struct bytes){b, 4}),
                                     is_one_char(b, 4));
                }
            }
        }
    }
    assert_true(text_is_utf8((struct bytes){NULL, 0}));
}

static void
newline_and_tab_depend_on_the_mode(void **state)
{
    (void)state;
    assert_true(text_is_clean(bytes_str("a\n\tb")));
    check_shown("a\nb\tc", TEXT_LINE, 100, "a b c");
    check_shown("a\nb\tc", TEXT_BLOCK, 100, "a\nb    c");
    check_shown("\r\n", TEXT_LINE, 100, R " ");
}

static void
a_storm_of_marks_ends_after_four(void **state)
{
    (void)state;
    check_shown("e" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE "x" ACUTE, TEXT_LINE,
                100, "e" ACUTE ACUTE ACUTE ACUTE "x" ACUTE);
    /* joiners and variation selectors do not restart the count */
    check_shown("\xe2\x9d\xa4" VS16 ZWJ ACUTE VS16 ZWJ ACUTE "x", TEXT_LINE,
                100, "\xe2\x9d\xa4" VS16 ZWJ ACUTE VS16 "x");
    /* enclosing marks and Hangul finals are marks too */
    check_shown("a\xe2\x83\x9d\xe2\x83\x9d\xe2\x83\x9d\xe2\x83\x9d\xe2\x83\x9d",
                TEXT_LINE, 100,
                "a\xe2\x83\x9d\xe2\x83\x9d\xe2\x83\x9d\xe2\x83\x9d");
    check_shown("\xe1\x86\xa8\xe1\x86\xa8\xe1\x86\xa8\xe1\x86\xa8\xe1\x86\xa8",
                TEXT_LINE, 100,
                "\xe1\x86\xa8\xe1\x86\xa8\xe1\x86\xa8\xe1\x86\xa8");
}

static void
long_text_ends_with_an_ellipsis(void **state)
{
    (void)state;
    check_shown("abcdef", TEXT_LINE, 6, "abcdef");
    check_shown("abcdef", TEXT_LINE, 5, "abcde" DOTS);
    check_shown("abcdef", TEXT_LINE, 0, DOTS);
    check_shown("", TEXT_LINE, 0, "");
    check_shown("\xf0\x9f\x98\x80\xf0\x9f\x98\x80", TEXT_LINE, 1,
                "\xf0\x9f\x98\x80" DOTS);
    check_shown("a\t", TEXT_BLOCK, 3, "a  " DOTS);
    check_shown("a\t", TEXT_BLOCK, 5, "a    ");
    check_shown("\x1b\x1b\x1b", TEXT_LINE, 2, R R DOTS);
}

static void
a_megabyte_in_one_line_is_cut(void **state)
{
    enum { MEGABYTE = 1 << 20 };
    uint8_t *in = mem_new(MEGABYTE);
    struct buf out = buf_limited(1000);

    (void)state;
    assert_non_null(in);
    memset(in, 'a', MEGABYTE);
    text_safe(&out, (struct bytes){in, MEGABYTE}, TEXT_LINE, 80);
    assert_ok(buf_end(&out));
    assert_int_equal(out.len, 80 + strlen(DOTS));
    mem_free(in);
    buf_free(&out);
}

static void
what_is_too_much_for_out_sticks_there(void **state)
{
    struct buf out = buf_limited(3);

    (void)state;
    text_safe(&out, bytes_str("abcd"), TEXT_LINE, 10);
    assert_err(buf_end(&out), ERR_TOO_LARGE);
    buf_free(&out);
}

/* Any bytes at all give clean text, and showing that again changes nothing. */
static void
whatever_comes_what_goes_is_clean(void **state)
{
    uint32_t x = 1;

    (void)state;
    for (size_t round = 0; round < 20000; round++) {
        uint8_t in[24];
        struct buf once = buf_limited(4 * 25);
        struct buf twice = buf_limited(4 * 25);

        for (size_t i = 0; i < sizeof in; i++) {
            x = x * 1664525u + 1013904223u;
            in[i] = (uint8_t)(x >> 24);
            if (x >> 8 & 1) /* the neighbourhood of what is forbidden */
                in[i] =
                    (uint8_t) "\xe2\x80\x8d\xf3\xa0\x84\xcc\x81"[x >> 9 & 7];
        }
        text_safe(&once, BYTES_OF(in), TEXT_BLOCK, 24);
        assert_ok(buf_end(&once));
        assert_true(text_is_clean(buf_bytes(&once)));
        text_safe(&twice, buf_bytes(&once), TEXT_BLOCK, 25);
        assert_bytes(buf_bytes(&twice), buf_bytes(&once));
        buf_free(&once);
        buf_free(&twice);
    }
}

static enum err
show(void *context)
{
    struct buf out = buf_limited(400);
    enum err e;

    (void)context;
    for (size_t i = 0; i < 10; i++)
        text_safe(&out, bytes_str("some text \x1b[0m"), TEXT_LINE, 100);
    e = buf_end(&out);
    buf_free(&out);
    return e;
}

static void
every_allocation_may_be_the_last(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(show, NULL) >= 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_text_is_not_clean_and_shown_harmless),
        cmocka_unit_test(harmless_text_is_clean_and_shown_as_it_is),
        cmocka_unit_test(nul_is_a_control_character),
        cmocka_unit_test(utf8_is_what_the_rfc_says),
        cmocka_unit_test(newline_and_tab_depend_on_the_mode),
        cmocka_unit_test(a_storm_of_marks_ends_after_four),
        cmocka_unit_test(long_text_ends_with_an_ellipsis),
        cmocka_unit_test(a_megabyte_in_one_line_is_cut),
        cmocka_unit_test(what_is_too_much_for_out_sticks_there),
        cmocka_unit_test(whatever_comes_what_goes_is_clean),
        cmocka_unit_test(every_allocation_may_be_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
