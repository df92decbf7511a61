/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Of tests/support/json.c: a runner that misreads its vectors proves nothing.
 */
#include "support/json.h"

#include <string.h>

#include "support/check.h"
#include "support/failing.h"
#include "support/guard.h"

static const struct json *
parse(struct arena *a, const char *text)
{
    struct bytes in = guard_copy(bytes_str(text));
    struct bytes copy;
    const struct json *root = json_parse(a, in);

    guard_free(in.b, in.len); /* the second time it may borrow */
    if (root == NULL)
        return NULL;
    assert_ok(arena_copy(a, bytes_str(text), &copy));
    return json_parse(a, copy);
}

static void
values_are_what_they_say(void **state)
{
    struct arena a = arena_limited(1 << 16);
    const struct json *o =
        parse(&a, " {\"s\": \"te\\u0078t\\n\", \"n\" :18446744073709551615,"
                  "\"t\":true,\"f\":false , \"z\":null,\"zero\":0,"
                  "\"a\":[1,[],{},\"0aFF\"],\"h\":\"\"}\n");
    const struct json *v;

    (void)state;
    assert_non_null(o);
    assert_int_equal(o->count, 8);
    assert_true(json_is(o, "s", "text\n"));
    assert_false(json_is(o, "s", "text"));
    assert_true(json_number(o, "n") == UINT64_MAX);
    assert_int_equal(json_number(o, "zero"), 0);
    assert_true(json_bool(o, "t"));
    assert_false(json_bool(o, "f"));
    assert_int_equal(json_get(o, "z")->kind, JSON_NULL);
    assert_null(json_find(o, "x"));
    assert_int_equal(json_hex(&a, o, "h").len, 0);
    v = json_array(o, "a");
    assert_int_equal(v->count, 4);
    v = v->first;
    assert_int_equal(v->number, 1);
    v = v->next;
    assert_int_equal(v->kind, JSON_ARRAY);
    assert_int_equal(v->count, 0);
    v = v->next;
    assert_int_equal(v->kind, JSON_OBJECT);
    v = v->next;
    assert_hex(json_hex_value(&a, v), "0aff");
    assert_null(v->next);
    arena_free(&a);
}

static void
escapes_are_resolved(void **state)
{
    struct arena a = arena_limited(1 << 16);
    const struct json *v =
        parse(&a, "\"\\\"\\\\\\/\\b\\f\\r\\t\\u00e9\\u20AC\\ud83d\\uDE00\"");

    (void)state;
    assert_non_null(v);
    assert_bytes(v->text, bytes_str("\"\\/\b\f\r\t\xc3\xa9\xe2\x82\xac"
                                    "\xf0\x9f\x98\x80"));
    arena_free(&a);
}

static void
what_is_not_json_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "}",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":1 \"b\":2}",
        "01",
        "-1",
        "1.5",
        "1e3",
        "+1",
        "18446744073709551616",
        "tru",
        "nulll",
        "1 1",
        "\"",
        "\"\\",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\n\"",
        "\"\xff\"",
        "{\"a\":1,\"a\":2}",
        "//\n1",
        "\"\\u\x11\x12\x13\x14\"",
    };
    struct arena a = arena_limited(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (parse(&a, bad[i]) != NULL)
            fail_msg("accepted: %s", bad[i]);
    arena_free(&a);
}

static void
nesting_has_a_limit(void **state)
{
    struct arena a = arena_limited(1 << 16);
    char text[2 * (JSON_DEPTH_MAX + 1) + 1] = {0};

    (void)state;
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    assert_non_null(parse(&a, text));
    memset(text, '[', JSON_DEPTH_MAX + 1);
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    assert_null(parse(&a, text));
    arena_free(&a);
}

/* Enough nodes for several blocks of the arena. */
static enum err
parse_something(void *context)
{
    struct arena a = arena_limited(1 << 20);
    char text[2000];
    const struct json *root;

    (void)context;
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, ",1", 2);
    text[0] = '[';
    text[sizeof text - 2] = ']';
    root = json_parse(&a, (struct bytes){(uint8_t *)text, sizeof text - 1});
    arena_free(&a);
    return root != NULL ? ERR_OK : ERR_MEMORY;
}

static void
without_memory_there_is_no_json(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(parse_something, NULL) >= 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_what_they_say),
        cmocka_unit_test(escapes_are_resolved),
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(without_memory_there_is_no_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
