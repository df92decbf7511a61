/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A child process runs the checks one after another and marks each on a board
 * that it shares with us. When it dies, the check that it was at has failed,
 * and another child goes on behind it. */
#include "trial.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"

enum { SECONDS_MAX = 600, WHY_MAX = 1024, SAID_MAX = 16 * 1024 };

enum verdict { WAITING, RUNNING, PASSED, FAILED };

struct mark {
    enum verdict verdict;
    off_t said; /* where in the log its words begin */
};

struct court {
    const struct trials *t;
    struct mark *board; /* shared */
    size_t at;          /* the trial that runs */
    int log;            /* what cmocka prints */
};

static void
one(void **state)
{
    const struct court *c = *state;

    c->t->run(c->t->with, c->at);
}

/* The child: from c->at to the end. */
static void
sit(struct court *c)
{
    int failed = 0;

    if (dup2(c->log, STDOUT_FILENO) < 0 || dup2(c->log, STDERR_FILENO) < 0)
        _exit(1);
    for (; c->at < c->t->count; c->at++) {
        const struct CMUnitTest test[] = {
            {"case", one, NULL, NULL, c},
        };
        struct mark *m = &c->board[c->at];
        int bad;

        m->said = lseek(c->log, 0, SEEK_END);
        m->verdict = RUNNING;
        alarm(SECONDS_MAX);
        bad = cmocka_run_group_tests(test, NULL, NULL);
        alarm(0);
        fflush(stdout);
        m->verdict = bad == 0 ? PASSED : FAILED;
        failed += bad;
    }
    exit(failed > 0 ? 1 : 0); /* where a leak is found, it is not 0 either */
}

/* Appends what a line says, without cmocka's frame; the lines that are only
 * frame say nothing. */
static void
quote(const char *line, char *why)
{
    static const char *const frame[] = {"[====", "[ RUN", "[  FAILED",
                                        "[  PASSED", "[       OK"};
    static const char *const prefix[] = {"[  ERROR   ] --- ",
                                         "[   LINE   ] --- "};
    size_t used = strlen(why);

    for (size_t i = 0; i < sizeof frame / sizeof frame[0]; i++) {
        if (strncmp(line, frame[i], strlen(frame[i])) == 0)
            return;
    }
    for (size_t i = 0; i < sizeof prefix / sizeof prefix[0]; i++) {
        if (strncmp(line, prefix[i], strlen(prefix[i])) == 0)
            line += strlen(prefix[i]);
    }
    if (*line == '\0' || strstr(line, "FAILED TEST") != NULL)
        return;
    snprintf(why + used, WHY_MAX - used, "%s%s", used > 0 ? "; " : "", line);
}

/* All that the log holds of trial i. */
static void
listen_to(const struct court *c, size_t i, off_t end, char why[WHY_MAX])
{
    static char said[SAID_MAX + 1];
    off_t begin = c->board[i].said;
    size_t len = end > begin ? (size_t)(end - begin) : 0;
    ssize_t got = pread(c->log, said, len < SAID_MAX ? len : SAID_MAX, begin);
    char *save = NULL;

    said[got > 0 ? got : 0] = '\0';
    for (char *line = strtok_r(said, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save))
        quote(line, why);
    if (why[0] == '\0')
        snprintf(why, WHY_MAX, "failed and did not say why");
}

/* Waits for the child and reports what it did; the next trial to begin with. */
static size_t
judge(const struct court *c, size_t from, pid_t child, bool *clean)
{
    const struct trials *t = c->t;
    char why[WHY_MAX];
    size_t failed = 0;
    int status = 0;
    off_t end;
    size_t i;

    if (waitpid(child, &status, 0) != child)
        return from;
    end = lseek(c->log, 0, SEEK_END);
    for (i = from; i < t->count && c->board[i].verdict != WAITING; i++) {
        enum verdict v = c->board[i].verdict;
        bool last = i + 1 == t->count || c->board[i + 1].verdict == WAITING;

        why[0] = '\0';
        if (v == RUNNING)
            snprintf(why, sizeof why, "died of signal %d",
                     WIFSIGNALED(status) ? WTERMSIG(status) : 0);
        if (v != PASSED)
            listen_to(c, i, last ? end : c->board[i + 1].said, why);
        t->done(t->with, i, v != PASSED ? why : NULL);
        failed += v != PASSED;
    }
    if (failed == 0 && status != 0) {
        why[0] = '\0';
        listen_to(c, i - 1, end, why);
        fprintf(stderr, "the checks passed, but: %s\n", why);
        *clean = false;
    }
    return i;
}

static bool
hold(struct court *c)
{
    bool clean = true;

    while (c->at < c->t->count) {
        size_t from = c->at;
        pid_t child;

        fflush(NULL);
        child = fork();
        if (child == 0)
            sit(c);
        if (child > 0)
            c->at = judge(c, from, child, &clean);
        if (c->at == from) {
            fprintf(stderr, "no process can be started\n");
            return false;
        }
    }
    return clean;
}

bool
trials_run(const struct trials *t)
{
    size_t size = (t->count + 1) * sizeof(struct mark);
    struct court c = {.t = t};
    FILE *log = tmpfile();
    bool ok = false;

    c.board = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (log != NULL && c.board != MAP_FAILED) {
        c.log = fileno(log);
        ok = hold(&c);
    } else {
        fprintf(stderr, "no memory, or no temporary file\n");
    }
    if (c.board != MAP_FAILED)
        munmap(c.board, size);
    if (log != NULL)
        fclose(log);
    return ok;
}
