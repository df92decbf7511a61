/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lines: sessions with relays, as the table in lines_states.c has it. */
#include "lines.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "hooks.h"
#include "inbox.h"
#include "lines_states.h"
#include "ops.h"

enum {
    /* bytes that may wait for the end of a turn on one line */
    LINES_OUT_MAX = 64 * 1024 * 1024
};

/* The only assignment of a state. */
static bool
line_turn(struct line *l, enum line_event ev)
{
    return lines_next(l->state, ev, &l->state);
}

static struct line *
line_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct line, node);
}

static struct line *
line_by_session(const struct client *c, uint64_t session)
{
    struct queue_node *n;

    if (session == 0)
        return NULL;
    for (n = queue_first(&c->lines); n != NULL; n = queue_next(&c->lines, n))
        if (line_of(n)->session == session)
            return line_of(n);
    return NULL;
}

struct line *
lines_find(const struct client *c, const struct client_id *owner)
{
    struct queue_node *n;

    for (n = queue_first(&c->lines); n != NULL; n = queue_next(&c->lines, n))
        if (!line_of(n)->doomed && client_id_equal(&line_of(n)->owner, owner))
            return line_of(n);
    return NULL;
}

enum err
lines_get(struct client *c,
          const struct address *relay,
          const struct client_id *owner,
          struct line **out)
{
    struct line *l = lines_find(c, owner);

    if (l == NULL) {
        if (c->line_count == CORE_LINES_MAX)
            return ERR_FULL;
        l = mem_new(sizeof *l);
        if (l == NULL)
            return ERR_MEMORY;
        l->owner = *owner;
        l->relay = *relay;
        l->state = LINE_OFFLINE;
        l->out = buf_limited(LINES_OUT_MAX);
        l->due_ms = c->now.mono_ms;
        queue_init(&l->ops);
        queue_push(&c->lines, &l->node);
        c->line_count++;
    }
    *out = l;
    return ERR_OK;
}

void
lines_drop(struct client *c, struct line *l)
{
    (void)c;
    l->doomed = true;
}

bool
lines_open(const struct line *l)
{
    if (l == NULL || l->doomed)
        return false;
    return l->state == LINE_CATCHING_UP || l->state == LINE_LIVE;
}

static void
line_free(struct client *c, struct line *l)
{
    ops_clear(l);
    link_free(l->link);
    buf_free(&l->out);
    queue_remove(&l->node);
    mem_wipe_free(l, sizeof *l);
    c->line_count--;
}

void
lines_free_all(struct client *c)
{
    struct queue_node *n;

    while ((n = queue_first(&c->lines)) != NULL)
        line_free(c, line_of(n));
}

/* Half of it is chance, so that a restarted relay is not met by all at once. */
static uint64_t
backoff_ms(uint32_t failures)
{
    uint64_t ms = LINES_BACKOFF_MIN_MS;

    while (failures-- > 1 && ms < LINES_BACKOFF_MAX_MS)
        ms *= 2;
    if (ms > LINES_BACKOFF_MAX_MS)
        ms = LINES_BACKOFF_MAX_MS;
    return ms / 2 + random_below((uint32_t)(ms / 2) + 1);
}

/* Told once until the line is in step again, or for a graver reason: endpoints
 * that are tried in turn may each have their own. */
static enum err
tell_offline(struct client *c, struct line *l, enum notice_code code)
{
    struct notice n = {.kind = NOTICE_OFFLINE,
                       .group = l->owner,
                       .at_ms = c->now.wall_ms,
                       .code = code};

    if (!notice_graver(code, l->told_code))
        return ERR_OK;
    l->told_code = code;
    return turn_notice(c, &n);
}

static enum err
line_lost(struct client *c, struct line *l, enum notice_code code)
{
    enum err e;

    if (!line_turn(l, LINE_LOST))
        return ERR_OK;
    link_free(l->link);
    l->link = NULL;
    l->session = 0;
    buf_free(&l->out);
    ops_clear(l);
    l->pinged = false;
    l->told_synced = false;
    c->told_synced = false;
    l->failures++;
    l->endpoint = (l->endpoint + 1) % l->relay.endpoint_count;
    l->due_ms = c->now.mono_ms + backoff_ms(l->failures);
    if (l->doomed)
        return ERR_OK;
    e = tell_offline(c, l, code);
    if (e == ERR_OK)
        e = inbox_line_lost(c, l);
    if (e == ERR_OK)
        e = hooks_line_lost(c, l, code);
    return e;
}

enum err
lines_fault(struct client *c, struct line *l, enum notice_code code)
{
    enum err e = ERR_OK;

    if (l->session != 0)
        e = turn_hangup(c, l->session);
    if (e == ERR_OK)
        e = line_lost(c, l, code);
    return e;
}

static enum err
line_dial(struct client *c, struct line *l)
{
    if (!line_turn(l, LINE_DUE))
        return ERR_OK;
    l->session = ++c->last_session;
    l->due_ms = c->now.mono_ms + LINES_DIAL_MS;
    return turn_dial(c, l->session, &l->relay.endpoints[l->endpoint]);
}

enum {
    HOST_HEADER_MAX = URI_HOST_MAX + sizeof "[]:65535",
    HTTP_PORT = 80,
    HTTPS_PORT = 443
};

/* "name:port", an IPv6 address in brackets, without a port that goes without
 * saying. */
static struct bytes
host_header(const struct uri_endpoint *to, char out[static HOST_HEADER_MAX])
{
    bool six = strchr(to->host, ':') != NULL;
    size_t host_len = strlen(to->host), len = 0;
    unsigned port = to->port, unit = 10000;

    if (six)
        out[len++] = '[';
    memcpy(out + len, to->host, host_len);
    len += host_len;
    if (six)
        out[len++] = ']';
    if (port == (to->tls ? HTTPS_PORT : HTTP_PORT))
        return (struct bytes){(const uint8_t *)out, len};
    out[len++] = ':';
    while (unit > 1 && port < unit)
        unit /= 10; /* no zeros in front */
    for (; unit > 0; unit /= 10)
        out[len++] = (char)('0' + port / unit % 10);
    return (struct bytes){(const uint8_t *)out, len};
}

enum err
lines_feed_connected(struct client *c, uint64_t session)
{
    struct line *l = line_by_session(c, session);
    char host[HOST_HEADER_MAX];
    enum err e;

    if (l == NULL || !line_turn(l, LINE_CONNECTED))
        return ERR_OK;
    e = link_new_client(&l->relay.key,
                        host_header(&l->relay.endpoints[l->endpoint], host),
                        &l->out, &l->link);
    if (e == ERR_AUTH || e == ERR_USE)
        return lines_fault(c, l, CODE_NOT_THIS_RELAY);
    return e;
}

enum err
lines_feed_closed(struct client *c, uint64_t session)
{
    struct line *l = line_by_session(c, session);

    return l == NULL ? ERR_OK : line_lost(c, l, CODE_RELAY_UNREACHABLE);
}

static enum err
say_hello(struct client *c, struct line *l)
{
    struct request q = {.kind = REQUEST_HELLO};

    q.hello.version = LINES_VERSION;
    return ops_request(c, l, &q, OP_HELLO, &l->owner, 0);
}

/* What the link made of the bytes when it has no frame for us. */
static enum err
link_after(struct client *c, struct line *l, enum link_state before, enum err e)
{
    if (e == ERR_MEMORY || e == ERR_INTERNAL)
        return e;
    if (e == ERR_AUTH && (before == LINK_UPGRADING || before == LINK_SHAKING))
        return lines_fault(c, l, CODE_NOT_THIS_RELAY);
    if (e != ERR_NOT_FOUND) /* all other faults of the peer are one to us */
        return lines_fault(c, l, CODE_RELAY_UNREACHABLE);
    if (link_state(l->link) == LINK_CLOSED)
        return lines_fault(c, l, CODE_RELAY_UNREACHABLE);
    if (before != LINK_OPEN && link_state(l->link) == LINK_OPEN)
        return say_hello(c, l);
    return ERR_OK;
}

enum err
lines_feed_bytes(struct client *c, uint64_t session, struct bytes in)
{
    struct line *l = line_by_session(c, session);
    enum link_state before;
    struct bytes frame;
    enum err e, next;

    if (l == NULL || l->doomed || l->link == NULL)
        return ERR_OK;
    if (l->state == LINE_LIVE || l->state == LINE_CATCHING_UP) {
        l->due_ms = c->now.mono_ms + LINES_PING_MS;
        l->pinged = false;
    }
    before = link_state(l->link);
    link_feed(l->link, in);
    while ((next = link_next(l->link, &l->out, &frame)) == ERR_OK) {
        e = ops_answer(c, l, frame);
        if (e != ERR_OK)
            return e;
        if (l->session != session)
            return ERR_OK; /* given up meanwhile */
    }
    return link_after(c, l, before, next);
}

enum err
lines_greeted(struct client *c, struct line *l)
{
    enum err e;

    if (!line_turn(l, LINE_HELLO))
        return lines_fault(c, l, CODE_RELAY_REFUSED);
    l->due_ms = c->now.mono_ms + LINES_PING_MS;
    e = inbox_line_open(c, l);
    if (e == ERR_OK)
        e = hooks_line_live(c, l);
    return e;
}

static enum err
line_due(struct client *c, struct line *l)
{
    struct request ping = {.kind = REQUEST_PING};

    switch (l->state) {
    case LINE_OFFLINE:
        return c->offline ? ERR_OK : line_dial(c, l);
    case LINE_DIALLING:
    case LINE_GREETING:
        return lines_fault(c, l, CODE_RELAY_UNREACHABLE);
    case LINE_CATCHING_UP:
    case LINE_LIVE:
        if (l->pinged)
            return lines_fault(c, l, CODE_RELAY_UNREACHABLE);
        l->pinged = true;
        l->due_ms = c->now.mono_ms + LINES_PONG_MS;
        return ops_request(c, l, &ping, OP_PING, &l->owner, 0);
    case LINE_STATES:
        break;
    }
    return ERR_INTERNAL;
}

static enum err
tell_synced(struct client *c, const struct client_id *owner)
{
    const struct notice n = {
        .kind = NOTICE_SYNCED, .group = *owner, .at_ms = c->now.wall_ms};

    return turn_notice(c, &n);
}

static enum err
line_look(struct client *c, struct line *l)
{
    bool in_step;

    if (!lines_open(l))
        return ERR_OK;
    in_step = inbox_in_step(c, l) && hooks_in_step(c, l);
    if (!in_step) {
        (void)line_turn(l, LINE_BEHIND);
        return ERR_OK;
    }
    if (!line_turn(l, LINE_IN_STEP))
        return ERR_OK;
    l->failures = 0;
    l->told_code = CODE_NONE;
    if (l->told_synced)
        return ERR_OK;
    l->told_synced = true;
    c->told_synced = false;
    return tell_synced(c, &l->owner);
}

bool
lines_idle(const struct client *c)
{
    struct queue_node *n;

    for (n = queue_first(&c->lines); n != NULL; n = queue_next(&c->lines, n))
        if (!line_of(n)->doomed && line_of(n)->state != LINE_LIVE)
            return false;
    return true;
}

enum err
lines_step(struct client *c)
{
    const struct client_id nobody = {{0}};
    struct queue_node *n;
    enum err e = ERR_OK;

    for (n = queue_first(&c->lines); n != NULL && e == ERR_OK;
         n = queue_next(&c->lines, n)) {
        struct line *l = line_of(n);

        if (!l->doomed && c->now.mono_ms >= l->due_ms)
            e = line_due(c, l);
        if (e == ERR_OK)
            e = line_look(c, l);
    }
    if (e == ERR_OK && !c->told_synced && c->line_count > 0 && lines_idle(c)) {
        c->told_synced = true;
        e = tell_synced(c, &nobody);
    }
    return e;
}

static enum err
line_bury(struct client *c, struct line *l)
{
    enum err e = ERR_OK;

    if (l->session != 0)
        e = turn_hangup(c, l->session);
    line_free(c, l);
    return e;
}

enum err
lines_flush(struct client *c)
{
    struct queue_node *n = queue_first(&c->lines);
    enum err e = ERR_OK;

    while (n != NULL && e == ERR_OK) {
        struct line *l = line_of(n);

        n = queue_next(&c->lines, n);
        if (l->link != NULL && link_state(l->link) == LINK_OPEN)
            e = link_flush(l->link, &l->out);
        if (e == ERR_OK && l->out.len > 0)
            e = turn_send(c, l->session, buf_bytes(&l->out));
        buf_free(&l->out);
        if (e == ERR_OK && l->doomed)
            e = line_bury(c, l);
    }
    return e == ERR_TOO_LARGE ? ERR_MEMORY : e;
}

uint64_t
lines_deadline(const struct client *c)
{
    struct queue_node *n;
    uint64_t first = CORE_NEVER;

    for (n = queue_first(&c->lines); n != NULL; n = queue_next(&c->lines, n)) {
        const struct line *l = line_of(n);

        if (c->offline && l->state == LINE_OFFLINE)
            continue;
        if (!l->doomed && l->due_ms < first)
            first = l->due_ms;
    }
    return first;
}
