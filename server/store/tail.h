/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The newest records of the SQLite store, whose entries in the lists by number,
 * by mark and by hour are not written yet, and the places whose rows lag behind
 * them: what a commit need not write, because the records themselves tell it.
 * Memory alone; sqlite_tail.c fills it again after a crash, sqlite_settle.c
 * empties it. docs/STORAGE.md, docs/decisions/0010-settling.md. */
#ifndef STORE_TAIL_H
#define STORE_TAIL_H

#include "engine.h"

enum {
    TAIL_MAX = 4096,  /* keys from first to next, and places; a power of two */
    TAIL_FULL = 2048, /* records from which on they are settled */

    /* of the records that make a tail full, how many rows of lists and places
     * go along with one batch: each record has three and perhaps a place */
    TAIL_SLICES = 32
};

/* One record. It lies at key modulo TAIL_MAX; a link to a key before the
 * tail's first leads nowhere. */
struct tail_entry {
    int64_t place; /* its place's key; 0: unknown, the row is damaged */
    uint64_t number;
    uint64_t mark;
    int64_t before; /* key of the one before it in its place */
    int64_t after;  /* key of the one after it there; 0: none */
    int64_t alike;  /* key of the one before it in its bucket of marks */
    uint32_t expires_hour;
    bool dropped; /* the row is gone */
};

struct tail_place {
    struct place_row row; /* as it is; the table's may be older */
    int64_t newest;       /* key of its last entry, if that is in the tail */
    uint32_t alike;       /* the next in its bucket of ids, or the next that is
                           * free; counted from 1, 0: none */
    bool used;
    bool dirty; /* the table's row is older */
    bool due;   /* to be written with this transaction */
};

/* Something to sort entries by. */
struct tail_order {
    int64_t place;
    uint64_t by;
    int64_t key;
};

enum tail_part { TAIL_NUMBERS, TAIL_MARKS, TAIL_HOURS, TAIL_PLACES };

/* Settling, a slice at a time: all entries up to last, list by list. */
struct tail_run {
    int64_t last; /* key; 0: none is under way */
    enum tail_part part;
    size_t at; /* of count things of this part */
    size_t count;
};

struct tail {
    struct tail_entry *entries;
    struct tail_place *places;
    struct tail_order *order;
    int64_t *marks; /* buckets: the newest key */
    uint32_t *ids;  /* buckets: as alike */
    uint32_t *due;  /* places to be written with this transaction, from 0 */
    size_t due_count;
    uint32_t free;       /* as alike */
    uint64_t factor;     /* random, odd: nobody can fill one bucket */
    int64_t first;       /* key after the last that is settled */
    int64_t next;        /* key that the next record gets */
    uint32_t first_hour; /* no entry expires before it */
    uint8_t *spoilt;     /* by key modulo TAIL_MAX, a bit for each part: damage
                          * keeps its entry out of that list */
    size_t full;         /* TAIL_FULL, or less for tests */
    struct tail_run run;
};

/* Room for everything, and a random factor. ERR_MEMORY. */
MUST_USE enum err tail_start(struct tail *t, size_t full);
void tail_end(struct tail *t);

/* Nothing is in it, and the next record gets the key first. */
void tail_clear(struct tail *t, int64_t first);

static inline size_t
tail_count(const struct tail *t)
{
    return (size_t)(t->next - t->first);
}

/* The first eight bytes of a hash: an entry of a quarter of the size; the whole
 * hash is compared after it. */
uint64_t tail_mark(const uint8_t hash[static LIMIT_ID]);

/* NULL: not held. */
struct tail_place *
tail_place_find(const struct tail *t, const uint8_t id[static LIMIT_ID]);

/* Holds one that is not. NULL: there is no room, which settling makes. */
struct tail_place *tail_place_hold(struct tail *t, const struct place_row *row);

/* To be written with this transaction. */
void tail_place_due(struct tail *t, struct tail_place *p);

/* Lets go of one without entries that is as its row. */
void tail_place_release(struct tail *t, struct tail_place *p);

/* Another entry, with the key t->next, which must be less than TAIL_MAX after
 * t->first. p NULL: of a place that is not held, whose key is in e. Of e only
 * place, number, mark, expires_hour and dropped are taken. */
void tail_add(struct tail *t, struct tail_place *p, const struct tail_entry *e);

/* NULL: not in the tail, or dropped. */
struct tail_entry *tail_at(const struct tail *t, int64_t key);

/* A key of an entry of a place with a mark, older than before; 0: none. */
int64_t
tail_alike(const struct tail *t, int64_t place, uint64_t mark, int64_t before);

/* The first entry after a number in a place, or after a key; 0: none. */
int64_t
tail_after(const struct tail *t, const struct tail_place *p, uint64_t number);
int64_t tail_next(const struct tail *t, int64_t key);

/* Any entry that has expired by hour; 0: none. */
int64_t tail_expired(struct tail *t, uint32_t hour);

/* Everything up to a key is settled. */
void tail_settled(struct tail *t, int64_t last);

/* Sorts the entries up to last by place and by number or mark; says how many.
 */
size_t tail_sort(struct tail *t, int64_t last, bool by_mark);

#endif
