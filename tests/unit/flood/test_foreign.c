/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who shares the processors with a flood and is none of it. */
#include "support/check.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/flood/foreign.h"

/* One that stays until it is ended, in our session or in one of its own. */
static pid_t
start(bool own_session)
{
    int ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (own_session && setsid() < 0)
            _exit(1);
        close(ready[0]);
        if (write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void
end(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
of_another_session_is_foreign(void **state)
{
    struct foreign f = {0};
    pid_t ours = start(false);
    pid_t theirs = start(true);

    (void)state;
    assert_false(foreign_is(&f, getpid()));
    assert_false(foreign_is(&f, ours));
    assert_true(foreign_is(&f, theirs));
    end(ours);
    end(theirs);
    /* as they were when they were there */
    assert_false(foreign_is(&f, ours));
    assert_true(foreign_is(&f, theirs));
}

static void
who_is_gone_is_foreign(void **state)
{
    struct foreign f = {0};
    pid_t ours = start(false);

    (void)state;
    end(ours);
    assert_true(foreign_is(&f, ours));
    assert_true(foreign_is(&f, -1)); /* as the kernel tells of who is ending */
}

static void
nobody_is_not_foreign(void **state)
{
    struct foreign f = {0};

    (void)state;
    f.known[0].foreign = true; /* whatever is remembered there */
    assert_false(foreign_is(&f, 0));
}

/* What is known of one tells nothing of another that takes its place. */
static void
one_place_is_shared_by_many(void **state)
{
    struct foreign f = {0};
    pid_t theirs = start(true);
    size_t at = (size_t)theirs % FOREIGN_KNOWN;

    (void)state;
    f.known[at].pid = theirs + FOREIGN_KNOWN;
    assert_true(foreign_is(&f, theirs));
    assert_int_equal(f.known[at].pid, theirs);
    end(theirs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_another_session_is_foreign),
        cmocka_unit_test(who_is_gone_is_foreign),
        cmocka_unit_test(nobody_is_not_foreign),
        cmocka_unit_test(one_place_is_shared_by_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
