/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Power loss at every step of what is done to files outside the database
 * (B-01): making a backup and giving it its name, restoring one, writing the
 * key and the address. After each there is the old or the new, whole; or a
 * restore says that it did not end, and doing it again ends it. And the bugs
 * that this must notice: a name before its content is on the disk, a folder
 * that is not synced, the old database removed before the new one is durable.
 */
#include "unit/relay_store/crash_script.h"

#include "unit/relay_store/crash_files.h"
#include "unit/relay_store/crash_replay.h"

#include "crypto/secret.h"

#include "server/store/backup.h"
#include "server/store/job.h"
#include "server/uv/command.h"
#include "server/uv/exit.h"
#include "server/uv/folder.h"
#include "server/uv/start.h"

enum {
    OLD_BATCHES = 12, /* that the relay of the data folder holds */
    NEW_BATCHES = 30, /* that the other one holds */
    ROUNDS = 4,       /* at each step, each in every mood; one with a bug */
    ROW_MAX = 512
};

enum lie { LIE_NONE, LIE_DATABASE, LIE_FILE, LIE_FOLDER };

static const uint8_t old_key[STORE_KEY_LEN] = "the key of whoever lives here";
static const uint8_t new_key[STORE_KEY_LEN] = "the key of whoever moves in..";

struct world {
    struct script script;
    struct bench home;  /* the data folder */
    struct bench away;  /* where copies are */
    struct bench image; /* of home, after a crash */
    struct replay replay;
    struct config config;
    char copy[ROW_MAX];
    uint64_t old_rows; /* in a backup of home's relay */
    uint64_t new_rows;
    bool told; /* the command has said that all is well */
    bool lived_in;
    bool had_copy;
    unsigned points;
    unsigned bad;
    unsigned olds; /* points after which it was so */
    unsigned news;
    unsigned unfinished;
};

struct tale {
    void (*before)(struct world *w);
    void (*tell)(struct world *w);
    const char *(*judge)(struct world *w); /* NULL: nothing is wrong */
};

static const char *
in(const struct bench *b, const char *name)
{
    static char paths[4][ROW_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    (void)snprintf(path, ROW_MAX, "%s/%s", b->folder, name);
    return path;
}

/* --- what is there before ------------------------------------------------ */

static void
fill(struct world *w, struct bench *b, unsigned batches)
{
    bench_open(b);
    for (unsigned n = 0; n < batches; n++)
        assert_ok(
            store_commit(b->store, &w->script.batches[n].batch, &b->results));
}

static void
empty_out(struct bench *b)
{
    store_close(b->store);
    b->store = NULL;
}

/* A copy of a relay that is away. */
static void
make_copy(struct world *w)
{
    struct store_question q = {.kind = STORE_JOB_BACKUP, .key = new_key};
    struct store_answer a;
    struct store_job *job;
    struct store_restored seen;
    bool done = false;

    fill(w, &w->away, NEW_BATCHES);
    assert_ok(store_job_begin(w->away.store, &q, &job));
    while (!done)
        store_job_step(job, &done);
    store_job_end(job, &a);
    assert_ok(a.e);
    empty_out(&w->away);
    assert_int_equal(rename(in(&w->away, STORE_BACKUP_FILE), w->copy), 0);
    assert_ok(store_backup_check(w->copy, &seen));
    w->new_rows = seen.rows;
    w->had_copy = true;
}

/* A relay with its key; it stopped in an orderly way. */
static void
live_in(struct world *w)
{
    assert_ok(folder_write(w->home.folder, "relay.key", BYTES_OF(old_key)));
    fill(w, &w->home, OLD_BATCHES);
    empty_out(&w->home);
    w->lived_in = true;
}

static void
before_restore(struct world *w)
{
    make_copy(w);
}

static void
before_replacing(struct world *w)
{
    make_copy(w);
    live_in(w);
    fill(w, &w->home, 0); /* a log is there, too */
    assert_ok(store_commit(w->home.store, &w->script.batches[OLD_BATCHES].batch,
                           &w->home.results));
}

static void
before_backup_over(struct world *w)
{
    make_copy(w);
    live_in(w);
}

static void
before_address(struct world *w)
{
    assert_ok(folder_write(w->home.folder, "address", bytes_str("old:1\n")));
}

static void
before_nothing(struct world *w)
{
    (void)w;
}

/* --- what is done -------------------------------------------------------- */

static void
tell_restore(struct world *w)
{
    struct store_restore r = {
        .file = w->copy, .folder = w->home.folder, .replace = w->lived_in};
    struct store_restored out;

    assert_ok(store_restore(&r, &out));
}

static void
tell_backup(struct world *w)
{
    w->config.words[0] = w->copy;
    assert_int_equal(command_backup(&w->config), 0);
}

static void
tell_key(struct world *w)
{
    struct dh_secret key;

    assert_ok(folder_key(w->home.folder, true, &key));
    assert_ok(folder_write(w->away.folder, "shown", BYTES_OF(key.b)));
}

/* As command_run() begins: the link is shown when its address is on the disk,
 * and the first client comes after that. */
static void
tell_first_start(struct world *w)
{
    struct dh_secret *key = NULL;

    assert_int_equal(start_store(&w->config, false, &w->home.store), 0);
    assert_int_equal(start_key(&w->config, true, w->home.store, &key), 0);
    assert_ok(folder_write(w->home.folder, FOLDER_ADDRESS_FILE,
                           bytes_str("first.example:1\n")));
    assert_ok(folder_write(w->away.folder, "shown", BYTES_OF(key->b)));
    secret_free(key);
    assert_ok(store_commit(w->home.store, &w->script.batches[0].batch,
                           &w->home.results));
    empty_out(&w->home);
}

static void
tell_address(struct world *w)
{
    assert_ok(
        folder_write(w->home.folder, "address", bytes_str("new.example:2\n")));
}

/* --- what is left -------------------------------------------------------- */

static bool
holds(const char *path, struct bytes want)
{
    unsigned i = crash_find(&crash_image, path);

    return i != CRASH_FILES && crash_image.files[i].len == want.len &&
           memcmp(crash_image.files[i].b, want.b, want.len) == 0;
}

static bool
is_there(const char *path)
{
    return crash_find(&crash_image, path) != CRASH_FILES;
}

/* Whether the relay that opens shows what so many batches left. */
static bool
shows(struct world *w, unsigned batches)
{
    uint8_t view[HASH_LEN];

    script_view(w->image.store, view);
    return memcmp(view, w->script.batches[batches - 1].view, HASH_LEN) == 0;
}

/* The key is in no database, nor in what is left of one. */
static bool
key_is_alone(struct world *w)
{
    for (unsigned i = 0; i < crash_image.name_count; i++) {
        const struct crash_name *n = &crash_image.names[i];
        const struct crash_file *f = &crash_image.files[n->file];

        if (n->file != CRASH_FILES && f->len > STORE_KEY_LEN &&
            strncmp(n->path, w->home.folder, strlen(w->home.folder)) == 0 &&
            memmem(f->b, f->len, new_key, sizeof new_key) != NULL)
            return false;
    }
    return true;
}

static const char *
judge_open(struct world *w)
{
    bool old = holds(in(&w->image, "relay.key"), BYTES_OF(old_key));
    bool new = holds(in(&w->image, "relay.key"), BYTES_OF(new_key));

    if (new &&shows(w, NEW_BATCHES)) {
        w->news++;
        return key_is_alone(w) ? NULL : "keeps the key in the database";
    }
    if (old && w->lived_in && !w->told && shows(w, OLD_BATCHES + 1)) {
        w->olds++;
        return NULL;
    }
    return "is neither the old relay nor the new one";
}

static const char *
judge_restore(struct world *w)
{
    enum err e = ERR_OK;
    const char *why;

    if (!w->lived_in && !w->told && !is_there(in(&w->image, "relay.db")) &&
        !is_there(in(&w->image, "relay.db.new")) &&
        !is_there(in(&w->image, "relay.key"))) {
        w->olds++; /* as it was */
        return NULL;
    }
    e = bench_try_open(&w->image);
    if (e == ERR_CONFLICT && !w->told) {
        struct store_restore r = {.file = w->copy, .folder = w->image.folder};
        struct store_restored out;

        w->unfinished++;
        if (w->lived_in &&
            !holds(in(&w->image, "relay.key"), BYTES_OF(old_key)) &&
            !holds(in(&w->image, "relay.key"), BYTES_OF(new_key)))
            return "has lost its key";
        if (store_restore(&r, &out) != ERR_OK)
            return "cannot be restored again";
        e = bench_try_open(&w->image);
    }
    if (e != ERR_OK) {
        w->image.store = NULL;
        return "does not open";
    }
    why = judge_open(w);
    empty_out(&w->image);
    return why;
}

static const char *
judge_backup(struct world *w)
{
    struct store_restored seen = {0};
    bool there = is_there(w->copy);
    bool whole = there && store_backup_check(w->copy, &seen) == ERR_OK;
    bool kept;

    if (there && !whole)
        return "there is half a copy";
    if (!there && (w->told || w->had_copy))
        return "the copy is gone";
    if (there && (seen.rows != w->new_rows || w->told) &&
        seen.rows != w->old_rows)
        return "the copy is another one";
    w->news += there && seen.rows == w->old_rows;
    w->olds += !there || seen.rows == w->new_rows;
    if (bench_try_open(&w->image) != ERR_OK) {
        w->image.store = NULL;
        return "the relay does not open";
    }
    kept = shows(w, OLD_BATCHES) &&
           holds(in(&w->image, "relay.key"), BYTES_OF(old_key));
    empty_out(&w->image);
    return kept ? NULL : "the relay has changed";
}

static const char *
judge_key(struct world *w)
{
    const char *path = in(&w->image, "relay.key");
    unsigned i = crash_find(&crash_image, path);
    unsigned shown = crash_find(&crash_image, in(&w->away, "shown"));

    w->olds += i == CRASH_FILES;
    w->news += i != CRASH_FILES;
    if (i != CRASH_FILES && crash_image.files[i].len != STORE_KEY_LEN)
        return "there is half a key";
    if (!w->told && shown == CRASH_FILES)
        return NULL;
    if (shown == CRASH_FILES)
        return "what was shown is gone";
    return i != CRASH_FILES &&
                   holds(path, (struct bytes){crash_image.files[shown].b,
                                              crash_image.files[shown].len})
               ? NULL
               : "the key is lost";
}

/* It starts, with the key whose link was shown. */
static const char *
judge_first_start(struct world *w)
{
    unsigned shown = crash_find(&crash_image, in(&w->away, "shown"));
    struct dh_secret *key = NULL;
    const char *why = NULL;

    (void)snprintf(w->config.data, sizeof w->config.data, "%s",
                   w->image.folder);
    if (start_store(&w->config, false, &w->image.store) != EXIT_OK)
        return "does not open";
    if (start_key(&w->config, true, w->image.store, &key) != EXIT_OK)
        why = "does not start";
    else if (shown != CRASH_FILES &&
             !holds(in(&w->away, "shown"), BYTES_OF(key->b)))
        why = "has another key than it told";
    else if (shown == CRASH_FILES && w->told)
        why = "what was shown is gone";
    w->olds += shown == CRASH_FILES;
    w->news += shown != CRASH_FILES;
    secret_free(key);
    empty_out(&w->image);
    return why;
}

static const char *
judge_address(struct world *w)
{
    const char *path = in(&w->image, "address");

    if (holds(path, bytes_str("new.example:2\n"))) {
        w->news++;
        return NULL;
    }
    w->olds++;
    return !w->told && holds(path, bytes_str("old:1\n"))
               ? NULL
               : "the address is neither the old nor the new";
}

/* --- going through it ---------------------------------------------------- */

static void
crash_here(struct world *w, const struct tale *t, unsigned i, bool tell_why)
{
    enum replay_mood mood = i % REPLAY_MOODS;
    const char *why;

    replay_crash(&w->replay, mood, w->replay.at * 1000 + i, w->home.folder,
                 w->image.folder);
    crash_disk = &crash_image;
    why = t->judge(w);
    crash_disk = &crash_live;
    w->points++;
    w->bad += why != NULL;
    if (why != NULL && tell_why && w->bad <= 10)
        print_message("step %zu of %zu, mood %d, round %u%s: %s\n",
                      w->replay.at, crash_live.step_count, (int)mood,
                      i / REPLAY_MOODS, w->told ? ", told" : "", why);
}

/* Tells it once, and crashes at each of its steps. */
static void
crash_everywhere(struct world *w, const struct tale *t, enum lie lie)
{
    unsigned rounds = lie == LIE_NONE ? ROUNDS : 1;
    struct store_restored seen;

    if (t->tell == tell_backup) { /* what its copy will hold */
        t->before(w);
        tell_backup(w);
        assert_ok(store_backup_check(w->copy, &seen));
        w->old_rows = seen.rows;
        crash_disk_free(&crash_live);
        w->had_copy = false;
    }
    t->before(w);
    replay_start_from(&w->replay, &crash_live);
    crash_live.recording = true;
    crash_live.lie_database = lie == LIE_DATABASE;
    crash_live.lie_file = lie == LIE_FILE;
    crash_live.lie_folder = lie == LIE_FOLDER;
    t->tell(w);
    crash_mark(1);
    crash_live.recording = false;
    while (replay_step(&w->replay)) {
        if (crash_live.steps[w->replay.at - 1].kind == CRASH_MARK)
            w->told = true;
        for (unsigned i = 0; i < rounds * REPLAY_MOODS; i++)
            crash_here(w, t, i, lie == LIE_NONE);
    }
    replay_end(&w->replay);
}

static void
check_tale(struct world *w, const struct tale *t)
{
    crash_everywhere(w, t, LIE_NONE);
    print_message("%u crash points over %zu steps: old after %u, new after %u,"
                  " not at its end after %u; %u bad\n",
                  w->points, crash_live.step_count, w->olds, w->news,
                  w->unfinished, w->bad);
    assert_int_equal(w->bad, 0);
    assert_true(w->olds > 0 && w->news > 0);
}

static void
check_caught(struct world *w, const struct tale *t, enum lie lie)
{
    crash_everywhere(w, t, lie);
    print_message("%u of %u crash points are bad\n", w->bad, w->points);
    assert_true(w->bad > 0);
}

static int
start(void **state)
{
    static struct world w;

    crash_vfs_start();
    log_level(0); /* refusals are judged, and many */
    w = (struct world){0};
    script_make(&w.script);
    bench_start(&w.home, true);
    bench_start(&w.away, true);
    bench_start(&w.image, true);
    (void)snprintf(w.copy, sizeof w.copy, "%s/copy", w.away.folder);
    w.config = (struct config){.command = COMMAND_BACKUP,
                               .quiet = true,
                               .space_mib = 100,
                               .channel_mib = 10,
                               .mailbox_mib = 1,
                               .blobs_mib = 10};
    (void)snprintf(w.config.data, sizeof w.config.data, "%s", w.home.folder);
    crash_files_on = true;
    *state = &w;
    return 0;
}

static int
end(void **state)
{
    struct world *w = *state;

    empty_out(&w->home);
    crash_files_on = false;
    bench_end(&w->home);
    bench_end(&w->away);
    bench_end(&w->image);
    crash_vfs_stop();
    return 0;
}

static const struct tale restore = {before_restore, tell_restore,
                                    judge_restore};
static const struct tale replace = {before_replacing, tell_restore,
                                    judge_restore};
static const struct tale backup = {live_in, tell_backup, judge_backup};
static const struct tale backup_over = {before_backup_over, tell_backup,
                                        judge_backup};
static const struct tale key = {before_nothing, tell_key, judge_key};
static const struct tale first_start = {before_nothing, tell_first_start,
                                        judge_first_start};
static const struct tale address = {before_address, tell_address,
                                    judge_address};

static void
b01_power_loss_while_restoring(void **state)
{
    check_tale(*state, &restore);
}

static void
b01_power_loss_while_restoring_over_a_relay(void **state)
{
    struct world *w = *state;

    check_tale(w, &replace);
    assert_true(w->unfinished > 0);
}

static void
b01_power_loss_while_backing_up(void **state)
{
    check_tale(*state, &backup);
}

static void
b01_power_loss_while_backing_up_over_a_copy(void **state)
{
    check_tale(*state, &backup_over);
}

static void
b01_power_loss_while_the_key_is_made(void **state)
{
    check_tale(*state, &key);
}

static void
b01_power_loss_while_a_relay_starts_for_the_first_time(void **state)
{
    check_tale(*state, &first_start);
}

/* What the start says of the data folder, and whether it has a key then. */
static int
start_there(struct world *w, bool *has_key)
{
    struct dh_secret *made = NULL;
    int code = start_store(&w->config, false, &w->home.store);

    if (code == EXIT_OK)
        code = start_key(&w->config, true, w->home.store, &made);
    secret_free(made);
    empty_out(&w->home);
    *has_key = folder_has(w->home.folder, "relay.key");
    return code;
}

static void
a_folder_that_was_never_used_gets_a_key(void **state)
{
    bool has_key;

    assert_int_equal(start_there(*state, &has_key), EXIT_OK);
    assert_true(has_key);
}

/* Only the tables are there: power went before the key. */
static void
a_database_that_was_never_used_gets_a_key(void **state)
{
    struct world *w = *state;
    bool has_key;

    fill(w, &w->home, 0);
    empty_out(&w->home);
    assert_int_equal(start_there(w, &has_key), EXIT_OK);
    assert_true(has_key);
}

static void
a_used_database_without_its_key_gets_no_other(void **state)
{
    struct world *w = *state;
    bool has_key;

    live_in(w);
    assert_int_equal(unlink(in(&w->home, "relay.key")), 0);
    assert_int_equal(start_there(w, &has_key), EXIT_CONFIG);
    assert_false(has_key);
    assert_ok(folder_write(w->home.folder, "relay.key", BYTES_OF(old_key)));
    assert_int_equal(start_there(w, &has_key), EXIT_OK);
    assert_true(has_key);
}

/* Its link was shown, though nobody came yet. */
static void
a_relay_whose_link_is_out_gets_no_other_key(void **state)
{
    struct world *w = *state;
    bool has_key;

    fill(w, &w->home, 0);
    empty_out(&w->home);
    before_address(w);
    assert_int_equal(start_there(w, &has_key), EXIT_CONFIG);
    assert_false(has_key);
}

static void
b01_power_loss_while_the_address_changes(void **state)
{
    check_tale(*state, &address);
}

static void
b02_removing_the_old_database_before_the_new_is_durable_is_caught(void **state)
{
    check_caught(*state, &replace, LIE_DATABASE);
}

static void
b02_restoring_without_syncing_the_folder_is_caught(void **state)
{
    check_caught(*state, &replace, LIE_FOLDER);
}

static void
b02_restoring_without_syncing_the_key_is_caught(void **state)
{
    check_caught(*state, &replace, LIE_FILE);
}

static void
b02_naming_a_copy_before_it_is_synced_is_caught(void **state)
{
    check_caught(*state, &backup_over, LIE_FILE);
}

static void
b02_a_copy_whose_folder_is_not_synced_is_caught(void **state)
{
    check_caught(*state, &backup, LIE_FOLDER);
}

static void
b02_an_address_told_before_the_key_is_on_the_disk_is_caught(void **state)
{
    check_caught(*state, &first_start, LIE_FILE);
}

static void
b02_a_key_that_is_not_synced_is_caught(void **state)
{
    check_caught(*state, &key, LIE_FILE);
}

static void
b02_a_key_whose_folder_is_not_synced_is_caught(void **state)
{
    check_caught(*state, &key, LIE_FOLDER);
}

#define TALE(test) cmocka_unit_test_setup_teardown(test, start, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TALE(b01_power_loss_while_restoring),
        TALE(b01_power_loss_while_restoring_over_a_relay),
        TALE(b01_power_loss_while_backing_up),
        TALE(b01_power_loss_while_backing_up_over_a_copy),
        TALE(b01_power_loss_while_the_key_is_made),
        TALE(b01_power_loss_while_a_relay_starts_for_the_first_time),
        TALE(a_folder_that_was_never_used_gets_a_key),
        TALE(a_database_that_was_never_used_gets_a_key),
        TALE(a_used_database_without_its_key_gets_no_other),
        TALE(a_relay_whose_link_is_out_gets_no_other_key),
        TALE(b01_power_loss_while_the_address_changes),
        TALE(b02_removing_the_old_database_before_the_new_is_durable_is_caught),
        TALE(b02_restoring_without_syncing_the_folder_is_caught),
        TALE(b02_restoring_without_syncing_the_key_is_caught),
        TALE(b02_naming_a_copy_before_it_is_synced_is_caught),
        TALE(b02_a_copy_whose_folder_is_not_synced_is_caught),
        TALE(b02_an_address_told_before_the_key_is_on_the_disk_is_caught),
        TALE(b02_a_key_that_is_not_synced_is_caught),
        TALE(b02_a_key_whose_folder_is_not_synced_is_caught),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
