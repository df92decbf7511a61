/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How the store in memory fails on demand. What it does when it does not fail
 * is in test_store.c. */
#include "support/check.h"

#include <string.h>

#include "base/mem.h"
#include "client_store/profile.h"

static enum err
put(struct profile *s, const char *key, const char *value)
{
    struct client_write w = {.key = bytes_str(key)};
    struct client_batch b = {.writes = &w, .write_count = 1};

    w.remove = value == NULL;
    if (value != NULL)
        w.value = bytes_str(value);
    return profile_commit(s, &b);
}

static size_t
rows(struct profile *s)
{
    struct bytes key;
    struct bytes value;
    size_t count = 0;
    enum err e;

    while ((e = profile_next_row(s, &key, &value)) == ERR_OK)
        count++;
    assert_err(e, ERR_NOT_FOUND);
    return count;
}

static void
a_lost_commit_is_lost(void **state)
{
    struct profile *s;

    (void)state;
    assert_ok(profile_memory_new(&s));
    assert_ok(put(s, "a", "1"));
    profile_memory_fault(s, PROFILE_MEMORY_LOSES);
    assert_err(put(s, "b", "2"), ERR_DISK);
    profile_memory_reopen(s);
    assert_int_equal(rows(s), 1);
    assert_ok(put(s, "b", "2")); /* it struck once */
    assert_int_equal(rows(s), 2);
    profile_close(s);
}

static void
a_kept_commit_is_kept(void **state)
{
    struct profile *s;

    (void)state;
    assert_ok(profile_memory_new(&s));
    profile_memory_fault(s, PROFILE_MEMORY_KEEPS);
    assert_err(put(s, "a", "1"), ERR_DISK);
    profile_memory_reopen(s);
    assert_int_equal(rows(s), 1);
    profile_close(s);
}

static void
after_a_fault_everything_waits_for_the_next_start(void **state)
{
    static const enum profile_memory_fault faults[] = {PROFILE_MEMORY_LOSES,
                                                       PROFILE_MEMORY_KEEPS};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct arena a = arena_limited(1 << 16);
        struct client_id id = {{0}};
        struct profile_history_row *page;
        struct bytes key;
        struct bytes value;
        struct profile *s;
        size_t count;

        assert_ok(profile_memory_new(&s));
        profile_memory_fault(s, faults[i]);
        assert_err(put(s, "a", "1"), ERR_DISK);
        assert_err(put(s, "a", "1"), ERR_DISK);
        assert_err(profile_next_row(s, &key, &value), ERR_DISK);
        assert_err(profile_history(s, &id, 0, 0, 1, &a, &page, &count),
                   ERR_DISK);
        assert_err(profile_purge(s, 0), ERR_DISK);
        profile_close(s);
        arena_free(&a);
    }
}

static void
a_full_store_still_deletes(void **state)
{
    struct client_history h = {.seq = 1, .value = bytes_str("x")};
    struct client_batch line = {.history = &h, .history_count = 1};
    struct profile *s;

    (void)state;
    assert_ok(profile_memory_new(&s));
    assert_ok(put(s, "a", "long"));
    profile_memory_fault(s, PROFILE_MEMORY_FULL);
    assert_err(put(s, "b", "2"), ERR_FULL);
    assert_err(put(s, "a", "longer"), ERR_FULL);
    assert_err(profile_commit(s, &line), ERR_FULL);
    assert_ok(put(s, "a", "less"));
    assert_ok(put(s, "a", NULL));
    profile_memory_reopen(s);
    assert_err(put(s, "b", "2"), ERR_FULL); /* a restart frees no disk */
    profile_memory_fault(s, PROFILE_MEMORY_SOUND);
    assert_ok(put(s, "b", "2"));
    assert_ok(profile_commit(s, &line));
    profile_close(s);
}

static void
the_size_is_what_is_kept(void **state)
{
    struct client_history h = {
        .seq = 1, .expires_ms = 1, .value = bytes_str("text")};
    struct client_batch line = {.history = &h, .history_count = 1};
    struct profile *s;

    (void)state;
    assert_ok(profile_memory_new(&s));
    assert_int_equal(profile_memory_size(s), 0);
    assert_ok(put(s, "ab", "123"));
    assert_int_equal(profile_memory_size(s), 5);
    assert_ok(put(s, "ab", "1"));
    assert_int_equal(profile_memory_size(s), 3);
    assert_ok(profile_commit(s, &line));
    assert_int_equal(profile_memory_size(s), 3 + CLIENT_ID_LEN + 4);
    assert_ok(profile_purge(s, 24 * 3600 * 1000));
    assert_int_equal(profile_memory_size(s), 3);
    assert_ok(put(s, "ab", NULL));
    assert_int_equal(profile_memory_size(s), 0);
    profile_close(s);
    profile_close(NULL);
}

static void
many_rows_find_room(void **state)
{
    struct profile *s;
    char key[8];

    (void)state;
    assert_ok(profile_memory_new(&s));
    for (int i = 0; i < 200; i++) {
        key[0] = (char)('a' + i % 16);
        key[1] = (char)('a' + i / 16);
        key[2] = '\0';
        assert_ok(put(s, key, "v"));
    }
    assert_int_equal(rows(s), 200);
    profile_close(s);
}

static void
no_memory_is_told(void **state)
{
    struct profile *s;

    (void)state;
    mem_fail_at(1);
    assert_err(profile_memory_new(&s), ERR_MEMORY);
    mem_fail_at(0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_commit_is_lost),
        cmocka_unit_test(a_kept_commit_is_kept),
        cmocka_unit_test(after_a_fault_everything_waits_for_the_next_start),
        cmocka_unit_test(a_full_store_still_deletes),
        cmocka_unit_test(the_size_is_what_is_kept),
        cmocka_unit_test(many_rows_find_room),
        cmocka_unit_test(no_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
