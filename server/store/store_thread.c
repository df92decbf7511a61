/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One batch at a time between two threads. */
#include "store_thread.h"

#include <pthread.h>
#include <signal.h>

#include "base/mem.h"

enum phase { PHASE_IDLE, PHASE_GIVEN, PHASE_DONE, PHASE_STOP };

struct store_thread {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t turned; /* phase has changed to GIVEN or STOP */
    enum phase phase;
    struct store *store;
    store_wake *wake;
    void *context;
    const struct relay_batch *batch;
    struct relay_results results;
    enum err e;
};

static void *
run(void *context)
{
    struct store_thread *t = context;

    pthread_mutex_lock(&t->lock);
    for (;;) {
        while (t->phase != PHASE_GIVEN && t->phase != PHASE_STOP)
            pthread_cond_wait(&t->turned, &t->lock);
        if (t->phase == PHASE_STOP)
            break;
        pthread_mutex_unlock(&t->lock);
        t->e = store_commit(t->store, t->batch, &t->results);
        pthread_mutex_lock(&t->lock);
        t->phase = PHASE_DONE;
        pthread_cond_signal(&t->turned); /* for stop, which may wait */
        t->wake(t->context);
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
    t->wake = wake;
    t->context = context;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->turned, NULL);
    sigfillset(&all); /* signals belong to the loop */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&t->thread, NULL, run, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        pthread_cond_destroy(&t->turned);
        pthread_mutex_destroy(&t->lock);
        mem_free(t);
        return ERR_MEMORY;
    }
    *out = t;
    return ERR_OK;
}

void
store_thread_submit(struct store_thread *t, const struct relay_batch *batch)
{
    pthread_mutex_lock(&t->lock);
    t->batch = batch;
    t->phase = PHASE_GIVEN;
    pthread_cond_signal(&t->turned);
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

struct store *
store_thread_stop(struct store_thread *t)
{
    struct store *s = t->store;

    pthread_mutex_lock(&t->lock);
    while (t->phase == PHASE_GIVEN)
        pthread_cond_wait(&t->turned, &t->lock);
    t->phase = PHASE_STOP;
    pthread_cond_signal(&t->turned);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    pthread_cond_destroy(&t->turned);
    pthread_mutex_destroy(&t->lock);
    mem_free(t);
    return s;
}
