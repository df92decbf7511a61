/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Knocks and decisions: docs/PROTOCOL.md section 5.7. The first decision in the
 * log counts; whoever made it does what follows from it. */
#include "knocks.h"

#include <string.h>

#include "base/mem.h"
#include "links.h"
#include "verify.h"

static struct knock *
knock_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct knock, node);
}

static struct knock *
knock_find(const struct client *c, const uint8_t id[static CLIENT_ID_LEN])
{
    const struct queue *q = &c->hooks->knocks;

    for (struct queue_node *n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (memcmp(knock_of(n)->id.b, id, CLIENT_ID_LEN) == 0)
            return knock_of(n);
    return NULL;
}

static void
knock_free(struct knock *k)
{
    queue_remove(&k->node);
    buf_free(&k->encoded);
    arena_free(&k->arena);
    mem_wipe_free(k, sizeof *k);
}

static struct knock *
knock_new(struct bytes encoded)
{
    struct knock *k = mem_new(sizeof *k);

    if (k == NULL)
        return NULL;
    k->encoded = buf_limited(LIMIT_LETTER);
    k->arena = arena_limited(4 * LIMIT_LETTER);
    buf_append(&k->encoded, encoded);
    return k;
}

/* The letter inside becomes usable. ERR_MALFORMED: it is no knock. */
static enum err
knock_parse(struct knock *k)
{
    enum err e = buf_end(&k->encoded);

    if (e == ERR_OK)
        e = letter_read(buf_bytes(&k->encoded), &k->arena, &k->letter);
    if (e == ERR_OK && k->letter.kind != LETTER_KNOCK)
        e = ERR_MALFORMED;
    if (e == ERR_OK)
        e = verify_knock(k->letter.id, k->letter.knock.key_package,
                         k->code_words);
    if (e == ERR_OK)
        memcpy(k->id.b, k->letter.id, sizeof k->id.b);
    return e;
}

static enum err
knock_write(struct client *c, const struct knock *k)
{
    struct buf row = buf_limited(LIMIT_LETTER + 256);

    modules_row(&row);
    modules_id_write(&row, &k->group);
    modules_id_write(&row, &k->link);
    buf_u64(&row, k->at_ms);
    buf_u8(&row, k->decided);
    buf_u8(&row, k->silently);
    buf_opaque(&row, buf_bytes(&k->encoded));
    return modules_write(c, ROW_KNOCK, &k->id, &row);
}

enum err
knocks_load(struct client *c, struct bytes id, struct bytes in)
{
    struct knock *k = knock_new((struct bytes){NULL, 0});
    struct reader r;
    enum err e;

    (void)id; /* it is the letter's */
    if (k == NULL)
        return ERR_MEMORY;
    queue_push(&c->hooks->knocks, &k->node);
    e = modules_row_read(&r, in);
    modules_id_read(&r, &k->group);
    modules_id_read(&r, &k->link);
    k->at_ms = reader_u64(&r);
    k->decided = reader_u8(&r) == 1;
    k->silently = reader_u8(&r) == 1;
    buf_append(&k->encoded, reader_opaque(&r));
    if (e == ERR_OK)
        e = reader_end(&r);
    if (e == ERR_OK)
        e = knock_parse(k);
    return e == ERR_TOO_LARGE ? ERR_MALFORMED : e;
}

/* Names are shown, and must be those that the group will have. */
static enum err
check(struct client *c, const struct letter *letter)
{
    struct client_id credential;
    struct bytes name;
    enum err e = identity_check_key_package(letter->knock.key_package,
                                            c->now.wall_ms, &credential, &name);

    if (e != ERR_OK)
        return e;
    return bytes_equal(name, letter->knock.name) ? ERR_OK : ERR_MALFORMED;
}

static enum err
tell(struct client *c, struct group *g, const struct knock *k)
{
    struct notice n = {.kind = NOTICE_KNOCK,
                       .at_ms = k->at_ms,
                       .id = k->id,
                       .text = k->letter.knock.reason};

    n.who.name = k->letter.knock.name;
    memcpy(n.code_words, k->code_words, sizeof n.code_words);
    return turn_history(c, g, &n, false);
}

/* Takes the letter in. *out NULL: not a knock that one could approve. */
static enum err
take_in(struct client *c,
        struct group *g,
        struct bytes encoded,
        const struct client_id *link,
        struct knock **out)
{
    struct knock *k = knock_new(encoded);
    enum err e;

    *out = NULL;
    if (k == NULL)
        return ERR_MEMORY;
    e = knock_parse(k);
    if (e == ERR_OK)
        e = check(c, &k->letter);
    if (e != ERR_OK) {
        buf_free(&k->encoded);
        arena_free(&k->arena);
        mem_free(k);
        return e == ERR_MEMORY || e == ERR_INTERNAL ? e : ERR_OK;
    }
    k->group = g->id;
    k->link = *link;
    k->at_ms = c->now.wall_ms;
    queue_push(&c->hooks->knocks, &k->node);
    *out = k;
    e = knock_write(c, k);
    return e == ERR_OK ? tell(c, g, k) : e;
}

static size_t
knock_count(const struct client *c, const struct client_id *group)
{
    const struct queue *q = &c->hooks->knocks;
    size_t count = 0;

    for (struct queue_node *n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (group == NULL || (!knock_of(n)->decided &&
                              client_id_equal(&knock_of(n)->group, group)))
            count++;
    return count;
}

uint32_t
knocks_waiting(const struct client *c, const struct group *g)
{
    return groups_we_are_admin(g) ? (uint32_t)knock_count(c, &g->id) : 0;
}

/* Posts a decision. Mild errors: nothing happened. */
static enum err
decide(struct client *c,
       struct group *g,
       struct knock *k,
       bool approved,
       uint64_t act)
{
    struct content content = {.kind = CONTENT_KNOCK_DECISION};
    enum err e;

    memcpy(content.knock_decision.knock, k->id.b, CLIENT_ID_LEN);
    content.knock_decision.approved = approved;
    e = waits_post(c, g, &content, act);
    if (e == ERR_OK)
        k->told_by_us = true;
    return e;
}

enum err
knocks_arrived(struct client *c, struct arrived *in)
{
    struct door *d = links_find(c, &in->box->owner);
    struct group *g = d == NULL ? NULL : groups_find(c, &d->group);
    struct content content = {.kind = CONTENT_KNOCK};
    struct buf encoded = buf_limited(LIMIT_LETTER);
    struct knock *k = NULL;
    enum err e;

    if (g == NULL || in->letter->kind != LETTER_KNOCK || links_over(c, d))
        return ERR_OK;
    if (knock_find(c, in->letter->id) != NULL)
        return ERR_OK; /* the same letter again (E-15) */
    e = letters_mac_check(d->keeper.secret, in->letter);
    if (e == ERR_AUTH)
        return ERR_OK; /* whoever wrote it has not our link (E-13) */
    if (e != ERR_OK)
        return e;
    if (groups_usable(g) != ERR_OK || knock_count(c, NULL) >= KNOCKS_MAX) {
        in->keep = true;
        return ERR_OK;
    }
    e = letter_write(in->letter, &encoded);
    if (e == ERR_OK)
        e = take_in(c, g, buf_bytes(&encoded), &d->id, &k);
    if (e == ERR_OK && k != NULL) {
        content.knock.letter = buf_bytes(&encoded);
        memcpy(content.knock.link, d->id.b, sizeof content.knock.link);
        e = outbox_post(c, g, &content, 0);
        /* in a lobby everybody is let in (design 6) */
        if (e == ERR_OK && g->settings.kind == GROUP_LOBBY)
            e = decide(c, g, k, true, 0);
    }
    buf_free(&encoded);
    return modules_mild(e) ? ERR_OK : e; /* a full outbox: it is here anyway */
}

static enum err
on_shared(struct client *c, struct group *g, const struct heard *h)
{
    struct client_id link;
    struct letter letter;
    struct arena a;
    struct knock *k;
    enum err e;
    bool known;

    if (h->self || !groups_we_are_admin(g) ||
        !groups_is_admin(g, BYTES_OF(h->sender.b)) ||
        knock_count(c, NULL) >= KNOCKS_MAX)
        return ERR_OK;
    a = arena_limited(4 * LIMIT_LETTER);
    e = letter_read(h->content->knock.letter, &a, &letter);
    known = e == ERR_OK && knock_find(c, letter.id) != NULL;
    arena_free(&a);
    if (e == ERR_MEMORY)
        return e;
    if (e != ERR_OK || known)
        return ERR_OK;
    memcpy(link.b, h->content->knock.link, sizeof link.b);
    return take_in(c, g, h->content->knock.letter, &link, &k);
}

/* Sends what the knocker is told. The door's line, or one of its own. */
static enum err
answer(struct client *c,
       const struct group *g,
       const struct knock *k,
       struct letter *letter,
       int cookie)
{
    const struct door *d = links_find(c, &k->link);
    struct mail_plan plan = {.owner = d != NULL ? &d->id : &k->id,
                             .relay = &g->relay,
                             .to = &k->letter.knock.reply,
                             .purpose = LETTERS_REPLY,
                             .letter = letter,
                             .cookie_kind = cookie,
                             .cookie = k->id};
    enum err e;

    memcpy(letter->id, k->id.b, sizeof letter->id);
    e = mail_leave(c, &plan);
    return modules_mild(e) ? ERR_OK : e; /* an address that is none */
}

static enum notice_code
why_not_added(enum err e)
{
    if (e == ERR_DENIED)
        return CODE_NOT_ALLOWED;
    return e == ERR_FULL ? CODE_INTERNAL : CODE_NO_SUCH;
}

static enum err
follow(struct client *c,
       struct group *g,
       struct knock *k,
       bool approved,
       uint64_t act)
{
    struct letter declined = {.kind = LETTER_DECLINED};
    enum err e = ERR_OK;

    if (!approved) {
        if (!k->silently)
            e = answer(c, g, k, &declined, COOKIE_NONE);
        return e == ERR_OK ? acts_done(c, act) : e;
    }
    e = commits_want_add(c, g, k->letter.knock.key_package,
                         &k->letter.knock.reply, COOKIE_KNOCK, &k->id, act);
    if (e == ERR_OK || e == ERR_MEMORY || e == ERR_INTERNAL)
        return e;
    return acts_failed(c, act, why_not_added(e));
}

static enum err
on_decision(struct client *c, struct group *g, const struct heard *h)
{
    struct knock *k = knock_find(c, h->content->knock_decision.knock);
    bool approved = h->content->knock_decision.approved;
    uint64_t act = h->self ? waits_take(c, h->content->id) : 0;
    struct notice n = {
        .kind = NOTICE_KNOCK_DECIDED, .at_ms = h->at_ms, .approved = approved};
    struct door *d;
    enum err e;

    if (k == NULL || k->decided || !client_id_equal(&k->group, &g->id) ||
        !groups_is_admin(g, BYTES_OF(h->sender.b)))
        return acts_failed(c, act, CODE_NO_SUCH);
    k->decided = true;
    n.id = k->id;
    n.who.name = k->letter.knock.name;
    n.by = groups_person(g, &h->sender);
    d = links_find(c, &k->link);
    e = turn_history(c, g, &n, false);
    if (e == ERR_OK && d != NULL && approved)
        e = links_used(c, d);
    if (e == ERR_OK)
        e = knock_write(c, k);
    if (e == ERR_OK && h->self)
        e = follow(c, g, k, approved, act);
    return e;
}

enum err
knocks_content(struct client *c, struct group *g, const struct heard *h)
{
    return h->content->kind == CONTENT_KNOCK ? on_shared(c, g, h)
                                             : on_decision(c, g, h);
}

enum err
knocks_added(struct client *c,
             struct group *g,
             const struct client_id *id,
             struct bytes welcome)
{
    const struct knock *k = knock_find(c, id->b);
    struct letter letter = {.kind = LETTER_WELCOME};

    if (k == NULL)
        return ERR_OK;
    letter.welcome.welcome = welcome;
    return answer(c, g, k, &letter, COOKIE_KNOCK);
}

/* Those that wait for us. */
static struct knock *
knock_at(const struct client *c, size_t i)
{
    const struct queue *q = &c->hooks->knocks;

    for (struct queue_node *n = queue_first(q); n != NULL;
         n = queue_next(q, n)) {
        const struct group *g = groups_find(c, &knock_of(n)->group);

        if (knock_of(n)->decided || g == NULL || !groups_we_are_admin(g))
            continue;
        if (i-- == 0)
            return knock_of(n);
    }
    return NULL;
}

size_t
client_knock_count(const struct client *c)
{
    size_t count = 0;

    while (knock_at(c, count) != NULL)
        count++;
    return count;
}

enum err
client_knock_info(const struct client *c,
                  size_t i,
                  struct client_knock_info *out)
{
    const struct knock *k = knock_at(c, i);

    if (k == NULL)
        return ERR_NOT_FOUND;
    *out = (struct client_knock_info){.id = k->id,
                                      .group = k->group,
                                      .name = k->letter.knock.name,
                                      .reason = k->letter.knock.reason,
                                      .at_ms = k->at_ms};
    memcpy(out->code_words, k->code_words, sizeof out->code_words);
    return ERR_OK;
}

static enum err
act_decide(struct client *c,
           const struct client_id *id,
           bool approved,
           bool silently,
           uint64_t *act)
{
    struct knock *k = knock_find(c, id->b);
    struct group *g = k == NULL ? NULL : groups_find(c, &k->group);
    const struct door *d;
    enum err e;

    if (g == NULL || k->decided)
        return ERR_NOT_FOUND;
    e = groups_usable(g);
    if (e != ERR_OK)
        return e;
    if (!groups_we_are_admin(g))
        return ERR_DENIED;
    if (k->told_by_us)
        return ERR_TURN;
    d = links_find(c, &k->link);
    *act = acts_new(c);
    if (approved && d != NULL && links_over(c, d))
        return acts_failed(c, *act,
                           d->revoked ? CODE_LINK_REVOKED : CODE_LINK_EXPIRED);
    k->silently = silently;
    e = knock_write(c, k);
    if (e == ERR_OK)
        e = decide(c, g, k, approved, *act);
    if (modules_mild(e))
        return acts_failed(c, *act, CODE_INTERNAL);
    return e;
}

enum err
client_knock_approve(struct client *c,
                     const struct client_id *knock,
                     struct client_now now,
                     uint64_t *act)
{
    enum err e = client_enter(c, now);

    if (e == ERR_OK)
        e = act_decide(c, knock, true, false, act);
    return client_exit(c, e);
}

enum err
client_knock_decline(struct client *c,
                     const struct client_id *knock,
                     bool silently,
                     struct client_now now,
                     uint64_t *act)
{
    enum err e = client_enter(c, now);

    if (e == ERR_OK)
        e = act_decide(c, knock, false, silently, act);
    return client_exit(c, e);
}

/* Forgets what is long decided, or too old to be decided. */
enum err
knocks_start(struct client *c)
{
    struct queue_node *n = queue_first(&c->hooks->knocks);
    enum err e = ERR_OK;

    while (e == ERR_OK && n != NULL) {
        struct knock *k = knock_of(n);

        n = queue_next(&c->hooks->knocks, n);
        if (k->at_ms + KNOCKS_KEPT_MS > c->now.wall_ms)
            continue;
        e = modules_remove(c, ROW_KNOCK, &k->id);
        knock_free(k);
    }
    return e;
}

enum err
knocks_gone(struct client *c, struct group *g)
{
    struct queue_node *n = queue_first(&c->hooks->knocks);
    enum err e = ERR_OK;

    while (e == ERR_OK && n != NULL) {
        struct knock *k = knock_of(n);

        n = queue_next(&c->hooks->knocks, n);
        if (!client_id_equal(&k->group, &g->id))
            continue;
        e = modules_remove(c, ROW_KNOCK, &k->id);
        knock_free(k);
    }
    return e;
}

void
knocks_free(struct client *c)
{
    struct queue_node *n;

    while ((n = queue_first(&c->hooks->knocks)) != NULL)
        knock_free(knock_of(n));
}
