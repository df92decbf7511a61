/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    TEXTS_MAX = 4096,
    PEOPLE_MAX = 256,
    SCREENS_MAX = 256,
    PAGE_ROWS = 64,
    PAGE_BYTES = 1024 * 1024,
    DETAIL = 160
};

struct text {
    size_t speaker;
    size_t speaker_person; /* as whom: place in people[] + 1 */
    struct client_id group;
    bool circle;
    uint64_t act;                  /* 0: not taken, or forgotten */
    bool delivered;                /* the speaker was told that it is durable */
    size_t known_removed;          /* so many of the speaker's removed[] */
    size_t members[WORLD_CLIENTS]; /* whom the speaker counted as a member:
                                    * place in people[] + 1; 0: not in */
    uint32_t shown;                /* clients that have shown it */
};

/* How far a client's screen has come in one group. */
struct screen {
    size_t client;
    struct client_id group;
    uint64_t seq;
};

/* Which client is behind a credential. */
struct who {
    struct client_id id;
    size_t client;
};

struct model {
    struct text texts[TEXTS_MAX];
    uint32_t text_count;
    struct who people[PEOPLE_MAX];
    size_t person_count;
    /* the circle's texts in the one order, as screens established it */
    uint32_t order[TEXTS_MAX];
    uint32_t order_len;
    int64_t at[WORLD_CLIENTS];  /* place in the order of what was shown last */
    bool loose[WORLD_CLIENTS];  /* has (re)joined: may begin anywhere */
    size_t self[WORLD_CLIENTS]; /* newest credential: place in people[] + 1 */
    /* credentials that a client has seen go, in the order of seeing */
    struct client_id removed[WORLD_CLIENTS][PEOPLE_MAX];
    size_t removed_count[WORLD_CLIENTS];
    struct screen screens[SCREENS_MAX];
    size_t screen_count;
    struct model_counts counts;
};

struct model *
model_new(void)
{
    struct model *m = mem_new(sizeof *m);

    if (m == NULL)
        return NULL;
    for (size_t i = 0; i < WORLD_CLIENTS; i++) {
        m->at[i] = -1;
        m->loose[i] = true;
    }
    return m;
}

void
model_free(struct model *m)
{
    mem_free(m);
}

void
model_get_counts(const struct model *m, struct model_counts *out)
{
    *out = m->counts;
}

/* Learns who is who from the one place where each client says "this is me". */
static void
model_learn(struct world *w, size_t i, const struct client_id *group)
{
    struct model *m = w->model;
    struct client_group_info g;
    struct client_member me;

    /* a conversation with a newcomer has identities of its own (J-05) */
    if (client_group_find(w->clients[i].core, group, &g) != ERR_OK ||
        g.kind != CLIENT_CIRCLE)
        return;

    for (size_t k = 0;
         client_group_member(w->clients[i].core, group, k, &me) == ERR_OK;
         k++) {
        size_t p = 0;

        if (!me.person.self)
            continue;
        while (p < m->person_count &&
               memcmp(m->people[p].id.b, me.person.id.b, CLIENT_ID_LEN) != 0)
            p++;
        if (p == m->person_count && p < PEOPLE_MAX)
            m->people[m->person_count++] = (struct who){me.person.id, i};
        m->self[i] = p + 1;
    }
}

/* Whom client i counts among the members of a group. */
static void
model_members(const struct world *w,
              size_t i,
              const struct client_id *group,
              size_t out[static WORLD_CLIENTS])
{
    const struct model *m = w->model;
    struct client_member k;

    memset(out, 0, WORLD_CLIENTS * sizeof *out);
    for (size_t n = 0;
         client_group_member(w->clients[i].core, group, n, &k) == ERR_OK; n++)
        for (size_t p = 0; p < m->person_count; p++)
            if (memcmp(m->people[p].id.b, k.person.id.b, CLIENT_ID_LEN) == 0)
                out[m->people[p].client] = p + 1;
}

uint32_t
model_new_text(struct world *w,
               size_t i,
               const struct client_id *group,
               bool circle,
               char *text,
               size_t size)
{
    struct model *m = w->model;
    uint32_t n = m->text_count;

    if (n == TEXTS_MAX) {
        world_fail(w, "model", "too many texts");
        return 0;
    }
    m->text_count++;
    model_learn(w, i, group);
    m->texts[n] = (struct text){.speaker = i,
                                .speaker_person = m->self[i],
                                .group = *group,
                                .circle = circle};
    if (circle) {
        model_members(w, i, group, m->texts[n].members);
        m->texts[n].known_removed = m->removed_count[i];
    }
    snprintf(text, size, MODEL_MARK " %u привет", n);
    return n;
}

void
model_said(struct world *w, uint32_t text, uint64_t act)
{
    w->model->texts[text].act = act;
}

void
model_forget_acts(struct model *m, size_t i)
{
    for (uint32_t n = 0; n < m->text_count; n++)
        if (m->texts[n].speaker == i)
            m->texts[n].act = 0;
}

static void
model_fail_text(struct world *w, const char *what, size_t i, uint32_t n)
{
    char detail[DETAIL];

    snprintf(detail, sizeof detail, "client %zu, text %u of client %zu", i, n,
             w->model->texts[n].speaker);
    world_fail(w, what, detail);
}

/* I6: texts of the circle come in one order on all screens. */
static void
model_check_order(struct world *w, size_t i, uint32_t n)
{
    struct model *m = w->model;
    int64_t place = -1;

    for (uint32_t k = 0; k < m->order_len; k++)
        if (m->order[k] == n)
            place = (int64_t)k;
    if (place < 0) {
        if (!m->loose[i] && m->at[i] + 1 != (int64_t)m->order_len)
            model_fail_text(w, "I6, another order", i, n);
        place = (int64_t)m->order_len;
        m->order[m->order_len++] = n;
    } else if (!m->loose[i] && place != m->at[i] + 1) {
        model_fail_text(w, "I6, left out or turned round", i, n);
    }
    m->at[i] = place;
    m->loose[i] = false;
}

/* I7: the speaker did not know the one who shows it to be out already. */
static void
model_check_removed(struct world *w, size_t i, uint32_t n)
{
    const struct model *m = w->model;
    const struct text *t = &m->texts[n];

    for (size_t k = 0; k < t->known_removed && m->self[i] != 0; k++)
        if (memcmp(m->removed[t->speaker][k].b, m->people[m->self[i] - 1].id.b,
                   CLIENT_ID_LEN) == 0)
            model_fail_text(w, "I7, a removed member reads", i, n);
}

/* I5, I7, and the order. */
static void
model_text_shown(struct world *w, size_t i, const struct notice *notice)
{
    struct model *m = w->model;
    char text[64];
    unsigned n;

    snprintf(text, sizeof text, "%.*s",
             (int)(notice->text.len < 63 ? notice->text.len : 63),
             (const char *)notice->text.b);
    if (sscanf(text, MODEL_MARK " %u", &n) != 1 || n >= m->text_count) {
        world_fail(w, "a text that nobody wrote", text);
        return;
    }
    m->counts.texts++;
    m->counts.desk_texts += !m->texts[n].circle;
    if (m->texts[n].shown & (1u << i))
        model_fail_text(w, "I5, shown twice", i, n);
    m->texts[n].shown |= 1u << i;
    if (!m->texts[n].circle)
        return;
    if (notice->who.self !=
        (m->texts[n].speaker == i && m->texts[n].speaker_person == m->self[i]))
        model_fail_text(w, "P3, shown as another's", i, n);
    model_check_removed(w, i, n);
    model_check_order(w, i, n);
}

static void
model_act_done(struct model *m, size_t i, uint64_t act)
{
    for (uint32_t n = 0; n < m->text_count; n++)
        if (m->texts[n].speaker == i && m->texts[n].act == act)
            m->texts[n].delivered = true;
}

static void
model_saw_go(struct model *m, size_t i, const struct client_id *who)
{
    if (m->removed_count[i] < PEOPLE_MAX)
        m->removed[i][m->removed_count[i]++] = *who;
}

static void
model_trace(const struct world *w, size_t i, const struct notice *n)
{
    printf("  %8llu client %zu: kind %d code %d act %llu seq %llu %.*s\n",
           (unsigned long long)w->mono_ms, i, (int)n->kind, (int)n->code,
           (unsigned long long)n->act, (unsigned long long)n->seq,
           (int)n->text.len, (const char *)n->text.b);
}

/* A client is let in (again): another conversation on its screen, which begins
 * anywhere in the log. */
static void
model_begin_again(struct model *m, size_t i)
{
    m->loose[i] = true;
    m->removed_count[i] = 0;
    for (uint32_t n = 0; n < m->text_count; n++)
        if (m->texts[n].circle)
            m->texts[n].shown &= ~(1u << i);
}

/* What stands in the history, whether it was on the screen at once or is read
 * after a crash. */
static void
model_history(struct world *w, size_t i, const struct notice *n)
{
    struct model *m = w->model;

    model_learn(w, i, &n->group);
    m->counts.joined += n->kind == NOTICE_YOU_JOINED;
    m->counts.out += n->kind == NOTICE_YOU_REMOVED;
    m->counts.claims += n->kind == NOTICE_CASE_CLAIMED && n->who.self;
    if (n->kind == NOTICE_TEXT) {
        model_text_shown(w, i, n);
    } else if (n->kind == NOTICE_YOU_JOINED) {
        model_begin_again(m, i);
    } else if (n->kind == NOTICE_REMOVED || n->kind == NOTICE_LEFT) {
        model_saw_go(m, i, &n->who.id);
    }
}

static struct screen *
model_screen(struct model *m, size_t i, const struct client_id *group)
{
    size_t k = 0;

    while (k < m->screen_count &&
           (m->screens[k].client != i ||
            memcmp(m->screens[k].group.b, group->b, CLIENT_ID_LEN) != 0))
        k++;
    if (k == m->screen_count && k < SCREENS_MAX)
        m->screens[m->screen_count++] = (struct screen){i, *group, 0};
    return &m->screens[k < SCREENS_MAX ? k : 0];
}

/* Rows that a crash kept from the screen, though they were stored. */
static void
model_catch_up(struct world *w,
               size_t i,
               const struct client_id *group,
               uint64_t before)
{
    struct screen *screen = model_screen(w->model, i, group);
    struct arena a = arena_limited(PAGE_BYTES);
    struct profile_history_row *rows = NULL;
    struct notice n;
    size_t count = 0;

    if (screen->seq + 1 < before &&
        profile_history(w->clients[i].disk, group, screen->seq, w->wall_ms,
                        PAGE_ROWS, &a, &rows, &count) != ERR_OK)
        world_fail(w, "history", "cannot be read");
    for (size_t k = 0; k < count && rows[k].seq < before; k++)
        if (notice_read(rows[k].value, &n) == ERR_OK)
            model_history(w, i, &n);
    screen->seq = before - 1;
    arena_free(&a);
}

void
model_notice(struct world *w, size_t i, const struct notice *n)
{
    char detail[DETAIL];

    if (w->trace)
        model_trace(w, i, n);
    if (n->seq != 0) {
        model_catch_up(w, i, &n->group, n->seq);
        model_screen(w->model, i, &n->group)->seq = n->seq;
        model_history(w, i, n);
    }
    if (n->kind == NOTICE_ACT_DONE)
        model_act_done(w->model, i, n->act);
    if (n->kind == NOTICE_ALARM || n->kind == NOTICE_LOCKED_OUT) {
        /* everybody here is honest */
        snprintf(detail, sizeof detail, "client %zu, code %d", i, (int)n->code);
        world_fail(w, "an alarm without a reason", detail);
    }
}

/* I3: the roster that is shown has us in it, once, while we are members. */
void
model_check_step(struct world *w)
{
    struct client_group_info g;

    for (size_t i = 0; i < w->client_count; i++) {
        struct client *core = w->clients[i].core;

        for (size_t k = 0; core != NULL && k < client_group_count(core); k++) {
            struct client_member m;
            unsigned selves = 0, count = 0;

            if (client_group_info(core, k, &g) != ERR_OK ||
                g.state != CLIENT_STABLE)
                continue;
            for (; client_group_member(core, &g.id, count, &m) == ERR_OK;
                 count++)
                selves += m.person.self;
            if (selves != 1 || count != g.members)
                world_fail(w, "I3", "the roster is not the tree");
        }
    }
}

void
model_check_disk(struct world *w)
{
    struct buf dump = buf_limited(SIZE_MAX / 2);

    store_disk_dump(w->disk, &dump);
    if (buf_end(&dump) != ERR_OK)
        world_fail(w, "dump", "no memory");
    else if (dump.len > 0 && memmem(dump.b, dump.len, MODEL_MARK,
                                    sizeof MODEL_MARK - 1) != NULL)
        world_fail(w, "P1", "the relay's disk holds plain text");
    buf_free(&dump);
}

/* Two members of the circle that are both in step. */
static void
model_check_pair(struct world *w, size_t a, size_t b, const struct client_id *g)
{
    struct client_group_info ia, ib;
    struct buf ca = buf_limited(256), cb = buf_limited(256);
    char detail[DETAIL];

    if (client_group_find(w->clients[a].core, g, &ia) == ERR_OK &&
        client_group_find(w->clients[b].core, g, &ib) == ERR_OK &&
        ia.state == CLIENT_STABLE && ib.state == CLIENT_STABLE) {
        snprintf(detail, sizeof detail,
                 "clients %zu and %zu, epochs %llu and %llu", a, b,
                 (unsigned long long)ia.epoch, (unsigned long long)ib.epoch);
        if (client_group_code(w->clients[a].core, g, CLIENT_LATIN, &ca) !=
                ERR_OK ||
            client_group_code(w->clients[b].core, g, CLIENT_LATIN, &cb) !=
                ERR_OK ||
            !bytes_equal(buf_bytes(&ca), buf_bytes(&cb)))
            world_fail(w, "I2, members do not agree", detail);
    }
    buf_free(&ca);
    buf_free(&cb);
}

/* I4: a delivered text is on the screen of everybody whom its speaker counted
 * as a member, and who has been one without a break. */
static void
model_check_delivery(struct world *w, size_t i)
{
    const struct model *m = w->model;

    for (uint32_t n = 0; n < m->text_count; n++) {
        const struct text *t = &m->texts[n];

        if (t->circle && t->delivered && !(t->shown & (1u << i)) &&
            t->members[i] != 0 && t->members[i] == m->self[i])
            model_fail_text(w, "I4, never shown", i, n);
    }
}

/* I14: one client's view of the circle has come to rest. */
static void
model_check_rest(struct world *w, size_t i, const struct client_group_info *g)
{
    char detail[DETAIL];

    snprintf(detail, sizeof detail,
             "client %zu: state %d, in step %d, epoch %llu", i, (int)g->state,
             g->in_step, (unsigned long long)g->epoch);
    if (g->state == CLIENT_PENDING ||
        (g->state == CLIENT_STABLE && !g->in_step))
        world_fail(w, "I14, not in step", detail);
    if (g->state == CLIENT_STABLE) {
        model_catch_up(w, i, &g->id, g->last_seq + 1);
        model_check_delivery(w, i);
    }
}

void
model_check_end(struct world *w, const struct client_id *circle)
{
    struct client_group_info g;

    for (size_t a = 0; a < w->client_count; a++)
        for (size_t b = a + 1; b < w->client_count; b++)
            model_check_pair(w, a, b, circle);
    for (size_t i = 0; i < w->client_count; i++) {
        if (client_group_find(w->clients[i].core, circle, &g) != ERR_OK)
            continue;
        model_check_rest(w, i, &g);
    }
    model_check_disk(w);
}
