/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

#include <string.h>

#include "client/store/rows.h"
#include "crypto/random.h"

enum { MAX = 4096, HOUR = 3600 * 1000 };

static const struct client_id one = {{1}};
static const struct client_id two = {{2}};

static void
a_state_row_opens_in_its_place_only(void **state)
{
    struct buf sealed = buf_limited(MAX);
    struct buf opened = buf_limited(MAX);
    struct rows_id a;
    struct rows_id b;
    struct bytes key;
    struct bytes value;
    struct vault v;

    (void)state;
    assert_ok(vault_new(&v));
    rows_state_id(&v, bytes_str("a"), &a);
    rows_state_id(&v, bytes_str("b"), &b);
    assert_memory_not_equal(a.b, b.b, sizeof a.b);
    assert_ok(
        rows_seal_state(&v, &a, bytes_str("a"), bytes_str("value"), &sealed));
    assert_ok(rows_open_state(&v, BYTES_OF(a.b), buf_bytes(&sealed), &opened,
                              &key, &value));
    assert_bytes(key, bytes_str("a"));
    assert_bytes(value, bytes_str("value"));
    /* moved to another row, under a cut id, cut itself */
    assert_err(rows_open_state(&v, BYTES_OF(b.b), buf_bytes(&sealed), &opened,
                               &key, &value),
               ERR_AUTH);
    assert_err(rows_open_state(&v, (struct bytes){a.b, 31}, buf_bytes(&sealed),
                               &opened, &key, &value),
               ERR_AUTH);
    assert_err(rows_open_state(&v, BYTES_OF(a.b),
                               (struct bytes){sealed.b, sealed.len - 1},
                               &opened, &key, &value),
               ERR_AUTH);
    vault_close(&v);
    buf_free(&sealed);
    buf_free(&opened);
}

static void
a_line_opens_in_its_place_only(void **state)
{
    struct client_history h = {.group = one,
                               .seq = 7,
                               .expires_ms = HOUR + 5,
                               .value = bytes_str("text")};
    struct buf sealed = buf_limited(MAX);
    struct buf opened = buf_limited(MAX);
    struct profile_history_row row;
    struct rows_id a;
    struct rows_id b;
    struct vault v;

    (void)state;
    assert_ok(vault_new(&v));
    rows_group_id(&v, &one, &a);
    rows_group_id(&v, &two, &b);
    assert_ok(rows_seal_history(&v, &a, &h, &sealed));
    assert_ok(
        rows_open_history(&v, &a, 7, 2, buf_bytes(&sealed), &opened, &row));
    assert_int_equal(row.seq, 7);
    assert_int_equal(row.expires_ms, HOUR + 5);
    assert_bytes(row.value, bytes_str("text"));
    assert_err(
        rows_open_history(&v, &b, 7, 2, buf_bytes(&sealed), &opened, &row),
        ERR_AUTH);
    assert_err(
        rows_open_history(&v, &a, 8, 2, buf_bytes(&sealed), &opened, &row),
        ERR_AUTH);
    /* its life made longer */
    assert_err(
        rows_open_history(&v, &a, 7, 3, buf_bytes(&sealed), &opened, &row),
        ERR_AUTH);
    assert_err(
        rows_open_history(&v, &a, 7, 0, buf_bytes(&sealed), &opened, &row),
        ERR_AUTH);
    vault_close(&v);
    buf_free(&sealed);
    buf_free(&opened);
}

/* What is of one table does not open as what is of another. */
static void
tables_are_kept_apart(void **state)
{
    struct buf sealed = buf_limited(MAX);
    struct buf opened = buf_limited(MAX);
    struct bytes key;
    struct bytes value;
    struct rows_id state_id;
    struct rows_id group_id;
    struct vault v;

    (void)state;
    assert_ok(vault_new(&v));
    rows_state_id(&v, BYTES_OF(one.b), &state_id);
    rows_group_id(&v, &one, &group_id);
    assert_memory_not_equal(state_id.b, group_id.b, sizeof state_id.b);
    assert_ok(rows_seal_profile(&v, &sealed));
    assert_err(rows_open_state(&v, BYTES_OF(state_id.b), buf_bytes(&sealed),
                               &opened, &key, &value),
               ERR_AUTH);
    buf_reset(&sealed);
    assert_ok(rows_seal_state(&v, &state_id, bytes_str("a"), bytes_str("v"),
                              &sealed));
    assert_err(rows_check_profile(&v, buf_bytes(&sealed)), ERR_AUTH);
    vault_close(&v);
    buf_free(&sealed);
    buf_free(&opened);
}

static void
a_profile_belongs_to_its_keys(void **state)
{
    struct buf sealed = buf_limited(MAX);
    struct vault other;
    struct vault v;

    (void)state;
    assert_ok(vault_new(&v));
    assert_ok(vault_new(&other));
    assert_ok(rows_seal_profile(&v, &sealed));
    assert_ok(rows_check_profile(&v, buf_bytes(&sealed)));
    assert_err(rows_check_profile(&other, buf_bytes(&sealed)), ERR_AUTH);
    assert_err(rows_check_profile(&v, (struct bytes){0}), ERR_AUTH);
    vault_close(&v);
    vault_close(&other);
    buf_free(&sealed);
}

/* Sealed well, but no key is inside: only we could have made it, and did not.
 */
static void
a_row_without_a_key_is_refused(void **state)
{
    static const uint8_t cut[] = {5, 'a'};
    struct buf sealed = buf_limited(MAX);
    struct buf opened = buf_limited(MAX);
    struct buf ad = buf_limited(MAX);
    struct bytes key;
    struct bytes value;
    struct rows_id id;
    struct vault v;

    (void)state;
    assert_ok(vault_new(&v));
    rows_state_id(&v, bytes_str("a"), &id);
    buf_append(&ad, bytes_str("pristan state"));
    buf_append(&ad, BYTES_OF(id.b));
    assert_ok(vault_seal(&v, buf_bytes(&ad), BYTES_OF(cut), &sealed));
    assert_err(rows_open_state(&v, BYTES_OF(id.b), buf_bytes(&sealed), &opened,
                               &key, &value),
               ERR_AUTH);
    vault_close(&v);
    buf_free(&sealed);
    buf_free(&opened);
    buf_free(&ad);
}

static void
expiry_is_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(rows_expires_hour(0), 0);
    assert_int_equal(rows_expires_hour(1), 1);
    assert_int_equal(rows_expires_hour(HOUR), 1);
    assert_int_equal(rows_expires_hour(HOUR + 1), 2);
    assert_true(rows_expires_hour(UINT64_MAX) > 0);
}

static int
start(void **state)
{
    (void)state;
    return random_start() == ERR_OK ? 0 : 1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_row_opens_in_its_place_only),
        cmocka_unit_test(a_line_opens_in_its_place_only),
        cmocka_unit_test(tables_are_kept_apart),
        cmocka_unit_test(a_profile_belongs_to_its_keys),
        cmocka_unit_test(a_row_without_a_key_is_refused),
        cmocka_unit_test(expiry_is_rounded_up),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
