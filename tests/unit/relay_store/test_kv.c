/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"
#include "support/failing.h"

#include "server/store/kv.h"

static const struct bytes none = {NULL, 0};

static enum err
put(struct kv *kv, const char *key, const char *value)
{
    return kv_put(kv, bytes_str(key), bytes_str(value), none);
}

static void
rows_are_sorted_and_replaced(void **state)
{
    struct kv kv;

    (void)state;
    kv_init(&kv);
    assert_ok(put(&kv, "m", "1"));
    assert_ok(put(&kv, "a", "2"));
    assert_ok(put(&kv, "z", "3"));
    assert_ok(
        kv_put(&kv, bytes_str("m"), bytes_str("head "), bytes_str("tail")));
    assert_int_equal(kv.count, 3);
    assert_bytes(kv_value(kv_get(&kv, bytes_str("m"))), bytes_str("head tail"));
    assert_bytes(kv_key(kv_seek(&kv, bytes_str("b"))), bytes_str("m"));
    assert_null(kv_get(&kv, bytes_str("b")));
    assert_null(kv_seek(&kv, bytes_str("zz")));
    assert_int_equal(kv.used, 2 + 2 + 10);
    assert_ok(kv_drop(&kv, bytes_str("m")));
    assert_ok(kv_drop(&kv, bytes_str("m")));
    assert_int_equal(kv.used, 4);
    kv_free(&kv);
}

static void
changes_go_back(void **state)
{
    struct kv kv;
    size_t mark;

    (void)state;
    kv_init(&kv);
    assert_ok(put(&kv, "a", "1"));
    assert_ok(put(&kv, "b", "1"));
    kv_sync(&kv);
    assert_ok(put(&kv, "a", "2"));
    mark = kv_mark(&kv);
    assert_ok(put(&kv, "a", "3"));
    assert_ok(kv_drop(&kv, bytes_str("b")));
    assert_ok(put(&kv, "c", "1"));
    assert_ok(kv_drop(&kv, bytes_str("c")));
    assert_ok(put(&kv, "b", "4"));
    kv_back(&kv, mark);
    assert_int_equal(kv.count, 2);
    assert_bytes(kv_value(kv_get(&kv, bytes_str("a"))), bytes_str("2"));
    assert_bytes(kv_value(kv_get(&kv, bytes_str("b"))), bytes_str("1"));
    kv_back(&kv, 0);
    assert_bytes(kv_value(kv_get(&kv, bytes_str("a"))), bytes_str("1"));
    assert_int_equal(kv.used, 4);
    kv_sync(&kv);
    kv_back(&kv, 0);
    assert_int_equal(kv.count, 2);
    kv_free(&kv);
}

static void
the_limit_is_kept(void **state)
{
    struct kv kv;

    (void)state;
    kv_init(&kv);
    kv.limit = 4;
    assert_ok(put(&kv, "a", "123"));
    assert_err(put(&kv, "b", ""), ERR_FULL);
    assert_ok(put(&kv, "a", "456")); /* instead of, not beside */
    assert_err(put(&kv, "a", "4567"), ERR_FULL);
    assert_bytes(kv_value(kv_get(&kv, bytes_str("a"))), bytes_str("456"));
    kv_free(&kv);
}

static enum err
fill(void *context)
{
    struct kv kv;
    enum err e = ERR_OK;

    (void)context;
    kv_init(&kv);
    for (char i = 'A'; e == ERR_OK && i < 'z'; i++) {
        char key[2] = {i, '\0'};

        e = put(&kv, key, "value");
        if (e == ERR_OK && i % 3 == 0)
            e = kv_drop(&kv, bytes_str(key));
    }
    kv_back(&kv, 5);
    kv_free(&kv);
    return e;
}

static void
no_memory(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(fill, NULL) > 50);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sorted_and_replaced),
        cmocka_unit_test(changes_go_back),
        cmocka_unit_test(the_limit_is_kept),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
