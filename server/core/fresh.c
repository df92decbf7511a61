/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records that were stored just now, on their way to watchers. Each is held
 * once, with what goes before its bytes. A watcher is only noted; the record is
 * written for it when its turn to send has come, into memory that all links
 * share. So the fan-out allocates nothing for each watcher, and what is sealed
 * is still in the processor's cache. */
#include "core.h"

#include <assert.h>
#include <string.h>

#include "transport/frame.h"

bool
fresh_add(struct relay *r,
          struct topic *p,
          uint64_t number,
          enum record_kind kind,
          struct bytes bytes)
{
    struct arena *a = &r->batches[1 - r->filling].arena;
    struct fresh_record *f = arena_new(a, sizeof *f);

    if (f == NULL)
        return false;
    f->number = number;
    f->kind = kind;
    f->bytes = bytes;
    queue_push(&p->fresh, &f->in_topic);
    if (!queue_linked(&p->in_fresh))
        queue_push(&r->fresh, &p->in_fresh);
    return true;
}

static enum err
make_head(struct relay *r, const struct topic *p, struct fresh_record *f)
{
    enum err e;

    buf_reset(&r->event);
    e = event_write_record_head(p->last, f->number, f->kind, f->bytes.len,
                                &r->event);
    if (e != ERR_OK)
        return e;
    assert(r->event.len <= sizeof f->head);
    memcpy(f->head, r->event.b, r->event.len);
    f->head_len = (uint8_t)r->event.len;
    return ERR_OK;
}

enum err
fresh_pieces(struct relay *r,
             const struct topic *p,
             struct fresh_record *f,
             struct bytes pieces[static 2])
{
    enum err e = f->head_len == 0 ? make_head(r, p, f) : ERR_OK;

    pieces[0] = (struct bytes){f->head, f->head_len};
    pieces[1] = f->bytes;
    return e;
}

bool
fresh_fits(size_t before, const struct bytes pieces[static 3], size_t room)
{
    size_t len = 2 * FRAME_HEAD_LEN; /* its own, and room for padding's */

    for (int i = 0; i < 3; i++)
        len += pieces[i].len;
    return before == 0 || before + len <= room;
}

/* When it is the session's turn to send, messages that are full leave at once:
 * the rest is padded to a size of its own, not to a whole message more. Before
 * its turn nothing is sealed, if the link can hold it: that takes long, and
 * nothing is read meanwhile. */
enum way { SEND, KEEP };

static enum err
write_frame(struct link *l,
            const struct bytes pieces[static 3],
            enum way way,
            struct buf *out)
{
    size_t room = way == SEND ? (size_t)FRAME_UNIT_ROOM : LINK_PENDING_MAX;
    enum err e = ERR_OK;

    if (!fresh_fits(link_pending_len(l), pieces, room))
        e = link_flush(l, out);
    return e == ERR_OK ? link_add(l, pieces, 3) : e;
}

/* Not what the watcher had before, nor what it may not have (credit). */
static bool
is_due(const struct watch *w, const struct fresh_record *f)
{
    return f->number >= w->due_from && f->number <= w->after;
}

/* All that is due on one watch. */
static enum err
write_watch(struct relay *r,
            struct session *s,
            const struct watch *w,
            enum way way,
            struct buf *out)
{
    uint8_t tag[EVENT_TAG_MAX];
    struct bytes pieces[3] = {{tag, event_write_tag(w->tag, tag)}};
    struct queue_node *n;
    enum err e = ERR_OK;

    if (way == SEND && bundle_serves(r, s, w))
        return bundle_write(s, w, out);
    for (n = queue_first(&w->topic->fresh); n != NULL && e == ERR_OK;
         n = queue_next(&w->topic->fresh, n)) {
        struct fresh_record *f = QUEUE_OWNER(n, struct fresh_record, in_topic);

        if (!is_due(w, f))
            continue;
        e = fresh_pieces(r, w->topic, f, pieces + 1);
        if (e == ERR_OK)
            e = write_frame(s->link, pieces, way, out);
    }
    return e;
}

void
fresh_settle(struct relay *r, struct session *s)
{
    r->due -= s->due_bytes;
    s->due_bytes = 0;
}

static void
write_due(struct relay *r, struct session *s, enum way way, struct buf *out)
{
    struct queue_node *n;
    enum err e = ERR_OK;

    while ((n = queue_first(&s->due)) != NULL) {
        queue_remove(n);
        if (e == ERR_OK)
            e = write_watch(r, s, QUEUE_OWNER(n, struct watch, due), way, out);
    }
    fresh_settle(r, s);
    if (e != ERR_OK) /* what it was to be told it can ask again */
        session_turn(r, s, SESSION_CLOSED);
}

void
fresh_write(struct relay *r, struct session *s, struct buf *out)
{
    write_due(r, s, SEND, out);
}

/* What is due on a watch, in bytes of records. */
static size_t
due_len(const struct watch *w)
{
    struct queue_node *n;
    size_t len = 0;

    for (n = queue_first(&w->topic->fresh); n != NULL;
         n = queue_next(&w->topic->fresh, n)) {
        const struct fresh_record *f =
            QUEUE_OWNER(n, struct fresh_record, in_topic);

        if (is_due(w, f))
            len += f->bytes.len;
    }
    return len;
}

/* As if it had not been pushed: it comes from the store. But not where the
 * store has been asked already for what follows it. */
static void
take_back(struct relay *r, struct session *s)
{
    struct queue_node *n = queue_first(&s->due);

    while (n != NULL) {
        struct watch *w = QUEUE_OWNER(n, struct watch, due);

        n = queue_next(&s->due, n);
        if (w->loading)
            continue;
        queue_remove(&w->due);
        watch_unpush(r, w, w->due_from, due_len(w));
    }
}

/* What is due to those who did not have their turn is kept, as far as that much
 * may wait for all. */
static void
keep_due(struct relay *r, const struct queue *dirty)
{
    struct queue_node *n;

    for (n = queue_first(dirty); n != NULL; n = queue_next(dirty, n)) {
        struct session *s = QUEUE_OWNER(n, struct session, dirty);

        if (queue_empty(&s->due))
            continue;
        if (r->pending >= CORE_PENDING_ALL && s->state == SESSION_OPEN)
            take_back(r, s);
        write_due(r, s, KEEP, &s->out);
        session_reckon(r, s);
    }
}

void
fresh_end(struct relay *r)
{
    struct queue_node *n;

    keep_due(r, &r->ahead);
    keep_due(r, &r->dirty);
    while ((n = queue_first(&r->fresh)) != NULL) {
        struct topic *p = QUEUE_OWNER(n, struct topic, in_fresh);

        queue_remove(n);
        queue_init(&p->fresh);
        bundle_end(p);
    }
    if (r->gathered.cap > CORE_SPARE_MAX)
        buf_free(&r->gathered);
    if (r->kept.used > BATCH_BYTES_MARK)
        arena_free(&r->kept); /* give a burst's memory back */
    else if (r->kept.used > 0)
        arena_reset(&r->kept);
}
