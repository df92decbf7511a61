/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The relay's face: feed, send, take. Everything else is behind it. */
#include "core.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "wire/limits.h"

void
relay_config_default(struct relay_config *c)
{
    *c = (struct relay_config){
        .conn_max = 20000,
        .message_hours = 14 * 24,
        .commit_hours = 60 * 24,
        .stub_hours = 60 * 24,
        .letter_hours = 3 * 24,
        .blob_hours = 7 * 24,
    };
}

enum err
relay_new(const struct relay_config *c,
          struct relay_now now,
          struct relay **out)
{
    struct relay *r;

    if (c->secret == NULL || c->message_hours == 0 || c->commit_hours == 0 ||
        c->stub_hours == 0 || c->letter_hours == 0 || c->blob_hours == 0)
        return ERR_USE;
    r = mem_new(sizeof *r);
    if (r == NULL)
        return ERR_MEMORY;
    r->secret = secret_new(sizeof *r->secret);
    if (r->secret == NULL) {
        mem_free(r);
        return ERR_MEMORY;
    }
    memcpy(r->secret->b, c->secret, sizeof r->secret->b);
    dh_derive_public(r->secret, &r->pub);
    r->config = *c;
    r->config.secret = NULL;
    r->page = (struct decoy_page){c->page, c->page_s};
    r->sessions = map_limited(c->conn_max);
    for (int i = 0; i < CLOCKS; i++)
        queue_init(&r->clocks[i]);
    queue_init(&r->ahead);
    queue_init(&r->dirty);
    queue_init(&r->asking);
    queue_init(&r->midway);
    queue_init(&r->put_off);
    queue_init(&r->fresh);
    r->kept = arena_limited(BATCH_BYTES_MAX);
    r->spare = buf_limited(LINK_PENDING_MAX);
    r->gathered = buf_limited(LINK_PENDING_MAX);
    topic_table_init(&r->topics);
    prefix_table_init(&r->prefixes);
    replay_init(&r->replay);
    batch_init(&r->batches[0]);
    batch_init(&r->batches[1]);
    r->scratch = arena_limited(WIRE_ARENA);
    r->event = buf_limited(LIMIT_FRAME);
    r->send = buf_limited(CORE_OUT_MAX);
    r->sweep_hour = c->sweep_hour;
    r->sweep_due_ms = now.mono_ms;
    *out = r;
    return ERR_OK;
}

enum err
relay_configure(struct relay *r, const struct relay_config *c)
{
    if (c->message_hours == 0 || c->commit_hours == 0 || c->stub_hours == 0 ||
        c->letter_hours == 0 || c->blob_hours == 0)
        return ERR_USE;
    r->config.page = c->page;
    r->config.page_s = c->page_s;
    r->page = (struct decoy_page){c->page, c->page_s};
    r->config.message_hours = c->message_hours;
    r->config.commit_hours = c->commit_hours;
    r->config.stub_hours = c->stub_hours;
    r->config.letter_hours = c->letter_hours;
    r->config.blob_hours = c->blob_hours;
    return ERR_OK;
}

bool
relay_waiting(const struct relay *r)
{
    return r->batches[r->filling].face.op_count > 0;
}

bool
relay_wants(const struct relay *r)
{
    return !r->storing && !queue_empty(&r->asking) && !r->stopping;
}

uint64_t
relay_due_len(const struct relay *r)
{
    return r->due;
}

void
relay_free(struct relay *r)
{
    size_t at = 0;
    struct session *s;

    if (r == NULL)
        return;
    r->spent = NULL; /* still in the map, as all of them */
    while ((s = map_next(&r->sessions, &at, NULL)) != NULL) {
        session_free(r, s);
        at = 0; /* the map has changed */
    }
    map_free(&r->sessions);
    topic_table_free(&r->topics);
    prefix_table_free(&r->prefixes);
    replay_free(&r->replay);
    batch_free(&r->batches[0]);
    batch_free(&r->batches[1]);
    arena_free(&r->kept);
    buf_free(&r->spare);
    buf_free(&r->gathered);
    arena_free(&r->scratch);
    buf_free(&r->event);
    buf_free(&r->send);
    secret_free(r->secret);
    mem_wipe_free(r, sizeof *r);
}

struct session *
relay_session(const struct relay *r, uint64_t id)
{
    struct session *s = map_get(&r->sessions, id);

    return s == NULL || s->state == SESSION_CLOSED ? NULL : s;
}

enum err
relay_feed_opened(struct relay *r,
                  const uint8_t prefix[static RELAY_PREFIX_LEN],
                  struct relay_now now,
                  uint64_t *conn)
{
    struct prefix *p;
    struct session *s;
    enum err e;

    if (r->stopping)
        return ERR_FULL;
    e = prefix_enter(&r->prefixes, prefix, now.mono_ms, &p);
    if (e != ERR_OK)
        return e;
    e = session_new(r, p, now, &s);
    if (e != ERR_OK) {
        prefix_leave(p, now.mono_ms);
        return e;
    }
    *conn = s->id;
    return ERR_OK;
}

void
relay_feed_moved(struct relay *r,
                 uint64_t conn,
                 const uint8_t prefix[static RELAY_PREFIX_LEN],
                 struct relay_now now)
{
    struct session *s = relay_session(r, conn);

    if (s != NULL)
        prefix_move(&r->prefixes, prefix, now.mono_ms, &s->prefix);
}

bool
relay_make_room(struct relay *r, struct relay_now now)
{
    /* as nginx does it: those first that have had their answer */
    static const enum session_clock order[] = {CLOCK_KEPT, CLOCK_HEAD,
                                               CLOCK_BODY, CLOCK_GREETING};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        struct queue_node *n = queue_first(&r->clocks[order[i]]);
        struct session *s;

        if (n == NULL)
            continue;
        s = QUEUE_OWNER(n, struct session, clock);
        if (now.mono_ms - s->clock_ms < CORE_STRANGER_MS)
            continue;
        session_close(r, s);
        return true;
    }
    return false;
}

void
relay_feed_bytes(struct relay *r,
                 uint64_t conn,
                 struct bytes in,
                 struct relay_now now)
{
    struct session *s = relay_session(r, conn);

    if (s != NULL && !r->stopping)
        session_read(r, s, in, now);
}

bool
relay_go_on(struct relay *r, struct relay_now now, uint64_t *conn)
{
    struct queue_node *n = queue_first(&r->put_off);
    struct session *s;

    if (n == NULL || r->stopping)
        return false;
    s = QUEUE_OWNER(n, struct session, put_off);
    *conn = s->id;
    session_go_on(r, s, now);
    return true;
}

bool
relay_waits(const struct relay *r)
{
    return !queue_empty(&r->put_off) && !r->stopping;
}

void
relay_feed_clogged(struct relay *r, uint64_t conn)
{
    struct session *s = relay_session(r, conn);

    if (s == NULL)
        return;
    s->clogged = true;
    wants_turn(r, s);
}

void
relay_feed_drained(struct relay *r, uint64_t conn)
{
    struct session *s = relay_session(r, conn);

    if (s == NULL || !s->clogged)
        return;
    s->clogged = false;
    for (size_t i = 0; i < s->watch_count; i++)
        watch_step(r, s->watches[i]);
    wants_turn(r, s);
    if (s->more_due)
        session_mark(r, s);
}

void
relay_feed_closed(struct relay *r, uint64_t conn)
{
    struct session *s = map_get(&r->sessions, conn);

    if (s == NULL || s == r->spent)
        return;
    session_free(r, s);
}

/* Nothing that was accepted is still under way: now all may go. */
static void
stop_step(struct relay *r)
{
    size_t at = 0;
    struct session *s;

    if (!r->stopping || r->storing || !batch_empty(&r->batches[r->filling]))
        return;
    while ((s = map_next(&r->sessions, &at, NULL)) != NULL)
        if (s->state != SESSION_CLOSED)
            session_close(r, s);
}

static op_answer *const answers[RELAY_OP_KINDS] = {
    [RELAY_OP_APPEND] = append_answer, [RELAY_OP_LEAVE] = leave_answer,
    [RELAY_OP_EMPTY] = empty_answer,   [RELAY_OP_CARD] = card_answer,
    [RELAY_OP_BLOB] = blob_answer,
};

/* The records that watchers are due outlive the batch. */
static void
keep_fresh(struct relay *r, struct batch *b)
{
    struct arena empty = r->kept;

    if (queue_empty(&r->fresh))
        return;
    r->kept = b->arena;
    b->arena = empty;
}

void
relay_feed_stored(struct relay *r,
                  const struct relay_results *results,
                  struct relay_now now)
{
    struct batch *b = &r->batches[1 - r->filling];

    fresh_end(r);
    r->storing = false;
    r->counters.damaged += results->damaged;
    pace_learn(&r->pace, b->face.op_count, results->took_us);
    pace_loads_learn(&r->pace_loads, b->face.load_count, results->loads_us);
    for (size_t i = 0; i < b->face.op_count; i++) {
        const struct batch_op *ctx = &b->op_ctx[i];
        struct session *s = relay_session(r, ctx->session);

        if (b->ops[i].kind == RELAY_OP_SWEEP) {
            retention_answer(r, &results->ops[i], now);
            continue;
        }
        if (s != NULL) {
            s->ops_under_way--;
            s->bytes_under_way -= ctx->len;
            session_mark_ahead(r, s); /* before those who watch its record */
        }
        r->counters.storage_full = results->ops[i].verdict == RELAY_STORAGE;
        answers[b->ops[i].kind](r, s, ctx, &b->ops[i], &results->ops[i]);
    }
    for (size_t i = 0; i < b->face.load_count; i++)
        load_answer(r, &b->load_ctx[i], &b->loads[i], &results->loads[i]);
    keep_fresh(r, b);
    batch_reset(b);
    stop_step(r);
}

/* How long a session hangs on each clock. */
static const uint64_t waits_ms[CLOCKS] = {
    [CLOCK_HEAD] = DECOY_HEAD_MS,    [CLOCK_BODY] = DECOY_BODY_MS,
    [CLOCK_KEPT] = DECOY_KEEP_MS,    [CLOCK_GREETING] = CORE_HANDSHAKE_MS,
    [CLOCK_HEARD] = CORE_SILENCE_MS, [CLOCK_PINGED] = CORE_PONG_MS,
};

/* How long those on a clock have now. */
static uint64_t
wait_of(const struct relay *r, enum session_clock kind)
{
    bool stranger = kind == CLOCK_HEAD || kind == CLOCK_KEPT;

    return stranger && r->strangers > CORE_STRANGERS_EASY ? CORE_HANDSHAKE_MS
                                                          : waits_ms[kind];
}

/* Those at the head of a clock whose time is over. */
static void
tick_clock(struct relay *r, enum session_clock kind, uint64_t now_ms)
{
    struct queue_node *n;
    struct session *s;

    while ((n = queue_first(&r->clocks[kind])) != NULL) {
        s = QUEUE_OWNER(n, struct session, clock);
        if (now_ms - s->clock_ms < wait_of(r, kind))
            return;
        if (kind == CLOCK_HEARD && link_ping(s->link, &s->out) == ERR_OK) {
            session_hang(r, s, CLOCK_PINGED, now_ms);
            session_reckon(r, s);
            session_mark(r, s);
            s->asks = true;
        } else {
            queue_remove(&s->clock);
            session_close(r, s);
        }
    }
}

void
relay_feed_tick(struct relay *r, struct relay_now now)
{
    for (int i = 0; i < CLOCKS; i++)
        tick_clock(r, (enum session_clock)i, now.mono_ms);
    prefix_sweep(&r->prefixes, now.mono_ms);
}

/* The batch that is being filled. */
static bool
full(const struct relay *r)
{
    return batch_over_mark(&r->batches[r->filling], pace_ops(&r->pace));
}

bool
relay_next_silent(const struct relay *r, struct relay_now now, uint64_t *conn)
{
    struct queue_node *n = queue_first(&r->clocks[CLOCK_PINGED]);
    const struct session *s;

    if (n == NULL)
        return false;
    s = QUEUE_OWNER(n, struct session, clock);
    *conn = s->id;
    return now.mono_ms - s->clock_ms >= wait_of(r, CLOCK_PINGED);
}

void
relay_feed_taking(struct relay *r,
                  uint64_t conn,
                  bool taking,
                  struct relay_now now)
{
    struct session *s = relay_session(r, conn);

    if (s == NULL || s->state != SESSION_OPEN || s->clock_kind != CLOCK_PINGED)
        return;
    if (taking)
        session_hang(r, s, CLOCK_PINGED, now.mono_ms);
    else
        session_close(r, s);
}

bool
relay_holds(const struct relay *r, uint64_t conn)
{
    const struct session *s = relay_session(r, conn);

    if (r->stopping)
        return true;
    if (s == NULL)
        return false;
    /* a full batch holds up those who are in it, not who says a word now and
     * then */
    return s->clogged || queue_linked(&s->put_off) ||
           s->ops_under_way >= CORE_OPS_MARK ||
           s->bytes_under_way >= CORE_BYTES_MARK ||
           s->want_count >= CORE_WANTS / 2 || (s->ops_under_way > 0 && full(r));
}

bool
relay_knows(const struct relay *r, uint64_t conn)
{
    const struct session *s = relay_session(r, conn);

    return s != NULL && s->state == SESSION_OPEN;
}

/* All that a session's link has to say. */
static enum err
seal(struct relay *r, struct session *s)
{
    enum err e = ERR_OK;

    fresh_write(r, s, &r->send);
    if (link_pending_len(s->link) > CORE_PENDING_MARK)
        e = link_flush(s->link, &r->send); /* there is room for MOREs */
    if (e == ERR_OK && s->state != SESSION_CLOSED && s->more_due && !s->clogged)
        watch_tell_more(r, s);
    if (e == ERR_OK)
        e = link_flush(s->link, &r->send);
    if (e == ERR_OK && s->state == SESSION_CLOSED)
        e = link_close(s->link, &r->send);
    return e;
}

/* Seals what is pending for a session into r->send. */
static void
gather(struct relay *r, struct session *s)
{
    buf_reset(&r->send);
    if (s->out.len > 0) { /* an idle session keeps no memory for this */
        buf_free(&r->send);
        r->send = s->out;
        s->out = buf_limited(CORE_OUT_MAX);
    }
    if (s->link != NULL && link_state(s->link) == LINK_OPEN) {
        link_lend(s->link, &r->spare);
        if (seal(r, s) != ERR_OK)
            session_turn(r, s, SESSION_CLOSED);
        link_give_back(s->link, &r->spare);
    }
    session_reckon(r, s);
    if (r->spare.cap > CORE_SPARE_MAX)
        buf_free(&r->spare);
}

static void
end_spent(struct relay *r)
{
    if (r->spent != NULL)
        session_free(r, r->spent);
    r->spent = NULL;
}

/* Whose turn it is to send; NULL: nobody has anything. */
static struct queue_node *
next_dirty(struct relay *r)
{
    bool ahead =
        !queue_empty(&r->ahead) && (queue_empty(&r->dirty) || !r->ahead_left);

    r->ahead_left = ahead;
    return queue_first(ahead ? &r->ahead : &r->dirty);
}

bool
relay_next_send(struct relay *r, struct relay_send *out)
{
    struct queue_node *n;
    struct session *s;

    end_spent(r);
    while ((n = next_dirty(r)) != NULL) {
        s = QUEUE_OWNER(n, struct session, dirty);
        gather(r, s);
        queue_remove(n);
        if (r->send.len == 0 && s->state != SESSION_CLOSED)
            continue;
        *out = (struct relay_send){
            .conn = s->id, .data = buf_bytes(&r->send), .asks = s->asks};
        s->asks = false;
        if (s->state == SESSION_CLOSED) {
            out->close = true;
            r->spent = s;
        }
        return true;
    }
    fresh_end(r);
    return false;
}

const struct relay_batch *
relay_take(struct relay *r, struct relay_now now)
{
    struct batch *b = &r->batches[r->filling];

    end_spent(r);
    if (r->storing)
        return NULL;
    if (!r->stopping) {
        retention_fill(r, b, now);
        wants_fill(r, b, now);
    }
    if (batch_empty(b)) {
        batch_reset(b); /* what failed half way left bytes there */
        return NULL;
    }
    r->storing = true;
    r->filling = 1 - r->filling;
    return &b->face;
}

uint64_t
relay_deadline(const struct relay *r)
{
    uint64_t due = r->sweeping || r->stopping ? UINT64_MAX : r->sweep_due_ms;
    struct queue_node *n;

    for (int i = 0; i < CLOCKS; i++) {
        n = queue_first(&r->clocks[i]);
        if (n != NULL) {
            const struct session *s = QUEUE_OWNER(n, struct session, clock);

            uint64_t at = s->clock_ms + wait_of(r, (enum session_clock)i);

            if (at < due)
                due = at;
        }
    }
    return due;
}

void
relay_stop(struct relay *r)
{
    r->stopping = true;
    stop_step(r);
}

bool
relay_idle(const struct relay *r)
{
    return !r->storing && batch_empty(&r->batches[r->filling]) &&
           queue_empty(&r->ahead) && queue_empty(&r->dirty);
}

void
relay_get_counters(const struct relay *r, struct relay_counters *out)
{
    *out = r->counters;
    out->conns = r->sessions.count;
    out->watches = r->watch_count;
    out->sweep_hour = r->sweep_hour;
}
