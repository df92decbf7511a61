/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A script of batches of every kind, the same each time, and what a reader sees
 * after each of them, by the other engine. */
#ifndef RELAY_STORE_CRASH_SCRIPT_H
#define RELAY_STORE_CRASH_SCRIPT_H

#include "bench.h"

enum {
    SCRIPT_BATCHES = 150,
    SCRIPT_OPS = 6, /* at most, in one */
    SCRIPT_BYTES = 3000,
    CHANNELS = 3,
    MAILBOXES = 2,
    CARDS = 3,
    BLOBS = 3,
    FIRST_MAILBOX = 100,
    VIEW_MAX = 4 * 1024 * 1024
};

/* A number as its bytes: views are compared within one process only. */
#define SCRIPT_VALUE(x) ((struct bytes){(const uint8_t *)&(x), sizeof(x)})

struct script_batch {
    struct relay_op ops[SCRIPT_OPS];
    uint8_t bytes[SCRIPT_OPS][SCRIPT_BYTES];
    uint64_t numbers[SCRIPT_OPS][4];
    struct relay_batch batch;
    uint8_t view[HASH_LEN]; /* what is seen when it is stored */
};

struct script {
    struct script_batch batches[SCRIPT_BATCHES];
    uint8_t empty[HASH_LEN]; /* what is seen before the first */
    uint32_t hour;
    uint64_t commits[CHANNELS];
    uint32_t random;
};

static inline uint32_t
script_random(struct script *s, uint32_t below)
{
    s->random = s->random * 1664525u + 1013904223u;
    return (s->random >> 8) % below;
}

/* All that can be read, in one fixed order. */
static inline void
script_view(struct store *store, uint8_t out[static HASH_LEN])
{
    struct buf all = buf_limited(VIEW_MAX);
    struct relay_load loads[CHANNELS + MAILBOXES + CARDS + BLOBS];
    struct relay_batch batch = {.loads = loads};
    uint32_t hour = store_sweep_hour(store);
    struct relay_results results;
    struct bytes whole;

    for (unsigned i = 0; i < CHANNELS; i++)
        loads[batch.load_count++] = load_page(RELAY_CHANNEL, i, 0);
    for (unsigned i = 0; i < MAILBOXES; i++)
        loads[batch.load_count++] =
            load_page(RELAY_MAILBOX, FIRST_MAILBOX + i, 0);
    for (unsigned i = 0; i < CARDS + BLOBS; i++) {
        loads[batch.load_count] = (struct relay_load){
            .kind = i < CARDS ? RELAY_LOAD_CARD : RELAY_LOAD_BLOB};
        bench_id(loads[batch.load_count++].id, i < CARDS ? i : i - CARDS);
    }
    for (size_t i = 0; i < batch.load_count; i++) {
        loads[i].hour = hour;
        loads[i].credit = RELAY_PAGE_MAX;
    }
    buf_append(&all, SCRIPT_VALUE(hour));
    if (store_commit(store, &batch, &results) != ERR_OK)
        buf_append(&all, bytes_str("cannot be read"));
    else
        for (size_t i = 0; i < batch.load_count; i++) {
            const struct relay_load_result *l = &results.loads[i];

            buf_append(&all, SCRIPT_VALUE(l->verdict));
            buf_append(&all, SCRIPT_VALUE(l->last));
            buf_append(&all, l->bytes);
            for (size_t j = 0; j < l->record_count; j++) {
                buf_append(&all, SCRIPT_VALUE(l->records[j].number));
                buf_append(&all, SCRIPT_VALUE(l->records[j].kind));
                buf_append(&all, SCRIPT_VALUE(l->records[j].expired));
                buf_append(&all, l->records[j].bytes);
            }
        }
    assert_ok(buf_end(&all));
    whole = (struct bytes){all.b, all.len};
    hash_id("view", &whole, 1, out);
    buf_free(&all);
}

static inline struct bytes
script_bytes(struct script *s, uint8_t *out)
{
    size_t len = 10 + script_random(s, 10);

    if (script_random(s, 4) == 0)
        len += script_random(s, SCRIPT_BYTES - 20); /* over a page's quarter */
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)script_random(s, 256);
    return (struct bytes){out, len};
}

static inline void
script_op(struct script *s,
          struct relay_op *op,
          uint8_t *bytes,
          uint64_t numbers[static 4])
{
    struct bytes in = script_bytes(s, bytes);
    unsigned channel = script_random(s, CHANNELS);
    uint32_t dice = script_random(s, 20);

    if (dice < 10) {
        *op = op_append(channel, RELAY_MESSAGE, s->commits[channel], in);
    } else if (dice < 12) {
        *op = op_append(channel, RELAY_COMMIT, s->commits[channel]++, in);
    } else if (dice < 15) {
        *op = op_leave(FIRST_MAILBOX + script_random(s, MAILBOXES), "");
        op->leave.bytes = in;
        hash_id("pristan record", &in, 1, op->leave.hash);
    } else if (dice < 16) {
        *op = (struct relay_op){.kind = RELAY_OP_EMPTY};
        bench_id(op->id, FIRST_MAILBOX + script_random(s, MAILBOXES));
        op->empty.numbers = numbers;
        op->empty.number_count = 4;
        for (unsigned i = 0; i < 4; i++)
            numbers[i] = 1 + script_random(s, 20);
    } else if (dice < 18) {
        *op = op_card(script_random(s, CARDS), script_random(s, 1000), 0, "");
        op->card.bytes = in;
    } else {
        *op = op_blob(script_random(s, BLOBS), 0, in);
    }
    op->expires_hour = s->hour + 5 + script_random(s, 60);
    if (op->kind == RELAY_OP_APPEND)
        op->append.stub_hour = op->expires_hour + script_random(s, 40);
}

/* Every tenth batch is a sweep, every second of these leaves no log. */
static inline void
script_fill(struct script *s, unsigned n)
{
    struct script_batch *b = &s->batches[n];
    size_t count = 1 + script_random(s, SCRIPT_OPS);

    for (size_t i = 0; i < count; i++)
        script_op(s, &b->ops[i], b->bytes[i], b->numbers[i]);
    if (n % 10 == 9) {
        s->hour += 8;
        b->ops[0] = op_sweep(s->hour);
        b->ops[0].sweep.truncate = n % 20 == 19;
        count = 1;
    }
    b->batch = (struct relay_batch){.ops = b->ops, .op_count = count};
}

/* A commit that was overtaken in its own batch may not have got in: what the
 * channels hold is asked of whoever judged it. */
static inline void
script_learn(struct script *s,
             const struct script_batch *b,
             const struct relay_results *r)
{
    for (size_t i = 0; i < b->batch.op_count; i++)
        if (b->ops[i].kind == RELAY_OP_APPEND)
            s->commits[b->ops[i].id[0]] = r->ops[i].commits;
}

static inline void
script_make(struct script *s)
{
    struct bench b;

    *s = (struct script){.hour = HOUR, .random = 7};
    bench_start(&b, false);
    bench_open(&b);
    script_view(b.store, s->empty);
    for (unsigned n = 0; n < SCRIPT_BATCHES; n++) {
        script_fill(s, n);
        assert_ok(store_commit(b.store, &s->batches[n].batch, &b.results));
        script_learn(s, &s->batches[n], &b.results);
        script_view(b.store, s->batches[n].view);
    }
    bench_end(&b);
}

#endif
