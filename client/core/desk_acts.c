/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person does with a desk and its cases: docs/PROTOCOL.md 5.3 and 5.4.
 * What an act leads to is decided by the log; here only what cannot come to
 * anything is refused. */
#include <string.h>

#include "base/text.h"
#include "links.h"
#include "talks.h"

/* --- the desk ----------------------------------------------------------------
 */

static enum err
post_desk(struct client *c,
          struct desk *d,
          struct group *g,
          struct bytes title,
          bool open,
          uint64_t *act)
{
    struct content content = {.kind = CONTENT_DESK};
    struct sign_public pub;
    uint64_t number = acts_new(c);
    enum err e;

    keeper_public(&d->keeper, &pub);
    memcpy(content.desk.card_key, pub.b, sizeof content.desk.card_key);
    memcpy(content.desk.secret, d->keeper.secret, sizeof content.desk.secret);
    content.desk.title = title;
    content.desk.open = open;
    *act = number;
    e = waits_post(c, g, &content, number);
    if (modules_mild(e))
        return acts_failed(c, number, CODE_INTERNAL);
    return e == ERR_OK ? desk_save(c, d) : e;
}

static enum err
may_keep_desk(const struct group *g)
{
    enum err e;

    if (g == NULL)
        return ERR_NOT_FOUND;
    e = groups_usable(g);
    if (e != ERR_OK)
        return e;
    return groups_we_are_admin(g) && g->settings.kind != GROUP_CASE
               ? ERR_OK
               : ERR_DENIED;
}

enum err
client_desk_open(struct client *c,
                 const struct client_id *group,
                 struct bytes title,
                 struct client_now now,
                 struct buf *link_text,
                 uint64_t *act)
{
    struct group *g = groups_find(c, group);
    struct sign_public pub;
    struct desk *d;
    enum err e = client_enter(c, now);

    if (e != ERR_OK)
        return e;
    e = may_keep_desk(g);
    if (e != ERR_OK)
        return e;
    if (title.len < 1 || title.len > LIMIT_TITLE || !text_is_clean(title))
        return ERR_USE;
    e = desk_get(c, g, &d);
    if (e != ERR_OK)
        return client_exit(c, e);
    if (d->known && d->open && !d->ours)
        return ERR_DENIED; /* its key is with somebody else */
    if (!d->ours) {
        keeper_new(&d->keeper);
        d->ours = true;
    }
    keeper_public(&d->keeper, &pub);
    e = post_desk(c, d, g, title, true, act);
    if (e == ERR_OK)
        e = links_write(&g->relay, URI_ASK, pub.b, d->keeper.secret, false,
                        link_text);
    return client_exit(c, e);
}

static enum err
close_desk(struct client *c, struct desk *d, uint64_t *act)
{
    struct group *g = d == NULL ? NULL : groups_find(c, &d->group);
    enum err e = may_keep_desk(g);

    if (e != ERR_OK)
        return e;
    if (!d->known || !d->open)
        return ERR_NOT_FOUND;
    if (!d->ours)
        return ERR_DENIED;
    return post_desk(c, d, g, buf_bytes(&d->title), false, act);
}

enum err
client_desk_close(struct client *c,
                  const struct client_id *group,
                  struct client_now now,
                  uint64_t *act)
{
    enum err e = client_enter(c, now);

    if (e == ERR_OK)
        e = close_desk(c, desk_of_group(c, group), act);
    return client_exit(c, e);
}

enum err
desk_revoke(struct client *c,
            const struct client_id *id,
            struct client_now now,
            uint64_t *act)
{
    enum err e = client_enter(c, now);

    if (e == ERR_OK)
        e = close_desk(c, desk_by_id(c, id), act);
    return client_exit(c, e);
}

static enum err
link_of(const struct client *c, const struct desk *d, bool qr, struct buf *out)
{
    const struct group *g = d == NULL ? NULL : groups_find(c, &d->group);

    if (g == NULL || !d->known)
        return ERR_NOT_FOUND;
    return links_write(&g->relay, URI_ASK, d->card_key, d->secret, qr, out);
}

enum err
client_desk_link(const struct client *c,
                 const struct client_id *group,
                 bool qr,
                 struct buf *out)
{
    return link_of(c, desk_of_group(c, group), qr, out);
}

enum err
desk_link_text(const struct client *c,
               const struct client_id *id,
               bool qr,
               struct buf *out)
{
    return link_of(c, desk_by_id(c, id), qr, out);
}

static const struct desk *
known_desk(const struct client *c, size_t i)
{
    const struct desk *d = NULL;

    while ((d = desk_next(c, d)) != NULL)
        if (d->known && i-- == 0)
            return d;
    return NULL;
}

size_t
desk_link_count(const struct client *c)
{
    size_t count = 0;

    while (known_desk(c, count) != NULL)
        count++;
    return count;
}

enum err
desk_link_info(const struct client *c, size_t i, struct client_link_info *out)
{
    const struct desk *d = known_desk(c, i);

    if (d == NULL)
        return ERR_NOT_FOUND;
    *out = (struct client_link_info){.id = d->id,
                                     .group = d->group,
                                     .ask = true,
                                     .used = d->cases.last_number,
                                     .revoked = !d->open};
    return ERR_OK;
}

/* --- its cases
 * ---------------------------------------------------------------- */

static struct cases_item *
case_at(const struct client *c, size_t i, struct desk **desk)
{
    struct desk *d = NULL;

    while ((d = desk_next(c, d)) != NULL) {
        if (i < d->cases.count) {
            *desk = d;
            return d->cases.items[i];
        }
        i -= d->cases.count;
    }
    return NULL;
}

size_t
client_case_count(const struct client *c)
{
    struct desk *d = NULL;
    size_t count = 0;

    while ((d = desk_next(c, d)) != NULL)
        count += d->cases.count;
    return count;
}

static bool
is_ours(const struct group *g, const struct cases_item *item)
{
    const struct client_id own = groups_own_id(g);

    return item->c.state == CASE_CLAIMED &&
           memcmp(item->c.claimer, own.b, sizeof own.b) == 0;
}

enum err
client_case_info(const struct client *c, size_t i, struct client_case_info *out)
{
    struct desk *d;
    const struct cases_item *item = case_at(c, i, &d);
    const struct group *g;
    const struct talk *t;
    struct client_id claimer;

    if (item == NULL || (g = groups_find(c, &d->group)) == NULL)
        return ERR_NOT_FOUND;
    *out = (struct client_case_info){.group = d->group,
                                     .number = item->c.number,
                                     .state = CLIENT_CASE_NEW,
                                     .text = item->c.text,
                                     .language = item->c.language,
                                     .urgency = item->c.urgency,
                                     .arrived_ms = item->c.arrived_ms};
    memcpy(out->id.b, item->c.id, sizeof out->id.b);
    if (item->c.state == CASE_CLOSED)
        out->state = CLIENT_CASE_CLOSED;
    if (item->c.state == CASE_CLAIMED) {
        memcpy(claimer.b, item->c.claimer, sizeof claimer.b);
        out->claimer = groups_person(g, &claimer);
        out->ours = is_ours(g, item);
        out->lease_ms = item->c.lease_ms;
        /* out of its lease it waits for the next one */
        out->state = cases_held(item, c->now.wall_ms) ? CLIENT_CASE_CLAIMED
                                                      : CLIENT_CASE_NEW;
    }
    t = talks_find(c, &out->id);
    if (t != NULL)
        out->conversation = t->group;
    return ERR_OK;
}

struct case_act {
    struct desk *d;
    struct group *g;
    struct cases_item *item;
    struct content content;
};

/* The beginning of every act about a case. */
static enum err
begin(struct client *c,
      const struct client_id *case_id,
      enum content_kind kind,
      struct client_now now,
      struct case_act *out)
{
    enum err e = client_enter(c, now);

    if (e != ERR_OK)
        return e;
    *out = (struct case_act){.content = {.kind = kind}};
    out->d = desk_of_case(c, case_id, &out->item);
    out->g = out->d == NULL ? NULL : groups_find(c, &out->d->group);
    if (out->g == NULL)
        return ERR_NOT_FOUND;
    memcpy(out->content.on_case.case_id, case_id->b, CLIENT_ID_LEN);
    return groups_usable(out->g);
}

/* Fails at once with a code that says why, or goes to the log. */
static enum err
post(struct client *c,
     struct case_act *a,
     enum notice_code refused,
     uint64_t *act)
{
    enum err e;

    *act = acts_new(c);
    if (refused != CODE_NONE)
        return client_exit(c, acts_failed(c, *act, refused));
    e = waits_post(c, a->g, &a->content, *act);
    if (modules_mild(e))
        e = acts_failed(c, *act, CODE_INTERNAL);
    return client_exit(c, e);
}

static enum notice_code
unless_ours(const struct case_act *a)
{
    if (a->item->c.state == CASE_CLOSED)
        return CODE_CASE_CLOSED;
    return is_ours(a->g, a->item) ? CODE_NONE : CODE_CASE_NOT_YOURS;
}

static enum notice_code
unless_ours_or_admin(const struct case_act *a)
{
    enum notice_code code = unless_ours(a);

    return code == CODE_CASE_NOT_YOURS && groups_we_are_admin(a->g) ? CODE_NONE
                                                                    : code;
}

/* PROTOCOL 5.4.7: a claim that could not be answered is not made. */
static enum notice_code
why_no_claim(const struct client *c,
             const struct case_act *a,
             const struct client_id *case_id)
{
    const struct content_case *one = &a->item->c;

    if (one->state == CASE_CLOSED)
        return CODE_CASE_CLOSED;
    if (is_ours(a->g, a->item))
        return CODE_NONE;
    if (cases_held(a->item, c->now.wall_ms))
        return CODE_CASE_TAKEN;
    if (one->claims >= one->key_package_count && talks_find(c, case_id) == NULL)
        return CODE_CASE_NO_KEYS;
    return CODE_NONE;
}

enum err
client_case_claim(struct client *c,
                  const struct client_id *case_id,
                  struct client_now now,
                  uint64_t *act)
{
    struct case_act a;
    enum err e = begin(c, case_id, CONTENT_CASE_CLAIM, now, &a);

    if (e != ERR_OK)
        return client_exit(c, e);
    return post(c, &a, why_no_claim(c, &a, case_id), act);
}

enum err
client_case_release(struct client *c,
                    const struct client_id *case_id,
                    struct client_now now,
                    uint64_t *act)
{
    struct case_act a;
    enum err e = begin(c, case_id, CONTENT_CASE_RELEASE, now, &a);

    if (e != ERR_OK)
        return client_exit(c, e);
    return post(c, &a, unless_ours_or_admin(&a), act);
}

enum err
client_case_hand_over(struct client *c,
                      const struct client_id *case_id,
                      const struct client_id *person,
                      struct client_now now,
                      uint64_t *act)
{
    struct case_act a;
    struct mls_leaf_index leaf;
    enum notice_code code;
    enum err e = begin(c, case_id, CONTENT_CASE_HANDOVER, now, &a);

    if (e == ERR_OK && !groups_leaf_of(a.g->mls, person, &leaf))
        e = ERR_NOT_FOUND;
    if (e != ERR_OK)
        return client_exit(c, e);
    memcpy(a.content.on_case.to, person->b, CLIENT_ID_LEN);
    code = unless_ours_or_admin(&a);
    if (code == CODE_NONE && a.item->c.claims >= a.item->c.key_package_count)
        code = CODE_CASE_NO_KEYS;
    return post(c, &a, code, act);
}

static enum err
check_text(struct bytes text, size_t min)
{
    return text.len >= min && text.len <= LIMIT_TEXT && text_is_clean(text)
               ? ERR_OK
               : ERR_USE;
}

enum err
client_case_answer(struct client *c,
                   const struct client_id *case_id,
                   struct bytes text,
                   struct client_now now,
                   struct client_id *id,
                   uint64_t *act)
{
    struct case_act a;
    enum notice_code code;
    enum err e = begin(c, case_id, CONTENT_CASE_ANSWERED, now, &a);

    if (e == ERR_OK)
        e = check_text(text, 1);
    if (e != ERR_OK)
        return client_exit(c, e);
    code = unless_ours(&a);
    *id = (struct client_id){{0}};
    if (code != CODE_NONE) {
        *act = acts_new(c);
        return client_exit(c, acts_failed(c, *act, code));
    }
    *act = acts_new(c);
    e = talks_answer(c, a.d, a.g, a.item, text, id, *act);
    if (modules_mild(e))
        e = acts_failed(c, *act,
                        e == ERR_NOT_FOUND ? CODE_CASE_NO_KEYS : CODE_INTERNAL);
    return client_exit(c, e);
}

enum err
client_case_note(struct client *c,
                 const struct client_id *case_id,
                 struct bytes text,
                 struct client_now now,
                 uint64_t *act)
{
    struct case_act a;
    enum err e = begin(c, case_id, CONTENT_CASE_NOTE, now, &a);

    if (e == ERR_OK)
        e = check_text(text, 1);
    if (e != ERR_OK)
        return client_exit(c, e);
    a.content.on_case.text = text;
    return post(c, &a, CODE_NONE, act);
}

enum err
client_case_close(struct client *c,
                  const struct client_id *case_id,
                  struct bytes thanks,
                  struct client_now now,
                  uint64_t *act)
{
    struct case_act a;
    enum notice_code code;
    enum err e = begin(c, case_id, CONTENT_CASE_CLOSE, now, &a);

    if (e == ERR_OK)
        e = check_text(thanks, 0);
    if (e != ERR_OK)
        return client_exit(c, e);
    code = unless_ours_or_admin(&a);
    if (code == CODE_NONE)
        e = talks_bye(c, case_id, thanks);
    if (e != ERR_OK)
        return client_exit(c, e);
    return post(c, &a, code, act);
}

enum err
client_case_reopen(struct client *c,
                   const struct client_id *case_id,
                   struct client_now now,
                   uint64_t *act)
{
    struct case_act a;
    enum err e = begin(c, case_id, CONTENT_CASE_REOPEN, now, &a);

    if (e != ERR_OK)
        return client_exit(c, e);
    return post(c, &a,
                a.item->c.state == CASE_CLOSED ? CODE_NONE : CODE_CASE_TAKEN,
                act);
}
