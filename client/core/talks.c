/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From a claimed case to a conversation: docs/PROTOCOL.md section 5.3. */
#include "talks.h"

#include <string.h>

#include "base/mem.h"

static struct talk *
talk_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct talk, node);
}

static struct talk *
by_case(const struct client *c, const struct client_id *case_id)
{
    const struct queue *q = &c->hooks->talks;

    for (struct queue_node *n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (client_id_equal(&talk_of(n)->case_id, case_id))
            return talk_of(n);
    return NULL;
}

struct talk *
talks_find(const struct client *c, const struct client_id *case_id)
{
    struct talk *t = by_case(c, case_id);
    const struct group *g = t == NULL ? NULL : groups_find(c, &t->group);

    return g != NULL && groups_usable(g) == ERR_OK ? t : NULL;
}

static struct talk *
talk_new(struct client *c)
{
    struct talk *t = mem_new(sizeof *t);

    if (t == NULL)
        return NULL;
    t->first = buf_limited(LIMIT_TEXT);
    queue_push(&c->hooks->talks, &t->node);
    return t;
}

static void
talk_free(struct talk *t)
{
    queue_remove(&t->node);
    buf_free(&t->first);
    mem_wipe_free(t, sizeof *t);
}

static enum err
talk_write(struct client *c, const struct talk *t)
{
    struct buf row = buf_limited(LIMIT_TEXT + 512);

    modules_row(&row);
    modules_id_write(&row, &t->desk_group);
    modules_id_write(&row, &t->group);
    buf_append(&row, BYTES_OF(t->reply.mailbox));
    buf_append(&row, BYTES_OF(t->reply.hpke_key));
    buf_opaque(&row, buf_bytes(&t->first));
    modules_id_write(&row, &t->first_id);
    buf_u8(&row, t->opening);
    buf_u64(&row, t->renewed_ms);
    return modules_write(c, (char)ROW_TALK, &t->case_id, &row);
}

enum err
talks_load(struct client *c, struct bytes id, struct bytes in)
{
    struct talk *t = talk_new(c);
    struct reader r;
    enum err e;

    if (t == NULL)
        return ERR_MEMORY;
    memcpy(t->case_id.b, id.b, sizeof t->case_id.b);
    e = modules_row_read(&r, in);
    modules_id_read(&r, &t->desk_group);
    modules_id_read(&r, &t->group);
    reader_copy(&r, t->reply.mailbox, sizeof t->reply.mailbox);
    reader_copy(&r, t->reply.hpke_key, sizeof t->reply.hpke_key);
    buf_append(&t->first, reader_opaque(&r));
    modules_id_read(&r, &t->first_id);
    t->opening = reader_u8(&r) == 1;
    t->renewed_ms = reader_u64(&r);
    if (e == ERR_OK)
        e = buf_end(&t->first);
    if (e == ERR_OK)
        e = reader_end(&r);
    return e == ERR_TOO_LARGE ? ERR_MALFORMED : e;
}

static enum err
talk_end(struct client *c, struct talk *t)
{
    enum err e = modules_remove(c, (char)ROW_TALK, &t->case_id);

    talk_free(t);
    return e;
}

/* The desk's name as a person's: cut where a character ends. */
static struct bytes
as_name(struct bytes title)
{
    size_t len = title.len;

    if (len <= LIMIT_NAME)
        return title;
    len = LIMIT_NAME;
    while (len > 0 && (title.b[len] & 0xc0) == 0x80)
        len--;
    return bytes_slice(title, 0, len);
}

static enum err
renew(struct client *c, struct talk *t)
{
    struct group *g = groups_find(c, &t->desk_group);
    struct content content = {.kind = CONTENT_CASE_ANSWERED};
    enum err e;

    if (g == NULL || groups_usable(g) != ERR_OK)
        return ERR_OK;
    memcpy(content.on_case.case_id, t->case_id.b,
           sizeof content.on_case.case_id);
    t->renewed_ms = c->now.wall_ms;
    e = outbox_post(c, g, &content, 0);
    return modules_mild(e) ? ERR_OK : e;
}

static enum err
post_text(struct client *c,
          struct talk *t,
          struct bytes text,
          const struct client_id *id,
          uint64_t act)
{
    struct group *g = groups_find(c, &t->group);
    struct content content = {.kind = CONTENT_TEXT};
    enum err e;

    if (g == NULL)
        return ERR_TURN;
    memcpy(content.id, id->b, sizeof content.id);
    content.text.text = text;
    e = outbox_post(c, g, &content, act);
    return e == ERR_OK ? renew(c, t) : e;
}

/* Two people; the volunteer's leaf is a fresh identity that bears the desk's
 * name, so the newcomer meets the desk and not a person. */
static enum err
make_group(struct client *c,
           struct desk *d,
           const struct group *g,
           const struct cases_item *item,
           struct group **out)
{
    struct bytes title = buf_bytes(&d->title);
    struct settings s = {.kind = GROUP_CASE,
                         .title = title,
                         .desk_title = title,
                         .case_id = BYTES_OF(item->c.id),
                         .expiry_s = g->settings.expiry_s};

    return groups_create(c, &g->relay, &s, as_name(title), out);
}

static enum err
open_talk(struct client *c,
          struct desk *d,
          struct group *g,
          struct cases_item *item,
          struct talk **out)
{
    struct client_id case_id;
    struct bytes key_package;
    struct talk *t;
    struct group *two;
    enum err e;

    memcpy(case_id.b, item->c.id, sizeof case_id.b);
    if (cases_key_package(item, &key_package) != ERR_OK)
        return ERR_NOT_FOUND;
    e = make_group(c, d, g, item, &two);
    if (e != ERR_OK)
        return e;
    t = by_case(c, &case_id); /* an old one that is over makes room */
    if (t == NULL)
        t = talk_new(c);
    if (t == NULL)
        return ERR_MEMORY;
    t->case_id = case_id;
    t->desk_group = g->id;
    t->group = two->id;
    t->reply = item->c.reply;
    t->opening = true;
    e = commits_want_add(c, two, key_package, &item->c.reply, COOKIE_CASE,
                         &case_id, 0);
    if (e == ERR_OK) {
        *out = t;
        return ERR_OK;
    }
    if (!modules_mild(e))
        return e;
    talk_free(t);
    e = groups_forget(c, two);
    return e == ERR_OK ? ERR_NOT_FOUND : e;
}

enum err
talks_answer(struct client *c,
             struct desk *d,
             struct group *g,
             struct cases_item *item,
             struct bytes text,
             struct client_id *id,
             uint64_t act)
{
    struct client_id case_id;
    struct talk *t;
    enum err e;

    memcpy(case_id.b, item->c.id, sizeof case_id.b);
    t = talks_find(c, &case_id);
    *id = client_id_random();
    if (t != NULL)
        return t->opening ? ERR_TURN : post_text(c, t, text, id, act);
    e = open_talk(c, d, g, item, &t);
    if (e != ERR_OK)
        return e;
    buf_reset(&t->first);
    buf_append(&t->first, text);
    t->first_id = *id;
    t->act = act;
    e = buf_end(&t->first);
    return e == ERR_OK ? talk_write(c, t) : e;
}

/* PROTOCOL 5.3.10: the Add is won; now the Welcome, then the text. */
enum err
talks_added(struct client *c,
            struct group *g,
            const struct client_id *case_id,
            struct bytes welcome)
{
    struct talk *t = by_case(c, case_id);
    struct letter letter = {.kind = LETTER_WELCOME};
    struct mail_plan plan = {.owner = &g->id,
                             .relay = &g->relay,
                             .purpose = LETTERS_REPLY,
                             .letter = &letter,
                             .cookie_kind = COOKIE_CASE,
                             .cookie = *case_id};
    uint64_t act;
    enum err e;

    if (t == NULL || !t->opening || !client_id_equal(&t->group, &g->id))
        return ERR_OK;
    memcpy(letter.id, case_id->b, sizeof letter.id);
    letter.welcome.welcome = welcome;
    plan.to = &t->reply;
    act = t->act;
    t->act = 0;
    e = mail_leave(c, &plan);
    if (modules_mild(e))
        return acts_failed(c, act, CODE_INTERNAL); /* an address that is none */
    t->opening = false;
    if (e == ERR_OK)
        e = post_text(c, t, buf_bytes(&t->first), &t->first_id, act);
    buf_free(&t->first);
    if (modules_mild(e))
        e = acts_failed(c, act, CODE_INTERNAL);
    return e == ERR_OK ? talk_write(c, t) : e;
}

enum err
talks_not_added(struct client *c,
                const struct client_id *case_id,
                enum notice_code code)
{
    struct talk *t = by_case(c, case_id);
    enum err e;

    if (t == NULL || !t->opening)
        return ERR_OK;
    e = acts_failed(c, t->act, code);
    return e == ERR_OK ? talk_end(c, t) : e;
}

enum err
talks_bye(struct client *c, const struct client_id *case_id, struct bytes text)
{
    struct talk *t = talks_find(c, case_id);
    struct group *g = t == NULL ? NULL : groups_find(c, &t->group);
    struct content content = {.kind = CONTENT_BYE};
    enum err e;

    if (g == NULL || t->opening)
        return ERR_OK;
    content.bye.text = text;
    e = outbox_post(c, g, &content, 0);
    return modules_mild(e) ? ERR_OK : e;
}

enum err
talks_said(struct client *c, struct group *g)
{
    const struct queue *q = &c->hooks->talks;

    if (g->settings.kind != GROUP_CASE || g->asker)
        return ERR_OK;
    for (struct queue_node *n = queue_first(q); n != NULL;
         n = queue_next(q, n)) {
        struct talk *t = talk_of(n);
        enum err e;

        if (!client_id_equal(&t->group, &g->id) ||
            t->renewed_ms + TALKS_RENEW_MS > c->now.wall_ms)
            continue;
        e = renew(c, t);
        return e == ERR_OK ? talk_write(c, t) : e;
    }
    return ERR_OK;
}

/* The conversation, or the group of the desk, is no more. */
enum err
talks_gone(struct client *c, struct group *g)
{
    struct queue_node *n = queue_first(&c->hooks->talks);
    enum err e = ERR_OK;

    while (e == ERR_OK && n != NULL) {
        struct talk *t = talk_of(n);

        n = queue_next(&c->hooks->talks, n);
        if (!client_id_equal(&t->group, &g->id) &&
            !client_id_equal(&t->desk_group, &g->id))
            continue;
        e = acts_failed(c, t->act, CODE_NOT_MEMBER);
        if (e == ERR_OK)
            e = talk_end(c, t);
    }
    if (e == ERR_OK)
        e = mail_drop_all(c, &g->id);
    return e;
}

void
talks_free(struct client *c)
{
    struct queue_node *n;

    while ((n = queue_first(&c->hooks->talks)) != NULL)
        talk_free(talk_of(n));
}
