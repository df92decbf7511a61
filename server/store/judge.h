/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rules of the store, over any engine. Each is called inside a transaction
 * and gives ERR_OK with a verdict, or what the engine failed with. */
#ifndef STORE_JUDGE_H
#define STORE_JUDGE_H

#include "base/arena.h"
#include "engine.h"
#include "store.h"

enum {
    /* bytes: the pages of one batch and their heads */
    STORE_ARENA_MAX = 64 * 1024 * 1024,

    /* of the whole store's share beyond which only commits still get in */
    STORE_COMMIT_RESERVE_PERCENT = 5,

    /* bytes: what a row takes beside its content, with its entries in indexes
     */
    STORE_ROW_BYTES = 256
};

struct store {
    struct engine *engine;
    struct store_quota quota;
    struct arena arena;  /* results, until the next batch */
    size_t damaged;      /* in this batch */
    uint32_t rows_max;   /* of a sweep just now, beside what it asks for */
    store_clock *now_us; /* NULL: none */
};

MUST_USE enum err judge_append(struct store *s,
                               const struct relay_op *op,
                               struct relay_op_result *res);
MUST_USE enum err judge_leave(struct store *s,
                              const struct relay_op *op,
                              struct relay_op_result *res);
MUST_USE enum err judge_empty(struct store *s,
                              const struct relay_op *op,
                              struct relay_op_result *res);
MUST_USE enum err judge_card(struct store *s,
                             const struct relay_op *op,
                             struct relay_op_result *res);
MUST_USE enum err judge_blob(struct store *s,
                             const struct relay_op *op,
                             struct relay_op_result *res);
MUST_USE enum err judge_sweep(struct store *s,
                              const struct relay_op *op,
                              struct relay_op_result *res);

/* Outside a transaction. */
MUST_USE enum err judge_page(struct store *s,
                             const struct relay_load *load,
                             struct relay_load_result *res);
MUST_USE enum err judge_load_card(struct store *s,
                                  const struct relay_load *load,
                                  struct relay_load_result *res);
MUST_USE enum err judge_load_blob(struct store *s,
                                  const struct relay_load *load,
                                  struct relay_load_result *res);

/* One more record: gives it the next number in p, which counts it and lives on
 * for a while after it, to the day, so that numbers do not begin again while
 * somebody may remember them. */
void judge_count(const struct store_quota *q,
                 struct place_row *p,
                 struct record_row *row);

/* A record of p is gone: what p counts becomes less. */
void judge_forget(struct store *s,
                  struct place_row *p,
                  const struct record_row *row);

/* Whether len more bytes fit into what anybody may fill, with a row of their
 * own when it is a new one. */
bool judge_anonymous_room(const struct store *s, size_t len, bool fresh);

/* Whether there is room for len more bytes of that kind in the relay's share.
 */
bool judge_room(const struct store *s, size_t len, bool commit);

/* A damaged row must not wrap a sum. */
static inline void
judge_lessen(uint64_t *from, uint64_t by)
{
    *from -= by <= *from ? by : *from;
}

/* One more row of a class. */
void census_count(struct relay_census_class *c, uint32_t hour, uint64_t len);

/* Makes a store of an engine, which it owns from now on also on an error. */
MUST_USE enum err
store_new(struct engine *e, const struct store_quota *q, struct store **out);

#endif
