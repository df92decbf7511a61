/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rows of the memory store. */
#ifndef STORE_ENGINE_MEMORY_H
#define STORE_ENGINE_MEMORY_H

#include "judge.h"
#include "kv.h"

struct store_disk {
    struct kv kv;
    bool lie;
    bool fail_stored;
    bool in_use;
    unsigned fail_at;
};

struct engine_memory {
    struct engine engine; /* first */
    struct store_disk *disk;
    size_t mark; /* where the transaction began */
    struct place_row page_place;
    uint64_t page_after;
};

static inline struct engine_memory *
engine_memory(struct engine *e)
{
    return (struct engine_memory *)(void *)e;
}

/* As in engine.h. */
enum err memory_place_get(struct engine *e,
                          const uint8_t id[static LIMIT_ID],
                          struct place_row *out);
enum err memory_place_put(struct engine *e, const struct place_row *p);
enum err memory_record_find(struct engine *e,
                            const struct place_row *p,
                            const uint8_t hash[static LIMIT_ID],
                            struct record_row *out);
enum err memory_record_add(struct engine *e,
                           struct place_row *p,
                           const struct record_row *row);
enum err memory_record_drop(struct engine *e,
                            const struct place_row *p,
                            const struct record_row *row,
                            uint32_t stub_hour);
enum err memory_record_get(struct engine *e,
                           const struct place_row *p,
                           uint64_t number,
                           struct record_row *out);
enum err memory_record_expired(struct engine *e,
                               uint32_t hour,
                               struct place_row *p,
                               struct record_row *out);
enum err
memory_page_begin(struct engine *e, const struct place_row *p, uint64_t after);
enum err memory_page_next(struct engine *e, struct record_row *out);
void memory_page_end(struct engine *e);
enum err memory_card_get(struct engine *e,
                         const uint8_t *id,
                         size_t prefix_len,
                         struct card_row *out);
enum err memory_card_put(struct engine *e, const struct card_row *row);
enum err memory_blob_get(struct engine *e,
                         const uint8_t id[static LIMIT_ID],
                         struct blob_row *out);
enum err memory_blob_put(struct engine *e, const struct blob_row *row);
enum err memory_sweep_rest(struct engine *e, uint32_t hour, uint32_t *room);
enum err memory_sweep_hour_put(struct engine *e, uint32_t hour);
enum err memory_census(struct engine *e,
                       unsigned rows_max,
                       struct census_walk *walk,
                       struct relay_census *out);
void memory_load_totals(struct engine_memory *m);

/* A key: table, id and up to two numbers. */
struct memory_key {
    uint8_t b[KV_KEY_MAX];
    size_t len;
};
struct memory_key memory_key(char table, const uint8_t *id, size_t id_len);
void memory_key_u64(struct memory_key *k, uint64_t v);

/* The value as it was put by memcpy: rows of this store never leave the
 * process. */
bool memory_read(const struct kv_row *row, void *head, size_t head_len);

#endif
