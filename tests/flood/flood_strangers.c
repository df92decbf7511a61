/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Floods by those who never say HELLO. */
#include "scenario.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/encoding.h"
#include "crypto/random.h"

enum { TICK_MS = 20, SECOND_MS = 1000, WARM_MS = 3000, MESSAGE_LEN = 48 };

static const char head[] =
    "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
    "HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n";

static struct peer *
make_peers(struct flood *f)
{
    struct peer *peers = mem_new_array(f->size, sizeof *peers);

    for (size_t i = 0; peers != NULL && i < f->size; i++)
        peers[i] = (struct peer){.fd = -1, .index = (uint32_t)i};
    return peers;
}

static void
end_peers(struct flood *f, struct peer *peers)
{
    peers_close(peers, f->size);
    mem_free(peers);
}

static size_t
reopen(struct flood *f, struct peer *peers, size_t at_most)
{
    size_t opened = 0;

    for (size_t i = 0; i < f->size && opened < at_most; i++) {
        if (peers[i].fd >= 0)
            continue;
        opened++;
        peers[i].tag = 0;
        (void)peer_open_bare(&f->loop, &peers[i], flood_source(i));
    }
    return opened;
}

/* Keeps size connections; each says so many bytes of the head in a second. */
static void
hold_strangers(struct flood *f, size_t bytes_a_second)
{
    struct peer *peers = make_peers(f);
    uint64_t start = flood_now_ms();
    uint64_t next = start;

    while (peers != NULL && flood_turn(f, TICK_MS)) {
        atomic_store(&f->shared->count, f->loop.lost);
        /* not all at once, so that they do not all end at once either */
        (void)reopen(f, peers, f->size / 100 + 1);
        if (flood_now_ms() - start > WARM_MS)
            flood_ready(f);
        if (bytes_a_second == 0 || flood_now_ms() < next)
            continue;
        next += SECOND_MS;
        for (size_t i = 0; i < f->size; i++) {
            struct peer *p = &peers[i];

            if (p->fd >= 0 && p->connected && p->tag < sizeof head - 1)
                peer_say(p, &head[p->tag++], 1);
        }
    }
    end_peers(f, peers);
}

void
flood_slowloris(struct flood *f)
{
    hold_strangers(f, 1);
}

void
flood_half_open(struct flood *f)
{
    hold_strangers(f, 0);
}

/* An upgrade whose path is as long as ours and opens to nothing: it costs the
 * relay a key agreement, and us nothing. */
static size_t
write_wrong_upgrade(char *out, size_t size)
{
    uint8_t message[MESSAGE_LEN];
    struct buf path = buf_limited(2 * MESSAGE_LEN);
    int n;

    random_bytes(message, sizeof message);
    encoding_base64url(&path, BYTES_OF(message));
    n = snprintf(out, size,
                 "GET /%.*s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                 "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 "Sec-WebSocket-Version: 13\r\n\r\n",
                 (int)path.len, (const char *)path.b);
    buf_free(&path);
    return (size_t)n;
}

/* Each connects, says it, waits for an answer or the end and comes again. */
static void
knock(struct flood *f, bool one_place)
{
    struct peer *peers = make_peers(f);
    char say[512];
    uint64_t start = flood_now_ms();

    while (peers != NULL && flood_turn(f, 1)) {
        if (flood_now_ms() - start > SECOND_MS &&
            atomic_load(&f->shared->ready) == 0) {
            atomic_store(&f->shared->count_ns, flood_now_ns());
            atomic_store(&f->shared->count, 0);
            flood_ready(f);
        }
        for (size_t i = 0; i < f->size; i++) {
            struct peer *p = &peers[i];
            size_t len;

            /* a web server keeps the connection; we come with a new one */
            if (p->fd >= 0 && p->answered == 0)
                continue;
            if (p->loop != NULL) {
                flood_add(f, 1);
                peer_close(p);
            }
            if (!peer_open_bare(&f->loop, p,
                                one_place ? FLOOD_FROM
                                          : flood_source(i * FLOOD_EACH)))
                continue;
            len = write_wrong_upgrade(say, sizeof say);
            buf_append(&p->out, (struct bytes){(uint8_t *)say, len});
        }
    }
    end_peers(f, peers);
}

void
flood_handshakes(struct flood *f)
{
    knock(f, false);
}

void
flood_connects(struct flood *f)
{
    knock(f, true);
}

/* More than there is room for, none of which goes by itself. */
void
flood_descriptors(struct flood *f)
{
    struct peer *peers = make_peers(f);
    uint64_t start = flood_now_ms();

    while (peers != NULL && flood_turn(f, TICK_MS)) {
        flood_add(f, reopen(f, peers, f->size));
        if (flood_now_ms() - start > WARM_MS)
            flood_ready(f);
    }
    end_peers(f, peers);
}
