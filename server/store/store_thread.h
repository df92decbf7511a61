/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A store on its own thread: the loop hands a batch over, goes on, and is woken
 * when the batch is durable. Beside the batches it does jobs (job.h) in steps:
 * a batch that waits goes before the next step. No function here waits for the
 * disk except store_thread_stop(). */
#ifndef STORE_STORE_THREAD_H
#define STORE_STORE_THREAD_H

#include "job.h"

struct store_thread;

/* Called on the store's thread when a batch is done, when an answer is there,
 * and when the store has failed: look for all of them. May only wake the loop.
 */
typedef void store_wake(void *context);

/* The store is the thread's until store_thread_stop(). ERR_MEMORY. */
MUST_USE enum err store_thread_start(struct store *s,
                                     store_wake *wake,
                                     void *context,
                                     struct store_thread **out);

/* Both threads have one processor between them. Then a batch that is handed
 * over is begun before the caller goes on, if nothing else is under way: a
 * caller that never sleeps, because it is flooded, would else keep the thread
 * waiting for the rest of its time slice, which is milliseconds. */
void store_thread_share(struct store_thread *t, bool one_processor);

/* None may be under way. The batch is borrowed until it was collected. */
void
store_thread_submit(struct store_thread *t, const struct relay_batch *batch);

/* True when the batch is done: *e as store_commit(), results, with the time
 * that it took, borrowed until the next submit. False: none is under way, or
 * not yet. */
bool store_thread_collect(struct store_thread *t,
                          enum err *e,
                          const struct relay_results **results);

/* Not ERR_OK when no batch is under way and nothing can be stored any more, as
 * after store_commit() or store_tidy() has failed; the thread has called. */
enum err store_thread_failed(struct store_thread *t);

/* Asks for a job; at any time, also while a batch is under way. One of each
 * kind at a time.
 *
 * ERR_BUSY  that kind was asked for and its answer not yet collected */
MUST_USE enum err
store_thread_ask(struct store_thread *t, const struct store_question *q);

/* True when the answer to a question of that kind is there, once. Errors as
 * store_job_begin() and store_job_step(); ERR_DENIED: it was cancelled, or a
 * batch failed; ERR_FULL for a backup also when a batch found the disk full,
 * since batches go first. */
bool store_thread_answer(struct store_thread *t,
                         enum store_job_kind kind,
                         struct store_answer *out);

/* How far that is. False: it was not asked for, or is answered. */
bool store_thread_progress(struct store_thread *t,
                           enum store_job_kind kind,
                           struct store_progress *out);

/* Gives up what was asked for, if it is not done yet: its answer follows. */
void store_thread_cancel(struct store_thread *t, enum store_job_kind kind);

/* Asks the thread for a sign of life, which it gives between two batches or
 * steps. False: the one asked for by the last call has not come yet. */
bool store_thread_beat(struct store_thread *t);

/* Other quotas from the next batch on. */
void
store_thread_set_quota(struct store_thread *t, const struct store_quota *q);

/* Waits for the batch under way, gives up the jobs (without an answer) and
 * gives the store back. *failed: what store_thread_failed() would say now. */
struct store *store_thread_stop(struct store_thread *t, enum err *failed);

#endif
