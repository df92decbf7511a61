/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Acts whose end the group's log decides, by the id of what they posted. Not
 * stored: an act ends with the process. */
#include <string.h>

#include "base/mem.h"
#include "modules.h"

static struct wait *
wait_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct wait, node);
}

enum err
waits_post(struct client *c,
           struct group *g,
           struct content *content,
           uint64_t act)
{
    struct client_id id = client_id_random();
    struct wait *w;
    enum err e;

    memcpy(content->id, id.b, sizeof content->id);
    e = outbox_post(c, g, content, 0);
    if (e != ERR_OK || act == 0)
        return e;
    w = mem_new(sizeof *w);
    if (w == NULL)
        return ERR_MEMORY;
    w->content = id;
    w->group = g->id;
    w->kind = content->kind;
    w->act = act;
    queue_push(&c->hooks->waits, &w->node);
    return ERR_OK;
}

static uint64_t
wait_end(struct wait *w)
{
    uint64_t act = w->act;

    queue_remove(&w->node);
    mem_free(w);
    return act;
}

uint64_t
waits_take(struct client *c, const uint8_t id[static CONTENT_ID_LEN])
{
    const struct queue *q = &c->hooks->waits;
    struct queue_node *n;

    for (n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (memcmp(wait_of(n)->content.b, id, CONTENT_ID_LEN) == 0)
            return wait_end(wait_of(n));
    return 0;
}

enum err
waits_fail(struct client *c,
           const struct client_id *group,
           enum notice_code code)
{
    struct queue_node *n = queue_first(&c->hooks->waits);
    enum err e = ERR_OK;

    while (e == ERR_OK && n != NULL) {
        struct wait *w = wait_of(n);

        n = queue_next(&c->hooks->waits, n);
        if (client_id_equal(&w->group, group))
            e = acts_failed(c, wait_end(w), code);
    }
    return e;
}

void
waits_free(struct client *c)
{
    struct queue_node *n;

    while ((n = queue_first(&c->hooks->waits)) != NULL)
        (void)wait_end(wait_of(n));
}
