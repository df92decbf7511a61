/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The list of groups, and who is who in them. */
#include "groups.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "channel.h"
#include "commits.h"
#include "crypto/hash.h"
#include "identity.h"
#include "outbox.h"

enum { SETTINGS_MAX = 4096 };

static struct group *
group_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct group, node);
}

struct group *
groups_find(const struct client *c, const struct client_id *id)
{
    struct queue_node *n;

    for (n = queue_first(&c->groups); n != NULL; n = queue_next(&c->groups, n))
        if (client_id_equal(&group_of(n)->id, id))
            return group_of(n);
    return NULL;
}

bool
groups_turn(struct group *g, enum group_event ev)
{
    if (!groups_next(g->phase, ev, &g->phase))
        return false;
    g->dirty = true;
    return true;
}

bool
groups_active(const struct group *g)
{
    return g->phase == PHASE_STABLE || g->phase == PHASE_PENDING;
}

enum err
groups_new(struct client *c, const struct client_id *id, struct group **out)
{
    struct group *g;

    if (c->group_count == CORE_GROUPS_MAX)
        return ERR_FULL;
    g = mem_new(sizeof *g);
    if (g == NULL)
        return ERR_MEMORY;
    g->id = *id;
    g->order = ++c->last_order;
    g->settings_copy = buf_limited(SETTINGS_MAX);
    g->load_epoch = buf_limited(CORE_ROW_MAX);
    g->load_messages = buf_limited(CORE_ROW_MAX);
    g->load_pending = buf_limited(CORE_ROW_MAX);
    g->confirm_ms = CORE_NEVER;
    g->commit_ms = CORE_NEVER;
    g->late_ms = CORE_NEVER;
    queue_init(&g->outbox);
    queue_init(&g->intents);
    queue_push(&c->groups, &g->node);
    c->group_count++;
    *out = g;
    return ERR_OK;
}

void
groups_free(struct client *c, struct group *g)
{
    outbox_clear(g);
    commits_clear(g);
    mls_group_free(g->mls);
    buf_free(&g->settings_copy);
    buf_free(&g->load_epoch);
    buf_free(&g->load_messages);
    buf_free(&g->load_pending);
    queue_remove(&g->node);
    mem_wipe_free(g, sizeof *g);
    c->group_count--;
}

void
groups_free_all(struct client *c)
{
    struct queue_node *n;

    while ((n = queue_first(&c->groups)) != NULL)
        groups_free(c, group_of(n));
}

/* Keeps settings that outlive what they were read from. */
static enum err
keep_settings(struct group *g, struct bytes encoded)
{
    enum err e;

    buf_reset(&g->settings_copy);
    buf_append(&g->settings_copy, encoded);
    e = buf_end(&g->settings_copy);
    if (e == ERR_OK)
        e = settings_read(buf_bytes(&g->settings_copy), &g->settings);
    return e;
}

enum err
groups_take_settings(struct group *g)
{
    struct bytes encoded;

    if (!mls_group_extension(g->mls, SETTINGS_EXTENSION, &encoded))
        return ERR_INTERNAL; /* was checked before we came here */
    return keep_settings(g, encoded);
}

static enum err
check_member(const struct mls_group *mls, struct mls_leaf_index leaf)
{
    struct mls_member m;
    struct bytes name = {0};

    if (!mls_group_member(mls, leaf, &m))
        return ERR_OK;
    (void)mls_group_member_extension(mls, leaf, DISPLAY_NAME_EXTENSION, &name);
    return identity_check(m.credential, name);
}

static bool
has_admin(const struct mls_group *mls, const struct settings *s)
{
    struct mls_leaf_index leaf;
    struct client_id id;

    for (size_t i = 0; i < s->admin_count; i++) {
        memcpy(id.b, s->admins[i], sizeof id.b);
        if (groups_leaf_of(mls, &id, &leaf))
            return true;
    }
    return false;
}

enum err
groups_check(const struct mls_group *mls, struct settings *out)
{
    struct bytes encoded;
    enum err e;

    if (!mls_group_extension(mls, SETTINGS_EXTENSION, &encoded))
        return ERR_MALFORMED;
    e = settings_read(encoded, out);
    if (e != ERR_OK)
        return e;
    for (uint32_t i = 0; i < mls_group_leaf_count(mls); i++) {
        e = check_member(mls, (struct mls_leaf_index){i});
        if (e != ERR_OK)
            return e;
    }
    if (mls_group_member_count(mls) > LIMIT_MEMBERS)
        return ERR_MALFORMED;
    return has_admin(mls, out) ? ERR_OK : ERR_MALFORMED;
}

bool
groups_leaf_of(const struct mls_group *mls,
               const struct client_id *credential,
               struct mls_leaf_index *out)
{
    struct mls_member m;

    if (mls == NULL)
        return false;
    for (uint32_t i = 0; i < mls_group_leaf_count(mls); i++) {
        out->v = i;
        if (mls_group_member(mls, *out, &m) &&
            bytes_equal(m.credential, BYTES_OF(credential->b)))
            return true;
    }
    return false;
}

struct notice_person
groups_person_at(const struct mls_group *mls, struct mls_leaf_index leaf)
{
    struct notice_person who = {0};
    uint8_t hash[LIMIT_ID];
    struct mls_member m;
    struct bytes key;

    if (!mls_group_member(mls, leaf, &m) || m.credential.len != sizeof who.id.b)
        return who;
    memcpy(who.id.b, m.credential.b, sizeof who.id.b);
    key = BYTES_OF(m.signature_key.b);
    hash_id("pristan tag", &key, 1, hash);
    memcpy(who.tag, hash, sizeof who.tag);
    (void)mls_group_member_extension(mls, leaf, DISPLAY_NAME_EXTENSION,
                                     &who.name);
    who.self = leaf.v == mls_group_own_leaf(mls).v;
    return who;
}

struct notice_person
groups_person(const struct group *g, const struct client_id *credential)
{
    struct mls_leaf_index leaf;

    if (groups_leaf_of(g->mls, credential, &leaf))
        return groups_person_at(g->mls, leaf);
    return (struct notice_person){.id = *credential};
}

struct client_id
groups_own_id(const struct group *g)
{
    if (g->mls == NULL)
        return (struct client_id){{0}};
    return groups_person_at(g->mls, mls_group_own_leaf(g->mls)).id;
}

bool
groups_is_admin(const struct group *g, struct bytes credential)
{
    for (size_t i = 0; i < g->settings.admin_count; i++)
        if (bytes_equal(BYTES_OF(g->settings.admins[i]), credential))
            return true;
    return false;
}

bool
groups_we_are_admin(const struct group *g)
{
    const struct client_id own = groups_own_id(g);

    return g->mls != NULL && groups_is_admin(g, BYTES_OF(own.b));
}

enum err
groups_usable(const struct group *g)
{
    return groups_active(g) && !g->cloned && !g->leaving ? ERR_OK : ERR_TURN;
}

/* A new group of ours in its first epoch: memory, rows and a line. */
static enum err
settle(struct client *c, struct group *g, const struct epoch_change *change)
{
    struct line *line;
    enum err e;

    e = lines_get(c, &g->relay, &g->id, &line);
    if (e == ERR_OK)
        e = groups_epoch_begin(c, g, change);
    return e;
}

enum err
groups_create(struct client *c,
              const struct address *relay,
              const struct settings *settings,
              struct bytes own_name,
              struct group **out)
{
    const struct epoch_change change = {.ours = true};
    struct mls_group *mls = NULL;
    struct client_id id;
    struct group *g;
    enum err e;

    if (own_name.len < 1 || own_name.len > LIMIT_NAME ||
        !text_is_clean(own_name))
        return ERR_USE;
    if (c->group_count == CORE_GROUPS_MAX || c->line_count == CORE_LINES_MAX)
        return ERR_FULL;
    e = identity_create_group(own_name, settings, c->now.wall_ms, &mls);
    if (e != ERR_OK)
        return e == ERR_MEMORY ? e : ERR_USE;
    memcpy(id.b, mls_group_id(mls).b, sizeof id.b);
    e = groups_new(c, &id, &g);
    if (e != ERR_OK) {
        mls_group_free(mls);
        return e;
    }
    g->relay = *relay;
    g->mls = mls;
    g->phase = PHASE_STABLE;
    e = settle(c, g, &change);
    if (e == ERR_OK)
        *out = g;
    return e;
}

enum err
groups_expect(struct client *c,
              const struct address *relay,
              enum group_kind kind,
              struct bytes title,
              struct group **out)
{
    const uint8_t nobody[CLIENT_ID_LEN] = {0};
    const struct client_id id = client_id_random();
    struct settings s = {.kind = kind, .title = title, .admin_count = 1};
    struct buf encoded = buf_limited(SETTINGS_MAX);
    struct group *g = NULL;
    enum err e;

    if (kind == GROUP_CASE)
        s.case_id = BYTES_OF(nobody);
    e = settings_write(&s, &encoded);
    if (e == ERR_OK)
        e = groups_new(c, &id, &g);
    if (e == ERR_OK) {
        g->relay = *relay;
        g->phase = PHASE_JOINING;
        g->asker = kind == GROUP_CASE;
        g->dirty = true;
        e = keep_settings(g, buf_bytes(&encoded));
        *out = g;
    }
    buf_free(&encoded);
    return e;
}

/* We are in that MLS group already: a Welcome never replaces a group (D-16). */
static bool
known(const struct client *c, struct bytes mls_id)
{
    struct queue_node *n;

    for (n = queue_first(&c->groups); n != NULL; n = queue_next(&c->groups, n))
        if (groups_active(group_of(n)) &&
            bytes_equal(mls_group_id(group_of(n)->mls), mls_id))
            return true;
    return false;
}

static enum err
tell_joined(struct client *c, struct group *g, uint64_t act)
{
    struct notice n = {.kind = NOTICE_YOU_JOINED,
                       .at_ms = c->now.wall_ms,
                       .act = act,
                       .text = g->settings.title};

    n.who = groups_person_at(g->mls, mls_group_own_leaf(g->mls));
    return turn_history(c, g, &n, false);
}

static enum err
place_for(struct client *c, struct bytes mls_id, struct group **out)
{
    struct client_id id = client_id_random();

    if (mls_id.len == sizeof id.b) {
        memcpy(id.b, mls_id.b, sizeof id.b);
        /* an old one that is over has it, or it was chosen to be what something
         * else of ours is called */
        if (groups_find(c, &id) != NULL || lines_find(c, &id) != NULL)
            id = client_id_random();
    }
    return groups_new(c, &id, out);
}

enum err
groups_join(struct client *c,
            const struct address *relay,
            struct mls_group *mls,
            struct group *into,
            uint64_t act,
            struct group **out)
{
    const struct epoch_change change = {.joined = true};
    struct group *g = into;
    struct settings checked;
    enum err e = ERR_OK;

    if (known(c, mls_group_id(mls)))
        e = ERR_EXISTS;
    if (e == ERR_OK)
        e = groups_check(mls, &checked);
    if (e == ERR_OK && into != NULL &&
        (into->phase != PHASE_JOINING || checked.kind != into->settings.kind))
        e = ERR_MALFORMED;
    if (e == ERR_OK && g == NULL)
        e = place_for(c, mls_group_id(mls), &g);
    if (e != ERR_OK) {
        mls_group_free(mls);
        return e;
    }
    g->relay = *relay;
    g->mls = mls;
    g->phase = PHASE_JOINING;
    (void)groups_turn(g, GROUP_WELCOMED);
    e = groups_take_settings(g);
    if (e == ERR_OK)
        e = tell_joined(c, g, act);
    if (e == ERR_OK)
        e = settle(c, g, &change);
    if (e == ERR_OK)
        *out = g;
    return e;
}

enum err
groups_forget(struct client *c, struct group *g)
{
    struct line *line = lines_find(c, &g->id);
    enum err e;

    if (line != NULL)
        lines_drop(c, line);
    e = hooks_gone(c, g);
    if (e == ERR_OK)
        e = outbox_drop(c, g, CODE_NOT_MEMBER);
    if (e == ERR_OK)
        e = commits_drop(c, g, CODE_NOT_MEMBER);
    if (e == ERR_OK)
        e = acts_failed(c, g->act_new, CODE_NOT_MEMBER);
    if (e == ERR_OK)
        e = groups_remove_rows(c, g);
    groups_free(c, g);
    return e;
}
