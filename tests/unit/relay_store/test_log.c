/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The log beside a database: gone, cut short, damaged, an older or a later one,
 * a stranger's (B-06, B-07). What opens shows what some batch left, never a
 * mixture; or it does not open, and nothing was changed. */
#include "crash_script.h"

#include "crash_files.h"

enum { BATCHES = 60, LOG_FRAMES = 60 };

/* Both files at one moment. */
struct pair {
    struct bytes db;
    struct bytes log;
};

struct world {
    struct script script;
    struct bench live;
    struct bench image;
    unsigned views[BATCHES + 1]; /* how often each was shown */
};

static int
start(void **state)
{
    static struct world w;

    crash_vfs_start();
    crash_files_on = true;
    memset(&w, 0, sizeof w);
    script_make(&w.script);
    bench_start(&w.live, true);
    bench_start(&w.image, true);
    w.live.log_frames = LOG_FRAMES;
    *state = &w;
    return 0;
}

static int
end(void **state)
{
    struct world *w = *state;

    crash_disk = &crash_live;
    store_close(w->live.store);
    w->live.store = NULL;
    crash_files_on = false;
    bench_end(&w->live);
    bench_end(&w->image);
    crash_vfs_stop();
    return 0;
}

static const char *
name_in(const struct bench *b, const char *name)
{
    static char path[512];

    (void)snprintf(path, sizeof path, "%s/%s", b->folder, name);
    return path;
}

static struct bytes
copy_of(const struct bench *b, const char *name)
{
    unsigned i = crash_find(&crash_live, name_in(b, name));
    uint8_t *copy;

    if (i == CRASH_FILES)
        return (struct bytes){NULL, 0};
    copy = crash_alloc(NULL, crash_live.files[i].len);
    if (crash_live.files[i].len > 0)
        memcpy(copy, crash_live.files[i].b, crash_live.files[i].len);
    return (struct bytes){copy, crash_live.files[i].len};
}

static struct pair
pair_of(const struct bench *b)
{
    return (struct pair){copy_of(b, "relay.db"), copy_of(b, "relay.db-wal")};
}

static void
pair_free(struct pair *p)
{
    free((void *)(uintptr_t)p->db.b);
    free((void *)(uintptr_t)p->log.b);
}

/* Batches from..to of the script on the live store. */
static void
run(struct world *w, unsigned from, unsigned to)
{
    for (unsigned n = from; n < to; n++) {
        assert_ok(store_commit(w->live.store, &w->script.batches[n].batch,
                               &w->live.results));
        assert_ok(store_tidy(w->live.store));
    }
}

/* The first batch of a run, which changes nothing. */
static void
look(struct world *w)
{
    struct relay_op op = op_sweep(0);

    assert_int_equal(bench_op(&w->live, &op).verdict, RELAY_DONE);
}

static void
put_file(struct world *w, const char *name, struct bytes b)
{
    unsigned i = crash_new_file(&crash_image, name_in(&w->image, name), false);

    crash_put(&crash_image.files[i], b.b, b.len, 0);
}

static bool
unchanged(struct world *w, const char *name, struct bytes b)
{
    unsigned i = crash_find(&crash_image, name_in(&w->image, name));
    const struct crash_file *f = &crash_image.files[i];

    return b.len == 0 || (i != CRASH_FILES && f->len == b.len &&
                          memcmp(f->b, b.b, b.len) == 0);
}

/* Opens the two together. What must hold is asserted here: refused and
 * untouched, or *batch says after which batch it stands (BATCHES + 1: shows
 * something that no batch left). */
static enum err
open_pair(struct world *w, struct bytes db, struct bytes log, unsigned *batch)
{
    uint8_t view[HASH_LEN];
    enum err e;

    crash_disk_free(&crash_image);
    crash_disk = &crash_image;
    if (db.len > 0)
        put_file(w, "relay.db", db);
    if (log.b != NULL)
        put_file(w, "relay.db-wal", log);
    e = bench_try_open(&w->image);
    if (e == ERR_OK) {
        script_view(w->image.store, view);
        *batch = 0;
        if (memcmp(view, w->script.empty, HASH_LEN) != 0)
            for (*batch = 1; *batch <= BATCHES; (*batch)++)
                if (memcmp(view, w->script.batches[*batch - 1].view,
                           HASH_LEN) == 0)
                    break;
        store_close(w->image.store);
    } else if (e == ERR_DENIED) {
        assert_true(unchanged(w, "relay.db", db));
        assert_true(unchanged(w, "relay.db-wal", log));
        assert_true(
            log.b != NULL ||
            crash_find(&crash_image, name_in(&w->image, "relay.db-wal")) ==
                CRASH_FILES);
    }
    w->image.store = NULL;
    crash_disk = &crash_live;
    return e;
}

static const struct bytes nothing = {NULL, 0}; /* no such file */
static const struct bytes empty = {(const uint8_t *)"",
                                   0}; /* one of no length */

static void
b06_a_log_that_was_deleted(void **state)
{
    struct world *w = *state;
    struct pair p;
    unsigned batch = 0;

    bench_open(&w->live);
    run(w, 0, 55);
    p = pair_of(&w->live);
    assert_true(p.log.len > 4096);
    assert_ok(open_pair(w, p.db, p.log, &batch));
    assert_int_equal(batch, 55);
    assert_err(open_pair(w, p.db, nothing, &batch), ERR_DENIED);
    /* whoever puts an empty one there wants the last checkpoint's state */
    assert_ok(open_pair(w, p.db, empty, &batch));
    assert_in_range(batch, 1, 54);
    /* a log alone is not a relay that begins anew */
    assert_err(open_pair(w, nothing, p.log, &batch), ERR_DENIED);
    pair_free(&p);
}

/* Nor does it help that somebody read a card before the first record came. */
static void
b06_a_log_that_began_after_a_card_was_read(void **state)
{
    struct world *w = *state;
    struct relay_load card = {
        .kind = RELAY_LOAD_CARD, .hour = HOUR, .credit = RELAY_PAGE_MAX};
    struct relay_op op = op_card(5, 1, HOUR + 10, "a card");
    struct pair p;
    unsigned batch = 0;

    bench_open(&w->live);
    (void)bench_op(&w->live, &op);
    bench_reopen(&w->live);
    bench_id(card.id, 5);
    assert_int_equal(bench_load(&w->live, &card).verdict, RELAY_DONE);
    op = op_message(1, "a word");
    assert_int_equal(bench_op(&w->live, &op).number, 1);
    p = pair_of(&w->live);
    assert_err(open_pair(w, p.db, nothing, &batch), ERR_DENIED);
    pair_free(&p);
}

/* What was closed in an orderly way needs no log, whoever opened it since, and
 * one that began to write does from its first answer on. */
static void
b06_a_database_that_needs_no_log(void **state)
{
    struct world *w = *state;
    struct pair p;
    unsigned batch = 0;

    bench_open(&w->live);
    run(w, 0, 20);
    store_close(w->live.store);
    w->live.store = NULL;
    p = pair_of(&w->live);
    assert_null(p.log.b);
    assert_ok(open_pair(w, p.db, nothing, &batch));
    assert_int_equal(batch, 20);
    pair_free(&p);
    bench_open(&w->live);
    p = pair_of(&w->live);
    assert_ok(open_pair(w, p.db, nothing, &batch));
    assert_int_equal(batch, 20);
    pair_free(&p);
    run(w, 20, 21);
    p = pair_of(&w->live);
    assert_err(open_pair(w, p.db, nothing, &batch), ERR_DENIED);
    assert_ok(open_pair(w, p.db, p.log, &batch));
    assert_int_equal(batch, 21);
    pair_free(&p);
}

static void
b06_a_log_that_was_cut_short(void **state)
{
    struct world *w = *state;
    struct pair p;
    unsigned batch = 0;
    unsigned refused = 0;
    unsigned cuts = 0;

    bench_open(&w->live);
    run(w, 0, 55);
    for (unsigned round = 0; round < 4; round++) {
        run(w, 55 + round, 56 + round);
        p = pair_of(&w->live);
        for (size_t len = 1; len < p.log.len; len += 333, cuts++) {
            struct bytes cut = {p.log.b, len};
            enum err e = open_pair(w, p.db, cut, &batch);

            assert_true(e == ERR_OK || e == ERR_DENIED);
            refused += e != ERR_OK;
            assert_true(e != ERR_OK || batch <= 56 + round);
        }
        pair_free(&p);
    }
    print_message("%u cuts, %u refused\n", cuts, refused);
}

static void
b06_a_log_of_another_time(void **state)
{
    struct world *w = *state;
    struct pair first;
    struct pair closed;
    struct pair next;
    struct pair second;
    struct pair third;
    unsigned batch = 0;

    bench_open(&w->live);
    run(w, 0, 5);
    first = pair_of(&w->live);
    bench_reopen(&w->live); /* all is in the database */
    look(w);
    closed = pair_of(&w->live);
    run(w, 5, 6);
    next = pair_of(&w->live);
    run(w, 6, 9);
    second = pair_of(&w->live);
    bench_reopen(&w->live);
    run(w, 9, 12);
    third = pair_of(&w->live);
    assert_ok(open_pair(w, second.db, second.log, &batch));
    assert_int_equal(batch, 9);
    /* an older one */
    assert_err(open_pair(w, third.db, first.log, &batch), ERR_DENIED);
    /* wholly in the database, but that cannot be seen: it was not at its end */
    assert_err(open_pair(w, third.db, second.log, &batch), ERR_DENIED);
    /* a later one, with a gap between */
    assert_err(open_pair(w, closed.db, third.log, &batch), ERR_DENIED);
    assert_err(open_pair(w, first.db, third.log, &batch), ERR_DENIED);
    /* the one that follows */
    assert_ok(open_pair(w, closed.db, next.log, &batch));
    assert_int_equal(batch, 6);
    pair_free(&first);
    pair_free(&closed);
    pair_free(&next);
    pair_free(&second);
    pair_free(&third);
}

/* After a crash the log goes on, or is copied by the next start: an older copy
 * of it must not be taken for the same. Blobs alone leave nothing to settle. */
static void
b06_an_older_copy_of_a_log_that_a_crash_left(void **state)
{
    struct world *w = *state;
    struct pair older = {.log = nothing};
    struct pair left;
    struct bytes copied;
    unsigned batch = 0;
    unsigned i;

    bench_open(&w->live);
    for (unsigned n = 1; n <= 3; n++) {
        struct relay_op op = op_blob(n, HOUR + 10, bytes_str("a blob"));

        (void)bench_op(&w->live, &op);
        if (n == 2)
            older = pair_of(&w->live);
    }
    left = pair_of(&w->live);
    assert_ok(open_pair(w, left.db, left.log, &batch));
    i = crash_find(&crash_image, name_in(&w->image, "relay.db"));
    assert_true(i != CRASH_FILES);
    copied = (struct bytes){crash_image.files[i].b, crash_image.files[i].len};
    crash_image.files[i].b = NULL; /* open_pair() begins with an empty disk */
    crash_image.files[i].len = 0;
    crash_image.files[i].room = 0;
    assert_err(open_pair(w, copied, older.log, &batch), ERR_DENIED);
    assert_ok(open_pair(w, copied, nothing, &batch));
    free((void *)(uintptr_t)copied.b);
    pair_free(&older);
    pair_free(&left);
}

static void
b06_a_log_of_another_database(void **state)
{
    struct world *w = *state;
    struct pair ours;
    struct pair theirs;
    struct pair twin[2];
    unsigned batch = 0;

    bench_open(&w->live);
    run(w, 0, 20);
    bench_reopen(&w->live);
    ours = pair_of(&w->live);
    store_close(w->live.store);
    w->live.store = NULL;
    /* another that began in the same way and is as long */
    crash_disk_free(&crash_live);
    bench_open(&w->live);
    run(w, 0, 20);
    bench_reopen(&w->live);
    run(w, 20, 24);
    theirs = pair_of(&w->live);
    assert_ok(open_pair(w, theirs.db, theirs.log, &batch));
    assert_int_equal(batch, 24);
    assert_err(open_pair(w, ours.db, theirs.log, &batch), ERR_DENIED);
    assert_ok(open_pair(w, ours.db, nothing, &batch));
    assert_int_equal(batch, 20);
    /* two that were one, and went on apart */
    bench_reopen(&w->live);
    look(w);
    twin[0] = pair_of(&w->live);
    run(w, 24, 25); /* it begins where the other ends */
    twin[1] = pair_of(&w->live);
    pair_free(&ours);
    ours = twin[0];
    store_close(w->live.store);
    w->live.store = NULL;
    crash_disk_free(&crash_live);
    (void)crash_new_file(&crash_live, name_in(&w->live, "relay.db"), false);
    crash_put(&crash_live.files[0], ours.db.b, ours.db.len, 0);
    (void)crash_new_file(&crash_live, name_in(&w->live, "relay.db-wal"), true);
    bench_open(&w->live);
    run(w, 24, 25);
    bench_reopen(&w->live);
    twin[0] = pair_of(&w->live);
    assert_ok(open_pair(w, ours.db, twin[1].log, &batch));
    assert_int_equal(batch, 25);
    assert_err(open_pair(w, twin[0].db, twin[1].log, &batch), ERR_DENIED);
    pair_free(&ours);
    pair_free(&theirs);
    pair_free(&twin[0]);
    pair_free(&twin[1]);
}

/* What it lays over another makes no database: not that one is damaged. */
static void
b06_a_log_of_a_shorter_database(void **state)
{
    struct world *w = *state;
    struct pair ours;
    unsigned batch = 0;

    bench_open(&w->live);
    run(w, 0, 55);
    bench_reopen(&w->live);
    ours = pair_of(&w->live);
    for (unsigned n = 1; n <= 32; n *= 2) {
        struct pair theirs;

        store_close(w->live.store);
        w->live.store = NULL;
        crash_disk_free(&crash_live);
        bench_open(&w->live);
        run(w, 0, n);
        theirs = pair_of(&w->live);
        assert_err(open_pair(w, ours.db, theirs.log, &batch), ERR_DENIED);
        pair_free(&theirs);
    }
    assert_ok(open_pair(w, ours.db, nothing, &batch));
    assert_int_equal(batch, 55);
    pair_free(&ours);
}

/* Logs with ten flips each, beside the database to which they belong. */
static void
flip(struct world *w, const struct pair *p, unsigned logs, unsigned last)
{
    static uint32_t seed = 1;
    unsigned refused = 0;
    unsigned shorter = 0;

    for (unsigned i = 0; i < logs; i++) {
        uint8_t *bad = crash_alloc(NULL, p->log.len);
        unsigned batch = 0;
        enum err e;

        memcpy(bad, p->log.b, p->log.len);
        for (unsigned j = 0; j < 10; j++) {
            seed = seed * 1664525u + 1013904223u;
            bad[(seed >> 3) % p->log.len] ^= (uint8_t)(1u << (seed & 7));
        }
        e = open_pair(w, p->db, (struct bytes){bad, p->log.len}, &batch);
        assert_true(e == ERR_OK || e == ERR_DENIED);
        assert_true(batch <= last);
        refused += e != ERR_OK;
        shorter += e == ERR_OK && batch < last;
        free(bad);
    }
    print_message("%u logs with ten flips: %u refused, %u cut short\n", logs,
                  refused, shorter);
}

static void
b07_ten_thousand_flips_in_the_log(void **state)
{
    struct world *w = *state;
    struct pair p;
    unsigned n = 55;
    unsigned batch = 0;

    bench_open(&w->live);
    run(w, 0, n);
    p = pair_of(&w->live);
    flip(w, &p, 700, n);
    /* all that the log holds is in the database, but it did not begin anew: cut
     * short, it would lead back */
    do {
        pair_free(&p);
        assert_true(n > 1);
        n--;
        store_close(w->live.store);
        w->live.store = NULL;
        crash_disk_free(&crash_live);
        bench_open(&w->live);
        run(w, 0, n);
        p = pair_of(&w->live);
        assert_ok(open_pair(w, p.db, empty, &batch));
    } while (batch != n || p.log.len < 8 * 4096);
    flip(w, &p, 300, n);
    pair_free(&p);
}

/* The row by which a log is known is itself damaged. */
static void
b07_a_damaged_mark_is_made_anew(void **state)
{
    struct world *w = *state;
    struct pair p;
    uint8_t *at;
    unsigned batch = 0;

    bench_open(&w->live);
    run(w, 0, 20);
    bench_reopen(&w->live);
    p = pair_of(&w->live);
    at = memmem(p.db.b, p.db.len, "PRSturn1", 8);
    assert_non_null(at);
    at[8] ^= 1;
    assert_ok(open_pair(w, p.db, nothing, &batch));
    assert_int_equal(batch, 20);
    pair_free(&p);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(b06_a_log_that_was_deleted),
        WORLD(b06_a_log_that_began_after_a_card_was_read),
        WORLD(b06_a_database_that_needs_no_log),
        WORLD(b06_a_log_that_was_cut_short),
        WORLD(b06_a_log_of_another_time),
        WORLD(b06_an_older_copy_of_a_log_that_a_crash_left),
        WORLD(b06_a_log_of_another_database),
        WORLD(b06_a_log_of_a_shorter_database),
        WORLD(b07_ten_thousand_flips_in_the_log),
        WORLD(b07_a_damaged_mark_is_made_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
