/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What would take too long at once: counting everything, copying everything.
 * Done on the store's connection in small steps, so that batches are served in
 * between. A job belongs to whoever has the store (store_thread.h does this
 * for a running relay). */
#ifndef STORE_JOB_H
#define STORE_JOB_H

#include "store.h"

enum store_job_kind {
    STORE_JOB_CENSUS, /* store_census() in steps */
    STORE_JOB_BACKUP, /* see backup.h; only SQLite */
    STORE_JOB_KINDS
};

struct store_question {
    enum store_job_kind kind;
    /* BACKUP: the relay's secret, STORE_KEY_LEN bytes, that goes into the copy;
     * borrowed until the answer */
    const uint8_t *key;
};

/* Valid whatever e is: kind. With ERR_OK: census of a CENSUS, bytes (the length
 * of the finished file) of a BACKUP. */
struct store_answer {
    enum store_job_kind kind;
    enum err e;
    struct relay_census census;
    uint64_t bytes;
};

/* How far a job is, in units of its own; total may grow. */
struct store_progress {
    uint64_t done;
    uint64_t total;
};

struct store_job;

/* Begins; nothing else may be under way in the store at this moment.
 *
 * ERR_USE     a BACKUP without a key
 * ERR_UNSUPPORTED  a BACKUP of a store in memory
 * ERR_FULL    the copy does not fit beside the database: nothing was written
 * ERR_DISK    the copy cannot be made
 * ERR_MEMORY */
MUST_USE enum err store_job_begin(struct store *s,
                                  const struct store_question *q,
                                  struct store_job **out);

/* One step: at most some milliseconds of a disk that is not busy. Between two
 * steps, and only there, store_commit() may be called.
 *
 *  done  set when the job has come to its end, with ERR_OK or without; then
 *        call store_job_end()
 *
 * The answer's errors: ERR_FULL, ERR_DISK (of the copy: the store goes on; or
 * of the store itself, whose next store_commit() says so), ERR_AUTH (the
 * database is damaged where the job read), ERR_MEMORY. A census that overlaps
 * with batches counts what moves meanwhile once, twice or not at all. */
void store_job_step(struct store_job *j, bool *done);

void store_job_progress(const struct store_job *j, struct store_progress *out);

/* Ends a job and gives its answer. One that had not come to its end is undone
 * without a trace and answers ERR_DENIED. Must happen before store_close(). */
void store_job_end(struct store_job *j, struct store_answer *out);

#endif
