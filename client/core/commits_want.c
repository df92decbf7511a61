/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an admin wants done: intents come and go. */
#include <string.h>

#include "commits.h"
#include "groups.h"
#include "identity.h"

static enum err
may(const struct group *g)
{
    enum err e = groups_usable(g);

    if (e != ERR_OK)
        return e;
    return groups_we_are_admin(g) ? ERR_OK : ERR_DENIED;
}

static bool
wanted(const struct group *g,
       enum intent_kind kind,
       const struct client_id *person)
{
    const struct intent *in = NULL;

    while ((in = intents_next(g, in)) != NULL)
        if (in->kind == kind && client_id_equal(&in->person, person))
            return true;
    return false;
}

enum err
commits_want_add(struct client *c,
                 struct group *g,
                 struct bytes key_package,
                 const struct reply_to *reply,
                 int cookie_kind,
                 const struct client_id *cookie,
                 uint64_t act)
{
    struct mls_leaf_index leaf;
    struct client_id person;
    struct intent *in;
    struct bytes name;
    enum err e = may(g);

    if (e == ERR_OK)
        e = identity_check_key_package(key_package, c->now.wall_ms, &person,
                                       &name);
    if (e != ERR_OK)
        return e;
    if (groups_leaf_of(g->mls, &person, &leaf) ||
        wanted(g, INTENT_ADD, &person))
        return ERR_EXISTS;
    e = intents_new(g, INTENT_ADD, act, &in);
    if (e != ERR_OK)
        return e;
    in->person = person;
    in->reply = *reply;
    in->cookie_kind = cookie_kind;
    in->cookie = *cookie;
    buf_append(&in->data, key_package);
    e = buf_end(&in->data);
    if (e != ERR_OK) {
        intents_free(g, in);
        return e;
    }
    return intents_save(c, g, in);
}

enum err
commits_want_remove(struct client *c,
                    struct group *g,
                    const struct client_id *person,
                    uint64_t act)
{
    const struct client_id own = groups_own_id(g);
    struct mls_leaf_index leaf;
    struct intent *in;
    enum err e = may(g);

    if (e != ERR_OK)
        return e;
    if (!groups_leaf_of(g->mls, person, &leaf))
        return ERR_NOT_FOUND;
    if (client_id_equal(person, &own))
        return ERR_USE; /* that is leaving */
    if (wanted(g, INTENT_REMOVE, person))
        return ERR_EXISTS;
    e = intents_new(g, INTENT_REMOVE, act, &in);
    if (e != ERR_OK)
        return e;
    in->person = *person;
    return intents_save(c, g, in);
}

enum err
commits_want_update(struct client *c, struct group *g, uint64_t act)
{
    struct intent *in;
    enum err e = may(g);

    if (e == ERR_OK)
        e = intents_new(g, INTENT_UPDATE, act, &in);
    if (e == ERR_OK)
        e = intents_save(c, g, in);
    return e;
}

enum err
commits_want_settings(struct client *c,
                      struct group *g,
                      const struct settings *settings,
                      uint64_t act)
{
    struct intent *in;
    enum err e = may(g);

    if (e == ERR_OK && settings->kind != g->settings.kind)
        e = ERR_USE;
    if (e == ERR_OK)
        e = intents_new(g, INTENT_SETTINGS, act, &in);
    if (e != ERR_OK)
        return e;
    e = settings_write(settings, &in->data);
    if (e != ERR_OK) {
        intents_free(g, in);
        return e;
    }
    return intents_save(c, g, in);
}

/* The end of an intent that nobody will fulfil. */
enum err
intents_fail(struct client *c,
             struct group *g,
             struct intent *in,
             enum notice_code code)
{
    enum err e = acts_failed(c, in->act, code);

    if (e == ERR_OK && in->kind == INTENT_ADD)
        e = hooks_not_added(c, g, in, code);
    if (e == ERR_OK)
        e = intents_forget(c, g, in);
    return e;
}

/* It is as it was wanted already, by whomever. */
static enum err
fulfilled(struct client *c, struct group *g, struct intent *in)
{
    enum err e = acts_done(c, in->act);

    if (e == ERR_OK)
        e = intents_forget(c, g, in);
    return e;
}

/* What the new epoch has made pointless. */
static enum err
prune(struct client *c, struct group *g, struct intent *in, bool admin)
{
    struct mls_leaf_index leaf;

    switch (in->kind) {
    case INTENT_ADD:
        if (groups_leaf_of(g->mls, &in->person, &leaf))
            return intents_fail(c, g, in, CODE_NO_SUCH);
        break;
    case INTENT_REMOVE:
        if (!groups_leaf_of(g->mls, &in->person, &leaf))
            return fulfilled(c, g, in);
        break;
    case INTENT_UPDATE:
    case INTENT_SETTINGS:
        break;
    }
    return admin ? ERR_OK : intents_fail(c, g, in, CODE_NOT_ALLOWED);
}

enum err
intents_prune(struct client *c, struct group *g)
{
    bool admin = groups_we_are_admin(g);
    struct intent *in = intents_next(g, NULL);
    enum err e = ERR_OK;

    while (in != NULL && e == ERR_OK) {
        struct intent *next = intents_next(g, in);

        e = prune(c, g, in, admin);
        in = next;
    }
    return e;
}
