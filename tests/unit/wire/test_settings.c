/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/settings.h"
#include "wire_test.h"

enum { MAX = 1024 };

static struct settings
circle(void)
{
    struct settings s = {.kind = GROUP_CIRCLE,
                         .title = bytes_str("ab"),
                         .expiry_s = 604800,
                         .history = true,
                         .admin_count = 2};

    memset(s.admins[0], 'A', SETTINGS_CREDENTIAL_LEN);
    memset(s.admins[1], 'B', SETTINGS_CREDENTIAL_LEN);
    return s;
}

static struct settings
of_case(void)
{
    static const uint8_t id[] = "IIIIIIIIIIIIIIII";
    struct settings s = circle();

    s.kind = GROUP_CASE;
    s.desk_title = bytes_str("Desk");
    s.case_id = (struct bytes){id, 16};
    return s;
}

static void
the_layout_is_as_written_down(void **state)
{
    struct settings in = of_case();
    struct buf got = buf_limited(MAX);
    struct buf want = buf_limited(MAX);

    (void)state;
    put_hex(&want, "03"
                   "026162"
                   "00093a80"
                   "01"
                   "2041414141414141414141414141414141"
                   "42424242424242424242424242424242"
                   "044465736b"
                   "1049494949494949494949494949494949");
    assert_int_equal(settings_write(&in, &got), ERR_OK);
    assert_same(buf_bytes(&got), buf_bytes(&want));
    buf_free(&got);
    buf_free(&want);
}

static void
what_is_written_is_read(void **state)
{
    struct settings kinds[] = {circle(), circle(), of_case()};

    (void)state;
    kinds[1].kind = GROUP_LOBBY;
    for (size_t i = 0; i < 3; i++) {
        struct buf out = buf_limited(MAX);
        struct settings s;

        assert_int_equal(settings_write(&kinds[i], &out), ERR_OK);
        assert_int_equal(settings_read(buf_bytes(&out), &s), ERR_OK);
        assert_int_equal(s.kind, kinds[i].kind);
        assert_same(s.title, kinds[i].title);
        assert_int_equal(s.expiry_s, 604800);
        assert_true(s.history);
        assert_int_equal(s.admin_count, 2);
        assert_memory_equal(s.admins, kinds[i].admins, sizeof s.admins);
        assert_same(s.desk_title, kinds[i].desk_title);
        assert_same(s.case_id, kinds[i].case_id);
        for (size_t len = 0; len < out.len; len++)
            assert_int_equal(
                settings_read(bytes_slice(buf_bytes(&out), 0, len), &s),
                ERR_MALFORMED);
        buf_u8(&out, 0);
        assert_int_equal(settings_read(buf_bytes(&out), &s), ERR_MALFORMED);
        buf_free(&out);
    }
}

static enum err
write_only(const struct settings *in)
{
    struct buf out = buf_limited(MAX);
    enum err e = settings_write(in, &out);

    buf_free(&out);
    return e;
}

static void
values_out_of_range_are_refused(void **state)
{
    struct settings s = circle();

    (void)state;
    s.kind = (enum group_kind)0;
    assert_int_equal(write_only(&s), ERR_USE);
    s.kind = (enum group_kind)4;
    assert_int_equal(write_only(&s), ERR_USE);
    s = circle();
    s.title = many('t', 0);
    assert_int_equal(write_only(&s), ERR_USE);
    s.title = many('t', LIMIT_TITLE);
    assert_int_equal(write_only(&s), ERR_OK);
    s.title = many('t', LIMIT_TITLE + 1);
    assert_int_equal(write_only(&s), ERR_USE);
    s.title = many(0xff, 3);
    assert_int_equal(write_only(&s), ERR_USE);
    s = circle();
    s.admin_count = 0;
    assert_int_equal(write_only(&s), ERR_USE);
    s.admin_count = SETTINGS_ADMINS_MAX + 1;
    assert_int_equal(write_only(&s), ERR_USE);
    s = circle();
    memset(s.admins[1], 'A', SETTINGS_CREDENTIAL_LEN); /* twice the same */
    assert_int_equal(write_only(&s), ERR_USE);
    s = of_case();
    s.kind = GROUP_CIRCLE; /* with a desk's title and a case */
    assert_int_equal(write_only(&s), ERR_USE);
    s = of_case();
    s.case_id.len = 15;
    assert_int_equal(write_only(&s), ERR_USE);
    s = of_case();
    s.desk_title = many('d', LIMIT_TITLE + 1);
    assert_int_equal(write_only(&s), ERR_USE);
}

static void
eight_admins_and_no_more(void **state)
{
    struct settings in = circle();
    struct buf out = buf_limited(MAX);
    struct settings s;

    (void)state;
    in.admin_count = SETTINGS_ADMINS_MAX;
    for (size_t i = 0; i < SETTINGS_ADMINS_MAX; i++)
        memset(in.admins[i], 'A' + (int)i, SETTINGS_CREDENTIAL_LEN);
    assert_int_equal(settings_write(&in, &out), ERR_OK);
    assert_int_equal(settings_read(buf_bytes(&out), &s), ERR_OK);
    assert_int_equal(s.admin_count, SETTINGS_ADMINS_MAX);
    buf_free(&out);
}

/* kind, title "a", expiry, then what is given */
static enum err
read_rest(const char *hex)
{
    struct buf in = buf_limited(MAX);
    struct settings s;
    enum err e;

    put_hex(&in, "01"
                 "0161"
                 "00000000");
    put_hex(&in, hex);
    e = settings_read(buf_bytes(&in), &s);
    buf_free(&in);
    return e;
}

#define ADMIN "41414141414141414141414141414141"

static void
bytes_out_of_range_are_refused(void **state)
{
    struct buf nine = buf_limited(MAX);
    struct settings s;

    (void)state;
    assert_int_equal(read_rest("0010" ADMIN "0000"), ERR_OK);
    assert_int_equal(read_rest("0210" ADMIN "0000"), ERR_MALFORMED);
    assert_int_equal(read_rest("0000"
                               "0000"),
                     ERR_MALFORMED);
    assert_int_equal(read_rest("0011" ADMIN "410000"), ERR_MALFORMED);
    assert_int_equal(read_rest("0020" ADMIN ADMIN "0000"), ERR_MALFORMED);
    put_hex(&nine, "010161"
                   "0000000000"
                   "4090"); /* 144 bytes of admins */
    for (int i = 0; i < 9; i++)
        for (int j = 0; j < SETTINGS_CREDENTIAL_LEN; j++)
            buf_u8(&nine, (uint8_t)i);
    buf_u16(&nine, 0);
    assert_int_equal(settings_read(buf_bytes(&nine), &s), ERR_MALFORMED);
    buf_free(&nine);
}

static void
no_room_and_no_memory_are_told(void **state)
{
    struct settings in = circle();
    struct buf out = buf_limited(20);

    (void)state;
    assert_int_equal(settings_write(&in, &out), ERR_TOO_LARGE);
    buf_free(&out);
    mem_fail_at(1);
    assert_int_equal(settings_write(&in, &out), ERR_MEMORY);
    mem_fail_at(0);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_layout_is_as_written_down),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(eight_admins_and_no_more),
        cmocka_unit_test(bytes_out_of_range_are_refused),
        cmocka_unit_test(no_room_and_no_memory_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
