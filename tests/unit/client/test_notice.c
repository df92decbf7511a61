/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

#include <string.h>

#include "client/notice.h"
#include "support/failing.h"

static struct notice
full(void)
{
    struct notice n = {.kind = NOTICE_CASE_HANDED,
                       .seq = 12,
                       .at_ms = UINT64_C(1767225600000),
                       .act = 3,
                       .text = bytes_str("из рук в руки"),
                       .code = CODE_CASE_TAKEN,
                       .count = 4,
                       .of = 5,
                       .approved = true};

    memset(n.group.b, 1, sizeof n.group.b);
    memset(n.id.b, 2, sizeof n.id.b);
    memset(n.case_id.b, 3, sizeof n.case_id.b);
    memset(n.who.id.b, 4, sizeof n.who.id.b);
    n.who.name = bytes_str("Вера");
    n.who.tag[1] = 9;
    n.who.self = true;
    n.by.name = bytes_str("Boris");
    memcpy(n.code_words, "lusab babad gutih", sizeof "lusab babad gutih");
    return n;
}

static void
test_there_and_back(void **state)
{
    struct notice in = full(), out;
    struct buf row = buf_limited(1024), again = buf_limited(1024);

    (void)state;
    assert_ok(notice_write(&in, &row));
    assert_ok(notice_read(buf_bytes(&row), &out));
    assert_int_equal(out.kind, in.kind);
    assert_int_equal(out.seq, 12);
    assert_int_equal(out.at_ms, in.at_ms);
    assert_bytes(out.text, in.text);
    assert_bytes(out.who.name, in.who.name);
    assert_bytes(out.by.name, in.by.name);
    assert_true(out.who.self);
    assert_false(out.by.self);
    assert_string_equal(out.code_words, in.code_words);
    assert_int_equal(out.code, CODE_CASE_TAKEN);
    assert_true(out.approved);
    assert_ok(notice_write(&out, &again));
    assert_bytes(buf_bytes(&again), buf_bytes(&row));
    buf_free(&row);
    buf_free(&again);
}

static void
test_damaged(void **state)
{
    struct notice in = full(), out;
    struct buf row = buf_limited(1024);

    (void)state;
    assert_ok(notice_write(&in, &row));
    for (size_t len = 0; len < row.len; len++)
        assert_err(notice_read(bytes_slice(buf_bytes(&row), 0, len), &out),
                   ERR_MALFORMED);
    buf_u8(&row, 0);
    assert_err(notice_read(buf_bytes(&row), &out), ERR_MALFORMED);
    buf_truncate(&row, row.len - 1);
    row.b[1] = NOTICE_KINDS;
    assert_err(notice_read(buf_bytes(&row), &out), ERR_MALFORMED);
    row.b[0] = 2;
    assert_err(notice_read(buf_bytes(&row), &out), ERR_UNSUPPORTED);
    buf_free(&row);
}

static void
test_words_and_flags(void **state)
{
    struct notice in = {.kind = NOTICE_TEXT}, out;
    struct buf row = buf_limited(1024);

    (void)state;
    memset(in.code_words, 'a', sizeof in.code_words); /* no end: 64 bytes */
    assert_ok(notice_write(&in, &row));
    assert_err(notice_read(buf_bytes(&row), &out), ERR_MALFORMED);
    buf_reset(&row);
    in.code_words[63] = 0;
    assert_ok(notice_write(&in, &row));
    assert_ok(notice_read(buf_bytes(&row), &out));
    row.b[row.len - 1] = 2; /* approved: neither yes nor no */
    assert_err(notice_read(buf_bytes(&row), &out), ERR_MALFORMED);
    buf_free(&row);
}

static void
test_limit(void **state)
{
    struct notice in = full();
    struct buf row = buf_limited(50);

    (void)state;
    assert_err(notice_write(&in, &row), ERR_TOO_LARGE);
    buf_free(&row);
}

static enum err
write_body(void *context)
{
    struct notice in = full();
    struct buf row = buf_limited(1024);
    enum err e = notice_write(&in, &row);

    (void)context;
    buf_free(&row);
    return e;
}

static void
test_no_memory(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(write_body, NULL) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),  cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_words_and_flags), cmocka_unit_test(test_limit),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
