/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The contract, on a disk and in memory: each test runs with both. */
#include "support/check.h"

#include "crypto/random.h"
#include "place.h"
#include "support/failing.h"

static const struct profile_unlock key_file = {.method = PROFILE_KEY_FILE};

enum { HOUR = 3600 * 1000 };

struct fixture {
    bool memory;
    struct place place;
    struct profile *store;
};

static void
setup(struct fixture *f, void **state)
{
    f->memory = *(const bool *)*state;
    if (f->memory) {
        assert_ok(profile_memory_new(&f->store));
        return;
    }
    f->place = place_new();
    assert_ok(profile_create(f->place.profile, &key_file, &f->store));
}

static void
teardown(struct fixture *f)
{
    profile_close(f->store);
    if (!f->memory)
        place_free(&f->place);
}

/* As after the end of the process and its next start. */
static void
reopen(struct fixture *f)
{
    if (f->memory) {
        profile_memory_reopen(f->store);
        return;
    }
    profile_close(f->store);
    assert_ok(profile_open(f->place.profile, &key_file, &f->store));
}

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

static struct client_id
group(uint8_t byte)
{
    struct client_id id;

    memset(id.b, byte, sizeof id.b);
    return id;
}

static enum err
say(struct profile *s, uint8_t g, uint64_t seq, uint64_t expires, const char *v)
{
    struct client_history h = {.group = group(g),
                               .seq = seq,
                               .expires_ms = expires,
                               .value = bytes_str(v)};
    struct client_batch b = {.history = &h, .history_count = 1};

    return profile_commit(s, &b);
}

/* All rows as "key=value;" in the order of their keys, of one character. */
static void
list(struct profile *s, struct buf *out)
{
    static const char keys[] = "abcdefghij";
    struct bytes values[sizeof keys] = {{0}};
    bool there[sizeof keys] = {false};
    struct arena a = arena_limited(1 << 20);
    struct bytes key;
    struct bytes value;
    enum err e;

    while ((e = profile_next_row(s, &key, &value)) == ERR_OK) {
        size_t i = (size_t)(key.b[0] - 'a');

        assert_int_equal(key.len, 1);
        assert_true(i < sizeof keys && !there[i]); /* each row once */
        there[i] = true;
        assert_ok(arena_copy(&a, value, &values[i]));
    }
    assert_err(e, ERR_NOT_FOUND);
    for (size_t i = 0; i < sizeof keys; i++)
        if (there[i]) {
            buf_u8(out, (uint8_t)keys[i]);
            buf_u8(out, '=');
            buf_append(out, values[i]);
            buf_u8(out, ';');
        }
    arena_free(&a);
}

static void
assert_rows(struct profile *s, const char *want)
{
    struct buf got = buf_limited(4096);

    list(s, &got);
    assert_bytes(buf_bytes(&got), bytes_str(want));
    buf_free(&got);
}

/* The page as "seq:value;". */
static void
assert_page(struct profile *s,
            uint8_t g,
            uint64_t after,
            uint64_t now_ms,
            size_t max,
            const char *want)
{
    struct arena a = arena_limited(1 << 20);
    struct client_id id = group(g);
    struct buf got = buf_limited(4096);
    struct profile_history_row *rows;
    size_t count;

    assert_ok(profile_history(s, &id, after, now_ms, max, &a, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        buf_u8(&got, (uint8_t)('0' + rows[i].seq));
        buf_u8(&got, ':');
        buf_append(&got, rows[i].value);
        buf_u8(&got, ';');
    }
    assert_bytes(buf_bytes(&got), bytes_str(want));
    buf_free(&got);
    arena_free(&a);
}

static void
rows_are_kept(void **state)
{
    struct fixture f;

    setup(&f, state);
    assert_rows(f.store, "");
    assert_ok(put(f.store, "a", "one"));
    assert_ok(put(f.store, "b", ""));
    assert_rows(f.store, "a=one;b=;");
    reopen(&f);
    assert_rows(f.store, "a=one;b=;");
    assert_rows(f.store, "a=one;b=;"); /* it begins anew */
    assert_ok(put(f.store, "a", "two"));
    assert_ok(put(f.store, "b", NULL));
    assert_ok(put(f.store, "c", NULL)); /* was never there */
    reopen(&f);
    assert_rows(f.store, "a=two;");
    teardown(&f);
}

static void
a_commit_begins_the_rows_anew(void **state)
{
    struct bytes key;
    struct bytes value;
    struct fixture f;

    setup(&f, state);
    assert_ok(put(f.store, "a", "1"));
    assert_ok(put(f.store, "b", "2"));
    assert_ok(profile_next_row(f.store, &key, &value));
    assert_ok(put(f.store, "c", "3"));
    assert_rows(f.store, "a=1;b=2;c=3;");
    teardown(&f);
}

static void
a_batch_is_whole(void **state)
{
    struct client_write writes[] = {
        {.key = bytes_str("a"), .value = bytes_str("first")},
        {.key = bytes_str("b"), .value = bytes_str("x")},
        {.key = bytes_str("a"), .value = bytes_str("last")},
        {.key = bytes_str("b"), .remove = true},
    };
    struct client_history lines[] = {
        {.group = group(1), .seq = 1, .value = bytes_str("one")},
        {.group = group(1), .seq = 1, .value = bytes_str("twice")},
    };
    struct client_batch b = {
        .writes = writes,
        .write_count = 4,
        .history = lines,
        .history_count = 2,
    };
    struct fixture f;

    setup(&f, state);
    assert_ok(put(f.store, "c", "kept"));
    /* the second line cannot be stored: so nothing is */
    assert_err(profile_commit(f.store, &b), ERR_EXISTS);
    assert_rows(f.store, "c=kept;");
    assert_page(f.store, 1, 0, 0, 9, "");
    b.history_count = 1;
    assert_ok(profile_commit(f.store, &b));
    assert_rows(f.store, "a=last;c=kept;");
    assert_page(f.store, 1, 0, 0, 9, "1:one;");
    assert_err(profile_commit(f.store, &b), ERR_EXISTS);
    reopen(&f);
    assert_rows(f.store, "a=last;c=kept;");
    assert_page(f.store, 1, 0, 0, 9, "1:one;");
    teardown(&f);
}

static void
an_empty_batch_is_one(void **state)
{
    struct client_batch b = {0};
    struct fixture f;

    setup(&f, state);
    assert_ok(profile_commit(f.store, &b));
    teardown(&f);
}

static void
history_comes_in_pages(void **state)
{
    struct fixture f;

    setup(&f, state);
    assert_ok(say(f.store, 1, 2, 0, "b"));
    assert_ok(say(f.store, 1, 1, 0, "a"));
    assert_ok(say(f.store, 2, 1, 0, "other"));
    assert_ok(say(f.store, 1, 3, 0, ""));
    assert_ok(say(f.store, 1, 4, 0, "d"));
    assert_page(f.store, 1, 0, 0, 2, "1:a;2:b;");
    assert_page(f.store, 1, 2, 0, 2, "3:;4:d;");
    assert_page(f.store, 1, 4, 0, 2, "");
    assert_page(f.store, 2, 0, 0, PROFILE_PAGE_MAX, "1:other;");
    assert_page(f.store, 3, 0, 0, PROFILE_PAGE_MAX, "");
    reopen(&f);
    assert_page(f.store, 1, 1, 0, 9, "2:b;3:;4:d;");
    teardown(&f);
}

static void
what_has_expired_is_not_shown(void **state)
{
    struct fixture f;

    setup(&f, state);
    assert_ok(say(f.store, 1, 1, 5000, "a"));
    assert_ok(say(f.store, 1, 2, 0, "b"));
    assert_ok(say(f.store, 1, 3, 5001, "c"));
    assert_page(f.store, 1, 0, 4999, 9, "1:a;2:b;3:c;");
    assert_page(f.store, 1, 0, 5000, 9, "2:b;3:c;");
    assert_page(f.store, 1, 0, 5001, 1, "2:b;"); /* a full page all the same */
    teardown(&f);
}

static void
what_has_expired_is_purged(void **state)
{
    struct fixture f;

    setup(&f, state);
    assert_ok(say(f.store, 1, 1, HOUR, "a"));
    assert_ok(say(f.store, 1, 2, HOUR + 1, "b"));
    assert_ok(say(f.store, 1, 3, 0, "c"));
    assert_ok(profile_purge(f.store, HOUR - 1));
    assert_page(f.store, 1, 0, 0, 9, "1:a;2:b;3:c;");
    assert_ok(profile_purge(f.store, HOUR));
    assert_page(f.store, 1, 0, 0, 9, "2:b;3:c;");
    assert_ok(profile_purge(f.store, 2 * HOUR));
    assert_page(f.store, 1, 0, 0, 9, "3:c;");
    assert_ok(profile_purge(f.store, INT64_MAX));
    assert_page(f.store, 1, 0, 0, 9, "3:c;");
    teardown(&f);
}

static void
rows_out_of_range_are_refused(void **state)
{
    static uint8_t block[CLIENT_KEY_MAX + 1];
    struct client_write w = {.key = BYTES_OF(block)};
    struct client_batch b = {.writes = &w, .write_count = 1};
    struct fixture f;

    setup(&f, state);
    assert_err(profile_commit(f.store, &b), ERR_USE);
    w.key.len = 0;
    assert_err(profile_commit(f.store, &b), ERR_USE);
    w.key.len = CLIENT_KEY_MAX;
    w.value = (struct bytes){block, (size_t)PROFILE_VALUE_MAX + 1};
    assert_err(profile_commit(f.store, &b), ERR_USE); /* and not looked at */
    w.remove = true;
    assert_ok(profile_commit(f.store, &b));
    assert_err(say(f.store, 1, 0, 0, "x"), ERR_USE);
    assert_err(say(f.store, 1, (uint64_t)INT64_MAX + 1, 0, "x"), ERR_USE);
    assert_err(say(f.store, 1, 1, (uint64_t)INT64_MAX + 1, "x"), ERR_USE);
    assert_ok(say(f.store, 1, INT64_MAX, INT64_MAX, "x"));
    teardown(&f);
}

static void
pages_out_of_range_are_refused(void **state)
{
    struct arena a = arena_limited(1 << 20);
    struct arena none = arena_limited(0);
    struct client_id id = group(1);
    struct profile_history_row *rows;
    struct fixture f;
    size_t count;

    setup(&f, state);
    assert_err(profile_history(f.store, &id, 0, 0, 0, &a, &rows, &count),
               ERR_USE);
    assert_err(profile_history(f.store, &id, 0, 0, PROFILE_PAGE_MAX + 1, &a,
                               &rows, &count),
               ERR_USE);
    assert_err(
        profile_history(f.store, &id, UINT64_MAX, 0, 1, &a, &rows, &count),
        ERR_USE);
    assert_err(
        profile_history(f.store, &id, 0, UINT64_MAX, 1, &a, &rows, &count),
        ERR_USE);
    assert_err(profile_history(f.store, &id, 0, 0, 1, &none, &rows, &count),
               ERR_MEMORY);
    arena_free(&a);
    teardown(&f);
}

static void
large_rows_are_kept(void **state)
{
    static uint8_t block[3 * 1024 * 1024];
    struct client_write w = {.key = bytes_str("a"), .value = BYTES_OF(block)};
    struct client_batch b = {.writes = &w, .write_count = 1};
    struct bytes key;
    struct bytes value;
    struct fixture f;

    memset(block, 'L', sizeof block);
    setup(&f, state);
    assert_ok(profile_commit(f.store, &b));
    reopen(&f);
    assert_ok(profile_next_row(f.store, &key, &value));
    assert_int_equal(value.len, sizeof block);
    assert_memory_equal(value.b, block, sizeof block);
    teardown(&f);
}

/* Commits until it works; the rows are then as they should be, whichever
 * allocation failed before. */
static enum err
commit_and_read(void *context)
{
    struct profile *s = context;
    struct client_write w = {.key = bytes_str("a"), .value = bytes_str("v")};
    struct client_batch b = {.writes = &w, .write_count = 1};
    struct arena a = arena_limited(1 << 20);
    struct client_id id = group(1);
    struct profile_history_row *rows;
    struct bytes key;
    struct bytes value;
    size_t count;
    enum err e = profile_commit(s, &b);

    if (e == ERR_OK)
        e = profile_next_row(s, &key, &value);
    if (e == ERR_OK)
        e = profile_history(s, &id, 0, 0, 9, &a, &rows, &count);
    arena_free(&a);
    return e;
}

static void
every_failing_allocation_is_told(void **state)
{
    struct fixture f;

    setup(&f, state);
    assert_ok(say(f.store, 1, 1, 0, "x"));
    (void)every_allocation_may_fail(commit_and_read, f.store);
    assert_ok(put(f.store, "b", NULL)); /* so that the rows begin anew */
    assert_rows(f.store, "a=v;");
    assert_page(f.store, 1, 0, 0, 9, "1:x;");
    teardown(&f);
}

static int
start(void **state)
{
    (void)state;
    return random_start() == ERR_OK ? 0 : 1;
}

#define ON_BOTH(f)                                                             \
    {#f " on disk", f, NULL, NULL, &on_disk},                                  \
    {                                                                          \
#f " in memory", f, NULL, NULL, &in_memory                             \
    }

int
main(void)
{
    bool on_disk = false;
    bool in_memory = true;
    const struct CMUnitTest tests[] = {
        ON_BOTH(rows_are_kept),
        ON_BOTH(a_commit_begins_the_rows_anew),
        ON_BOTH(a_batch_is_whole),
        ON_BOTH(an_empty_batch_is_one),
        ON_BOTH(history_comes_in_pages),
        ON_BOTH(what_has_expired_is_not_shown),
        ON_BOTH(what_has_expired_is_purged),
        ON_BOTH(rows_out_of_range_are_refused),
        ON_BOTH(pages_out_of_range_are_refused),
        ON_BOTH(large_rows_are_kept),
        ON_BOTH(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
