/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The desk's card and keys: docs/PROTOCOL.md section 5.3. */
#include "desk.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/hkdf.h"
#include "links.h"

enum { DESK_ROW_MAX = 128 * 1024 };

static struct desk *
desk_at_node(struct queue_node *n)
{
    return n == NULL ? NULL : QUEUE_OWNER(n, struct desk, node);
}

struct desk *
desk_next(const struct client *c, const struct desk *d)
{
    const struct queue *q = &c->hooks->desks;

    return desk_at_node(d == NULL ? queue_first(q) : queue_next(q, &d->node));
}

struct desk *
desk_of_group(const struct client *c, const struct client_id *group)
{
    struct desk *d = NULL;

    while ((d = desk_next(c, d)) != NULL)
        if (client_id_equal(&d->group, group))
            return d;
    return NULL;
}

struct desk *
desk_by_id(const struct client *c, const struct client_id *id)
{
    struct desk *d = NULL;

    while ((d = desk_next(c, d)) != NULL)
        if (client_id_equal(&d->id, id))
            return d;
    return NULL;
}

struct desk *
desk_of_case(const struct client *c,
             const struct client_id *case_id,
             struct cases_item **item)
{
    struct desk *d = NULL;

    while ((d = desk_next(c, d)) != NULL)
        if ((*item = cases_find(&d->cases, case_id->b)) != NULL)
            return d;
    return NULL;
}

static struct desk *
desk_new(struct client *c)
{
    struct desk *d = mem_new(sizeof *d);

    if (d == NULL)
        return NULL;
    d->title = buf_limited(LIMIT_TITLE);
    queue_init(&d->arrivals);
    d->leases_told_ms = c->now.wall_ms;
    queue_push(&c->hooks->desks, &d->node);
    return d;
}

enum err
desk_get(struct client *c, struct group *g, struct desk **out)
{
    struct desk *d = desk_of_group(c, &g->id);

    if (d == NULL) {
        d = desk_new(c);
        if (d == NULL)
            return ERR_MEMORY;
        d->id = client_id_random();
        d->group = g->id;
        cases_init(&d->cases, mls_group_member_count(g->mls) > 1);
    }
    *out = d;
    return ERR_OK;
}

static void
one_free(struct desk *d)
{
    queue_remove(&d->node);
    desk_arrivals_free(d);
    cases_free(&d->cases);
    buf_free(&d->title);
    keeper_wipe(&d->keeper);
    mem_wipe_free(d, sizeof *d);
}

/* --- rows ------------------------------------------------------------------
 */

static struct row_key
case_key(const struct desk *d, const uint8_t id[static CONTENT_ID_LEN])
{
    struct row_key k = row_key((char)ROW_CASE, &d->id);

    memcpy(k.b + k.len, id, CONTENT_ID_LEN);
    k.len += CONTENT_ID_LEN;
    return k;
}

static enum err
save_case(struct client *c, const struct desk *d, struct cases_item *item)
{
    struct row_key key = case_key(d, item->c.id);
    struct buf row = buf_limited(DESK_ROW_MAX);
    enum err e = cases_item_write(item, &row);

    if (e == ERR_OK)
        e = turn_write(c, row_key_bytes(&key), buf_bytes(&row));
    item->dirty = false;
    buf_free(&row);
    return e;
}

static enum err
save_desk(struct client *c, struct desk *d)
{
    struct buf row = buf_limited(DESK_ROW_MAX);
    struct buf fold = buf_limited(DESK_ROW_MAX - 1024);
    enum err e = cases_write(&d->cases, &fold);

    modules_row(&row);
    modules_id_write(&row, &d->group);
    buf_u8(&row, d->known);
    buf_u8(&row, d->open);
    buf_append(&row, BYTES_OF(d->card_key));
    buf_append(&row, BYTES_OF(d->secret));
    buf_opaque(&row, buf_bytes(&d->title));
    buf_u8(&row, d->ours);
    keeper_write(&d->keeper, &row);
    buf_opaque(&row, buf_bytes(&fold));
    d->cases.dirty = false;
    buf_free(&fold);
    if (e != ERR_OK) {
        buf_free(&row);
        return e;
    }
    return modules_write(c, (char)ROW_DESK, &d->id, &row);
}

enum err
desk_save(struct client *c, struct desk *d)
{
    enum err e = save_desk(c, d);

    for (size_t i = 0; e == ERR_OK && i < d->cases.count; i++)
        if (d->cases.items[i]->dirty)
            e = save_case(c, d, d->cases.items[i]);
    return e;
}

enum err
desk_load(struct client *c, struct bytes id, struct bytes in)
{
    struct client_id own;
    struct desk *d;
    struct reader r;
    enum err e;

    memcpy(own.b, id.b, sizeof own.b);
    d = desk_by_id(c, &own); /* a case may have come first */
    if (d == NULL)
        d = desk_new(c);
    if (d == NULL)
        return ERR_MEMORY;
    d->id = own;
    e = modules_row_read(&r, in);
    modules_id_read(&r, &d->group);
    d->known = reader_u8(&r) == 1;
    d->open = reader_u8(&r) == 1;
    reader_copy(&r, d->card_key, sizeof d->card_key);
    reader_copy(&r, d->secret, sizeof d->secret);
    buf_append(&d->title, reader_opaque(&r));
    d->ours = reader_u8(&r) == 1;
    keeper_read(&r, &d->keeper);
    if (e == ERR_OK)
        e = cases_load(&d->cases, reader_opaque(&r));
    if (e == ERR_OK)
        e = buf_end(&d->title);
    if (e == ERR_OK)
        e = reader_end(&r);
    return e == ERR_TOO_LARGE ? ERR_MALFORMED : e;
}

enum err
desk_load_case(struct client *c, struct bytes id, struct bytes in)
{
    struct client_id own;
    struct desk *d;
    enum err e;

    if (id.len != 2 * CLIENT_ID_LEN)
        return ERR_MALFORMED;
    memcpy(own.b, id.b, sizeof own.b);
    d = desk_by_id(c, &own);
    if (d == NULL)
        d = desk_new(c);
    if (d == NULL)
        return ERR_MEMORY;
    d->id = own;
    e = cases_item_load(&d->cases, in);
    return e == ERR_EXISTS || e == ERR_FULL ? ERR_MALFORMED : e;
}

/* --- keys and card ----------------------------------------------------------
 */

/* PROTOCOL 5.3.2: known exactly to the members of this epoch (I-02). */
static enum err
intake_seed(const struct group *g, uint8_t seed[static BOX_SEED_LEN])
{
    uint8_t root[HASH_LEN];
    enum err e = mls_group_export(g->mls, "pristan intake",
                                  (struct bytes){NULL, 0}, root, sizeof root);

    if (e == ERR_OK)
        e = hkdf_expand(root, bytes_str("read token"), seed, LIMIT_ID);
    if (e == ERR_OK)
        e = hkdf_expand(root, bytes_str("hpke"), seed + LIMIT_ID, LIMIT_ID);
    mem_wipe(root, sizeof root);
    return e;
}

enum err
desk_rotate(struct client *c, struct desk *d, struct group *g)
{
    uint8_t seed[BOX_SEED_LEN];
    struct box *box = boxes_of(c, &d->id);
    enum err e;

    if (!d->known)
        return ERR_OK;
    e = intake_seed(g, seed);
    if (e == ERR_OK && d->open && box != NULL &&
        memcmp(box->read_token, seed, sizeof box->read_token) == 0)
        goto out;
    if (e == ERR_OK)
        e = boxes_retire(c, &d->id, c->now.wall_ms + DESK_OLD_KEY_MS);
    if (e == ERR_OK && d->open)
        e = boxes_new(c, BOX_INTAKE, &g->relay, &d->id, seed, &box);
    if (e == ERR_OK && d->ours) {
        struct line *l;

        keeper_changed(&d->keeper);
        e = modules_line(c, &g->relay, &d->id, &l);
    }
    if (e == ERR_OK)
        e = desk_publish(c, d);
out:
    mem_wipe(seed, sizeof seed);
    return e;
}

/* Who can read, as one value that changes with them. */
static void
reader_digest(const struct group *g, uint8_t out[static HASH_LEN])
{
    uint32_t leaves = mls_group_leaf_count(g->mls);
    struct hash_sha256 h;

    hash_sha256_init(&h);
    hash_sha256_update(&h, bytes_str("pristan readers"));
    for (uint32_t i = 0; i < leaves; i++) {
        struct mls_member m;

        if (mls_group_member(g->mls, (struct mls_leaf_index){i}, &m))
            hash_sha256_update(&h, m.credential);
    }
    hash_sha256_final(&h, out);
}

enum err
desk_publish(struct client *c, struct desk *d)
{
    const struct group *g = groups_find(c, &d->group);
    const struct box *box = boxes_of(c, &d->id);
    struct card_body body = {.purpose = CARD_DESK};
    enum err e;

    if (!d->ours || !d->keeper.due || g == NULL || g->mls == NULL)
        return ERR_OK;
    body.open = d->open && box != NULL;
    if (body.open) {
        memcpy(body.mailbox, box->at.mailbox, sizeof body.mailbox);
        memcpy(body.hpke_key, box->at.hpke_key, sizeof body.hpke_key);
        body.readers = mls_group_member_count(g->mls);
        reader_digest(g, body.reader_digest);
    }
    body.title = buf_bytes(&d->title);
    e = keeper_put(c, &d->keeper, &d->id, &body, CORE_NEVER);
    return e == ERR_OK ? desk_save(c, d) : e;
}

enum err
desk_set(struct client *c,
         struct desk *d,
         struct group *g,
         const uint8_t card_key[static LIMIT_ID],
         const uint8_t secret[static URI_SECRET_LEN],
         struct bytes title,
         bool open)
{
    struct sign_public pub = {{0}};
    enum err e;

    if (d->ours)
        keeper_public(&d->keeper, &pub);
    /* another admin has opened another desk: ours is no more */
    d->ours = d->ours && memcmp(pub.b, card_key, sizeof pub.b) == 0;
    d->known = true;
    d->open = open;
    memcpy(d->card_key, card_key, sizeof d->card_key);
    memcpy(d->secret, secret, sizeof d->secret);
    buf_reset(&d->title);
    buf_append(&d->title, title);
    e = buf_end(&d->title);
    if (e == ERR_OK)
        e = desk_save(c, d);
    if (d->ours)
        keeper_changed(&d->keeper);
    if (e == ERR_OK)
        e = desk_rotate(c, d, g);
    return e == ERR_OK ? desk_publish(c, d) : e;
}

/* --- hooks -------------------------------------------------------------------
 */

enum err
desk_start(struct client *c)
{
    struct desk *d = NULL;
    struct line *l;
    enum err e = ERR_OK;

    while (e == ERR_OK && (d = desk_next(c, d)) != NULL) {
        const struct group *g = groups_find(c, &d->group);

        if (g == NULL)
            return ERR_MALFORMED;
        d->leases_told_ms = c->now.wall_ms;
        if (d->ours && d->keeper.due)
            e = modules_line(c, &g->relay, &d->id, &l);
    }
    return e;
}

enum err
desk_live(struct client *c, struct line *l)
{
    struct desk *d = desk_by_id(c, &l->owner);

    if (d == NULL)
        return ERR_OK;
    desk_arrivals_free(d); /* the letters are read again */
    d->keeper.not_before_ms = 0;
    return desk_publish(c, d);
}

static enum err
tell_renewed(struct client *c, const struct desk *d)
{
    const struct notice n = {.kind = NOTICE_CARD_RENEWED,
                             .group = d->group,
                             .id = d->id,
                             .at_ms = c->now.wall_ms};

    return turn_notice(c, &n);
}

enum err
desk_event(struct client *c, const struct op *op, const struct event *ev)
{
    struct desk *d = desk_by_id(c, &op->object);
    enum notice_code code;
    enum err e = ERR_OK;
    bool done;

    if (d == NULL || !d->ours)
        return ERR_OK;
    keeper_answer(c, &d->keeper, ev, op->detail, &done, &code);
    if (done)
        e = tell_renewed(c, d);
    if (e == ERR_OK && (done || code != CODE_NONE)) {
        e = done ? acts_done(c, d->act) : acts_failed(c, d->act, code);
        d->act = 0;
    }
    if (e == ERR_OK)
        e = desk_save(c, d);
    if (e == ERR_OK && !done)
        e = desk_publish(c, d);
    modules_release(c, &d->id);
    return e;
}

bool
desk_busy(const struct client *c, const struct client_id *owner)
{
    const struct desk *d = desk_by_id(c, owner);

    return d != NULL && d->ours && (d->keeper.due || d->open);
}

bool
desk_idle(const struct client *c)
{
    struct desk *d = NULL;

    while ((d = desk_next(c, d)) != NULL)
        if (d->arrival_count > 0 || (d->ours && d->keeper.due))
            return false;
    return true;
}

uint64_t
desk_deadline(const struct client *c)
{
    struct desk *d = NULL;
    uint64_t due = CORE_NEVER;

    while ((d = desk_next(c, d)) != NULL) {
        uint64_t at = desk_intake_deadline(c, d);

        due = at < due ? at : due;
        at = desk_lease_deadline(c, d);
        due = at < due ? at : due;
        at = d->ours && d->known ? keeper_deadline(c, &d->keeper, &d->id)
                                 : CORE_NEVER;
        due = at < due ? at : due;
    }
    return due;
}

enum err
desk_tick(struct client *c)
{
    struct desk *d = NULL;
    enum err e = ERR_OK;

    while (e == ERR_OK && (d = desk_next(c, d)) != NULL) {
        if (d->ours && d->known && d->keeper.renew_ms <= c->now.wall_ms) {
            /* a closed desk's card simply ends */
            d->keeper.renew_ms = CORE_NEVER;
            if (d->open)
                keeper_changed(&d->keeper);
        }
        e = desk_publish(c, d);
        if (e == ERR_OK)
            e = desk_intake_tick(c, d);
        if (e == ERR_OK)
            e = desk_leases(c, d);
    }
    return e;
}

/* PROTOCOL 5.3.7: who is out has nothing of the desk any more. */
enum err
desk_gone(struct client *c, struct group *g)
{
    struct desk *d = desk_of_group(c, &g->id);
    struct client_id id;
    enum err e = ERR_OK;

    if (d == NULL)
        return ERR_OK;
    id = d->id;
    e = acts_failed(c, d->act, CODE_NOT_MEMBER);
    for (size_t i = 0; e == ERR_OK && i < d->cases.count; i++) {
        struct row_key key = case_key(d, d->cases.items[i]->c.id);

        e = turn_remove(c, row_key_bytes(&key));
    }
    if (e == ERR_OK)
        e = modules_remove(c, (char)ROW_DESK, &id);
    one_free(d);
    if (e == ERR_OK)
        e = boxes_drop_all(c, &id);
    modules_release(c, &id);
    return e;
}

void
desk_free(struct client *c)
{
    struct desk *d;

    while ((d = desk_next(c, NULL)) != NULL)
        one_free(d);
}
