/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Loads wait here until a batch has room for what they may bring, a few of each
 * session at a time, and none for a session that does not take what it has
 * got: so pages are in memory for one turn only. */
#include "core.h"

#include "base/mem.h"

enum err
want_add(struct relay *r,
         struct session *s,
         const struct relay_load *load,
         uint32_t tag,
         struct watch *watch)
{
    struct want *w;

    /* a watch has at most one want, so theirs are counted by CORE_WATCHES */
    if (watch == NULL && s->want_count >= CORE_WANTS)
        return ERR_FULL;
    w = mem_new(sizeof *w);
    if (w == NULL)
        return ERR_MEMORY;
    w->load = *load;
    w->tag = tag;
    w->watch = watch;
    queue_push(&s->wants, &w->in_session);
    if (watch == NULL)
        s->want_count++;
    else
        watch->want = w;
    wants_turn(r, s);
    return ERR_OK;
}

static void
want_free(struct session *s, struct want *w)
{
    queue_remove(&w->in_session);
    if (w->watch == NULL)
        s->want_count--;
    else
        w->watch->want = NULL;
    mem_free(w);
}

void
wants_drop(struct relay *r, struct watch *w)
{
    if (w->want == NULL)
        return;
    want_free(w->session, w->want);
    wants_turn(r, w->session);
}

void
wants_free(struct session *s)
{
    while (!queue_empty(&s->wants))
        want_free(s,
                  QUEUE_OWNER(queue_first(&s->wants), struct want, in_session));
}

void
wants_turn(struct relay *r, struct session *s)
{
    bool may =
        s->state == SESSION_OPEN && !s->clogged && !queue_empty(&s->wants);

    if (may && !queue_linked(&s->asking))
        queue_push(&r->asking, &s->asking);
    if (!may)
        queue_remove(&s->asking);
}

/* The load as it stands now. */
static void
refresh(const struct relay *r, struct want *w, struct relay_now now)
{
    w->load.hour = retention_hour(r, now);
    if (w->watch == NULL)
        return;
    w->load.after = w->watch->after;
    w->load.credit = w->watch->credit;
}

static enum err
issue(struct batch *b, const struct session *s, const struct want *w)
{
    struct batch_load ctx = {.session = s->id,
                             .watch = w->watch == NULL ? 0 : w->watch->serial,
                             .tag = w->tag};
    enum err e = batch_add_load(b, &w->load, &ctx);

    if (e == ERR_OK)
        b->page_bytes +=
            w->load.credit < RELAY_PAGE_MAX ? w->load.credit : RELAY_PAGE_MAX;
    return e;
}

/* False: the batch is full. */
static bool
fill_from(struct relay *r,
          struct batch *b,
          struct session *s,
          struct relay_now now)
{
    for (int i = 0; i < CORE_LOADS_EACH && !queue_empty(&s->wants); i++) {
        struct want *w =
            QUEUE_OWNER(queue_first(&s->wants), struct want, in_session);

        if (b->page_bytes >= BATCH_PAGES_MAX ||
            b->face.load_count >= pace_loads(&r->pace_loads))
            return false;
        refresh(r, w, now);
        if (issue(b, s, w) != ERR_OK)
            return false;
        want_free(s, w);
    }
    return true;
}

void
wants_fill(struct relay *r, struct batch *b, struct relay_now now)
{
    struct queue later;
    struct queue_node *n;

    if (r->pending >= CORE_PENDING_ALL)
        return; /* they come faster than they leave */
    queue_init(&later);
    while ((n = queue_first(&r->asking)) != NULL) {
        struct session *s = QUEUE_OWNER(n, struct session, asking);

        if (!fill_from(r, b, s, now))
            break;
        queue_remove(n);
        if (!queue_empty(&s->wants))
            queue_push(&later, n);
    }
    while ((n = queue_first(&later)) != NULL) {
        queue_remove(n);
        queue_push(&r->asking, n); /* behind those who had nothing yet */
    }
}

void
load_answer(struct relay *r,
            const struct batch_load *ctx,
            const struct relay_load *load,
            const struct relay_load_result *res)
{
    struct session *s = relay_session(r, ctx->session);
    struct event ev = {.tag = ctx->tag};
    struct watch *w;

    if (s == NULL)
        return;
    if (ctx->watch != 0) {
        w = watch_by_tag(s, ctx->tag);
        if (w != NULL && w->serial == ctx->watch) /* and not a later one */
            watch_page(r, s, w, res);
    } else if (res->verdict != RELAY_DONE) {
        answer_verdict(r, s, ctx->tag, res->verdict);
    } else if (load->kind == RELAY_LOAD_PAGE) {
        tell_records(r, s, ctx->tag, res);
    } else if (load->kind == RELAY_LOAD_CARD) {
        ev.kind = EVENT_CARD;
        ev.card.card = res->bytes;
        session_tell(r, s, &ev);
    } else {
        ev.kind = EVENT_BLOB;
        ev.blob.blob = res->bytes;
        session_tell(r, s, &ev);
    }
}
