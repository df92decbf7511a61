/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Profiles are made, found, opened and wiped. */
#include "support/check.h"

#include <sys/wait.h>

#include "crypto/random.h"
#include "place.h"
#include "support/failing.h"

static const struct profile_unlock key_file = {.method = PROFILE_KEY_FILE};

static struct profile_unlock
passphrase(const char *text)
{
    return (struct profile_unlock){.method = PROFILE_PASSPHRASE,
                                   .passphrase = bytes_str(text),
                                   .mem_kib = PROFILE_MEM_KIB_MIN,
                                   .passes = PROFILE_PASSES};
}

static void
make(const struct place *p, const struct profile_unlock *u)
{
    struct profile *s;

    assert_ok(profile_create(p->profile, u, &s));
    profile_close(s);
}

static enum err
try_open(const struct place *p, const struct profile_unlock *u)
{
    struct profile *s;
    enum err e = profile_open(p->profile, u, &s);

    if (e == ERR_OK)
        profile_close(s);
    return e;
}

static void
a_profile_is_made_and_found(void **state)
{
    struct profile_unlock pass = passphrase("пароль");
    struct place p = place_new();
    enum profile_method method;

    (void)state;
    assert_ok(profile_probe(p.profile, &method));
    assert_int_equal(method, PROFILE_NONE);
    assert_err(try_open(&p, &pass), ERR_NOT_FOUND);
    make(&p, &pass);
    assert_ok(profile_probe(p.profile, &method));
    assert_int_equal(method, PROFILE_PASSPHRASE);
    assert_ok(try_open(&p, &pass));
    pass = passphrase("Пароль");
    assert_err(try_open(&p, &pass), ERR_AUTH);
    assert_err(try_open(&p, &key_file), ERR_USE);
    place_free(&p);
}

/* G-06 */
static void
nobody_else_may_read_it(void **state)
{
    struct place p = place_new();
    struct profile *s;

    (void)state;
    assert_ok(profile_create(p.profile, &key_file, &s));
    assert_int_equal(place_mode(p.profile), 0700);
    assert_int_equal(place_mode(place_file(&p, "vault")), 0600);
    assert_int_equal(place_mode(place_file(&p, "key")), 0600);
    assert_int_equal(place_mode(place_file(&p, "state.db")), 0600);
    assert_int_equal(place_mode(place_file(&p, "state.db-wal")), 0600);
    assert_false(place_has(&p, "state.db-shm"));
    profile_close(s);
    assert_false(place_has(&p, "state.db-wal"));
    assert_int_equal(chmod(place_file(&p, "state.db"), 0644), 0);
    assert_ok(try_open(&p, &key_file));
    assert_int_equal(place_mode(place_file(&p, "state.db")), 0600);
    place_free(&p);
}

static void
what_is_there_is_not_overwritten(void **state)
{
    struct profile_unlock pass = passphrase("x");
    struct place p = place_new();
    struct profile *s;

    (void)state;
    make(&p, &key_file);
    assert_err(profile_create(p.profile, &pass, &s), ERR_EXISTS);
    assert_ok(try_open(&p, &key_file));
    place_write(place_file(&p, "vault"), bytes_str("damaged"));
    assert_err(profile_create(p.profile, &pass, &s), ERR_MALFORMED);
    place_free(&p);
}

static void
bad_arguments_make_nothing(void **state)
{
    struct profile_unlock pass = passphrase("");
    struct place p = place_new();
    struct profile *s;

    (void)state;
    assert_err(profile_create(p.profile, &pass, &s), ERR_USE);
    pass = passphrase("x");
    pass.mem_kib = PROFILE_MEM_KIB_MIN - 1;
    assert_err(profile_create(p.profile, &pass, &s), ERR_USE);
    assert_int_not_equal(access(p.profile, F_OK), 0);
    place_free(&p);
}

static void
somebody_elses_place_is_denied(void **state)
{
    struct place p = place_new();
    enum profile_method method;
    struct profile *s;

    (void)state;
    assert_int_equal(mkdir(p.profile, 0700), 0);
    assert_int_equal(chmod(p.profile, 0755), 0);
    place_write(place_file(&p, "letter.txt"), bytes_str("x"));
    assert_err(profile_create(p.profile, &key_file, &s), ERR_DENIED);
    assert_int_equal(chmod(p.profile, 0700), 0);
    make(&p, &key_file);
    /* a link in the place of each file */
    for (unsigned i = 0; i < 3; i++) {
        static const char *const names[] = {"vault", "state.db", "key"};
        char away[PLACE_MAX + 16];

        (void)snprintf(away, sizeof away, "%s/away", p.folder);
        assert_int_equal(rename(place_file(&p, names[i]), away), 0);
        assert_int_equal(symlink(away, place_file(&p, names[i])), 0);
        assert_err(try_open(&p, &key_file), ERR_DENIED);
        assert_err(profile_probe(p.profile, &method),
                   i == 0 ? ERR_DENIED : ERR_OK);
        assert_int_equal(rename(away, place_file(&p, names[i])), 0);
    }
    assert_ok(try_open(&p, &key_file));
    place_free(&p);
}

/* F-06: in another process, and in this one. */
static void
two_at_a_time_are_one_too_many(void **state)
{
    struct place p = place_new();
    enum profile_method method;
    struct profile *second;
    struct profile *s;
    int status;
    pid_t pid;

    (void)state;
    assert_ok(profile_create(p.profile, &key_file, &s));
    assert_err(profile_open(p.profile, &key_file, &second), ERR_BUSY);
    assert_err(profile_create(p.profile, &key_file, &second), ERR_BUSY);
    assert_err(profile_wipe(p.profile), ERR_BUSY);
    assert_ok(profile_probe(p.profile, &method)); /* looking is allowed */
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(profile_open(p.profile, &key_file, &second) == ERR_BUSY ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    profile_close(s);
    assert_ok(try_open(&p, &key_file));
    place_free(&p);
}

static void
damaged_files_are_told(void **state)
{
    struct place p = place_new();
    struct buf whole = buf_limited(1 << 20);

    (void)state;
    make(&p, &key_file);
    place_read(place_file(&p, "state.db"), &whole);
    place_write(place_file(&p, "state.db"),
                bytes_str("this was a database once, and now it is a poem"));
    assert_err(try_open(&p, &key_file), ERR_MALFORMED);
    /* cut to a third, its pages gone */
    place_write(place_file(&p, "state.db"),
                bytes_slice(buf_bytes(&whole), 0, 4096));
    assert_err(try_open(&p, &key_file), ERR_MALFORMED);
    /* somebody put an empty one here */
    place_write(place_file(&p, "state.db"), bytes_str(""));
    assert_err(try_open(&p, &key_file), ERR_AUTH);
    assert_int_equal(unlink(place_file(&p, "state.db")), 0);
    assert_err(try_open(&p, &key_file), ERR_MALFORMED);
    place_write(place_file(&p, "state.db"), buf_bytes(&whole));
    assert_ok(try_open(&p, &key_file));
    buf_free(&whole);
    place_free(&p);
}

static void
anothers_database_is_refused(void **state)
{
    struct place mine = place_new();
    struct place other = place_new();
    struct buf db = buf_limited(1 << 20);

    (void)state;
    make(&mine, &key_file);
    make(&other, &key_file);
    place_read(place_file(&other, "state.db"), &db);
    place_write(place_file(&mine, "state.db"), buf_bytes(&db));
    assert_err(try_open(&mine, &key_file), ERR_AUTH);
    buf_free(&db);
    place_free(&mine);
    place_free(&other);
}

/* Cut off before the key slot was there: nothing is, and it is made anew. */
static void
an_unfinished_profile_is_made_again(void **state)
{
    struct place p = place_new();
    enum profile_method method;

    (void)state;
    make(&p, &key_file);
    assert_int_equal(unlink(place_file(&p, "vault")), 0);
    assert_ok(profile_probe(p.profile, &method));
    assert_int_equal(method, PROFILE_NONE);
    make(&p, &key_file);
    assert_ok(try_open(&p, &key_file));
    place_free(&p);
}

static void
another_way_to_unlock(void **state)
{
    struct profile_unlock pass = passphrase("x");
    struct profile_unlock none = passphrase("");
    struct place p = place_new();
    struct profile *s;

    (void)state;
    assert_ok(profile_create(p.profile, &key_file, &s));
    assert_err(profile_change_unlock(s, &none), ERR_USE);
    assert_ok(profile_change_unlock(s, &pass));
    profile_close(s);
    assert_false(place_has(&p, "key"));
    assert_err(try_open(&p, &key_file), ERR_USE);
    assert_ok(try_open(&p, &pass));
    assert_ok(profile_memory_new(&s));
    assert_err(profile_change_unlock(s, &pass), ERR_UNSUPPORTED);
    profile_close(s);
    place_free(&p);
}

static void
a_wiped_profile_is_gone(void **state)
{
    struct place p = place_new();
    enum profile_method method;

    (void)state;
    assert_err(profile_wipe(p.profile), ERR_NOT_FOUND);
    make(&p, &key_file);
    assert_ok(profile_wipe(p.profile));
    assert_false(place_has(&p, "vault"));
    assert_false(place_has(&p, "key"));
    assert_false(place_has(&p, "state.db"));
    assert_ok(profile_probe(p.profile, &method));
    assert_int_equal(method, PROFILE_NONE);
    assert_err(profile_wipe(p.profile), ERR_NOT_FOUND);
    make(&p, &key_file); /* and there may be another */
    place_free(&p);
}

/* G-09: the slot goes first, so whatever is left after it cannot be read. Here
 * a folder in the database's place keeps wiping from its end. */
static void
a_wipe_that_is_cut_off_has_done_its_work(void **state)
{
    struct place p = place_new();

    (void)state;
    make(&p, &key_file);
    assert_int_equal(unlink(place_file(&p, "state.db")), 0);
    assert_int_equal(mkdir(place_file(&p, "state.db"), 0700), 0);
    assert_err(profile_wipe(p.profile), ERR_DISK);
    assert_false(place_has(&p, "vault"));
    assert_false(place_has(&p, "key"));
    place_free(&p);
}

static enum err
make_and_open(void *context)
{
    struct place p = place_new();
    struct profile *s;
    enum err e = profile_create(p.profile, &key_file, &s);

    (void)context;
    if (e == ERR_OK) {
        profile_close(s);
        e = profile_open(p.profile, &key_file, &s);
    }
    if (e == ERR_OK)
        profile_close(s);
    place_free(&p);
    return e;
}

static void
every_failing_allocation_is_told(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(make_and_open, NULL) > 5);
}

static int
start(void **state)
{
    (void)state;
    (void)umask(022);
    return random_start() == ERR_OK ? 0 : 1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_profile_is_made_and_found),
        cmocka_unit_test(nobody_else_may_read_it),
        cmocka_unit_test(what_is_there_is_not_overwritten),
        cmocka_unit_test(bad_arguments_make_nothing),
        cmocka_unit_test(somebody_elses_place_is_denied),
        cmocka_unit_test(two_at_a_time_are_one_too_many),
        cmocka_unit_test(damaged_files_are_told),
        cmocka_unit_test(anothers_database_is_refused),
        cmocka_unit_test(an_unfinished_profile_is_made_again),
        cmocka_unit_test(another_way_to_unlock),
        cmocka_unit_test(a_wiped_profile_is_gone),
        cmocka_unit_test(a_wipe_that_is_cut_off_has_done_its_work),
        cmocka_unit_test(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
