/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rates by coarse address. The hash is keyed by the driver, so it can index the
 * table as it is. */
#include "prefix.h"

#include <string.h>

#include "base/mem.h"

/* A household, a camp's Wi-Fi or a small VPN shares one prefix: the bursts
 * leave room for some hundred people at once, the rates for their steady talk.
 */
static const struct {
    uint32_t burst;
    uint32_t per_s;
} rates[PREFIX_RATES] = {
    [PREFIX_OPENED] = {512, 16},
    [PREFIX_SHAKES] = {512, 16},
    [PREFIX_WRITES] = {8192, 256},
    [PREFIX_BYTES] = {128 * 1024, 4 * 1024}, /* KiB */
    [PREFIX_LEAVES] = {1024, 4},
};

enum { SWEEP_MS = 60 * 1000 };

void
prefix_table_init(struct prefix_table *t)
{
    *t = (struct prefix_table){0};
}

void
prefix_table_free(struct prefix_table *t)
{
    for (size_t i = 0; t->slots != NULL && i < PREFIX_SLOTS; i++) {
        while (t->slots[i] != NULL) {
            struct prefix *p = t->slots[i];

            t->slots[i] = p->next;
            mem_free(p);
        }
    }
    mem_free(t->slots);
    *t = (struct prefix_table){0};
}

static struct prefix **
slot_of(struct prefix_table *t, const uint8_t hash[static RELAY_PREFIX_LEN])
{
    uint64_t v;

    memcpy(&v, hash, sizeof v);
    return &t->slots[v & (PREFIX_SLOTS - 1)];
}

static enum err
find_or_make(struct prefix_table *t,
             const uint8_t hash[static RELAY_PREFIX_LEN],
             uint64_t now_ms,
             struct prefix **out)
{
    struct prefix **slot = slot_of(t, hash);
    struct prefix *p = *slot;

    while (p != NULL && memcmp(p->hash, hash, RELAY_PREFIX_LEN) != 0)
        p = p->next;
    if (p == NULL) {
        if (t->count >= PREFIX_MAX)
            return ERR_FULL;
        p = mem_new(sizeof *p);
        if (p == NULL)
            return ERR_MEMORY;
        memcpy(p->hash, hash, RELAY_PREFIX_LEN);
        for (int i = 0; i < PREFIX_RATES; i++) {
            p->rates[i].at_ms = now_ms;
            p->rates[i].room = (uint64_t)rates[i].burst * 1000;
        }
        p->next = *slot;
        *slot = p;
        t->count++;
    }
    *out = p;
    return ERR_OK;
}

enum err
prefix_enter(struct prefix_table *t,
             const uint8_t hash[static RELAY_PREFIX_LEN],
             uint64_t now_ms,
             struct prefix **out)
{
    struct prefix *p;
    enum err e;

    *out = NULL;
    if (bytes_all_zero((struct bytes){hash, RELAY_PREFIX_LEN}))
        return ERR_OK;
    if (t->slots == NULL) {
        t->slots = mem_new_array(PREFIX_SLOTS, sizeof(struct prefix *));
        if (t->slots == NULL)
            return ERR_MEMORY;
    }
    e = find_or_make(t, hash, now_ms, &p);
    if (e != ERR_OK)
        return e;
    p->used_ms = now_ms;
    if (p->conns >= PREFIX_CONNS ||
        prefix_spend(p, PREFIX_OPENED, 1, now_ms) != 0)
        return ERR_DENIED;
    p->conns++;
    *out = p;
    return ERR_OK;
}

void
prefix_move(struct prefix_table *t,
            const uint8_t hash[static RELAY_PREFIX_LEN],
            uint64_t now_ms,
            struct prefix **p)
{
    struct prefix *to;

    if (*p == NULL || bytes_all_zero((struct bytes){hash, RELAY_PREFIX_LEN}) ||
        find_or_make(t, hash, now_ms, &to) != ERR_OK)
        return;
    to->conns++;
    prefix_leave(*p, now_ms);
    *p = to;
}

void
prefix_leave(struct prefix *p, uint64_t now_ms)
{
    if (p == NULL)
        return;
    p->conns--;
    if (now_ms > p->used_ms)
        p->used_ms = now_ms;
}

uint32_t
bucket_spend(uint64_t *at_ms,
             uint64_t *room,
             uint32_t burst,
             uint32_t per_s,
             uint32_t amount,
             uint64_t now_ms)
{
    uint64_t full = (uint64_t)burst * 1000;
    uint64_t cost = (uint64_t)amount * 1000;
    uint64_t passed = now_ms > *at_ms ? now_ms - *at_ms : 0;
    uint64_t lacking;

    /* so long that the bucket is full: also keeps the product small */
    if (passed > full / per_s)
        passed = full / per_s + 1;
    *room += passed * per_s;
    if (*room > full)
        *room = full;
    *at_ms = now_ms;
    if (cost <= *room) {
        *room -= cost;
        return 0;
    }
    lacking = cost - *room;
    return (uint32_t)(lacking / ((uint64_t)per_s * 1000)) + 1;
}

uint32_t
prefix_spend(struct prefix *p,
             enum prefix_rate what,
             uint32_t amount,
             uint64_t now_ms)
{
    if (p == NULL)
        return 0;
    return bucket_spend(&p->rates[what].at_ms, &p->rates[what].room,
                        rates[what].burst, rates[what].per_s, amount, now_ms);
}

void
prefix_sweep(struct prefix_table *t, uint64_t now_ms)
{
    if (t->slots == NULL || now_ms - t->swept_ms < SWEEP_MS)
        return;
    t->swept_ms = now_ms;
    for (size_t i = 0; i < PREFIX_SLOTS; i++) {
        struct prefix **at = &t->slots[i];

        while (*at != NULL) {
            struct prefix *p = *at;

            if (p->conns == 0 && now_ms - p->used_ms >= PREFIX_FORGET_MS) {
                *at = p->next;
                t->count--;
                mem_free(p);
            } else {
                at = &p->next;
            }
        }
    }
}
