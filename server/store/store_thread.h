/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A store on its own thread: the loop hands a batch over, goes on, and is woken
 * when the batch is durable. */
#ifndef STORE_STORE_THREAD_H
#define STORE_STORE_THREAD_H

#include "store.h"

struct store_thread;

/* Called on the store's thread when a batch is done; may only wake the loop. */
typedef void store_wake(void *context);

/* The store is the thread's until store_thread_stop(). ERR_MEMORY. */
MUST_USE enum err store_thread_start(struct store *s,
                                     store_wake *wake,
                                     void *context,
                                     struct store_thread **out);

/* None may be under way. The batch is borrowed until it was collected. */
void
store_thread_submit(struct store_thread *t, const struct relay_batch *batch);

/* True when the batch is done: *e as store_commit(), results borrowed until the
 * next submit. False: none is under way, or not yet. */
bool store_thread_collect(struct store_thread *t,
                          enum err *e,
                          const struct relay_results **results);

/* Waits for what is under way and gives the store back. */
struct store *store_thread_stop(struct store_thread *t);

#endif
