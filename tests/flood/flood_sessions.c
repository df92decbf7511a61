/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Floods by those who hold the relay's link and mean no good: real sessions. */
#include "scenario.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "wire/limits.h"

enum {
    TICK_MS = 5,
    OPEN_MS = 60 * 1000,
    CHANNELS = 1000000, /* the first of the flood's; the probe has another */
    RECORD_LEN = 1024,
    DEPTH = 64
};

static struct peer *
open_peers(struct flood *f, peer_event *on_event)
{
    struct peer *peers = mem_new_array(f->size, sizeof *peers);

    for (size_t i = 0; peers != NULL && i < f->size; i++)
        peers[i] = (struct peer){.fd = -1, .on_event = on_event, .owner = f};
    if (peers != NULL &&
        peers_open(&f->loop, peers, f->size, FLOOD_FROM, FLOOD_EACH,
                   flood_now_ms() + OPEN_MS) < f->size)
        (void)atomic_fetch_add(&f->shared->failures, 1);
    return peers;
}

static void
end_peers(struct flood *f, struct peer *peers)
{
    peers_close(peers, f->size);
    mem_free(peers);
}

/* Opens those again that were closed; they have to say HELLO anew. */
static void
reopen(struct flood *f, struct peer *peers)
{
    for (size_t i = 0; i < f->size; i++)
        if (peers[i].fd < 0)
            (void)peer_open(&f->loop, &peers[i], flood_source(i));
}

/* --- cable -------------------------------------------------------------- */

/* From now on nothing that the relay sends arrives, not even what its kernel
 * asks ours: no acknowledgement, no reset. */
static bool
pull_cable(int fd)
{
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = 1, .filter = &nothing};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
                      sizeof program) == 0;
}

/* Some containers forbid it. */
bool
flood_cable_possible(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool possible = fd >= 0 && pull_cable(fd);
    int why = errno;

    if (fd >= 0)
        (void)close(fd);
    errno = why;
    return possible;
}

void
flood_cable(struct flood *f)
{
    struct peer *peers = open_peers(f, NULL);

    for (size_t i = 0; peers != NULL && i < f->size; i++)
        if (peers[i].open && !pull_cable(peers[i].fd))
            (void)atomic_fetch_add(&f->shared->failures, 1);
    flood_ready(f);
    while (flood_turn(f, 100))
        flood_add(f, 0);
    /* and it stays pulled: closing it would send a FIN, which a filter does not
     * hold back, so the process stays until the relay has given them up */
    atomic_store(&f->shared->held, f->size);
    while (atomic_load(&f->shared->held) > 0)
        loop_turn(&f->loop, 200);
    if (peers != NULL)
        end_peers(f, peers);
}

/* --- slow readers --------------------------------------------------------- */

static void
count_appended(struct peer *p, const struct event *ev)
{
    struct flood *f = p->owner;

    if (ev->kind == EVENT_APPENDED)
        flood_add(f, 1);
}

void
flood_slow_readers(struct flood *f)
{
    /* what the system takes for a reader that does not read, and more */
    enum { FILL = 600 };
    static uint8_t record[16 * 1024];
    struct peer *peers = open_peers(f, NULL);
    struct peer writer = {.fd = -1, .on_event = count_appended, .owner = f};
    struct request q;
    uint64_t next;
    uint64_t n = 0;

    if (peers == NULL || peers_open(&f->loop, &writer, 1, FLOOD_FROM, 1,
                                    flood_now_ms() + OPEN_MS) == 0)
        return;
    for (size_t i = 0; i < f->size; i++) {
        peer_channel_watch(&q, CHANNELS, WIRE_CREDIT_MAX);
        peer_ask(&peers[i], &q);
        peer_flush(&peers[i]);
    }
    (void)flood_turn(f, 300);
    for (size_t i = 0; i < f->size; i++)
        peer_mute(&peers[i], true);
    next = flood_now_ms();
    while (flood_turn(f, 10)) {
        if (flood_now_ms() < next || n + 2 > writer.answered + DEPTH)
            continue;
        n++;
        memcpy(record, &n, sizeof n);
        peer_channel_append(&q, CHANNELS, BYTES_OF(record));
        peer_ask(&writer, &q);
        peer_flush(&writer);
        next += n < FILL ? 2 : 10; /* ms */
        if (n == FILL)
            flood_ready(f);
    }
    peer_close(&writer);
    end_peers(f, peers);
}

/* --- frames that do not end ----------------------------------------------- */

void
flood_declared(struct flood *f)
{
    /* FIN and binary, masked, 16 bits of length, the mask, three bytes */
    static const uint8_t start[] = {0x82, 0xfe, 0xff, 0xff, 1, 2,
                                    3,    4,    9,    9,    9};
    struct peer *peers = open_peers(f, NULL);

    while (peers != NULL && flood_turn(f, TICK_MS)) {
        for (size_t i = 0; i < f->size; i++) {
            if (!peers[i].open || peers[i].tag == UINT32_MAX)
                continue;
            peers[i].tag = UINT32_MAX; /* said */
            peer_say(&peers[i], start, sizeof start);
            flood_add(f, 1);
        }
        flood_ready(f);
    }
    if (peers != NULL)
        end_peers(f, peers);
}

/* A record of which the last bytes are never sent. */
static void
say_half(struct peer *p)
{
    static uint8_t record[LIMIT_RECORD];
    struct buf all = buf_limited(2 * LIMIT_FRAME);
    struct request q;

    peer_channel_append(&q, CHANNELS, BYTES_OF(record));
    peer_ask(p, &q);
    if (link_flush(p->link, &all) == ERR_OK)
        peer_say(p, all.b, all.len - 100);
    p->tag = UINT32_MAX;
    buf_free(&all);
}

void
flood_halves(struct flood *f)
{
    struct peer *peers = open_peers(f, NULL);

    flood_ready(f);
    while (peers != NULL && flood_turn(f, TICK_MS)) {
        size_t said = 0;

        reopen(f, peers);
        for (size_t i = 0; i < f->size && said < 4; i++) {
            if (!peers[i].open || peers[i].tag == UINT32_MAX)
                continue;
            say_half(&peers[i]);
            flood_add(f, 1);
            said++;
        }
    }
    if (peers != NULL)
        end_peers(f, peers);
}

/* --- many and small --------------------------------------------------------
 */

void
flood_watches(struct flood *f)
{
    enum { WATCHES = 256 };
    struct peer *peers = open_peers(f, NULL);
    struct request q;
    size_t at = 0;

    for (size_t i = 0; peers != NULL && i < f->size; i++) {
        for (size_t k = 0; k < WATCHES; k++) {
            peer_channel_watch(&q, CHANNELS + i * WATCHES + k, 0);
            peer_ask(&peers[i], &q);
        }
        peer_flush(&peers[i]);
        flood_add(f, WATCHES);
        (void)flood_turn(f, 1);
    }
    flood_ready(f);
    /* one of them ends and begins again at each session, round and round */
    while (peers != NULL && flood_turn(f, 1)) {
        size_t i = at % f->size;
        uint32_t round = (uint32_t)(at / f->size);
        struct peer *p = &peers[i];

        at++;
        q = (struct request){.kind = REQUEST_UNWATCH};
        /* tags: HELLO 1, watches to 257, then an end and a watch in turns */
        q.unwatch.watch = round < WATCHES ? 2 + round : 2 * round - 253;
        peer_ask(p, &q);
        peer_channel_watch(&q, CHANNELS + i * WATCHES + round % WATCHES, 0);
        peer_ask(p, &q);
        peer_flush(p);
        flood_add(f, 2);
    }
    if (peers != NULL)
        end_peers(f, peers);
}

static void
ask_pings(struct peer *p)
{
    enum { PINGS = 1000 };
    struct request q;

    for (int i = 0; i < PINGS; i++) {
        q = (struct request){.kind = REQUEST_PING};
        peer_ask(p, &q);
    }
    peer_flush(p);
}

/* Beside it many who say nothing, of whom all but a few have to be closed in
 * time, however busy the relay's loop is. */
enum { SILENT = 80, SILENT_LEFT = 64, SILENT_MS = 12 * 1000 };

static void
judge_silent(struct flood *f, struct peer *silent, uint64_t since_ms)
{
    size_t left = 0;

    for (size_t i = 0; i < SILENT; i++)
        left += silent[i].fd >= 0;
    if (flood_now_ms() - since_ms > SILENT_MS && left > SILENT_LEFT)
        (void)atomic_fetch_add(&f->shared->failures, 1);
    peers_close(silent, SILENT);
}

void
flood_tiny(struct flood *f)
{
    struct peer *peers = open_peers(f, NULL);
    struct peer silent[SILENT];
    uint64_t since_ms = flood_now_ms();

    for (size_t i = 0; i < SILENT; i++) {
        silent[i] = (struct peer){.fd = -1};
        (void)peer_open_bare(&f->loop, &silent[i], FLOOD_FROM);
    }
    flood_ready(f);
    while (peers != NULL && flood_turn(f, 1)) {
        reopen(f, peers);
        for (size_t i = 0; i < f->size; i++) {
            if (!peers[i].open || peers[i].answered < peers[i].tag)
                continue;
            flood_add(f, peers[i].tag);
            peers[i].answered = 0;
            peers[i].tag = 0;
            ask_pings(&peers[i]);
        }
    }
    judge_silent(f, silent, since_ms);
    if (peers != NULL)
        end_peers(f, peers);
}

/* A frame that is nothing but empty fields, by the thousand. */
static void
say_rubbish(struct peer *p)
{
    static uint8_t fields[60 * 1024];
    struct bytes piece = BYTES_OF(fields);

    for (size_t i = 0; i < sizeof fields; i += 2) {
        fields[i] = 0x12; /* field 2, length-delimited */
        fields[i + 1] = 0;
    }
    if (link_add(p->link, &piece, 1) == ERR_OK)
        peer_flush(p);
    p->tag = UINT32_MAX;
}

void
flood_rubbish(struct flood *f)
{
    struct peer *peers = open_peers(f, NULL);

    flood_ready(f);
    while (peers != NULL && flood_turn(f, 1)) {
        atomic_store(&f->shared->count, f->loop.lost);
        reopen(f, peers);
        for (size_t i = 0; i < f->size; i++)
            if (peers[i].open && peers[i].tag != UINT32_MAX)
                say_rubbish(&peers[i]);
    }
    if (peers != NULL)
        end_peers(f, peers);
}

/* --- writers ----------------------------------------------------------------
 */

static void
ask_append(struct peer *p, uint64_t n)
{
    uint8_t record[RECORD_LEN] = {0};
    struct request q;

    memcpy(record, &n, sizeof n);
    peer_channel_append(&q, CHANNELS + p->index, BYTES_OF(record));
    peer_ask(p, &q);
}

void
flood_writers(struct flood *f)
{
    struct peer *peers = open_peers(f, count_appended);
    uint64_t n = 0;

    flood_ready(f);
    while (peers != NULL && flood_turn(f, 1)) {
        reopen(f, peers);
        for (size_t i = 0; i < f->size; i++) {
            struct peer *p = &peers[i];

            /* the first answer is HELLO's, as the first tag is */
            while (p->open && p->tag + 1 - p->answered < DEPTH)
                ask_append(p, ++n);
            peer_flush(p);
        }
    }
    if (peers != NULL)
        end_peers(f, peers);
}

void
flood_burst(struct flood *f)
{
    struct peer *peers = open_peers(f, count_appended);
    struct request q;

    for (size_t i = 0; peers != NULL && i < f->size; i++) {
        peer_channel_watch(&q, CHANNELS + i, WIRE_CREDIT_MAX);
        peer_ask(&peers[i], &q);
        peer_flush(&peers[i]);
        if (i % 64 == 0)
            (void)flood_turn(f, 1);
    }
    (void)flood_turn(f, 1000);
    for (size_t i = 0; peers != NULL && i < f->size; i++)
        ask_append(&peers[i], i);
    flood_ready(f);
    atomic_store(&f->shared->count_ns, flood_now_ns());
    for (size_t i = 0; peers != NULL && i < f->size; i++)
        peer_flush(&peers[i]);
    while (flood_turn(f, 1))
        continue;
    if (atomic_load(&f->shared->count) != f->size || f->loop.lost != 0)
        (void)atomic_fetch_add(&f->shared->failures, 1);
    if (peers != NULL)
        end_peers(f, peers);
}

void
flood_letters(struct flood *f)
{
    struct peer *peers = open_peers(f, count_appended);
    uint8_t letter[RECORD_LEN] = {0};
    uint64_t n = 0;

    flood_ready(f);
    while (peers != NULL && flood_turn(f, 1)) {
        for (size_t i = 0; i < f->size; i++) {
            struct peer *p = &peers[i];

            while (p->open && p->tag + 1 - p->answered < DEPTH) {
                struct request q = {.kind = REQUEST_LEAVE};

                n++;
                memcpy(letter, &n, sizeof n);
                memcpy(q.leave.mailbox, &p->index, sizeof p->index);
                q.leave.letter = BYTES_OF(letter);
                peer_ask(p, &q);
            }
            peer_flush(p);
        }
    }
    if (peers != NULL)
        end_peers(f, peers);
}

/* --- resets -----------------------------------------------------------------
 */

/* Not a polite end: what is under way is lost, and whoever writes gets an
 * error. */
static void
reset(struct flood *f, struct peer *p)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    peer_close(p);
    flood_add(f, 1);
}

/* A page to be sent, an append to be answered: and gone. */
static void
ask_and_reset(struct flood *f, struct peer *p)
{
    struct request q;

    ask_append(p, flood_now_ns());
    peer_channel_watch(&q, CHANNELS + p->index, WIRE_CREDIT_MAX);
    peer_ask(p, &q);
    peer_flush(p);
    if (p->fd >= 0)
        reset(f, p);
}

void
flood_resets(struct flood *f)
{
    struct peer *peers = open_peers(f, NULL);
    uint64_t at = 0;

    flood_ready(f);
    while (peers != NULL && flood_turn(f, 1)) {
        for (size_t i = 0; i < f->size; i++) {
            struct peer *p = &peers[i];

            p->index = (uint32_t)i;
            switch (++at % 4) {
            case 0: /* at once, or in the middle of the upgrade */
                if (p->connected)
                    reset(f, p);
                break;
            case 1: /* HELLO is answered, or is being answered */
                if (p->open)
                    reset(f, p);
                break;
            default:
                if (p->open)
                    ask_and_reset(f, p);
            }
        }
        reopen(f, peers);
    }
    if (peers != NULL)
        end_peers(f, peers);
}
