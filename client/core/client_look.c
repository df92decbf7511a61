/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a view may ask about groups and members. */
#include <string.h>

#include "client/client.h"
#include "groups.h"
#include "hooks.h"
#include "inbox.h"
#include "verify.h"

size_t
client_group_count(const struct client *c)
{
    return c->group_count;
}

static enum client_group_kind
kind_of(enum group_kind kind)
{
    switch (kind) {
    case GROUP_CIRCLE:
        return CLIENT_CIRCLE;
    case GROUP_LOBBY:
        return CLIENT_LOBBY;
    case GROUP_CASE:
        return CLIENT_CASE;
    }
    return CLIENT_CIRCLE;
}

static enum client_group_state
state_of(const struct group *g)
{
    switch (g->phase) {
    case PHASE_STABLE:
        return g->leaving ? CLIENT_LEFT : CLIENT_STABLE;
    case PHASE_JOINING:
    case PHASE_PENDING:
        return CLIENT_PENDING;
    case PHASE_LOCKED_OUT:
        return CLIENT_LOCKED_OUT;
    case PHASE_LEFT:
        return CLIENT_LEFT;
    case PHASE_OUT:
    case PHASES:
        break;
    }
    return CLIENT_OUT;
}

static uint32_t
count_owners(const struct group *g)
{
    struct mls_leaf_index leaf;
    struct client_id admin;
    uint32_t count = 0;

    for (size_t i = 0; i < g->settings.admin_count; i++) {
        memcpy(admin.b, g->settings.admins[i], sizeof admin.b);
        if (groups_leaf_of(g->mls, &admin, &leaf))
            count++;
    }
    return count;
}

static void
info(const struct client *c,
     const struct group *g,
     struct client_group_info *out)
{
    *out = (struct client_group_info){.id = g->id,
                                      .kind = kind_of(g->settings.kind),
                                      .state = state_of(g),
                                      .title = g->settings.title,
                                      .epoch = g->epoch,
                                      .last_seq = g->last_seq,
                                      .desk_title = g->settings.desk_title,
                                      .asker = g->asker};
    if (g->settings.case_id.len == sizeof out->case_id.b)
        memcpy(out->case_id.b, g->settings.case_id.b, sizeof out->case_id.b);
    if (g->mls != NULL) {
        out->members = mls_group_member_count(g->mls);
        out->confirmed = groups_confirmed(g);
        out->admin = groups_we_are_admin(g);
        out->owners = count_owners(g);
        out->in_step = groups_active(g) && inbox_group_in_step(g);
    }
    hooks_info(c, g, out);
}

enum err
client_group_info(const struct client *c,
                  size_t i,
                  struct client_group_info *out)
{
    struct queue_node *n = queue_first(&c->groups);

    while (n != NULL && i-- > 0)
        n = queue_next(&c->groups, n);
    if (n == NULL)
        return ERR_NOT_FOUND;
    info(c, QUEUE_OWNER(n, struct group, node), out);
    return ERR_OK;
}

enum err
client_group_find(const struct client *c,
                  const struct client_id *id,
                  struct client_group_info *out)
{
    const struct group *g = groups_find(c, id);

    if (g == NULL)
        return ERR_NOT_FOUND;
    info(c, g, out);
    return ERR_OK;
}

enum err
client_group_member(const struct client *c,
                    const struct client_id *group,
                    size_t i,
                    struct client_member *out)
{
    const struct group *g = groups_find(c, group);
    struct mls_member m;

    if (g == NULL || g->mls == NULL)
        return ERR_NOT_FOUND;
    for (uint32_t v = 0; v < mls_group_leaf_count(g->mls); v++) {
        const struct mls_leaf_index leaf = {v};

        if (!mls_group_member(g->mls, leaf, &m) || i-- > 0)
            continue;
        out->person = groups_person_at(g->mls, leaf);
        out->admin = groups_is_admin(g, BYTES_OF(out->person.id.b));
        out->confirmed = groups_has_heard(g, leaf);
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

enum err
client_group_code(const struct client *c,
                  const struct client_id *group,
                  enum client_script script,
                  struct buf *out)
{
    const struct group *g = groups_find(c, group);
    uint8_t authenticator[MLS_HASH_LEN];

    if (g == NULL || g->mls == NULL)
        return ERR_NOT_FOUND;
    if (!groups_active(g))
        return ERR_TURN;
    mls_group_epoch_authenticator(g->mls, authenticator);
    verify_group(mls_group_id(g->mls), BYTES_OF(authenticator), script, out);
    return buf_end(out);
}
