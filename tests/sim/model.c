/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { TEXTS_MAX = 4096, PEOPLE_MAX = 256, DETAIL = 160 };

struct text {
    size_t speaker;
    struct client_id group;
    bool circle;
    uint64_t act;           /* 0: not taken, or forgotten */
    bool delivered;         /* the speaker was told that it is durable */
    uint32_t known_removed; /* clients that the speaker knew to be out */
    uint32_t known_members; /* clients that the speaker knew to be in */
    uint32_t shown;         /* clients that have shown it */
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
    int64_t at[WORLD_CLIENTS]; /* place in the order of what was shown last */
    bool loose[WORLD_CLIENTS]; /* has (re)joined: may begin anywhere */
    /* [observer]: clients seen as removed, by bit */
    uint32_t out[WORLD_CLIENTS];
    uint64_t shown;
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

uint64_t
model_shown_count(const struct model *m)
{
    return m->shown;
}

/* Learns who is who from the one place where each client says "this is me". */
static void
model_learn(struct world *w, size_t i, const struct client_id *group)
{
    struct model *m = w->model;
    struct client_member me;

    for (size_t k = 0;
         client_group_member(w->clients[i].core, group, k, &me) == ERR_OK; k++) {
        size_t p = 0;

        if (!me.person.self)
            continue;
        while (p < m->person_count &&
               memcmp(m->people[p].id.b, me.person.id.b, CLIENT_ID_LEN) != 0)
            p++;
        if (p == m->person_count && p < PEOPLE_MAX)
            m->people[m->person_count++] = (struct who){me.person.id, i};
    }
}

static int
model_client_of(const struct model *m, const struct client_id *id)
{
    for (size_t p = 0; p < m->person_count; p++)
        if (memcmp(m->people[p].id.b, id->b, CLIENT_ID_LEN) == 0)
            return (int)m->people[p].client;
    return -1;
}

/* Bits of the clients that client i counts among the members of a group. */
static uint32_t
model_members(const struct world *w, size_t i, const struct client_id *group)
{
    struct client_member k;
    uint32_t bits = 0;

    for (size_t n = 0;
         client_group_member(w->clients[i].core, group, n, &k) == ERR_OK; n++) {
        int c = model_client_of(w->model, &k.person.id);

        if (c >= 0)
            bits |= 1u << c;
    }
    return bits;
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
    m->texts[n] = (struct text){.speaker = i, .group = *group, .circle = circle};
    if (circle) {
        m->texts[n].known_members = model_members(w, i, group);
        m->texts[n].known_removed = m->out[i] & ~m->texts[n].known_members;
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
    m->shown++;
    if (m->texts[n].shown & (1u << i))
        model_fail_text(w, "I5, shown twice", i, n);
    m->texts[n].shown |= 1u << i;
    if (!m->texts[n].circle)
        return;
    if (m->texts[n].known_removed & (1u << i))
        model_fail_text(w, "I7, a removed member reads", i, n);
    if (notice->who.self != (m->texts[n].speaker == i))
        model_fail_text(w, "P3, shown as another's", i, n);
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
model_set_out(struct model *m, size_t i, const struct notice *n, bool out)
{
    int c = model_client_of(m, &n->who.id);

    if (c < 0)
        return;
    if (out)
        m->out[i] |= 1u << c;
    else
        m->out[i] &= ~(1u << c);
}

static void
model_trace(const struct world *w, size_t i, const struct notice *n)
{
    printf("  %8llu client %zu: kind %d code %d act %llu seq %llu %.*s\n",
           (unsigned long long)w->mono_ms, i, (int)n->kind, (int)n->code,
           (unsigned long long)n->act, (unsigned long long)n->seq,
           (int)n->text.len, (const char *)n->text.b);
}

void
model_notice(struct world *w, size_t i, const struct notice *n)
{
    struct model *m = w->model;
    char detail[DETAIL];

    if (w->trace)
        model_trace(w, i, n);
    if (!bytes_all_zero(BYTES_OF(n->group.b)))
        model_learn(w, i, &n->group);
    switch ((int)n->kind) {
    case NOTICE_TEXT:
        model_text_shown(w, i, n);
        break;
    case NOTICE_YOU_JOINED:
        m->loose[i] = true;
        m->out[i] = 0;
        break;
    case NOTICE_REMOVED:
    case NOTICE_LEFT:
        model_set_out(m, i, n, true);
        break;
    case NOTICE_JOINED:
        model_set_out(m, i, n, false);
        break;
    case NOTICE_ACT_DONE:
        model_act_done(m, i, n->act);
        break;
    case NOTICE_ALARM:
    case NOTICE_LOCKED_OUT: /* everybody here is honest */
        snprintf(detail, sizeof detail, "client %zu, code %d", i,
                 (int)n->code);
        world_fail(w, "an alarm without a reason", detail);
        break;
    default:
        break;
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

/* I4, I14: a delivered text is on the screen of everybody whom its speaker knew to be in
 * and who is in still. */
static void
model_check_delivery(struct world *w, size_t i, uint32_t members)
{
    const struct model *m = w->model;

    for (uint32_t n = 0; n < m->text_count; n++) {
        const struct text *t = &m->texts[n];

        if (!t->circle || t->shown == 0 || (t->shown & (1u << i)))
            continue;
        /* texts before our last joining are not for us */
        if ((t->known_members & (1u << i)) && (members & (1u << i)) &&
            w->clients[i].restarts < UINT32_MAX && m->order_len > 0 &&
            !m->loose[i])
            model_fail_text(w, "I4, never shown", i, n);
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
        if (g.state == CLIENT_PENDING || !g.in_step)
            world_fail(w, "I14", "somebody is not in step");
        if (g.state == CLIENT_STABLE)
            model_check_delivery(w, i, model_members(w, i, circle));
    }
    model_check_disk(w);
}
