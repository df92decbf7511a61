/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection: its link, its place on the relay's clocks, and what it is
 * told. A fault of the peer closes it without a word about which check failed.
 */
#include "core.h"

#include "base/mem.h"

enum err
session_new(struct relay *r,
            struct prefix *prefix,
            struct relay_now now,
            struct session **out)
{
    struct session *s;
    enum err e;

    s = mem_new(sizeof *s);
    if (s == NULL)
        return ERR_MEMORY;
    s->id = r->last_id + 1;
    s->out = buf_limited(CORE_OUT_MAX);
    queue_init(&s->wants);
    queue_init(&s->due);
    e = map_put(&r->sessions, s->id, s);
    if (e != ERR_OK) {
        mem_free(s);
        return e;
    }
    r->last_id = s->id;
    r->strangers++;
    s->prefix = prefix;
    session_hang(r, s, CLOCK_HEAD, now.mono_ms);
    *out = s;
    return ERR_OK;
}

/* What it holds now counts towards the sum of all. */
static void
weigh(struct relay *r, struct session *s, size_t held)
{
    r->held = r->held - s->held + held;
    s->held = (uint32_t)held;
    if (held == 0)
        queue_remove(&s->midway);
    else if (!queue_linked(&s->midway))
        queue_push(&r->midway, &s->midway);
}

size_t
session_pending_len(const struct session *s)
{
    return s->out.len + (s->link == NULL ? 0 : link_pending_len(s->link));
}

void
session_reckon(struct relay *r, struct session *s)
{
    size_t len = session_pending_len(s);

    r->pending = r->pending - s->pending + len;
    s->pending = (uint32_t)len;
}

void
session_free(struct relay *r, struct session *s)
{
    session_turn(r, s, SESSION_CLOSED);
    while (s->watch_count > 0)
        watch_free(r, s->watches[s->watch_count - 1]);
    wants_free(s);
    queue_remove(&s->dirty);
    weigh(r, s, 0);
    r->pending -= s->pending;
    (void)map_take(&r->sessions, s->id);
    prefix_leave(s->prefix, s->clock_ms);
    link_free(s->link);
    buf_free(&s->out);
    mem_wipe_free(s, sizeof *s);
}

void
session_turn(struct relay *r, struct session *s, enum session_state to)
{
    if (s->state == SESSION_OPEN && to != SESSION_OPEN)
        r->counters.sessions--;
    if (s->state != SESSION_OPEN && to == SESSION_OPEN)
        r->counters.sessions++;
    if (s->state == SESSION_GREETING && to != SESSION_GREETING)
        r->strangers--;
    s->state = (uint8_t)to;
    if (to != SESSION_CLOSED)
        return;
    /* its watches stay until it is freed: someone may be walking over them */
    queue_remove(&s->clock);
    queue_remove(&s->put_off);
    wants_turn(r, s);
}

void
session_mark(struct relay *r, struct session *s)
{
    if (queue_linked(&s->dirty))
        return;
    queue_push(&r->dirty, &s->dirty);
    s->ahead = false;
}

void
session_mark_ahead(struct relay *r, struct session *s)
{
    if (queue_linked(&s->dirty) && s->ahead)
        return; /* where it is, or who is told often would never be first */
    queue_remove(&s->dirty);
    queue_push(&r->ahead, &s->dirty);
    s->ahead = true;
}

void
session_close(struct relay *r, struct session *s)
{
    session_turn(r, s, SESSION_CLOSED);
    session_mark(r, s);
}

void
session_hang(struct relay *r,
             struct session *s,
             enum session_clock kind,
             uint64_t now_ms)
{
    queue_remove(&s->clock);
    queue_push(&r->clocks[kind], &s->clock);
    s->clock_kind = (uint8_t)kind;
    s->clock_ms = now_ms;
}

void
session_tell_pieces(struct relay *r,
                    struct session *s,
                    const struct bytes *pieces,
                    size_t piece_count)
{
    enum err e = link_add(s->link, pieces, piece_count);

    if (e == ERR_FULL) {
        e = link_flush(s->link, &s->out);
        if (e == ERR_OK)
            e = link_add(s->link, pieces, piece_count);
    }
    session_reckon(r, s);
    if (e == ERR_OK)
        session_mark(r, s);
    else
        session_close(r, s); /* what it was to be told it can ask again */
}

void
session_tell(struct relay *r, struct session *s, const struct event *ev)
{
    struct bytes piece;
    enum err e;

    buf_reset(&r->event);
    e = event_write(ev, &r->event);
    if (e != ERR_OK) {
        session_close(r, s);
        return;
    }
    piece = buf_bytes(&r->event);
    session_tell_pieces(r, s, &piece, 1);
}

void
session_refuse(struct relay *r,
               struct session *s,
               uint32_t tag,
               enum refusal reason,
               uint32_t retry_after_s)
{
    struct event ev = {.tag = tag, .kind = EVENT_REFUSED};

    ev.refused.reason = reason;
    ev.refused.retry_after_s = retry_after_s;
    r->counters.refused++;
    static_assert((int)REFUSED_REASONS <= (int)RELAY_REFUSALS, "one each");
    r->counters.refused_for[reason]++;
    session_tell(r, s, &ev);
}

/* One frame is one request. */
static enum err
read_frame(struct relay *r,
           struct session *s,
           struct bytes frame,
           struct relay_now now)
{
    struct request q;
    enum err e;

    queue_remove(&s->midway); /* through with one: it begins anew */
    e = request_read(frame, &r->scratch, &q);
    if (e == ERR_OK)
        e = session_dispatch(r, s, &q, now);
    arena_reset(&r->scratch);
    return e;
}

/* The upgrade is one of ours: unless it was seen before. */
static enum err
accept(struct relay *r, struct session *s, struct relay_now now)
{
    enum err e = replay_check(&r->replay, link_first_ephemeral(s->link)->b);

    if (e == ERR_OK) {
        session_hang(r, s, CLOCK_GREETING, now.mono_ms);
        return link_accept(s->link, &s->out);
    }
    if (e == ERR_EXISTS) {
        link_refuse(s->link);
        return ERR_OK;
    }
    return e;
}

/* One request to the web server. */
static enum err
answer_stranger(struct relay *r, struct session *s, struct relay_now now)
{
    r->counters.decoys++;
    return link_decoy(s->link, now.wall_ms, &s->out);
}

/* Later, behind those who wait for the same. */
static enum err
put_off(struct relay *r, struct session *s)
{
    queue_push(&r->put_off, &s->put_off);
    return link_keep(s->link);
}

/* What the link has become by what it was fed, as far as that goes at once. */
static enum err
read_link(struct relay *r, struct session *s, struct relay_now now)
{
    unsigned frames = 0;
    struct bytes frame;
    enum err e;

    for (;;) {
        if (frames == CORE_FRAMES_EACH)
            return put_off(r, s);
        e = link_step_next(s->link, &s->out, &frame);
        frames += e == ERR_OK || e == ERR_BUSY;
        if (e == ERR_BUSY)
            continue;
        if (e == ERR_OK)
            e = read_frame(r, s, frame, now);
        else if (e == ERR_NOT_FOUND && link_state(s->link) == LINK_SHAKING)
            e = accept(r, s, now);
        else if (e == ERR_NOT_FOUND && link_state(s->link) == LINK_DECOY)
            e = answer_stranger(r, s, now);
        else
            return e;
        if (e != ERR_OK)
            return e == ERR_NOT_FOUND ? ERR_MALFORMED : e;
        if (s->state == SESSION_CLOSED)
            return ERR_OK;
    }
}

/* Nothing more is read from one that is CLOSED. It is freed with its last send,
 * and thousands may be closed before that. */
static void
let_go(struct relay *r, struct session *s)
{
    link_deafen(s->link);
    weigh(r, s, 0);
}

/* Whoever leaves things half said is bounded, all of them together;
 * strangers leave nothing. Those who are at one frame for longest go first; who
 * means it is through with it long before. */
static void
bound_held(struct relay *r, struct session *s)
{
    struct queue_node *n;

    if (s->state == SESSION_CLOSED) {
        let_go(r, s);
        return;
    }
    weigh(r, s, link_held_len(s->link));
    while (r->held > CORE_HELD_MAX && (n = queue_first(&r->midway)) != NULL) {
        struct session *first = QUEUE_OWNER(n, struct session, midway);

        session_close(r, first);
        let_go(r, first);
    }
}

/* The clocks of a web server: for a head, for a body, between requests. */
static void
wind_stranger(struct relay *r,
              struct session *s,
              uint64_t answered,
              uint64_t now_ms)
{
    bool more = r->counters.decoys != answered;

    switch (link_awaits(s->link)) {
    case LINK_AWAITS_BODY:
        if (more || s->clock_kind != CLOCK_BODY)
            s->body_ms = now_ms;
        if (now_ms - s->body_ms < DECOY_BODY_ALL_MS - DECOY_BODY_MS)
            session_hang(r, s, CLOCK_BODY, now_ms);
        break;
    case LINK_AWAITS_HEAD: /* not prolonged by each byte of it */
        if (more || s->clock_kind != CLOCK_HEAD)
            session_hang(r, s, CLOCK_HEAD, now_ms);
        break;
    case LINK_AWAITS_REQUEST:
        if (more || s->clock_kind == CLOCK_BODY)
            session_hang(r, s, CLOCK_KEPT, now_ms);
        break;
    }
}

/* Works off what the link was fed. */
static void
work_off(struct relay *r, struct session *s, struct relay_now now)
{
    uint64_t answered = r->counters.decoys;
    unsigned tries = link_tries(s->link);
    enum err e = read_link(r, s, now);

    if (link_tries(s->link) != tries &&
        prefix_spend(s->prefix, PREFIX_SHAKES, 1, now.mono_ms) != 0)
        e = ERR_DENIED; /* too many from there: closed without a word */
    if ((e != ERR_OK && e != ERR_NOT_FOUND) ||
        link_state(s->link) == LINK_CLOSED)
        session_close(r, s);
    else if (link_state(s->link) == LINK_UPGRADING)
        wind_stranger(r, s, answered, now.mono_ms);
    bound_held(r, s);
    session_reckon(r, s);
    if (s->out.len > 0)
        session_mark(r, s);
}

void
session_go_on(struct relay *r, struct session *s, struct relay_now now)
{
    queue_remove(&s->put_off);
    work_off(r, s, now);
}

void
session_read(struct relay *r,
             struct session *s,
             struct bytes in,
             struct relay_now now)
{
    enum err e = ERR_OK;

    while (queue_linked(&s->put_off)) /* what was said first is read first */
        session_go_on(r, s, now);
    if (s->state == SESSION_CLOSED)
        return;
    if (s->link == NULL) /* a mere connection costs no link */
        e = link_new_server(r->secret, &r->pub, &r->page, &s->link);
    if (e != ERR_OK) {
        session_close(r, s);
        return;
    }
    if (s->state == SESSION_OPEN)
        session_hang(r, s, CLOCK_HEARD, now.mono_ms);
    link_feed(s->link, in);
    work_off(r, s, now);
}
