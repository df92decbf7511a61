/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person does in groups. */
#include <string.h>

#include "base/text.h"
#include "client/client.h"
#include "commits.h"
#include "crypto/random.h"
#include "groups.h"
#include "outbox.h"

enum { DAY_S = 24 * 3600, CIRCLE_EXPIRY_S = 7 * DAY_S, LOBBY_EXPIRY_S = DAY_S };

enum err
client_check_text(struct bytes in, size_t min, size_t max)
{
    if (in.len < min || in.len > max || !text_is_clean(in))
        return ERR_USE;
    return ERR_OK;
}

/* --- a new group
 * ---------------------------------------------------------------- */

static enum err
settings_for(enum client_group_kind kind,
             struct bytes title,
             struct settings *out)
{
    *out = (struct settings){.title = title};
    switch (kind) {
    case CLIENT_CIRCLE:
        out->kind = GROUP_CIRCLE;
        out->expiry_s = CIRCLE_EXPIRY_S;
        return ERR_OK;
    case CLIENT_LOBBY:
        out->kind = GROUP_LOBBY;
        out->expiry_s = LOBBY_EXPIRY_S;
        return ERR_OK;
    case CLIENT_CASE: /* made by the desk alone */
        break;
    }
    return ERR_USE;
}

static enum err
group_new(struct client *c,
          struct bytes relay_link,
          const struct settings *settings,
          struct bytes own_name,
          struct group **out)
{
    struct address relay;
    struct uri uri;
    enum err e = uri_read(relay_link, &uri);

    if (e != ERR_OK)
        return e;
    address_from_uri(&uri, &relay);
    uri_wipe(&uri);
    return groups_create(c, &relay, settings, own_name, out);
}

enum err
client_group_new(struct client *c,
                 struct bytes relay_link,
                 enum client_group_kind kind,
                 struct bytes title,
                 struct bytes own_name,
                 struct client_now now,
                 struct client_id *id,
                 uint64_t *act)
{
    struct settings settings;
    struct group *g;
    enum err e = client_enter(c, now);

    if (e != ERR_OK)
        return e;
    e = settings_for(kind, title, &settings);
    if (e == ERR_OK)
        e = client_check_text(title, 1, LIMIT_TITLE);
    if (e == ERR_OK)
        e = client_check_text(own_name, 1, LIMIT_NAME);
    if (e == ERR_OK)
        e = group_new(c, relay_link, &settings, own_name, &g);
    if (e == ERR_OK) {
        *id = g->id;
        *act = g->act_new = acts_new(c);
    }
    return client_exit(c, e);
}

/* --- saying something
 * ------------------------------------------------------------- */

static enum err
tell_on_its_way(struct client *c,
                struct group *g,
                const struct content *content,
                uint64_t act)
{
    struct notice n = {.kind = NOTICE_ON_ITS_WAY,
                       .group = g->id,
                       .at_ms = content->sent_ms,
                       .act = act,
                       .text = content->text.text};

    n.who = groups_person_at(g->mls, mls_group_own_leaf(g->mls));
    memcpy(n.id.b, content->id, sizeof n.id.b);
    return turn_notice(c, &n);
}

static enum err
say(struct client *c,
    const struct client_id *group,
    struct bytes text,
    struct client_id *id,
    uint64_t *act)
{
    struct content content = {.kind = CONTENT_TEXT};
    struct group *g = groups_find(c, group);
    enum err e;

    if (g == NULL)
        return ERR_NOT_FOUND;
    e = groups_usable(g);
    if (e == ERR_OK)
        e = client_check_text(text, 1, LIMIT_TEXT);
    if (e == ERR_OK && g->outbox_count >= CORE_OUTBOX_MAX)
        e = ERR_FULL;
    if (e != ERR_OK)
        return e;
    content.text.text = text;
    *act = acts_new(c);
    e = outbox_post(c, g, &content, *act);
    if (e != ERR_OK)
        return e == ERR_MEMORY ? e : ERR_INTERNAL; /* all else was asked */
    memcpy(id->b, content.id, sizeof id->b);
    e = tell_on_its_way(c, g, &content, *act);
    if (e == ERR_OK)
        e = hooks_said(c, g);
    return e;
}

enum err
client_say(struct client *c,
           const struct client_id *group,
           struct bytes text,
           struct client_now now,
           struct client_id *id,
           uint64_t *act)
{
    enum err e = client_enter(c, now);

    if (e != ERR_OK)
        return e;
    return client_exit(c, say(c, group, text, id, act));
}

/* --- members
 * ---------------------------------------------------------------------- */

static enum err
remove_person(struct client *c,
              const struct client_id *group,
              const struct client_id *person,
              uint64_t *act)
{
    struct group *g = groups_find(c, group);
    enum err e;

    if (g == NULL)
        return ERR_NOT_FOUND;
    e = commits_want_remove(c, g, person, c->last_act + 1);
    if (e == ERR_OK)
        *act = acts_new(c);
    return e;
}

enum err
client_remove(struct client *c,
              const struct client_id *group,
              const struct client_id *person,
              struct client_now now,
              uint64_t *act)
{
    enum err e = client_enter(c, now);

    if (e != ERR_OK)
        return e;
    return client_exit(c, remove_person(c, group, person, act));
}

/* Without an admin a group could never change again. */
static bool
is_last_admin(const struct group *g)
{
    const struct client_id own = groups_own_id(g);
    struct mls_leaf_index leaf;
    struct client_id admin;

    if (!groups_is_admin(g, BYTES_OF(own.b)))
        return false;
    for (size_t i = 0; i < g->settings.admin_count; i++) {
        memcpy(admin.b, g->settings.admins[i], sizeof admin.b);
        if (!client_id_equal(&admin, &own) &&
            groups_leaf_of(g->mls, &admin, &leaf))
            return false;
    }
    return true;
}

static enum err
leave(struct client *c, const struct client_id *group, uint64_t *act)
{
    struct group *g = groups_find(c, group);
    enum err e;

    if (g == NULL)
        return ERR_NOT_FOUND;
    if (!groups_active(g) || mls_group_member_count(g->mls) == 1 || g->cloned) {
        e = groups_forget(c, g); /* nobody is left to tell */
        *act = acts_new(c);
        return e == ERR_OK ? acts_done(c, *act) : e;
    }
    if (g->leaving)
        return ERR_TURN;
    if (is_last_admin(g))
        return ERR_DENIED;
    e = outbox_propose(c, g, POST_LEAVE, c->last_act + 1);
    if (e != ERR_OK)
        return e;
    *act = acts_new(c);
    g->leaving = true;
    g->dirty = true;
    return ERR_OK;
}

enum err
client_leave(struct client *c,
             const struct client_id *group,
             struct client_now now,
             uint64_t *act)
{
    enum err e = client_enter(c, now);

    if (e != ERR_OK)
        return e;
    return client_exit(c, leave(c, group, act));
}

static enum err
refresh(struct client *c, const struct client_id *group, uint64_t *act)
{
    struct group *g = groups_find(c, group);
    enum err e;

    if (g == NULL)
        return ERR_NOT_FOUND;
    e = groups_usable(g);
    if (e == ERR_OK && g->refreshing)
        e = ERR_TURN;
    if (e != ERR_OK)
        return e;
    if (groups_we_are_admin(g)) {
        e = commits_want_update(c, g, c->last_act + 1);
    } else {
        e = outbox_propose(c, g, POST_UPDATE, c->last_act + 1);
        g->refreshing = e == ERR_OK;
        g->dirty = true;
    }
    if (e == ERR_OK)
        *act = acts_new(c);
    return e;
}

enum err
client_refresh(struct client *c,
               const struct client_id *group,
               struct client_now now,
               uint64_t *act)
{
    enum err e = client_enter(c, now);

    if (e != ERR_OK)
        return e;
    return client_exit(c, refresh(c, group, act));
}
