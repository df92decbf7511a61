/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Letters in the intake: every member's client sees each of them, and one tells
 * it to the group (docs/PROTOCOL.md section 5.3). */
#include "desk.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"

struct arrival {
    struct queue_node node;
    struct client_id box;
    uint64_t number;
    struct arena arena;
    struct content_case c; /* in the arena */
    uint64_t due_ms;       /* mono: to tell it; CORE_NEVER: told */
};

static struct arrival *
arrival_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct arrival, node);
}

static void
arrival_free(struct desk *d, struct arrival *a)
{
    queue_remove(&a->node);
    arena_free(&a->arena);
    mem_wipe_free(a, sizeof *a);
    d->arrival_count--;
}

void
desk_arrivals_free(struct desk *d)
{
    struct queue_node *n;

    while ((n = queue_first(&d->arrivals)) != NULL)
        arrival_free(d, arrival_of(n));
}

static bool
known(const struct desk *d,
      const struct client_id *box,
      uint64_t number,
      const uint8_t id[static CONTENT_ID_LEN],
      bool *same_letter)
{
    for (struct queue_node *n = queue_first(&d->arrivals); n != NULL;
         n = queue_next(&d->arrivals, n)) {
        const struct arrival *a = arrival_of(n);

        if (memcmp(a->c.id, id, CONTENT_ID_LEN) != 0)
            continue;
        *same_letter = a->number == number && client_id_equal(&a->box, box);
        return true;
    }
    return false;
}

/* Each key package must be usable when its turn comes. */
static enum err
check_key_packages(struct client *c, const struct letter *letter)
{
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < letter->ask.key_package_count; i++) {
        struct client_id credential;
        struct bytes name;

        e = identity_check_key_package(letter->ask.key_packages[i],
                                       c->now.wall_ms, &credential, &name);
    }
    return e;
}

static enum err
copy_case(struct client *c, const struct letter *in, struct arrival *a)
{
    struct content_case *out = &a->c;
    enum err e;

    memcpy(out->id, in->id, sizeof out->id);
    out->urgency = in->ask.urgency;
    out->reply = in->ask.reply;
    out->arrived_ms = c->now.wall_ms;
    out->key_package_count = in->ask.key_package_count;
    e = arena_copy(&a->arena, in->ask.text, &out->text);
    if (e == ERR_OK)
        e = arena_copy(&a->arena, in->ask.language, &out->language);
    for (size_t i = 0; e == ERR_OK && i < in->ask.key_package_count; i++)
        e = arena_copy(&a->arena, in->ask.key_packages[i],
                       &out->key_packages[i]);
    return e;
}

/* Alone there is nobody to be polite to. */
static uint64_t
due(const struct client *c, const struct desk *d)
{
    const struct group *g = groups_find(c, &d->group);
    bool alone =
        g == NULL || g->mls == NULL || mls_group_member_count(g->mls) < 2;

    return c->now.mono_ms + (alone ? 0 : random_below(DESK_DELAY_MS));
}

static enum err
arrival_new(struct client *c, struct desk *d, const struct arrived *in)
{
    struct arrival *a = mem_new(sizeof *a);
    enum err e;

    if (a == NULL)
        return ERR_MEMORY;
    a->box = in->box->id;
    a->number = in->number;
    a->arena = arena_limited(4 * LIMIT_LETTER);
    a->due_ms = due(c, d);
    queue_push(&d->arrivals, &a->node);
    d->arrival_count++;
    e = copy_case(c, in->letter, a);
    return e;
}

enum err
desk_arrived(struct client *c, struct arrived *in)
{
    struct desk *d = desk_by_id(c, &in->box->owner);
    bool same_letter = false;
    enum err e;

    if (d == NULL || in->letter->kind != LETTER_ASK)
        return ERR_OK;
    if (cases_find(&d->cases, in->letter->id) != NULL)
        return ERR_OK; /* it is a case already (E-15) */
    if (known(d, &in->box->id, in->number, in->letter->id, &same_letter)) {
        in->keep = same_letter;
        return ERR_OK;
    }
    e = letters_mac_check(d->secret, in->letter);
    if (e == ERR_OK)
        e = check_key_packages(c, in->letter);
    if (e == ERR_MEMORY || e == ERR_INTERNAL)
        return e;
    if (e != ERR_OK)
        return ERR_OK; /* not by our link, or useless: gone */
    in->keep = true;
    return d->arrival_count < DESK_ARRIVALS_MAX ? arrival_new(c, d, in)
                                                : ERR_OK;
}

enum err
desk_arrival_done(struct client *c,
                  struct desk *d,
                  const uint8_t case_id[static 16])
{
    struct queue_node *n = queue_first(&d->arrivals);
    enum err e = ERR_OK;

    while (e == ERR_OK && n != NULL) {
        struct arrival *a = arrival_of(n);

        n = queue_next(&d->arrivals, n);
        if (memcmp(a->c.id, case_id, CONTENT_ID_LEN) != 0)
            continue;
        e = boxes_empty(c, &a->box, a->number);
        arrival_free(d, a);
    }
    return e;
}

void
desk_arrival_again(const struct client *c,
                   const struct desk *d,
                   const uint8_t case_id[static 16])
{
    for (struct queue_node *n = queue_first(&d->arrivals); n != NULL;
         n = queue_next(&d->arrivals, n))
        if (memcmp(arrival_of(n)->c.id, case_id, CONTENT_ID_LEN) == 0)
            arrival_of(n)->due_ms = c->now.mono_ms + DESK_RETRY_MS;
}

uint64_t
desk_intake_deadline(const struct client *c, const struct desk *d)
{
    uint64_t first = CORE_NEVER;

    (void)c;
    for (struct queue_node *n = queue_first(&d->arrivals); n != NULL;
         n = queue_next(&d->arrivals, n))
        if (arrival_of(n)->due_ms < first)
            first = arrival_of(n)->due_ms;
    return first;
}

/* Somebody else's may come first in the log: then ours is a repetition that
 * everybody ignores. */
enum err
desk_intake_tick(struct client *c, struct desk *d)
{
    struct group *g = groups_find(c, &d->group);
    enum err e = ERR_OK;

    for (struct queue_node *n = queue_first(&d->arrivals);
         e == ERR_OK && n != NULL; n = queue_next(&d->arrivals, n)) {
        struct arrival *a = arrival_of(n);
        struct content content = {.kind = CONTENT_CASE};

        if (a->due_ms > c->now.mono_ms)
            continue;
        a->due_ms = c->now.mono_ms + DESK_RETRY_MS;
        if (g == NULL || groups_usable(g) != ERR_OK ||
            !cases_have_room(&d->cases))
            continue;
        content.case_new = a->c;
        e = outbox_post(c, g, &content, 0);
        if (e == ERR_OK)
            a->due_ms = CORE_NEVER;
        else if (modules_mild(e))
            e = ERR_OK;
    }
    return e;
}
