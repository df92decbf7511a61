/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Most watchers of a place are due the same: all that is fresh there. For them
 * it is gathered once, into whole Noise messages that lie beside the records.
 * What differs from reader to reader is the tag, which is put in for each, and
 * the seal. Whoever is due anything else gathers for itself (fresh.c). */
#include "core.h"

#include <string.h>

#include "base/reader.h"
#include "transport/frame.h"

/* One of those messages: frames and padding. */
struct bundle {
    struct queue_node in_topic;
    size_t len;
    uint8_t plain[];
};

/* Memory over the mark is given back when the batch ends. It is not brought
 * over the mark for a bundle; where it is over it, its own limit bounds both.
 */
static bool
spills(const struct arena *a, size_t size)
{
    return a->used <= BATCH_BYTES_MARK && size > BATCH_BYTES_MARK - a->used;
}

/* What is gathered becomes one more message, padded. */
static enum err
end_message(struct relay *r, struct topic *p)
{
    size_t len = frame_padded_len(r->gathered.len);
    struct bundle *b;

    if (spills(&r->kept, sizeof *b + len))
        return ERR_MEMORY;
    b = arena_new(&r->kept, sizeof *b + len); /* zeros */
    if (b == NULL)
        return ERR_MEMORY;
    b->len = len;
    memcpy(b->plain, r->gathered.b, r->gathered.len);
    queue_push(&p->bundles, &b->in_topic);
    buf_reset(&r->gathered);
    return ERR_OK;
}

static enum err
add_record(struct relay *r,
           struct topic *p,
           struct fresh_record *f,
           struct bytes tag)
{
    struct bytes pieces[3] = {tag};
    enum err e = fresh_pieces(r, p, f, pieces + 1);

    if (e == ERR_OK && !fresh_fits(r->gathered.len, pieces, FRAME_UNIT_ROOM))
        e = end_message(r, p);
    return e == ERR_OK ? frame_write(pieces, 3, LINK_PENDING_MAX, &r->gathered)
                       : e;
}

/* All that is fresh, with a tag of this length. */
static enum err
gather(struct relay *r, struct topic *p, struct bytes tag)
{
    struct queue_node *n;
    enum err e = ERR_OK;

    buf_reset(&r->gathered);
    for (n = queue_first(&p->fresh); n != NULL && e == ERR_OK;
         n = queue_next(&p->fresh, n))
        e = add_record(r, p, QUEUE_OWNER(n, struct fresh_record, in_topic),
                       tag);
    return e == ERR_OK ? end_message(r, p) : e;
}

void
bundle_end(struct topic *p)
{
    queue_init(&p->bundles);
    p->bundle_tag_len = 0;
}

/* Every frame of a message begins with the tag. */
static void
put_tag(struct bundle *b, struct bytes tag)
{
    struct reader r = {.rest = {b->plain, b->len}};
    size_t len;

    while ((len = reader_u32(&r)) != 0) { /* and what is left is padding */
        memcpy(b->plain + (b->len - r.rest.len), tag.b, tag.len);
        (void)reader_take(&r, len);
    }
}

static bool
is_due_all(const struct session *s, const struct watch *w)
{
    const struct queue *fresh = &w->topic->fresh;
    const struct queue *watches = &w->topic->watches;

    return queue_empty(&s->due) && link_pending_len(s->link) == 0 &&
           queue_first(watches) != queue_last(watches) && /* and so are more */
           !queue_empty(fresh) &&
           w->due_from <=
               QUEUE_OWNER(queue_first(fresh), struct fresh_record, in_topic)
                   ->number &&
           w->after >=
               QUEUE_OWNER(queue_last(fresh), struct fresh_record, in_topic)
                   ->number;
}

bool
bundle_serves(struct relay *r, const struct session *s, const struct watch *w)
{
    uint8_t b[EVENT_TAG_MAX];
    struct bytes tag = {b, event_write_tag(w->tag, b)};
    struct topic *p = w->topic;

    if (!is_due_all(s, w))
        return false;
    if (p->bundle_tag_len == 0) {
        p->bundle_tag_len = (uint8_t)tag.len;
        if (gather(r, p, tag) != ERR_OK)
            queue_init(&p->bundles); /* nor is it tried again */
    }
    return p->bundle_tag_len == tag.len && !queue_empty(&p->bundles);
}

enum err
bundle_write(const struct session *s, const struct watch *w, struct buf *out)
{
    uint8_t b[EVENT_TAG_MAX];
    struct bytes tag = {b, event_write_tag(w->tag, b)};
    const struct queue *bundles = &w->topic->bundles;
    struct queue_node *n;
    enum err e = ERR_OK;

    for (n = queue_first(bundles); n != NULL && e == ERR_OK;
         n = queue_next(bundles, n)) {
        struct bundle *bundle = QUEUE_OWNER(n, struct bundle, in_topic);

        put_tag(bundle, tag);
        e = link_seal(s->link, (struct bytes){bundle->plain, bundle->len}, out);
    }
    return e;
}
