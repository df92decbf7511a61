/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One batch at a time between two threads, and jobs in steps beside them. Who
 * is to be woken is woken when the lock is free: where both share a processor
 * it would else run at once, only to sleep again for the lock, and the second
 * time it may have to wait for the end of the other's time slice. */
#include "store_thread.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/mem.h"

enum phase { PHASE_IDLE, PHASE_GIVEN, PHASE_BEGUN, PHASE_DONE };

/*  FREE --ask--> ASKED --begin--> UNDER_WAY --end--> ANSWERED --answer--> FREE
 *  The thread alone leaves ASKED and UNDER_WAY. */
enum job_state { JOB_FREE, JOB_ASKED, JOB_UNDER_WAY, JOB_ANSWERED };

struct job {
    enum job_state state;
    bool cancelled;
    struct store_question question;
    struct store_job *job; /* the thread's alone */
    struct store_progress at;
    struct store_answer answer;
};

struct store_thread {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t turned; /* for the thread: there is something for it */
    pthread_cond_t begun;  /* for who gave a batch: PHASE_GIVEN is over */
    enum phase phase;
    bool one_processor;
    bool stepping; /* a job, or tidying up: both may take a while */
    bool stopping;
    struct store *store;
    store_wake *wake;
    void *context;
    const struct relay_batch *batch;
    struct relay_results results;
    enum err e;
    struct job jobs[STORE_JOB_KINDS];
    unsigned last_job; /* stepped last: they take turns */
    bool beat_asked;   /* and not given yet */
    bool quota_due;    /* quota is not the store's yet */
    struct store_quota quota;
};

/* What was asked for is done. Gives the lock away for that long. */
static void
tell(struct store_thread *t)
{
    pthread_mutex_unlock(&t->lock);
    t->wake(t->context);
    pthread_mutex_lock(&t->lock);
}

static uint64_t
now_us(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* What the batch left to be done, while its answers are on their way. */
static void
tidy(struct store_thread *t)
{
    enum err e;

    t->stepping = true;
    pthread_mutex_unlock(&t->lock);
    e = store_tidy(t->store);
    pthread_mutex_lock(&t->lock);
    t->stepping = false;
    if (e == ERR_OK)
        return;
    t->e = e;
    tell(t);
}

static void
do_batch(struct store_thread *t)
{
    if (t->quota_due)
        store_set_quota(t->store, &t->quota);
    t->quota_due = false;
    t->phase = PHASE_BEGUN;
    pthread_mutex_unlock(&t->lock);
    pthread_cond_signal(&t->begun);
    if (t->e == ERR_OK) /* or what failed was tidying up */
        t->e = store_commit(t->store, t->batch, &t->results);
    pthread_mutex_lock(&t->lock);
    t->phase = PHASE_DONE;
    tell(t);
    /* a batch that was given meanwhile begins at once: on one processor the
     * loop waits for that, and the batch does what is left to be done */
    if (t->e == ERR_OK && t->phase != PHASE_GIVEN)
        tidy(t);
}

/* Of the jobs that are asked for or under way the next in turn, or NULL. */
static struct job *
next_job(struct store_thread *t)
{
    for (unsigned i = 1; i <= STORE_JOB_KINDS; i++) {
        unsigned at = (t->last_job + i) % STORE_JOB_KINDS;
        struct job *j = &t->jobs[at];

        if (j->state == JOB_ASKED || j->state == JOB_UNDER_WAY) {
            t->last_job = at;
            return j;
        }
    }
    return NULL;
}

/* Begins or steps; *done: it has come to its end, or never began. Without the
 * lock: what it uses of j is the thread's alone. */
static void
step(struct store_thread *t,
     struct job *j,
     struct store_answer *out,
     bool *done)
{
    enum err e;

    *done = false;
    if (j->job == NULL) {
        e = store_job_begin(t->store, &j->question, &j->job);
        *done = e != ERR_OK;
        if (*done)
            *out = (struct store_answer){.kind = j->question.kind, .e = e};
        return;
    }
    store_job_step(j->job, done);
    if (*done) {
        store_job_end(j->job, out);
        j->job = NULL;
    }
}

static void
give_up(struct job *j, struct store_answer *out)
{
    *out = (struct store_answer){.kind = j->question.kind, .e = ERR_DENIED};
    if (j->job != NULL)
        store_job_end(j->job, out);
    j->job = NULL;
}

static void
do_job(struct store_thread *t, struct job *j)
{
    /* after a batch that failed nothing is touched any more */
    bool off = j->cancelled || t->e != ERR_OK;
    bool done = true;
    struct store_answer answer;
    struct store_progress at = j->at;

    j->state = JOB_UNDER_WAY;
    t->stepping = true;
    pthread_mutex_unlock(&t->lock);
    if (off)
        give_up(j, &answer);
    else
        step(t, j, &answer, &done);
    if (j->job != NULL)
        store_job_progress(j->job, &at);
    pthread_mutex_lock(&t->lock);
    t->stepping = false;
    j->at = at;
    if (!done)
        return;
    j->answer = answer;
    j->state = JOB_ANSWERED;
    tell(t);
}

static void *
run(void *context)
{
    struct store_thread *t = context;
    struct job *j = NULL;

    pthread_mutex_lock(&t->lock);
    for (;;) {
        t->beat_asked = false;
        while (t->phase != PHASE_GIVEN && !t->stopping &&
               (j = next_job(t)) == NULL) {
            pthread_cond_wait(&t->turned, &t->lock);
            t->beat_asked = false;
        }
        if (t->phase == PHASE_GIVEN)
            do_batch(t);
        else if (t->stopping)
            break;
        else
            do_job(t, j);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

enum err
store_thread_start(struct store *s,
                   store_wake *wake,
                   void *context,
                   struct store_thread **out)
{
    struct store_thread *t = mem_new(sizeof *t);
    sigset_t all;
    sigset_t before;
    int failed;

    if (t == NULL)
        return ERR_MEMORY;
    t->store = s;
    store_set_clock(s, now_us);
    t->wake = wake;
    t->context = context;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->turned, NULL);
    pthread_cond_init(&t->begun, NULL);
    sigfillset(&all); /* signals belong to the loop */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&t->thread, NULL, run, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        pthread_cond_destroy(&t->turned);
        pthread_cond_destroy(&t->begun);
        pthread_mutex_destroy(&t->lock);
        mem_free(t);
        return ERR_MEMORY;
    }
    *out = t;
    return ERR_OK;
}

bool
store_thread_beat(struct store_thread *t)
{
    bool given;

    pthread_mutex_lock(&t->lock);
    given = !t->beat_asked;
    t->beat_asked = true;
    pthread_mutex_unlock(&t->lock);
    pthread_cond_signal(&t->turned);
    return given;
}

void
store_thread_set_quota(struct store_thread *t, const struct store_quota *q)
{
    pthread_mutex_lock(&t->lock);
    t->quota = *q;
    t->quota_due = true;
    pthread_mutex_unlock(&t->lock);
}

void
store_thread_share(struct store_thread *t, bool one_processor)
{
    pthread_mutex_lock(&t->lock);
    t->one_processor = one_processor;
    pthread_mutex_unlock(&t->lock);
}

void
store_thread_submit(struct store_thread *t, const struct relay_batch *batch)
{
    bool wait;

    pthread_mutex_lock(&t->lock);
    t->batch = batch;
    t->phase = PHASE_GIVEN;
    wait = t->one_processor && !t->stepping;
    pthread_mutex_unlock(&t->lock);
    pthread_cond_signal(&t->turned);
    if (!wait)
        return;
    pthread_mutex_lock(&t->lock);
    while (t->phase == PHASE_GIVEN)
        pthread_cond_wait(&t->begun, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

bool
store_thread_collect(struct store_thread *t,
                     enum err *e,
                     const struct relay_results **results)
{
    bool done;

    pthread_mutex_lock(&t->lock);
    done = t->phase == PHASE_DONE;
    if (done) {
        t->phase = PHASE_IDLE;
        *e = t->e;
        *results = &t->results;
    }
    pthread_mutex_unlock(&t->lock);
    return done;
}

enum err
store_thread_failed(struct store_thread *t)
{
    enum err e;

    pthread_mutex_lock(&t->lock);
    e = t->e;
    pthread_mutex_unlock(&t->lock);
    return e;
}

enum err
store_thread_ask(struct store_thread *t, const struct store_question *q)
{
    struct job *j = &t->jobs[q->kind];
    enum err e = ERR_BUSY;

    pthread_mutex_lock(&t->lock);
    if (j->state == JOB_FREE) {
        *j = (struct job){.state = JOB_ASKED, .question = *q};
        e = ERR_OK;
    }
    pthread_mutex_unlock(&t->lock);
    if (e == ERR_OK)
        pthread_cond_signal(&t->turned);
    return e;
}

bool
store_thread_answer(struct store_thread *t,
                    enum store_job_kind kind,
                    struct store_answer *out)
{
    struct job *j = &t->jobs[kind];
    bool there;

    pthread_mutex_lock(&t->lock);
    there = j->state == JOB_ANSWERED;
    if (there) {
        *out = j->answer;
        j->state = JOB_FREE;
    }
    pthread_mutex_unlock(&t->lock);
    return there;
}

bool
store_thread_progress(struct store_thread *t,
                      enum store_job_kind kind,
                      struct store_progress *out)
{
    const struct job *j = &t->jobs[kind];
    bool there;

    pthread_mutex_lock(&t->lock);
    there = j->state == JOB_ASKED || j->state == JOB_UNDER_WAY;
    if (there)
        *out = j->at;
    pthread_mutex_unlock(&t->lock);
    return there;
}

void
store_thread_cancel(struct store_thread *t, enum store_job_kind kind)
{
    pthread_mutex_lock(&t->lock);
    t->jobs[kind].cancelled = true;
    pthread_mutex_unlock(&t->lock);
}

struct store *
store_thread_stop(struct store_thread *t, enum err *failed)
{
    struct store *s = t->store;

    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_mutex_unlock(&t->lock);
    pthread_cond_signal(&t->turned);
    pthread_join(t->thread, NULL); /* ends the batch under way first */
    *failed = t->e;
    for (int i = 0; i < STORE_JOB_KINDS; i++) {
        struct store_answer unheard;

        if (t->jobs[i].job != NULL)
            give_up(&t->jobs[i], &unheard);
    }
    pthread_cond_destroy(&t->turned);
    pthread_cond_destroy(&t->begun);
    pthread_mutex_destroy(&t->lock);
    mem_free(t);
    return s;
}
