/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From content to the acknowledgement: sealed once, stored, sent until the log
 * has it. */
#include "outbox.h"

#include <string.h>

#include "base/mem.h"
#include "channel.h"
#include "commits.h"
#include "crypto/random.h"
#include "envelope.h"
#include "groups.h"
#include "hooks.h"
#include "inbox.h"
#include "outbox_rows.h"

static struct post *
post_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct post, node);
}

enum err
outbox_post(struct client *c,
            struct group *g,
            struct content *content,
            uint64_t act)
{
    struct post *p;
    enum err e;

    if (groups_usable(g) != ERR_OK)
        return ERR_TURN;
    if (bytes_all_zero(BYTES_OF(content->id)))
        random_bytes(content->id, sizeof content->id);
    content->sent_ms = c->now.wall_ms;
    content->head_number = 0;
    memset(content->head, 0, sizeof content->head);
    e = outbox_new(g, POST_CONTENT, act, &p);
    if (e != ERR_OK)
        return e;
    e = content_write(content, &p->content);
    if (e != ERR_OK) {
        outbox_free(g, p);
        return e == ERR_MEMORY ? e : ERR_USE;
    }
    p->confirm = content->kind == CONTENT_CONFIRM;
    p->text = content->kind == CONTENT_TEXT;
    memcpy(p->id.b, content->id, sizeof p->id.b);
    return outbox_save(c, g, p);
}

enum err
outbox_propose(struct client *c,
               struct group *g,
               enum post_kind kind,
               uint64_t act)
{
    struct post *p;
    enum err e;

    e = outbox_new(g, kind, act, &p);
    if (e == ERR_OK)
        e = outbox_save(c, g, p);
    return e;
}

/* The MLSMessage of a post. On ERR_OK our ratchet has gone on. */
static enum err
encrypt_content(struct client *c,
                struct group *g,
                struct post *p,
                struct buf *out)
{
    struct mls_staged *staged = NULL;
    struct content content;
    enum err e;

    arena_reset(&c->content_arena);
    e = content_read(buf_bytes(&p->content), &c->content_arena, &content);
    if (e != ERR_OK)
        return e == ERR_MEMORY ? e : ERR_INTERNAL;
    content.head_number = g->channel.last;
    memcpy(content.head, g->channel.head, sizeof content.head);
    buf_reset(&c->scratch);
    e = content_write(&content, &c->scratch);
    if (e == ERR_OK)
        e = mls_group_encrypt(g->mls, buf_bytes(&c->scratch), (struct bytes){0},
                              0, out, &staged);
    if (e == ERR_OK)
        mls_group_merge(g->mls, staged);
    return e;
}

static enum err
encrypt_proposal(struct group *g, enum post_kind kind, struct buf *out)
{
    const struct mls_leaf_index own = mls_group_own_leaf(g->mls);
    struct mls_extension name = {.type = DISPLAY_NAME_EXTENSION};
    struct mls_staged *staged = NULL;
    enum err e;

    if (kind == POST_LEAVE) {
        e = mls_group_propose_remove(g->mls, own, MLS_FRAME_PRIVATE, out,
                                     &staged);
    } else {
        (void)mls_group_member_extension(g->mls, own, name.type, &name.data);
        e = mls_group_propose_update(g->mls, &name, 1, MLS_FRAME_PRIVATE, out,
                                     &staged);
    }
    if (e != ERR_OK)
        return e;
    mls_group_merge(g->mls, staged);
    g->dirty_epoch = true;
    return ERR_OK;
}

/* NEW -> SENT: the one place where a ratchet step is taken for it. */
static enum err
seal(struct client *c, struct group *g, struct post *p)
{
    struct buf message = buf_limited(LIMIT_MLS_MESSAGE);
    enum err e;

    e = p->kind == POST_CONTENT ? encrypt_content(c, g, p, &message)
                                : encrypt_proposal(g, p->kind, &message);
    if (e == ERR_OK) {
        g->dirty_messages = true;
        buf_reset(&p->record);
        e = envelope_seal(&g->channel, RECORD_MESSAGE, buf_bytes(&message),
                          &p->record);
    }
    if (e == ERR_OK) {
        channel_hash(buf_bytes(&p->record), p->hash);
        channel_remember(&g->channel, p->hash);
        p->state = POST_SENT;
        g->dirty = true;
        g->confirm_due = false;
        g->confirm_ms = CORE_NEVER;
        e = outbox_save(c, g, p);
    }
    buf_free(&message);
    return e == ERR_TOO_LARGE ? ERR_INTERNAL : e; /* was checked as content */
}

static struct post *
next_to_send(const struct group *g)
{
    struct queue_node *n;

    for (n = queue_first(&g->outbox); n != NULL; n = queue_next(&g->outbox, n))
        if (post_of(n)->state == POST_NEW || post_of(n)->state == POST_SENT)
            return post_of(n);
    return NULL;
}

enum err
outbox_run(struct client *c, struct group *g, struct line *l)
{
    struct request q = {.kind = REQUEST_APPEND};
    struct post *p = next_to_send(g);
    enum err e = ERR_OK;

    if (p == NULL || g->phase != PHASE_STABLE || g->cloned)
        return ERR_OK;
    if (p->state == POST_NEW)
        e = seal(c, g, p);
    if (e != ERR_OK)
        return e;
    channel_append(&g->channel, &q);
    q.append.kind = RECORD_MESSAGE;
    q.append.record = buf_bytes(&p->record);
    return lines_request(c, l, &q, OP_APPEND, &g->id, p->serial);
}

static enum err
tell_delivered(struct client *c, const struct group *g, const struct post *p)
{
    const struct notice n = {.kind = NOTICE_DELIVERED,
                             .group = g->id,
                             .at_ms = c->now.wall_ms,
                             .act = p->act,
                             .id = p->id};

    return p->text ? turn_notice(c, &n) : ERR_OK;
}

/* SENT -> APPENDED. What we have read up to there is not this (E-08). */
static enum err
acknowledged(struct client *c, struct group *g, struct post *p, uint64_t number)
{
    enum err e;

    if (number <= g->channel.last) {
        g->send_ms = c->now.mono_ms + INBOX_LIE_MS;
        return inbox_alarm_once(c, g, CODE_ALARM_NOT_STORED, NULL);
    }
    p->number = number;
    p->state = POST_APPENDED;
    if (g->channel.seen < number)
        g->channel.seen = number;
    e = outbox_save(c, g, p);
    if (e == ERR_OK)
        e = tell_delivered(c, g, p);
    if (e == ERR_OK)
        e = acts_done(c, p->act);
    p->act = 0;
    return e;
}

bool
outbox_try_later(struct client *c, struct group *g, const struct event *ev)
{
    uint64_t wait_s = 5;

    switch (ev->refused.reason) {
    case REFUSED_FULL:
    case REFUSED_STORAGE:
        wait_s = 30;
        break;
    case REFUSED_RATE:
        break;
    case REFUSED_NOT_FOUND:
    case REFUSED_TOO_LARGE:
    case REFUSED_OLD:
    case REFUSED_EXPIRED:
    case REFUSED_INVALID:
    case REFUSED_VERSION:
    case REFUSED_REASONS:
        return false;
    }
    if (ev->refused.retry_after_s > 0)
        wait_s = ev->refused.retry_after_s < CORE_RETRY_MAX_S
                     ? ev->refused.retry_after_s
                     : CORE_RETRY_MAX_S;
    g->send_ms = c->now.mono_ms + wait_s * 1000 + random_below(1000);
    return true;
}

enum err
outbox_tell_refused(struct client *c,
                    const struct group *g,
                    enum notice_code code)
{
    const struct notice n = {.kind = NOTICE_OFFLINE,
                             .group = g->id,
                             .at_ms = c->now.wall_ms,
                             .code = code};

    return turn_notice(c, &n);
}

static enum err
refused(struct client *c,
        struct group *g,
        struct post *p,
        const struct event *ev)
{
    enum err e;

    if (outbox_try_later(c, g, ev))
        return ev->refused.reason == REFUSED_RATE
                   ? ERR_OK
                   : outbox_tell_refused(c, g, CODE_RELAY_FULL);
    p->state = POST_REFUSED;
    e = acts_failed(c, p->act, CODE_RELAY_REFUSED);
    p->act = 0;
    if (e == ERR_OK)
        e = outbox_tell_refused(c, g, CODE_RELAY_REFUSED);
    if (e == ERR_OK && p->kind == POST_CONTENT)
        e = hooks_refused(c, &p->id);
    if (e == ERR_OK)
        e = outbox_save(c, g, p);
    return e;
}

enum err
outbox_event(struct client *c,
             struct line *l,
             const struct op *op,
             const struct event *ev)
{
    struct group *g = groups_find(c, &op->object);
    struct post *p;

    if (g == NULL || !groups_active(g))
        return ERR_OK;
    if (op->detail == 0)
        return commits_event(c, g, l, ev);
    p = outbox_by_serial(g, op->detail);
    if (ev->kind == EVENT_CONFLICT)
        return inbox_behind(c, g, l, ev);
    if (p == NULL || p->state != POST_SENT)
        return ERR_OK; /* the log was faster, or the epoch is over */
    if (ev->kind == EVENT_APPENDED)
        return acknowledged(c, g, p, ev->appended.number);
    if (ev->kind == EVENT_REFUSED)
        return refused(c, g, p, ev);
    return ERR_OK;
}

enum err
outbox_seen(struct client *c, struct group *g, struct post *p)
{
    enum err e = ERR_OK;

    if (p->state != POST_APPENDED) { /* the acknowledgement was lost */
        e = tell_delivered(c, g, p);
        if (e == ERR_OK)
            e = acts_done(c, p->act);
        p->act = 0;
    }
    if (e == ERR_OK)
        e = outbox_forget(c, g, p);
    return e;
}

bool
outbox_waits(const struct group *g)
{
    struct queue_node *n;

    for (n = queue_first(&g->outbox); n != NULL; n = queue_next(&g->outbox, n))
        if (post_of(n)->state != POST_REFUSED)
            return true;
    return false;
}

bool
outbox_has(const struct group *g, enum post_kind kind)
{
    struct queue_node *n;

    for (n = queue_first(&g->outbox); n != NULL; n = queue_next(&g->outbox, n))
        if (post_of(n)->kind == kind)
            return true;
    return false;
}

void
outbox_check(struct group *g, uint64_t relay_last, bool *lied)
{
    struct queue_node *n;

    for (n = queue_first(&g->outbox); n != NULL;
         n = queue_next(&g->outbox, n)) {
        struct post *p = post_of(n);

        if (p->state == POST_APPENDED &&
            (p->number <= g->channel.last || p->number > relay_last)) {
            p->state = POST_SENT;
            *lied = true;
        }
    }
}

enum err
outbox_epoch(struct client *c, struct group *g)
{
    struct queue_node *n = queue_first(&g->outbox);
    enum err e = ERR_OK;

    while (n != NULL && e == ERR_OK) {
        struct post *p = post_of(n);

        n = queue_next(&g->outbox, n);
        if (p->state == POST_REFUSED) {
            e = outbox_forget(c, g, p);
            continue;
        }
        if (p->confirm || (p->kind == POST_UPDATE && !g->refreshing)) {
            e = acts_done(c, p->act); /* over with the old epoch */
            if (e == ERR_OK)
                e = outbox_forget(c, g, p);
            continue;
        }
        p->state = POST_NEW;
        buf_free(&p->record);
        e = outbox_save(c, g, p);
    }
    return e;
}

enum err
outbox_drop(struct client *c, struct group *g, enum notice_code code)
{
    struct queue_node *n;
    enum err e = ERR_OK;

    while ((n = queue_first(&g->outbox)) != NULL && e == ERR_OK) {
        e = acts_failed(c, post_of(n)->act, code);
        if (e == ERR_OK)
            e = outbox_forget(c, g, post_of(n));
    }
    return e;
}
