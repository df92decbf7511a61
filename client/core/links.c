/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Doors: docs/PROTOCOL.md section 5.7. */
#include "links.h"

#include <string.h>

#include "base/mem.h"
#include "cards.h"
#include "desk.h"

static struct door *
door_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct door, node);
}

struct door *
links_find(const struct client *c, const struct client_id *id)
{
    const struct queue *q = &c->hooks->links;
    struct queue_node *n;

    for (n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (client_id_equal(&door_of(n)->id, id))
            return door_of(n);
    return NULL;
}

bool
links_over(const struct client *c, const struct door *d)
{
    return d->revoked || d->expires_ms <= c->now.wall_ms ||
           (d->uses != 0 && d->used >= d->uses);
}

static enum err
door_write(struct client *c, const struct door *d)
{
    struct buf row = buf_limited(1024);

    modules_row(&row);
    modules_id_write(&row, &d->group);
    keeper_write(&d->keeper, &row);
    buf_u32(&row, d->uses);
    buf_u32(&row, d->used);
    buf_u64(&row, d->expires_ms);
    buf_u8(&row, d->revoked);
    return modules_write(c, ROW_LINK, &d->id, &row);
}

enum err
links_load(struct client *c, struct bytes id, struct bytes in)
{
    struct door *d = mem_new(sizeof *d);
    struct reader r;
    enum err e;

    if (d == NULL)
        return ERR_MEMORY;
    queue_push(&c->hooks->links, &d->node);
    e = modules_row_read(&r, in);
    memcpy(d->id.b, id.b, sizeof d->id.b);
    modules_id_read(&r, &d->group);
    keeper_read(&r, &d->keeper);
    d->uses = reader_u32(&r);
    d->used = reader_u32(&r);
    d->expires_ms = reader_u64(&r);
    d->revoked = reader_u8(&r) == 1;
    return e == ERR_OK ? reader_end(&r) : e;
}

static void
door_free(struct door *d)
{
    queue_remove(&d->node);
    keeper_wipe(&d->keeper);
    mem_wipe_free(d, sizeof *d);
}

/* The card as things stand. */
static enum err
publish(struct client *c, struct door *d)
{
    const struct group *g = groups_find(c, &d->group);
    const struct box *box = boxes_of(c, &d->id);
    struct card_body body = {.purpose = CARD_DOOR};
    enum err e;

    if (!d->keeper.due || g == NULL)
        return ERR_OK;
    body.open = !links_over(c, d) && box != NULL;
    body.lobby = g->settings.kind == GROUP_LOBBY;
    if (body.open) {
        memcpy(body.mailbox, box->at.mailbox, sizeof body.mailbox);
        memcpy(body.hpke_key, box->at.hpke_key, sizeof body.hpke_key);
    }
    if (d->expires_ms != CORE_NEVER && !d->revoked)
        body.until_s = d->expires_ms / 1000;
    if (body.lobby) /* a circle's name is told to nobody outside */
        body.title = g->settings.title;
    e = keeper_put(c, &d->keeper, &d->id, &body,
                   body.open ? d->expires_ms : CORE_NEVER);
    return e == ERR_OK ? door_write(c, d) : e;
}

/* Nobody can knock any more: the box is closed, and the card says so. */
static enum err
shut(struct client *c, struct door *d)
{
    enum err e;

    keeper_changed(&d->keeper);
    e = boxes_drop_all(c, &d->id);
    if (e == ERR_OK)
        e = publish(c, d);
    return e == ERR_OK ? door_write(c, d) : e;
}

enum err
links_used(struct client *c, struct door *d)
{
    d->used++;
    return links_over(c, d) ? shut(c, d) : door_write(c, d);
}

enum err
links_write(const struct address *relay,
            enum uri_kind kind,
            const uint8_t key[static LIMIT_ID],
            const uint8_t secret[static URI_SECRET_LEN],
            bool qr,
            struct buf *out)
{
    struct uri uri = {.kind = kind,
                      .relay_key = relay->key,
                      .endpoint_count = relay->endpoint_count};
    struct sign_public pub;
    uint8_t id[LIMIT_ID];
    enum err e;

    memcpy(pub.b, key, sizeof pub.b);
    cards_id(&pub, id);
    memcpy(uri.card, id, sizeof uri.card);
    memcpy(uri.secret, secret, sizeof uri.secret);
    memcpy(uri.endpoints, relay->endpoints, sizeof uri.endpoints);
    e = uri_write(&uri, qr ? URI_QR : URI_TEXT, out);
    uri_wipe(&uri);
    return e == ERR_OK ? buf_end(out) : e;
}

static enum err
door_text(const struct client *c,
          const struct door *d,
          bool qr,
          struct buf *out)
{
    const struct group *g = groups_find(c, &d->group);
    struct sign_public pub;

    if (g == NULL)
        return ERR_NOT_FOUND;
    keeper_public(&d->keeper, &pub);
    return links_write(&g->relay, URI_JOIN, pub.b, d->keeper.secret, qr, out);
}

static size_t
door_count(const struct client *c)
{
    const struct queue *q = &c->hooks->links;
    size_t count = 0;

    for (struct queue_node *n = queue_first(q); n != NULL; n = queue_next(q, n))
        count++;
    return count;
}

static enum err
door_new(struct client *c,
         struct group *g,
         uint32_t uses,
         uint64_t lifetime_s,
         struct door **out)
{
    struct door *d = mem_new(sizeof *d);
    struct box *box;
    enum err e;

    if (d == NULL)
        return ERR_MEMORY;
    d->id = client_id_random();
    d->group = g->id;
    d->uses = uses;
    d->expires_ms =
        lifetime_s == 0 ? CORE_NEVER : c->now.wall_ms + lifetime_s * 1000;
    keeper_new(&d->keeper);
    queue_push(&c->hooks->links, &d->node);
    e = boxes_new(c, BOX_DOOR, &g->relay, &d->id, NULL, &box);
    if (e == ERR_OK)
        e = door_write(c, d);
    if (e == ERR_OK)
        e = publish(c, d);
    *out = d;
    return e;
}

enum err
client_link_new(struct client *c,
                const struct client_id *group,
                uint32_t uses,
                uint64_t lifetime_s,
                struct client_now now,
                struct client_id *id,
                struct buf *link_text,
                uint64_t *act)
{
    struct group *g = groups_find(c, group);
    struct door *d = NULL;
    enum err e = client_enter(c, now);

    if (e != ERR_OK)
        return e;
    if (g == NULL)
        return ERR_NOT_FOUND;
    e = groups_usable(g);
    if (e != ERR_OK)
        return e;
    if (!groups_we_are_admin(g) || g->settings.kind == GROUP_CASE)
        return ERR_DENIED;
    if (lifetime_s > UINT32_MAX)
        return ERR_USE;
    if (door_count(c) >= LINKS_MAX)
        return ERR_FULL;
    e = door_new(c, g, uses, lifetime_s, &d);
    if (e == ERR_OK)
        e = door_text(c, d, false, link_text);
    if (e == ERR_OK) {
        *id = d->id;
        *act = d->act = acts_new(c);
    }
    return client_exit(c, e);
}

size_t
client_link_count(const struct client *c)
{
    return door_count(c) + desk_link_count(c);
}

static struct door *
door_at(const struct client *c, size_t i)
{
    const struct queue *q = &c->hooks->links;
    struct queue_node *n = queue_first(q);

    while (n != NULL && i-- > 0)
        n = queue_next(q, n);
    return n == NULL ? NULL : door_of(n);
}

enum err
client_link_info(const struct client *c, size_t i, struct client_link_info *out)
{
    const struct door *d = door_at(c, i);

    if (d == NULL)
        return desk_link_info(c, i - door_count(c), out);
    *out = (struct client_link_info){
        .id = d->id,
        .group = d->group,
        .uses = d->uses,
        .used = d->used,
        .expires_ms = d->expires_ms == CORE_NEVER ? 0 : d->expires_ms,
        .revoked = d->revoked};
    return ERR_OK;
}

enum err
client_link_text(const struct client *c,
                 const struct client_id *id,
                 bool qr,
                 struct buf *out)
{
    const struct door *d = links_find(c, id);

    return d == NULL ? desk_link_text(c, id, qr, out)
                     : door_text(c, d, qr, out);
}

/* A link that was used up has no line any more, and its card must be told. */
static enum err
reopen_line(struct client *c, const struct door *d)
{
    const struct group *g = groups_find(c, &d->group);
    struct line *l;

    return g != NULL ? modules_line(c, &g->relay, &d->id, &l) : ERR_OK;
}

enum err
client_link_revoke(struct client *c,
                   const struct client_id *id,
                   struct client_now now,
                   uint64_t *act)
{
    struct door *d;
    enum err e = client_enter(c, now);

    if (e != ERR_OK)
        return e;
    d = links_find(c, id);
    if (d == NULL)
        return desk_revoke(c, id, now, act);
    e = acts_failed(c, d->act, CODE_LINK_REVOKED);
    *act = d->act = acts_new(c);
    if (e == ERR_OK && d->revoked && !d->keeper.due) {
        d->act = 0;
        e = acts_done(c, *act);
    } else if (e == ERR_OK) {
        d->revoked = true;
        e = reopen_line(c, d);
        if (e == ERR_OK)
            e = shut(c, d);
    }
    return client_exit(c, e);
}

enum err
links_start(struct client *c)
{
    const struct queue *q = &c->hooks->links;
    struct line *l;
    enum err e = ERR_OK;

    for (struct queue_node *n = queue_first(q); e == ERR_OK && n != NULL;
         n = queue_next(q, n)) {
        struct door *d = door_of(n);
        const struct group *g = groups_find(c, &d->group);

        if (g == NULL)
            return ERR_MALFORMED;
        if (!links_over(c, d) || d->keeper.due)
            e = modules_line(c, &g->relay, &d->id, &l);
    }
    return e;
}

enum err
links_live(struct client *c, struct line *l)
{
    struct door *d = links_find(c, &l->owner);

    if (d == NULL)
        return ERR_OK;
    d->keeper.not_before_ms = 0;
    return publish(c, d);
}

enum err
links_event(struct client *c, const struct op *op, const struct event *ev)
{
    struct door *d = links_find(c, &op->object);
    enum notice_code code;
    enum err e;
    bool done;

    if (d == NULL)
        return ERR_OK;
    keeper_answer(c, &d->keeper, ev, op->detail, &done, &code);
    e = door_write(c, d);
    if (e == ERR_OK && (done || code != CODE_NONE)) {
        e = done ? acts_done(c, d->act) : acts_failed(c, d->act, code);
        d->act = 0;
    }
    if (e == ERR_OK && !done)
        e = publish(c, d);
    if (e == ERR_OK && links_over(c, d))
        modules_release(c, &d->id);
    return e;
}

bool
links_busy(const struct client *c, const struct client_id *owner)
{
    const struct door *d = links_find(c, owner);

    return d != NULL && (d->keeper.due || !links_over(c, d));
}

bool
links_idle(const struct client *c)
{
    const struct queue *q = &c->hooks->links;

    for (struct queue_node *n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (door_of(n)->keeper.due)
            return false;
    return true;
}

uint64_t
links_deadline(const struct client *c)
{
    const struct queue *q = &c->hooks->links;
    uint64_t due = CORE_NEVER;

    for (struct queue_node *n = queue_first(q); n != NULL;
         n = queue_next(q, n)) {
        struct door *d = door_of(n);
        bool over = links_over(c, d);
        uint64_t at = over && !d->keeper.due
                          ? CORE_NEVER
                          : keeper_deadline(c, &d->keeper, &d->id);

        due = at < due ? at : due;
        if (over)
            at = boxes_any(c, &d->id) ? c->now.mono_ms : CORE_NEVER;
        else
            at = modules_mono(c, d->expires_ms);
        due = at < due ? at : due;
    }
    return due;
}

enum err
links_tick(struct client *c)
{
    const struct queue *q = &c->hooks->links;
    enum err e = ERR_OK;

    for (struct queue_node *n = queue_first(q); e == ERR_OK && n != NULL;
         n = queue_next(q, n)) {
        struct door *d = door_of(n);

        if (links_over(c, d)) {
            if (boxes_any(c, &d->id))
                e = shut(c, d);
        } else if (d->keeper.renew_ms <= c->now.wall_ms) {
            d->keeper.renew_ms = CORE_NEVER;
            keeper_changed(&d->keeper);
        }
        if (e == ERR_OK)
            e = publish(c, d);
    }
    return e;
}

enum err
links_gone(struct client *c, struct group *g)
{
    struct queue_node *n = queue_first(&c->hooks->links);
    enum err e = ERR_OK;

    while (e == ERR_OK && n != NULL) {
        struct door *d = door_of(n);
        const struct client_id id = d->id;

        n = queue_next(&c->hooks->links, n);
        if (!client_id_equal(&d->group, &g->id))
            continue;
        e = acts_failed(c, d->act, CODE_NOT_MEMBER);
        if (e == ERR_OK)
            e = modules_remove(c, ROW_LINK, &id);
        door_free(d);
        if (e == ERR_OK)
            e = boxes_drop_all(c, &id);
        if (e == ERR_OK)
            e = mail_drop_all(c, &id);
        modules_release(c, &id);
    }
    return e;
}

void
links_free(struct client *c)
{
    struct queue_node *n;

    while ((n = queue_first(&c->hooks->links)) != NULL)
        door_free(door_of(n));
}
