/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The group's log as it concerns the desk: docs/PROTOCOL.md 5.3 to 5.5. */
#include "desk.h"

#include <string.h>

#include "talks.h"

static struct notice
case_notice(enum notice_kind kind, const struct cases_item *item)
{
    struct notice n = {.kind = kind};

    memcpy(n.case_id.b, item->c.id, sizeof n.case_id.b);
    n.count = item->c.number;
    return n;
}

static struct notice_person
person(const struct group *g, const uint8_t id[static CONTENT_ID_LEN])
{
    struct client_id who;

    memcpy(who.b, id, sizeof who.b);
    if (client_id_is_zero(&who))
        return (struct notice_person){0};
    return groups_person(g, &who);
}

static enum err
tell_case(struct client *c,
          struct group *g,
          const struct cases_item *item,
          uint64_t at_ms)
{
    struct notice n = case_notice(NOTICE_CASE, item);

    n.at_ms = at_ms;
    n.text = item->c.text;
    memcpy(n.id.b, item->c.id, sizeof n.id.b);
    return turn_history(c, g, &n, false);
}

static enum err
remove_case(struct client *c,
            const struct desk *d,
            const uint8_t id[static CONTENT_ID_LEN])
{
    struct row_key k = row_key((char)ROW_CASE, &d->id);

    if (bytes_all_zero((struct bytes){id, CONTENT_ID_LEN}))
        return ERR_OK;
    memcpy(k.b + k.len, id, CONTENT_ID_LEN);
    k.len += CONTENT_ID_LEN;
    return turn_remove(c, row_key_bytes(&k));
}

static enum err
on_case(struct client *c,
        struct desk *d,
        struct group *g,
        const struct heard *h)
{
    struct content_case in = h->content->case_new;
    struct cases_place at = {h->epoch, h->number};
    uint8_t dropped[CONTENT_ID_LEN];
    struct cases_item *item;
    enum err e;

    /* nobody saw it after it was told */
    if (in.arrived_ms > h->content->sent_ms)
        in.arrived_ms = h->content->sent_ms;
    e = cases_add(&d->cases, &in, at, dropped, &item);
    if (e == ERR_OK)
        e = remove_case(c, d, dropped);
    if (e == ERR_OK)
        e = tell_case(c, g, item, h->at_ms);
    if (e == ERR_FULL) {
        desk_arrival_again(c, d, in.id);
        return ERR_OK;
    }
    if (e == ERR_EXISTS)
        e = ERR_OK;
    return e == ERR_OK ? desk_arrival_done(c, d, in.id) : e;
}

/* Indexed by outcome; 0: nothing to tell everybody. */
static const enum notice_kind notices[] = {
    [CASES_CLAIMED] = NOTICE_CASE_CLAIMED,
    [CASES_RELEASED] = NOTICE_CASE_RELEASED,
    [CASES_HANDED] = NOTICE_CASE_HANDED,
    [CASES_CLOSED] = NOTICE_CASE_CLOSED,
    [CASES_REOPENED] = NOTICE_CASE_REOPENED,
    [CASES_NOTED] = NOTICE_CASE_NOTE,
};

static enum err
tell_outcome(struct client *c,
             struct group *g,
             const struct heard *h,
             enum cases_outcome outcome,
             const struct cases_item *item,
             const uint8_t before[static CONTENT_ID_LEN])
{
    struct notice n;

    if (outcome == CASES_LOST && h->self) {
        n = case_notice(NOTICE_CLAIM_LOST, item);
        n.group = g->id;
        n.at_ms = h->at_ms;
        n.who = person(g, item->c.claimer);
        return turn_notice(c, &n);
    }
    if (outcome == CASES_NOTHING || outcome == CASES_LOST ||
        outcome == CASES_RENEWED)
        return ERR_OK;
    n = case_notice(notices[outcome], item);
    n.at_ms = h->at_ms;
    n.who = groups_person(g, &h->sender);
    n.text = h->content->on_case.text;
    memcpy(n.id.b, h->content->id, sizeof n.id.b);
    if (outcome == CASES_RELEASED)
        n.who = person(g, before);
    if (outcome == CASES_HANDED) {
        n.by = n.who;
        n.who = person(g, item->c.claimer);
    }
    return turn_history(c, g, &n, false);
}

/* How an act of ours has ended. */
static enum err
end_act(struct client *c,
        uint64_t act,
        enum cases_outcome outcome,
        const struct cases_item *item)
{
    bool closed = item != NULL && item->c.state == CASE_CLOSED;

    if (item == NULL)
        return acts_failed(c, act, CODE_NO_SUCH);
    if (outcome == CASES_LOST)
        return acts_failed(c, act, closed ? CODE_CASE_CLOSED : CODE_CASE_TAKEN);
    if (outcome == CASES_NOTHING)
        return acts_failed(c, act,
                           closed ? CODE_CASE_CLOSED : CODE_CASE_NOT_YOURS);
    return acts_done(c, act);
}

static enum err
on_event(struct client *c,
         struct desk *d,
         struct group *g,
         const struct heard *h)
{
    struct cases_event ev = {.kind = h->content->kind,
                             .sent_ms = h->content->sent_ms,
                             .at = {h->epoch, h->number}};
    uint64_t act = h->self ? waits_take(c, h->content->id) : 0;
    uint8_t before[CONTENT_ID_LEN];
    enum cases_outcome outcome;
    struct cases_item *item;
    struct mls_leaf_index leaf;
    struct client_id to;
    enum err e;

    memcpy(ev.case_id, h->content->on_case.case_id, sizeof ev.case_id);
    memcpy(ev.sender, h->sender.b, sizeof ev.sender);
    memcpy(ev.to, h->content->on_case.to, sizeof ev.to);
    memcpy(to.b, ev.to, sizeof to.b);
    ev.admin = groups_is_admin(g, BYTES_OF(h->sender.b));
    /* one can hand over to members only; all agree about who they are */
    if (ev.kind == CONTENT_CASE_HANDOVER && !groups_leaf_of(g->mls, &to, &leaf))
        return acts_failed(c, act, CODE_NO_SUCH);
    e = cases_apply(&d->cases, &ev, &outcome, &item, before);
    if (e != ERR_OK)
        return e;
    if (item != NULL)
        e = tell_outcome(c, g, h, outcome, item, before);
    if (e == ERR_OK)
        e = end_act(c, act, outcome, item);
    return e;
}

static enum err
on_desk(struct client *c,
        struct desk *d,
        struct group *g,
        const struct heard *h)
{
    uint64_t act = h->self ? waits_take(c, h->content->id) : 0;
    enum err e;

    if (!groups_is_admin(g, BYTES_OF(h->sender.b)))
        return ERR_OK;
    e = acts_failed(c, d->act, CODE_CASE_TAKEN);
    d->act = act; /* done when the card is there */
    if (e == ERR_OK)
        e = desk_set(c, d, g, h->content->desk.card_key,
                     h->content->desk.secret, h->content->desk.title,
                     h->content->desk.open);
    if (e == ERR_OK && act != 0 && !d->ours) {
        d->act = 0;
        e = acts_failed(c, act, CODE_NOT_ALLOWED);
    }
    return e;
}

/* PROTOCOL 5.5: for those who are new. */
static enum err
on_snapshot(struct client *c,
            struct desk *d,
            struct group *g,
            const struct heard *h)
{
    const struct content *in = h->content;
    enum err e = ERR_OK;

    if (h->self || !groups_is_admin(g, BYTES_OF(h->sender.b)))
        return ERR_OK;
    if (in->snapshot.has_desk && !d->known)
        e = desk_set(c, d, g, in->snapshot.card_key, in->snapshot.secret,
                     in->snapshot.title, true);
    if (!d->cases.waiting)
        return e;
    for (size_t i = 0; e == ERR_OK && i < in->snapshot.case_count; i++) {
        const struct content_case *one = &in->snapshot.cases[i];
        struct cases_item shown = {.c = *one};

        if (one->state != CASE_CLOSED && cases_find(&d->cases, one->id) == NULL)
            e = tell_case(c, g, &shown, one->arrived_ms);
    }
    return e == ERR_OK ? cases_adopt(&d->cases, in) : e;
}

enum err
desk_content(struct client *c, struct group *g, const struct heard *h)
{
    struct desk *d;
    enum err e;

    if (g->settings.kind == GROUP_CASE)
        return ERR_OK; /* no desk in a conversation */
    e = desk_get(c, g, &d);
    if (e != ERR_OK)
        return e;
    if (h->content->kind == CONTENT_CASE)
        e = on_case(c, d, g, h);
    else if (h->content->kind == CONTENT_DESK)
        e = on_desk(c, d, g, h);
    else if (h->content->kind == CONTENT_SNAPSHOT)
        e = on_snapshot(c, d, g, h);
    else
        e = on_event(c, d, g, h);
    return e == ERR_OK ? desk_save(c, d) : e;
}

/* What a member who is gone had goes back to the queue. */
static enum err
release_of_gone(struct client *c,
                struct desk *d,
                struct group *g,
                const struct cases_event *like)
{
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < d->cases.count; i++) {
        struct cases_item *item = d->cases.items[i];
        struct cases_event ev = *like;
        struct notice n = case_notice(NOTICE_CASE_RELEASED, item);
        struct mls_leaf_index leaf;
        struct client_id who;

        memcpy(who.b, item->c.claimer, sizeof who.b);
        if (item->c.state != CASE_CLAIMED ||
            groups_leaf_of(g->mls, &who, &leaf))
            continue;
        memcpy(ev.sender, who.b, sizeof ev.sender);
        e = cases_member_gone(&d->cases, &ev);
        n.at_ms = c->now.wall_ms;
        n.who.id = who;
        if (e == ERR_OK)
            e = turn_history(c, g, &n, false);
    }
    return e;
}

/* PROTOCOL 5.5.1: told by whoever let them in. */
static enum err
post_snapshot(struct client *c, struct desk *d, struct group *g)
{
    struct content_case list[CASES_MAX];
    struct content content = {.kind = CONTENT_SNAPSHOT};
    size_t at = 0;
    enum err e = ERR_OK;

    content.snapshot.has_desk = d->known && d->open;
    memcpy(content.snapshot.card_key, d->card_key, sizeof d->card_key);
    memcpy(content.snapshot.secret, d->secret, sizeof d->secret);
    if (content.snapshot.has_desk)
        content.snapshot.title = buf_bytes(&d->title);
    content.snapshot.cases = list;
    content.snapshot.epoch = d->cases.last.epoch;
    content.snapshot.number = d->cases.last.number;
    content.snapshot.case_count = cases_part(&d->cases, &at, list);
    while (e == ERR_OK &&
           (content.snapshot.case_count > 0 || content.snapshot.has_desk)) {
        memset(content.id, 0, sizeof content.id);
        e = outbox_post(c, g, &content, 0);
        content.snapshot.has_desk = false;
        content.snapshot.title = (struct bytes){NULL, 0};
        content.snapshot.case_count = cases_part(&d->cases, &at, list);
    }
    /* a full outbox: they will see what comes from now on */
    return modules_mild(e) ? ERR_OK : e;
}

enum err
desk_epoch(struct client *c, struct group *g, const struct epoch_change *change)
{
    struct cases_event gone = {.kind = CONTENT_KINDS,
                               .at = {mls_group_epoch(g->mls), 0}};
    struct desk *d;
    enum err e;

    if (g->settings.kind == GROUP_CASE)
        return ERR_OK;
    e = desk_get(c, g, &d);
    if (e == ERR_OK)
        e = release_of_gone(c, d, g, &gone);
    if (e == ERR_OK)
        e = desk_rotate(c, d, g);
    if (e == ERR_OK && change->ours && change->added > 0)
        e = post_snapshot(c, d, g);
    return e == ERR_OK ? desk_save(c, d) : e;
}

/* A lease that ends is no event in the log: each client tells it by its own
 * clock, and the next claim in the log decides. */
enum err
desk_leases(struct client *c, struct desk *d)
{
    struct group *g = groups_find(c, &d->group);
    uint64_t since = d->leases_told_ms;
    enum err e = ERR_OK;

    if (g == NULL || c->now.wall_ms <= since)
        return ERR_OK;
    d->leases_told_ms = c->now.wall_ms;
    for (size_t i = 0; e == ERR_OK && i < d->cases.count; i++) {
        const struct cases_item *item = d->cases.items[i];
        struct notice n = case_notice(NOTICE_CASE_RELEASED, item);

        if (item->c.state != CASE_CLAIMED || item->c.lease_ms < since ||
            item->c.lease_ms >= c->now.wall_ms)
            continue;
        n.at_ms = c->now.wall_ms;
        e = turn_history(c, g, &n, false);
    }
    return e;
}

uint64_t
desk_lease_deadline(const struct client *c, const struct desk *d)
{
    uint64_t first = CORE_NEVER;

    for (size_t i = 0; i < d->cases.count; i++) {
        const struct content_case *one = &d->cases.items[i]->c;

        if (one->state == CASE_CLAIMED && one->lease_ms >= d->leases_told_ms &&
            one->lease_ms < first)
            first = one->lease_ms;
    }
    return first == CORE_NEVER ? first : modules_mono(c, first + 1);
}
