/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What newcomers among the volunteers are told: docs/PROTOCOL.md section 5.5.
 */
#include "cases.h"
#include "cases_private.h"

#include <string.h>

#include "base/mem.h"

static bool
later_than(struct cases_place a, struct cases_place b)
{
    return a.epoch > b.epoch || (a.epoch == b.epoch && a.number > b.number);
}

/* What came after the snapshot's head happens again, to this case. */
static void
replay(const struct cases *cs, struct cases_item *item, struct cases_place head)
{
    for (size_t i = 0; i < cs->later_count; i++) {
        const struct cases_event *ev = &cs->later[i];
        bool concerns = ev->kind == CONTENT_KINDS ||
                        memcmp(ev->case_id, item->c.id, CONTENT_ID_LEN) == 0;

        if (concerns && later_than(ev->at, head))
            (void)cases_fold(item, ev);
    }
}

static enum err
adopt_one(struct cases *cs,
          const struct content_case *in,
          struct cases_place head)
{
    struct cases_item *old = cases_find(cs, in->id);
    uint8_t dropped[CONTENT_ID_LEN];
    struct cases_item *item;
    enum err e;

    if (old != NULL && old->settled)
        return ERR_OK; /* the first that told counts */
    e = cases_item_new(in, &item);
    if (e != ERR_OK)
        return e;
    for (size_t i = 0; old != NULL && i < cs->count; i++)
        if (cs->items[i] == old) {
            cases_take_out(cs, i);
            break;
        }
    if (cases_make_room(cs, dropped) != ERR_OK) {
        /* more than there can be: the rest is of no use */
        buf_free(&item->own);
        mem_free(item);
        return ERR_OK;
    }
    item->settled = true;
    if (item->c.number > cs->last_number)
        cs->last_number = item->c.number;
    cases_put_in(cs, item);
    replay(cs, item, head);
    return ERR_OK;
}

/* Cases that came after the snapshot's head were numbered by us as if there had
 * been none before; they follow the highest number that was told. Done again
 * with each part: what a later part tells was no new case. */
static void
renumber(struct cases *cs, struct cases_place head)
{
    struct cases old = *cs;
    uint32_t next = 0;

    for (size_t i = 0; i < old.count; i++)
        if (old.items[i]->settled && old.items[i]->c.number > next)
            next = old.items[i]->c.number;
    if (next == 0)
        return;
    for (size_t i = 0; i < old.count; i++)
        if (!old.items[i]->settled && later_than(old.items[i]->at, head)) {
            old.items[i]->c.number = ++next;
            old.items[i]->dirty = true;
        }
    cs->count = 0;
    for (size_t i = 0; i < old.count; i++)
        cases_put_in(cs, old.items[i]);
    cs->last_number = next;
}

enum err
cases_adopt(struct cases *cs, const struct content *snapshot)
{
    struct cases_place head = {snapshot->snapshot.epoch,
                               snapshot->snapshot.number};
    enum err e = ERR_OK;

    if (!cs->waiting)
        return ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < snapshot->snapshot.case_count; i++)
        e = adopt_one(cs, &snapshot->snapshot.cases[i], head);
    if (e == ERR_OK)
        renumber(cs, head);
    cs->dirty = true;
    return e;
}

static size_t
size_of(const struct content_case *c)
{
    size_t len = 256 + c->text.len + c->language.len;

    for (size_t i = 0; i < c->key_package_count; i++)
        len += c->key_packages[i].len + 8;
    return len;
}

size_t
cases_part(const struct cases *cs, size_t *at, struct content_case *out)
{
    size_t count = 0;
    size_t len = 0;

    while (*at < cs->count) {
        const struct content_case *c = &cs->items[cs->count - 1 - *at]->c;

        len += size_of(c);
        if (count > 0 && len > CASES_PART_MAX)
            break;
        out[count++] = *c;
        (*at)++;
    }
    return count;
}
