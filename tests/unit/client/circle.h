/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Groups in the town without doors and desks: this file stands in for hooks.c,
 * keeps what the core tells its modules, and carries Welcomes by hand. */
#ifndef TEST_CLIENT_CIRCLE_H
#define TEST_CLIENT_CIRCLE_H

#include "town.h"

#include "client/core/hooks.h"
#include "client/core/identity.h"

struct hooks {
    struct buf welcome; /* the last one that was won */
    size_t added;
    size_t not_added;
    size_t epochs;
    size_t gone;
    size_t refused;
    size_t contents;
};

enum err
hooks_new(struct client *c)
{
    c->hooks = mem_new(sizeof *c->hooks);
    if (c->hooks == NULL)
        return ERR_MEMORY;
    c->hooks->welcome = buf_limited(CORE_ROW_MAX);
    return ERR_OK;
}

void
hooks_free(struct client *c)
{
    if (c->hooks != NULL)
        buf_free(&c->hooks->welcome);
    mem_free(c->hooks);
    c->hooks = NULL;
}

enum err
hooks_load_row(struct client *c, struct bytes key, struct bytes value)
{
    (void)c;
    (void)key;
    (void)value;
    return ERR_UNSUPPORTED;
}

enum err
hooks_start(struct client *c)
{
    (void)c;
    return ERR_OK;
}

uint64_t
hooks_deadline(const struct client *c)
{
    (void)c;
    return CORE_NEVER;
}

enum err
hooks_tick(struct client *c)
{
    (void)c;
    return ERR_OK;
}

enum err
hooks_line_live(struct client *c, struct line *l)
{
    (void)c;
    (void)l;
    return ERR_OK;
}

enum err
hooks_line_lost(struct client *c, struct line *l, enum notice_code code)
{
    (void)c;
    (void)l;
    (void)code;
    return ERR_OK;
}

enum err
hooks_event(struct client *c,
            struct line *l,
            const struct op *op,
            const struct event *ev)
{
    (void)c;
    (void)l;
    (void)op;
    (void)ev;
    return ERR_OK;
}

bool
hooks_in_step(const struct client *c, const struct line *l)
{
    (void)c;
    (void)l;
    return true;
}

bool
hooks_idle(const struct client *c)
{
    (void)c;
    return true;
}

enum err
hooks_content(struct client *c, struct group *g, const struct heard *h)
{
    (void)g;
    (void)h;
    c->hooks->contents++;
    return ERR_OK;
}

enum err
hooks_epoch(struct client *c, struct group *g, const struct epoch_change *e)
{
    (void)g;
    (void)e;
    c->hooks->epochs++;
    return ERR_OK;
}

enum err
hooks_added(struct client *c,
            struct group *g,
            const struct intent *in,
            struct bytes welcome)
{
    (void)g;
    (void)in;
    c->hooks->added++;
    buf_reset(&c->hooks->welcome);
    buf_append(&c->hooks->welcome, welcome);
    return buf_end(&c->hooks->welcome);
}

enum err
hooks_not_added(struct client *c,
                struct group *g,
                const struct intent *in,
                enum notice_code code)
{
    (void)g;
    (void)in;
    (void)code;
    c->hooks->not_added++;
    return ERR_OK;
}

enum err
hooks_said(struct client *c, struct group *g)
{
    (void)c;
    (void)g;
    return ERR_OK;
}

enum err
hooks_refused(struct client *c, const struct client_id *content)
{
    (void)content;
    c->hooks->refused++;
    return ERR_OK;
}

enum err
hooks_gone(struct client *c, struct group *g)
{
    (void)g;
    c->hooks->gone++;
    return ERR_OK;
}

void
hooks_info(const struct client *c,
           const struct group *g,
           struct client_group_info *out)
{
    (void)c;
    (void)g;
    (void)out;
}

/* --- people ----------------------------------------------------------------
 */

static const char *const circle_names[TOWN_CLIENTS] = {
    "Anna", "Борис", "Vera", "Гриша", "Daria", "Егор", "Zoya", "Инна"};

static struct client_id circle_id; /* of the one group of these tests */

static inline struct client *
core(size_t i)
{
    return town->clients[i].core;
}

/* Client i's place in it. */
static inline struct group *
circle_of(size_t i)
{
    return groups_find(core(i), &circle_id);
}

static inline struct client_id
circle_person(size_t i)
{
    return groups_own_id(circle_of(i));
}

static inline void
circle_begin(void)
{
    uint64_t act;

    assert_ok(client_group_new(
        core(0), bytes_str(town->link), CLIENT_CIRCLE, bytes_str("Пристань"),
        bytes_str(circle_names[0]), town->now, &circle_id, &act));
    town_settle();
    assert_int_equal(town_act(0, act), NOTICE_ACT_DONE);
}

/* The Welcome that client `by` has won lets client i in. */
static inline enum err
circle_enter(size_t by,
             size_t i,
             struct bytes key_package,
             const struct mls_key_package_secret *secret)
{
    struct mls_join join = {.welcome = buf_bytes(&core(by)->hooks->welcome),
                            .key_package = key_package,
                            .secret = secret};
    struct mls_group *mls;
    struct group *g;
    enum err e;

    e = client_enter(core(i), town->now);
    if (e == ERR_OK)
        e = mls_group_join(&join, &mls);
    if (e == ERR_OK)
        e = groups_join(core(i), &town->address, mls, NULL, 0, &g);
    return client_exit(core(i), e);
}

/* Admin `by` lets client i in; all have read it when this ends. */
static inline void
circle_add(size_t by, size_t i)
{
    struct mls_key_package_secret secret;
    struct buf package = buf_limited(4096);
    const struct reply_to reply = {{0}, {0}};
    const struct client_id cookie = {{1}};
    size_t before = core(by)->hooks->added;

    assert_ok(identity_key_package(bytes_str(circle_names[i]),
                                   town->now.wall_ms, &package, &secret));
    assert_ok(client_enter(core(by), town->now));
    assert_ok(client_exit(
        core(by), commits_want_add(core(by), circle_of(by), buf_bytes(&package),
                                   &reply, 1, &cookie, acts_new(core(by)))));
    town_pass(100);
    assert_int_equal(core(by)->hooks->added, before + 1);
    assert_ok(circle_enter(by, i, buf_bytes(&package), &secret));
    town_pass(4000);
    mls_key_package_secret_wipe(&secret);
    buf_free(&package);
}

/* Client 0 founds it and lets the others in. */
static inline void
circle_of_all(void)
{
    circle_begin();
    for (size_t i = 1; i < town->client_count; i++)
        circle_add(0, i);
}

static inline uint64_t
circle_say(size_t i, const char *text)
{
    struct client_id id;
    uint64_t act;

    assert_ok(
        client_say(core(i), &circle_id, bytes_str(text), town->now, &id, &act));
    return act;
}

/* All who are still in it are in one epoch and know each other by it. */
static inline void
circle_agrees(void)
{
    uint8_t first[MLS_HASH_LEN], other[MLS_HASH_LEN];
    bool any = false;

    for (size_t i = 0; i < town->client_count; i++) {
        struct group *g = circle_of(i);

        if (g == NULL || !groups_active(g))
            continue;
        mls_group_epoch_authenticator(g->mls, any ? other : first);
        if (any)
            assert_memory_equal(first, other, sizeof first);
        any = true;
        assert_true(client_idle(core(i)));
    }
    assert_true(any);
}

#endif
