/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Watches. A reader that has all and has credit gets a new record itself; one
 * that is behind gets pages from the store as far as its credit goes; one that
 * may not have more is told that there is more. What it needs follows from
 * where it stands, never from what it was told before, so no wake-up can be
 * lost (B-12).
 *
 *            page or push               credit used up, or clogged
 *   BEHIND ---------------> CAUGHT UP      and a record comes
 *      ^                        |
 *      +------------------------+
 */
#include "core.h"

#include "base/mem.h"
#include "wire/limits.h"

void
watch_free(struct relay *r, struct watch *w)
{
    wants_drop(r, w);
    watches_take(w->session, w);
    queue_remove(&w->in_topic);
    queue_remove(&w->due);
    if (queue_empty(&w->session->due))
        fresh_settle(r, w->session);
    topic_drop(&r->topics, w->topic);
    r->watch_count--;
    mem_free(w);
}

/* Asks for the next page. */
static void
load_more(struct relay *r, struct watch *w)
{
    struct relay_load load = {.kind = RELAY_LOAD_PAGE, .place = w->topic->kind};

    for (size_t i = 0; i < LIMIT_ID; i++)
        load.id[i] = w->topic->id[i];
    if (want_add(r, w->session, &load, w->tag, w) == ERR_OK)
        w->loading = true;
    else
        session_close(r, w->session);
}

void
watch_step(struct relay *r, struct watch *w)
{
    if (w->session->state != SESSION_OPEN || w->loading || !w->answered ||
        w->after >= w->topic->last)
        return;
    if (w->credit > 0 && !w->stuck) {
        load_more(r, w);
        return;
    }
    w->more_due = true;
    w->session->more_due = true;
    session_mark(r, w->session);
}

enum err
on_watch(struct relay *r,
         struct session *s,
         const struct request *q,
         struct relay_now now)
{
    uint8_t id[LIMIT_ID];
    struct watch *w;
    enum err e;

    (void)now;
    if (watch_by_tag(s, q->tag) != NULL) {
        session_refuse(r, s, q->tag, REFUSED_INVALID, 0);
        return ERR_OK;
    }
    if (s->watch_count >= CORE_WATCHES ||
        (r->watch_count >= CORE_WATCHES_EASY &&
         s->watch_count >= CORE_WATCHES_FEW)) {
        session_refuse(r, s, q->tag, REFUSED_FULL, 0);
        return ERR_OK;
    }
    tokens_place(&q->watch.place, id);
    w = mem_new(sizeof *w);
    if (w == NULL)
        return ERR_MEMORY;
    w->tag = q->tag;
    e = topic_get(&r->topics, id, (enum relay_place_kind)q->watch.place.kind,
                  &w->topic);
    if (e == ERR_OK && watches_add(s, w) != ERR_OK) {
        topic_drop(&r->topics, w->topic);
        e = ERR_MEMORY;
    }
    if (e != ERR_OK) {
        mem_free(w);
        return e;
    }
    w->session = s;
    w->serial = ++r->last_serial;
    w->after = q->watch.after;
    w->credit = q->watch.credit;
    queue_push(&w->topic->watches, &w->in_topic);
    r->watch_count++;
    load_more(r, w);
    return ERR_OK;
}

static void
add_credit(struct watch *w, size_t len)
{
    if (len > WIRE_CREDIT_MAX - w->credit)
        w->credit = WIRE_CREDIT_MAX;
    else
        w->credit += (uint32_t)len;
}

enum err
on_credit(struct relay *r,
          struct session *s,
          const struct request *q,
          struct relay_now now)
{
    struct watch *w = watch_by_tag(s, q->credit.watch);

    (void)now;
    if (w == NULL)
        return ERR_OK; /* of a watch that has just ended; never answered */
    add_credit(w, q->credit.credit);
    w->stuck = false;
    watch_step(r, w);
    return ERR_OK;
}

enum err
on_unwatch(struct relay *r,
           struct session *s,
           const struct request *q,
           struct relay_now now)
{
    struct event ev = {.tag = q->tag, .kind = EVENT_DONE};
    struct watch *w = watch_by_tag(s, q->unwatch.watch);

    (void)now;
    if (w != NULL)
        watch_free(r, w);
    session_tell(r, s, &ev);
    return ERR_OK;
}

void
watch_page(struct relay *r,
           struct session *s,
           struct watch *w,
           const struct relay_load_result *res)
{
    bool first = !w->answered;

    w->loading = false;
    w->answered = true;
    if (res->verdict != RELAY_DONE) {
        answer_verdict(r, s, w->tag, res->verdict);
        watch_free(r, w);
        return;
    }
    if (res->last > w->topic->last)
        w->topic->last = res->last;
    for (size_t i = 0; i < res->record_count; i++) {
        w->after = res->records[i].number;
        w->credit -= (uint32_t)res->records[i].bytes.len;
    }
    if (res->complete && w->after < res->last)
        w->after = res->last; /* what is missing was emptied or is forgotten */
    w->stuck = res->record_count == 0 && !res->complete;
    if (first || res->record_count > 0)
        tell_records(r, s, w->tag, res);
    watch_step(r, w);
}

/* Whether it may have a record of so many bytes itself. */
static bool
may_push(const struct relay *r,
         const struct watch *w,
         uint64_t number,
         size_t len)
{
    const struct session *s = w->session;

    return s->state == SESSION_OPEN && w->answered && !w->loading &&
           w->after == number - 1 && w->credit >= len && !s->clogged &&
           session_pending_len(s) + s->due_bytes < CORE_PENDING_MARK &&
           r->pending < CORE_PENDING_ALL;
}

/* Notes that the record is due to one watcher. */
static void
push(struct relay *r, struct watch *w, uint64_t number, size_t len)
{
    struct session *s = w->session;

    if (!queue_linked(&w->due)) {
        w->due_from = number;
        queue_push(&s->due, &w->due);
    }
    w->after = number;
    w->credit -= (uint32_t)len;
    s->due_bytes += (uint32_t)len;
    r->due += len;
    r->counters.pushed++;
    session_mark_ahead(r, s);
}

void
watch_unpush(struct relay *r, struct watch *w, uint64_t from, size_t len)
{
    w->after = from - 1;
    add_credit(w, len);
    watch_step(r, w);
}

void
watch_push(struct relay *r,
           const uint8_t id[static LIMIT_ID],
           uint64_t number,
           enum record_kind kind,
           struct bytes bytes)
{
    struct topic *p = topic_find(&r->topics, id);
    struct queue_node *n;
    bool kept;

    if (p == NULL)
        return;
    if (number > p->last)
        p->last = number;
    kept = fresh_add(r, p, number, kind, bytes);
    for (n = queue_first(&p->watches); n != NULL;
         n = queue_next(&p->watches, n)) {
        struct watch *w = QUEUE_OWNER(n, struct watch, in_topic);

        if (kept && may_push(r, w, number, bytes.len))
            push(r, w, number, bytes.len);
        else
            watch_step(r, w);
    }
}

void
watch_tell_more(struct relay *r, struct session *s)
{
    s->more_due = false;
    for (size_t i = 0; i < s->watch_count; i++) {
        struct watch *w = s->watches[i];
        struct event ev = {.tag = w->tag, .kind = EVENT_MORE};
        bool due = w->more_due && !w->loading && w->after < w->topic->last;

        w->more_due = false;
        if (!due || s->state != SESSION_OPEN)
            continue;
        ev.more.last = w->topic->last;
        session_tell(r, s, &ev);
    }
}
