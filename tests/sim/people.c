/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people.h"

#include <stdio.h>
#include <string.h>

#include "model.h"

enum { TEXT_SIZE = 64, NEWCOMERS = 2 };

static bool
people_is_newcomer(const struct world *w, size_t i)
{
    return w->client_count > 3 && i + NEWCOMERS >= w->client_count;
}

/* A refusal is an answer; running out of memory or an impossibility is not. */
static void
people_taken(struct world *w, struct people *p, enum err e, const char *act)
{
    if (e == ERR_OK)
        p->acts++;
    else if (e == ERR_MEMORY || e == ERR_INTERNAL || e == ERR_DISK)
        world_fail(w, act, err_name(e));
    if (w->trace)
        printf("  %s: %s\n", act, err_name(e));
}

bool
people_begin(struct world *w, struct people *p)
{
    struct client *c = w->clients[0].core;
    struct buf relay = buf_limited(512);
    struct client_id link;
    uint64_t act;
    enum err e;

    memset(p, 0, sizeof *p);
    p->join_link = buf_limited(512);
    p->ask_link = buf_limited(512);
    world_relay_link(w, &relay);
    e = client_group_new(
        c, buf_bytes(&relay), CLIENT_CIRCLE, bytes_str(MODEL_MARK " circle"),
        bytes_str(MODEL_MARK " 0"), world_now(w), &p->circle, &act);
    buf_free(&relay);
    if (e != ERR_OK || !world_settle(w)) {
        world_fail(w, "group_new", err_name(e));
        return false;
    }
    e = client_desk_open(c, &p->circle, bytes_str(MODEL_MARK " desk"),
                         world_now(w), &p->ask_link, &act);
    if (e == ERR_OK)
        e = client_link_new(c, &p->circle, 0, 0, world_now(w), &link,
                            &p->join_link, &act);
    if (e != ERR_OK || !world_settle(w))
        world_fail(w, "desk_open, link_new", err_name(e));
    return !w->broken;
}

void
people_end(struct people *p)
{
    buf_free(&p->join_link);
    buf_free(&p->ask_link);
}

static bool
people_in_circle(const struct world *w, const struct people *p, size_t i)
{
    struct client_group_info g;

    return client_group_find(w->clients[i].core, &p->circle, &g) == ERR_OK &&
           (g.state == CLIENT_STABLE || g.state == CLIENT_PENDING);
}

static void
people_knock(struct world *w, struct people *p, size_t i)
{
    char name[TEXT_SIZE];
    uint64_t act;

    snprintf(name, sizeof name, MODEL_MARK " %zu", i);
    people_taken(w, p,
                 client_knock(w->clients[i].core, buf_bytes(&p->join_link),
                              bytes_str(name), bytes_str(MODEL_MARK),
                              world_now(w), &act),
                 "knock");
}

static void
people_decide(struct world *w, struct people *p)
{
    struct client_knock_info k;
    uint64_t act;
    enum err e;

    if (client_knock_info(w->clients[0].core, 0, &k) != ERR_OK)
        return;
    if (world_random(w, 8) == 0)
        e = client_knock_decline(w->clients[0].core, &k.id,
                                 world_random(w, 2) == 0, world_now(w), &act);
    else
        e = client_knock_approve(w->clients[0].core, &k.id, world_now(w), &act);
    people_taken(w, p, e, "decide");
}

static void
people_say(struct world *w,
           struct people *p,
           size_t i,
           const struct client_id *group,
           bool circle)
{
    char text[TEXT_SIZE];
    uint32_t n = model_new_text(w, i, group, circle, text, sizeof text);
    struct client_id id;
    uint64_t act = 0;
    enum err e;

    if (w->broken)
        return;
    e = client_say(w->clients[i].core, group, bytes_str(text), world_now(w),
                   &id, &act);
    people_taken(w, p, e, "say");
    if (e == ERR_OK)
        model_said(w, n, act);
}

static void
people_remove(struct world *w, struct people *p)
{
    struct client_member m;
    size_t at = world_random(w, 4);
    uint64_t act;

    if (client_group_member(w->clients[0].core, &p->circle, at, &m) != ERR_OK ||
        m.person.self)
        return;
    people_taken(w, p,
                 client_remove(w->clients[0].core, &p->circle, &m.person.id,
                               world_now(w), &act),
                 "remove");
}

static void
people_ask(struct world *w, struct people *p, size_t i)
{
    uint64_t act;
    enum err e;

    if (p->has_asked[i]) {
        people_say(w, p, i, &p->asked[i], false);
        return;
    }
    e = client_ask(w->clients[i].core, buf_bytes(&p->ask_link),
                   bytes_str(MODEL_MARK " help"), "ru", 1, world_now(w),
                   &p->asked[i], &act);
    people_taken(w, p, e, "ask");
    p->has_asked[i] = e == ERR_OK;
}

static void
people_answer(struct world *w,
              struct people *p,
              size_t i,
              const struct client_case_info *c)
{
    char text[TEXT_SIZE];
    struct client_id id;
    uint64_t act = 0;
    uint32_t n = model_new_text(w, i, &c->group, false, text, sizeof text);
    enum err e;

    if (w->broken)
        return;
    e = client_case_answer(w->clients[i].core, &c->id, bytes_str(text),
                           world_now(w), &id, &act);
    people_taken(w, p, e, "answer");
    if (e == ERR_OK)
        model_said(w, n, act);
}

static void
people_work_case(struct world *w, struct people *p, size_t i)
{
    struct client *core = w->clients[i].core;
    size_t count = client_case_count(core);
    struct client_case_info c;
    uint64_t act;

    if (count == 0 ||
        client_case_info(core, world_random(w, (uint32_t)count), &c) != ERR_OK)
        return;
    if (!c.ours)
        people_taken(w, p, client_case_claim(core, &c.id, world_now(w), &act),
                     "claim");
    else if (world_random(w, 6) == 0)
        people_taken(w, p, client_case_release(core, &c.id, world_now(w), &act),
                     "release");
    else if (world_random(w, 8) == 0)
        people_taken(w, p,
                     client_case_close(core, &c.id, bytes_str(MODEL_MARK),
                                       world_now(w), &act),
                     "close");
    else
        people_answer(w, p, i, &c);
}

static void
people_member_act(struct world *w, struct people *p, size_t i)
{
    uint64_t act;
    uint32_t dice = world_random(w, 100);

    if (dice < 60)
        people_say(w, p, i, &p->circle, true);
    else if (dice < 85)
        people_work_case(w, p, i);
    else if (dice < 93)
        people_taken(
            w, p,
            client_refresh(w->clients[i].core, &p->circle, world_now(w), &act),
            "refresh");
    else if (i == 0)
        people_remove(w, p);
    else if (dice < 95)
        people_taken(
            w, p,
            client_leave(w->clients[i].core, &p->circle, world_now(w), &act),
            "leave");
}

void
people_act(struct world *w, struct people *p)
{
    size_t i = world_random(w, (uint32_t)w->client_count);

    if (w->trace)
        printf("  client %zu acts\n", i);
    if (people_is_newcomer(w, i))
        people_ask(w, p, i);
    else if (i == 0 && client_knock_count(w->clients[0].core) > 0)
        people_decide(w, p);
    else if (people_in_circle(w, p, i))
        people_member_act(w, p, i);
    else if (world_random(w, 4) == 0)
        people_knock(w, p, i);
}

void
people_fault(struct world *w)
{
    size_t i = world_random(w, (uint32_t)w->client_count);
    uint32_t dice = world_random(w, 100);

    if (dice < 35)
        world_cut_line(w);
    else if (dice < 45)
        world_restart_relay(w, false);
    else if (dice < 60)
        world_restart_relay(w, true);
    else if (dice < 80)
        world_restart_client(w, i);
    else if (dice < 90)
        world_set_offline(w, i, !w->clients[i].offline);
    else if (dice < 95)
        profile_memory_fault(w->clients[i].disk, PROFILE_MEMORY_LOSES);
    else
        profile_memory_fault(w->clients[i].disk, PROFILE_MEMORY_KEEPS);
}
