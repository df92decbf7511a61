/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The fold: docs/PROTOCOL.md section 5.4. Rows are in cases_rows.c, what
 * newcomers are told in cases_snapshot.c. */
#include "cases.h"
#include "cases_private.h"

#include <string.h>

#include "base/mem.h"

void
cases_init(struct cases *cs, bool waiting)
{
    *cs = (struct cases){.waiting = waiting, .dirty = true};
}

static void
item_free(struct cases_item *item)
{
    buf_free(&item->own);
    mem_wipe_free(item, sizeof *item);
}

void
cases_free(struct cases *cs)
{
    for (size_t i = 0; i < cs->count; i++)
        item_free(cs->items[i]);
    mem_free(cs->later);
    *cs = (struct cases){0};
}

struct cases_item *
cases_find(const struct cases *cs, const uint8_t id[static CONTENT_ID_LEN])
{
    for (size_t i = 0; i < cs->count; i++)
        if (memcmp(cs->items[i]->c.id, id, CONTENT_ID_LEN) == 0)
            return cs->items[i];
    return NULL;
}

/* Puts in into own and lets out point there. own has been reserved. */
static struct bytes
keep(struct buf *own, struct bytes in)
{
    size_t at = own->len;

    buf_append(own, in);
    return bytes_slice(buf_bytes(own), at, in.len);
}

enum err
cases_item_new(const struct content_case *in, struct cases_item **out)
{
    struct cases_item *item = mem_new(sizeof *item);
    size_t len = in->text.len + in->language.len;

    if (item == NULL)
        return ERR_MEMORY;
    for (size_t i = 0; i < in->key_package_count; i++)
        len += in->key_packages[i].len;
    item->own = buf_limited(len);
    if (buf_reserve(&item->own, len) != ERR_OK) {
        mem_free(item);
        return ERR_MEMORY;
    }
    item->c = *in;
    item->c.text = keep(&item->own, in->text);
    item->c.language = keep(&item->own, in->language);
    for (size_t i = 0; i < in->key_package_count; i++)
        item->c.key_packages[i] = keep(&item->own, in->key_packages[i]);
    item->dirty = true;
    *out = item;
    return ERR_OK;
}

void
cases_take_out(struct cases *cs, size_t i)
{
    item_free(cs->items[i]);
    cs->count--;
    memmove(&cs->items[i], &cs->items[i + 1],
            (cs->count - i) * sizeof cs->items[0]);
}

void
cases_put_in(struct cases *cs, struct cases_item *item)
{
    size_t i = cs->count++;

    while (i > 0 && cs->items[i - 1]->c.number > item->c.number) {
        cs->items[i] = cs->items[i - 1];
        i--;
    }
    cs->items[i] = item;
}

bool
cases_have_room(const struct cases *cs)
{
    for (size_t i = 0; i < cs->count; i++)
        if (cs->items[i]->c.state == CASE_CLOSED)
            return true;
    return cs->count < CASES_MAX;
}

enum err
cases_make_room(struct cases *cs, uint8_t dropped[static CONTENT_ID_LEN])
{
    memset(dropped, 0, CONTENT_ID_LEN);
    if (cs->count < CASES_MAX)
        return ERR_OK;
    for (size_t i = 0; i < cs->count; i++) {
        if (cs->items[i]->c.state != CASE_CLOSED)
            continue;
        memcpy(dropped, cs->items[i]->c.id, CONTENT_ID_LEN);
        cases_take_out(cs, i);
        return ERR_OK;
    }
    return ERR_FULL;
}

enum err
cases_add(struct cases *cs,
          const struct content_case *in,
          struct cases_place at,
          uint8_t dropped[static CONTENT_ID_LEN],
          struct cases_item **out)
{
    struct cases_item *item;
    enum err e;

    memset(dropped, 0, CONTENT_ID_LEN);
    if (cases_find(cs, in->id) != NULL)
        return ERR_EXISTS;
    e = cases_item_new(in, &item);
    if (e != ERR_OK)
        return e;
    e = cases_make_room(cs, dropped);
    if (e != ERR_OK) {
        item_free(item);
        return e;
    }
    item->c.state = CASE_NEW;
    memset(item->c.claimer, 0, sizeof item->c.claimer);
    item->c.lease_ms = 0;
    item->c.claims = 0;
    item->c.number = ++cs->last_number;
    item->at = at;
    cs->last = at;
    cs->dirty = true;
    cases_put_in(cs, item);
    *out = item;
    return ERR_OK;
}

/* PROTOCOL 5.4.2: a clock that is far ahead must not hold a case for ever. */
static uint64_t
event_time(const struct content_case *c, uint64_t sent_ms)
{
    uint64_t base = c->lease_ms > c->arrived_ms ? c->lease_ms : c->arrived_ms;

    return sent_ms > base && sent_ms - base > CASES_AHEAD_MS
               ? base + CASES_AHEAD_MS
               : sent_ms;
}

static bool
is_claimer(const struct content_case *c, const struct cases_event *ev)
{
    return c->state == CASE_CLAIMED &&
           memcmp(c->claimer, ev->sender, CONTENT_ID_LEN) == 0;
}

static void
give_to(struct content_case *c,
        const uint8_t whom[static CONTENT_ID_LEN],
        uint64_t t)
{
    c->state = CASE_CLAIMED;
    memcpy(c->claimer, whom, CONTENT_ID_LEN);
    c->lease_ms = t + CASES_LEASE_MS;
    c->claims++;
}

static void
give_back(struct content_case *c, enum case_state state, uint64_t t)
{
    c->state = state;
    memset(c->claimer, 0, sizeof c->claimer);
    if (c->lease_ms > t)
        c->lease_ms = t;
}

static enum cases_outcome
renew(struct content_case *c, uint64_t t)
{
    if (t + CASES_LEASE_MS > c->lease_ms)
        c->lease_ms = t + CASES_LEASE_MS;
    return CASES_RENEWED;
}

/* PROTOCOL 5.4.3: the first in log order wins; a lease that has run out, by
 * the times written in the log, lets the next one win. */
static enum cases_outcome
on_claim(struct content_case *c, const struct cases_event *ev, uint64_t t)
{
    if (is_claimer(c, ev))
        return renew(c, t);
    if (c->state == CASE_CLOSED ||
        (c->state == CASE_CLAIMED && t <= c->lease_ms))
        return CASES_LOST;
    give_to(c, ev->sender, t);
    return CASES_CLAIMED;
}

static enum cases_outcome
on_release(struct content_case *c, const struct cases_event *ev, uint64_t t)
{
    if (c->state != CASE_CLAIMED || !(is_claimer(c, ev) || ev->admin))
        return CASES_NOTHING;
    give_back(c, CASE_NEW, t);
    return CASES_RELEASED;
}

static enum cases_outcome
on_handover(struct content_case *c, const struct cases_event *ev, uint64_t t)
{
    if (c->state != CASE_CLAIMED || !(is_claimer(c, ev) || ev->admin) ||
        memcmp(c->claimer, ev->to, CONTENT_ID_LEN) == 0)
        return CASES_NOTHING;
    give_to(c, ev->to, t);
    return CASES_HANDED;
}

static enum cases_outcome
on_answered(struct content_case *c, const struct cases_event *ev, uint64_t t)
{
    return is_claimer(c, ev) ? renew(c, t) : CASES_NOTHING;
}

static enum cases_outcome
on_close(struct content_case *c, const struct cases_event *ev, uint64_t t)
{
    if (c->state == CASE_CLOSED || !(is_claimer(c, ev) || ev->admin))
        return CASES_NOTHING;
    give_back(c, CASE_CLOSED, t);
    return CASES_CLOSED;
}

static enum cases_outcome
on_reopen(struct content_case *c, const struct cases_event *ev, uint64_t t)
{
    (void)ev;
    if (c->state != CASE_CLOSED)
        return CASES_NOTHING;
    give_back(c, CASE_NEW, t);
    return CASES_REOPENED;
}

static enum cases_outcome
on_note(struct content_case *c, const struct cases_event *ev, uint64_t t)
{
    if (is_claimer(c, ev))
        (void)renew(c, t);
    return CASES_NOTED;
}

static enum cases_outcome
on_gone(struct content_case *c, const struct cases_event *ev, uint64_t t)
{
    (void)t;
    if (!is_claimer(c, ev))
        return CASES_NOTHING;
    give_back(c, CASE_NEW, c->lease_ms);
    return CASES_RELEASED;
}

typedef enum cases_outcome
rule(struct content_case *c, const struct cases_event *ev, uint64_t t);

static rule *const rules[CONTENT_KINDS + 1] = {
    [CONTENT_CASE_CLAIM] = on_claim,
    [CONTENT_CASE_RELEASE] = on_release,
    [CONTENT_CASE_HANDOVER] = on_handover,
    [CONTENT_CASE_ANSWERED] = on_answered,
    [CONTENT_CASE_CLOSE] = on_close,
    [CONTENT_CASE_REOPEN] = on_reopen,
    [CONTENT_CASE_NOTE] = on_note,
    [CONTENT_KINDS] = on_gone,
};

enum cases_outcome
cases_fold(struct cases_item *item, const struct cases_event *ev)
{
    enum cases_outcome outcome;

    if ((unsigned)ev->kind > CONTENT_KINDS || rules[ev->kind] == NULL)
        return CASES_NOTHING;
    outcome = rules[ev->kind](&item->c, ev, event_time(&item->c, ev->sent_ms));
    if (outcome != CASES_NOTHING && outcome != CASES_LOST)
        item->dirty = true;
    return outcome;
}

/* While a snapshot is awaited: it tells how things were before this. */
static enum err
remember(struct cases *cs, const struct cases_event *ev)
{
    struct cases_event *grown;

    cs->last = ev->at;
    cs->dirty = true;
    if (!cs->waiting)
        return ERR_OK;
    if (cs->later_count == CASES_LATER_MAX) {
        cases_settle(cs); /* it did not come; what we saw is what there is */
        return ERR_OK;
    }
    grown = mem_grow(cs->later, cs->later_count * sizeof *grown,
                     (cs->later_count + 1) * sizeof *grown);
    if (grown == NULL)
        return ERR_MEMORY;
    cs->later = grown;
    cs->later[cs->later_count++] = *ev;
    cs->dirty = true;
    return ERR_OK;
}

enum err
cases_apply(struct cases *cs,
            const struct cases_event *ev,
            enum cases_outcome *outcome,
            struct cases_item **item,
            uint8_t before[static CONTENT_ID_LEN])
{
    enum err e = remember(cs, ev);

    *outcome = CASES_NOTHING;
    memset(before, 0, CONTENT_ID_LEN);
    *item = cases_find(cs, ev->case_id);
    if (e != ERR_OK || *item == NULL)
        return e;
    memcpy(before, (*item)->c.claimer, CONTENT_ID_LEN);
    *outcome = cases_fold(*item, ev);
    return ERR_OK;
}

enum err
cases_member_gone(struct cases *cs, const struct cases_event *ev)
{
    enum err e = remember(cs, ev);

    for (size_t i = 0; e == ERR_OK && i < cs->count; i++)
        (void)cases_fold(cs->items[i], ev);
    return e;
}

void
cases_settle(struct cases *cs)
{
    mem_free(cs->later);
    cs->later = NULL;
    cs->later_count = 0;
    cs->dirty = cs->dirty || cs->waiting;
    cs->waiting = false;
}

enum err
cases_key_package(const struct cases_item *item, struct bytes *out)
{
    /* the first claim made `claims` 1 and uses the first */
    if (item->c.claims == 0 || item->c.claims > item->c.key_package_count)
        return ERR_FULL;
    *out = item->c.key_packages[item->c.claims - 1];
    return ERR_OK;
}

bool
cases_held(const struct cases_item *item, uint64_t now_ms)
{
    return item->c.state == CASE_CLAIMED && now_ms <= item->c.lease_ms;
}
