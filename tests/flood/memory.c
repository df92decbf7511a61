/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Memory per connection. Some connections come and go first, so that what the
 * relay keeps anyway (code, tables, the allocator's own) is not counted. */
#include "memory.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "peer.h"

enum {
    FROM = 0x7f010001, /* 127.1.0.1 */
    EACH = 250,        /* connections of one address */
    WARM = 64,
    OPEN_MS = 120 * 1000,
    STRANGERS_MS = 10 * 1000, /* that the relay gives each of many */
    SETTLE_MS = 1500,
    TRIES = 3,
    CLOSE_MS = 20 * 1000,
    HEAD_FULL = 3900 /* bytes: more than anybody may keep of it */
};

static const struct {
    const char *name;
    double bytes_max;
    bool open; /* past the handshake */
} kinds[MEMORY_KINDS] = {
    [MEMORY_HALF_OPEN] = {"half-open", 2048, false},
    [MEMORY_FIRST_LINE] = {"mid-handshake", 2048, false},
    [MEMORY_FULL_HEAD] = {"full-head", 2048, false},
    [MEMORY_IDLE] = {"idle-watching", 1536, true},
    [MEMORY_DECLARED] = {"declared", 2048, true},
};

static void
settle(struct loop *l, uint64_t ms)
{
    uint64_t until = flood_now_ms() + ms;

    while (flood_now_ms() < until)
        loop_turn(l, 50);
}

/* Part of an upgrade request that never ends. */
static size_t
write_head(enum memory_kind kind, char *head, size_t size)
{
    int n = snprintf(head, size,
                     "GET /%064d HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "Sec-WebSocket-Version: 13\r\n",
                     0);
    size_t len = (size_t)n;

    while (kind == MEMORY_FULL_HEAD && len < HEAD_FULL)
        len += (size_t)snprintf(head + len, size - len,
                                "X-Filler-%04zu: %030d\r\n", len, 0);
    return len;
}

static bool
stands(const struct peer *p, enum memory_kind k)
{
    return p->fd >= 0 && (kinds[k].open ? p->open : p->connected);
}

static size_t
count_standing(const struct peer *peers, size_t count, enum memory_kind k)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += stands(&peers[i], k);
    return n;
}

static void
open_bare(struct loop *l, struct peer *peers, size_t count, enum memory_kind k)
{
    uint64_t until = flood_now_ms() + STRANGERS_MS - SETTLE_MS;
    char head[4096];
    size_t len = write_head(k, head, sizeof head);

    for (size_t i = 0; i < count; i++) {
        if (!peer_open_bare(l, &peers[i], FROM + (uint32_t)i / EACH * 256))
            continue;
        if (k != MEMORY_HALF_OPEN)
            buf_append(&peers[i].out, (struct bytes){(uint8_t *)head, len});
        if (i % 64 == 63)
            loop_turn(l, 1);
    }
    /* who found the queue at the door full comes again after a second */
    while (count_standing(peers, count, k) < count && l->lost == 0 &&
           flood_now_ms() < until)
        loop_turn(l, 50);
    settle(l, SETTLE_MS);
}

static void
open_watching(struct loop *l,
              struct peer *peers,
              size_t count,
              enum memory_kind k)
{
    static const uint8_t declared[] = {0x82, 0xfe, 0xff, 0xff, 1, 2,
                                       3,    4,    9,    9,    9};
    struct request q;

    (void)peers_open(l, peers, count, FROM, EACH, flood_now_ms() + OPEN_MS);
    for (size_t i = 0; i < count; i++) {
        if (!peers[i].open)
            continue;
        peer_channel_watch(&q, i, 4096);
        peer_ask(&peers[i], &q);
        peer_flush(&peers[i]);
        if (i % 64 == 63)
            loop_turn(l, 0);
    }
    settle(l, SETTLE_MS);
    for (size_t i = 0; k == MEMORY_DECLARED && i < count; i++)
        if (peers[i].open)
            peer_say(&peers[i], declared, sizeof declared);
    settle(l, SETTLE_MS);
}

static void
open_all(struct loop *l, struct peer *peers, size_t count, enum memory_kind k)
{
    for (size_t i = 0; i < count; i++)
        peers[i] = (struct peer){.fd = -1};
    l->lost = 0;
    l->life_max = 0;
    if (kinds[k].open)
        open_watching(l, peers, count, k);
    else
        open_bare(l, peers, count, k);
}

/* Fewer stand than were asked for, and neither the relay nor a limit of ours
 * has ended or refused any before its time. */
static bool
was_too_slow(const struct loop *l,
             const struct peer *peers,
             size_t count,
             const struct memory_result *r)
{
    size_t gone = 0;

    for (size_t i = 0; i < count; i++)
        gone += peers[i].loop != NULL && peers[i].fd < 0;
    return r->connections < count && gone == l->lost &&
           (l->lost == 0 || l->life_max >= STRANGERS_MS);
}

static bool
measure(const char *program,
        enum memory_kind kind,
        size_t connections,
        struct memory_result *out)
{
    size_t count = connections > WARM ? connections : WARM;
    struct peer *peers = mem_new_array(count, sizeof *peers);
    struct relay_process relay;
    struct relay_usage before;
    struct relay_usage with;
    struct relay_usage after;
    struct loop l;
    uint64_t deadline;

    *out = (struct memory_result){.name = kinds[kind].name,
                                  .bytes_max = kinds[kind].bytes_max};
    if (peers == NULL)
        return false;
    relay_process_start(&relay, program, 0, NULL);
    loop_init(&l, &relay);
    open_all(&l, peers, WARM, kind);
    peers_close(peers, WARM);
    settle(&l, SETTLE_MS);
    before = relay_process_usage(&relay);
    open_all(&l, peers, connections, kind);
    with = relay_process_usage(&relay);
    out->connections = count_standing(peers, connections, kind);
    out->too_slow = was_too_slow(&l, peers, connections, out);
    peers_close(peers, connections);
    deadline = flood_now_ms() + CLOSE_MS;
    do {
        settle(&l, 200);
        after = relay_process_usage(&relay);
    } while (after.descriptors > before.descriptors &&
             flood_now_ms() < deadline);
    out->descriptors = (unsigned)(after.descriptors - before.descriptors);
    if (out->connections > 0)
        out->bytes = ((double)with.resident - (double)before.resident) /
                     (double)out->connections;
    loop_free(&l);
    mem_free(peers);
    return relay_process_stop(&relay);
}

bool
memory_measure(const char *program,
               enum memory_kind kind,
               size_t connections,
               struct memory_result *out)
{
    for (int i = 1;; i++) {
        bool ok = measure(program, kind, connections, out);

        if (!ok || !out->too_slow || i == TRIES)
            return ok;
        fprintf(stderr,
                "flood: memory: %s: this machine was too slow, only %zu of %zu "
                "stood at once: measured again\n",
                out->name, out->connections, connections);
    }
}
