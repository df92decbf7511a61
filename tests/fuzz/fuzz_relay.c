/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bytes on four connections of one relay with a memory store. The input is a
 * list of acts: a byte whose low two bits choose the connection and whose next
 * three the act, a length byte where bytes follow (counted in fours), the
 * bytes.
 *
 *   0  raw bytes from the socket       4  clogged
 *   1  a frame, well sealed            5  drained
 *   2  hang up and connect, raw        6  the disk takes its turn or not
 *   3  hang up and connect, past HELLO 7  time passes
 *
 * The high three bits, when all are set, say a frame 300 times in one read. Raw
 * bytes do not ask whether they should be held, frames do.
 *
 * Properties: no crash; what is sent was asked for by a live connection; a
 * watcher never gets a number twice or out of order; in the end whoever takes
 * what it is sent was heard, and nobody is held or waits; memory ends with the
 * relay. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/dh.h"
#include "crypto/random.h"
#include "relay/relay.h"
#include "server/store/store.h"
#include "transport/link.h"
#include "wire/event.h"
#include "wire/limits.h"
#include "wire/request.h"

enum {
    CONNS = 4,
    OUT_MAX = 8 * 1024 * 1024,
    ACTS_MAX = 400,
    MANY = 300,
    TURNS_MAX = 100000 /* until all is said, far more than it takes */
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct peer {
    uint64_t conn; /* 0: none */
    struct link *link;
    struct buf out;
};

struct world {
    struct relay *relay;
    struct store_disk *disk;
    struct store *store;
    const struct relay_batch *batch;
    struct relay_now now;
    struct dh_public pub;
    struct peer peers[CONNS];
    struct arena arena;
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return random_start() == ERR_OK ? 0 : 1;
}

static void
check_event(struct world *w, struct bytes frame)
{
    struct event ev;
    enum err e;

    arena_reset(&w->arena);
    e = event_read(frame, &w->arena, &ev);
    assert(e == ERR_OK); /* whatever we say can be read */
    if (ev.kind != EVENT_RECORDS)
        return;
    for (size_t i = 1; i < ev.records.record_count; i++)
        assert(ev.records.records[i].number > ev.records.records[i - 1].number);
}

/* A connection that was not hung up. */
static struct peer *
peer_of(struct world *w, uint64_t conn)
{
    struct peer *p = NULL;

    for (int i = 0; i < CONNS; i++)
        if (w->peers[i].conn == conn)
            p = &w->peers[i];
    assert(p != NULL);
    return p;
}

static void
receive(struct world *w, const struct relay_send *send)
{
    struct peer *p = peer_of(w, send->conn);
    struct bytes frame;

    if (p->link != NULL) {
        link_feed(p->link, send->data);
        while (link_next(p->link, &p->out, &frame) == ERR_OK)
            check_event(w, frame);
    }
    if (send->close)
        p->conn = 0;
}

static bool
deliver(struct world *w)
{
    struct relay_send send;
    bool any = false;

    for (; relay_next_send(w->relay, &send); any = true)
        receive(w, &send);
    return any;
}

static bool
go_on(struct world *w)
{
    bool waits = relay_waits(w->relay);
    uint64_t conn = 0;
    bool went = relay_go_on(w->relay, w->now, &conn);

    assert(went == waits);
    if (went)
        (void)peer_of(w, conn);
    return went;
}

/* True when anything happened. */
static bool
turn(struct world *w, bool disk)
{
    struct relay_results results;
    bool any = go_on(w);
    enum err e;

    any |= deliver(w);
    if (w->batch == NULL)
        w->batch = relay_take(w->relay, w->now);
    if (w->batch == NULL || !disk)
        return any;
    e = store_commit(w->store, w->batch, &results);
    assert(e == ERR_OK);
    w->batch = NULL;
    relay_feed_stored(w->relay, &results, w->now);
    (void)deliver(w);
    return true;
}

/* As from a buffer that all connections share. */
static void
feed(struct world *w, struct peer *p, struct bytes in)
{
    uint8_t *b = mem_new(in.len);

    assert(b != NULL);
    memcpy(b, in.b, in.len);
    relay_feed_bytes(w->relay, p->conn, (struct bytes){b, in.len}, w->now);
    mem_free(b);
}

static void
give(struct world *w, struct peer *p)
{
    while (p->conn != 0 && p->out.len > 0 && !relay_holds(w->relay, p->conn)) {
        size_t len = p->out.len < 65536 ? p->out.len : 65536;

        feed(w, p, bytes_slice(buf_bytes(&p->out), 0, len));
        buf_consume(&p->out, len);
    }
    if (p->conn == 0)
        buf_reset(&p->out);
}

static void
frame(struct world *w, struct peer *p, struct bytes in, unsigned times)
{
    enum err e = ERR_OK;

    if (p->conn == 0 || p->link == NULL || link_state(p->link) != LINK_OPEN)
        return;
    for (unsigned i = 0; i < times && e == ERR_OK; i++)
        e = link_add(p->link, &in, 1);
    if (link_flush(p->link, &p->out) == ERR_OK)
        give(w, p);
}

static void
hang_up(struct world *w, struct peer *p)
{
    if (p->conn != 0)
        relay_feed_closed(w->relay, p->conn);
    p->conn = 0;
    link_free(p->link);
    p->link = NULL;
    buf_reset(&p->out);
}

static void
connect_to(struct world *w, struct peer *p, bool hello)
{
    uint8_t prefix[RELAY_PREFIX_LEN] = {(uint8_t)(p - w->peers)};
    struct request q = {.tag = 1, .kind = REQUEST_HELLO};
    struct buf b = buf_limited(64);

    hang_up(w, p);
    if (relay_feed_opened(w->relay, prefix, w->now, &p->conn) != ERR_OK) {
        p->conn = 0;
        return;
    }
    if (!hello)
        return;
    if (link_new_client(&w->pub, bytes_str("x"), &p->out, &p->link) != ERR_OK)
        return;
    give(w, p);
    (void)turn(w, false);
    q.hello.version = 1;
    if (request_write(&q, &b) == ERR_OK)
        frame(w, p, buf_bytes(&b), 1);
    buf_free(&b);
}

/* True while there is more. */
static bool
act(struct world *w, struct bytes *in)
{
    struct peer *p;
    struct bytes arg;
    unsigned what;
    size_t len = 0;

    if (in->len < 2)
        return false;
    p = &w->peers[in->b[0] & 3];
    what = in->b[0] >> 2 & 7;
    if (what < 2)
        len = (size_t)in->b[1] * 4;
    arg = bytes_slice(*in, 2, len);
    switch (what) {
    case 0:
        relay_feed_bytes(w->relay, p->conn, arg, w->now);
        break;
    case 1:
        frame(w, p, arg, in->b[0] >= 7 << 5 ? MANY : 1);
        break;
    case 2:
    case 3:
        connect_to(w, p, what == 3);
        break;
    case 4:
        relay_feed_clogged(w->relay, p->conn);
        break;
    case 5:
        relay_feed_drained(w->relay, p->conn);
        break;
    case 6:
        (void)turn(w, in->b[1] != 0);
        break;
    default:
        w->now.mono_ms += (uint64_t)in->b[1] * 1000;
        w->now.wall_ms += (uint64_t)in->b[1] * 1800 * 1000;
        relay_feed_tick(w->relay, w->now);
        break;
    }
    *in = bytes_slice(*in, 2 + arg.len, in->len);
    return true;
}

/* The disk works and everybody takes what it is sent, so all is said. */
static void
come_to_rest(struct world *w)
{
    unsigned turns = 0;

    for (int i = 0; i < CONNS; i++)
        relay_feed_drained(w->relay, w->peers[i].conn);
    do {
        assert(++turns < TURNS_MAX);
        for (int i = 0; i < CONNS; i++)
            give(w, &w->peers[i]);
    } while (turn(w, true));
    assert(relay_idle(w->relay));
    for (int i = 0; i < CONNS; i++) {
        assert(!relay_holds(w->relay, w->peers[i].conn));
        assert(w->peers[i].out.len == 0);
    }
}

static bool
open_world(struct world *w)
{
    struct relay_config config;
    struct store_quota quota;
    struct dh_secret secret;
    enum err e;

    w->now = (struct relay_now){1000, UINT64_C(1800000000000)};
    w->arena = arena_limited(WIRE_ARENA);
    for (int i = 0; i < CONNS; i++)
        w->peers[i].out = buf_limited(OUT_MAX);
    relay_config_default(&config);
    store_quota_default(&quota);
    quota.message_count = 20;
    quota.letter_count = 5;
    dh_generate(&secret, &w->pub);
    config.secret = secret.b;
    config.page = bytes_str("<p>");
    e = store_disk_new(&w->disk);
    if (e == ERR_OK)
        e = store_open_memory(w->disk, &quota, &w->store);
    if (e == ERR_OK)
        e = relay_new(&config, w->now, &w->relay);
    return e == ERR_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {0};
    struct bytes in = {data, size};

    random_seed(1);
    if (open_world(&w)) {
        for (int i = 0; i < ACTS_MAX && act(&w, &in); i++)
            (void)turn(&w, (i & 7) == 7);
        if (size % 2 == 0) /* else stopped in the middle of it */
            come_to_rest(&w);
        relay_stop(w.relay);
        (void)turn(&w, true);
        (void)turn(&w, true);
        assert(relay_idle(w.relay) && !relay_waits(w.relay));
    }
    relay_free(w.relay);
    store_close(w.store);
    store_disk_free(w.disk);
    arena_free(&w.arena);
    for (int i = 0; i < CONNS; i++) {
        link_free(w.peers[i].link);
        buf_free(&w.peers[i].out);
    }
    return 0;
}
