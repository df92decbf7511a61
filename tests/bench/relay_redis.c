/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Redis, and a client of it: a stream for each group, XADD and XREAD BLOCK,
 * over TLS. It syncs its log before it answers. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock.h"
#include "relay_foreign.h"
#include "relay_speech.h"

enum { ID_LEN = 48, DEPTH = 6, AT_ONCE = 1000 };

static void
configure(FILE *to, const struct target *t)
{
    fprintf(to,
            "bind 127.0.0.1\n"
            "port 0\n"
            "tls-port %u\n"
            "tls-cert-file %s/cert\n"
            "tls-key-file %s/key\n"
            "tls-ca-cert-file %s/cert\n"
            "tls-auth-clients no\n"
            "tls-session-caching no\n"
            "maxclients 20000\n"
            "dir %s\n"
            "save \"\"\n"
            "appendonly yes\n"
            "appendfsync always\n"
            "auto-aof-rewrite-percentage 0\n",
            (unsigned)t->port, t->folder, t->folder, t->folder, t->folder);
}

const struct foreign foreign_redis = {.program = "redis-server",
                                      .package = "redis-server",
                                      .configure = configure};

/* Where in an answer we are. An answer to XREAD is
 * [[key, [[id, ["r", record]], ...]]]. */
struct redis_peer {
    char last[ID_LEN]; /* id that was read */
    unsigned depth;
    size_t left[DEPTH]; /* to come at each depth */
};

static void
begin(struct peer *p)
{
    struct redis_peer *own = mem_new(sizeof *own);

    if (own == NULL)
        bench_must(ERR_MEMORY, "a peer");
    memcpy(own->last, "0", 2);
    p->own = own;
    heap_print(&p->plain, "*1\r\n$4\r\nPING\r\n");
}

static void
end(struct peer *p)
{
    mem_free(p->own);
    p->own = NULL;
}

static void
put_word(struct heap *to, const char *word)
{
    heap_print(to, "$%zu\r\n%s\r\n", strlen(word), word);
}

static void
put_key(struct heap *to, uint32_t group)
{
    char key[16];

    (void)snprintf(key, sizeof key, "g%u", group);
    put_word(to, key);
}

static void
read_on(struct peer *p)
{
    const struct redis_peer *own = p->own;

    heap_print(&p->plain,
               "*8\r\n$5\r\nXREAD\r\n$5\r\nCOUNT\r\n$4\r\n%d\r\n"
               "$5\r\nBLOCK\r\n$1\r\n0\r\n$7\r\nSTREAMS\r\n",
               AT_ONCE);
    put_key(&p->plain, p->group);
    put_word(&p->plain, own->last);
    peer_mark(p);
}

/* From the beginning, so that nothing between the two is missed. */
static void
watch(struct peer *p, uint32_t group)
{
    (void)group;
    heap_print(&p->plain, "*1\r\n$4\r\nPING\r\n");
    read_on(p);
}

static void
replay(struct peer *p, uint32_t group, uint32_t count)
{
    (void)group;
    (void)count;
    read_on(p);
}

static void
append(struct peer *p, uint32_t group, bool sync, struct bytes record)
{
    (void)sync;
    heap_print(&p->plain, "*5\r\n$4\r\nXADD\r\n");
    put_key(&p->plain, group);
    heap_print(&p->plain, "$1\r\n*\r\n$1\r\nr\r\n$%zu\r\n", record.len);
    heap_add(&p->plain, record);
    heap_print(&p->plain, "\r\n");
}

/* --- what is heard ------------------------------------------------------- */

/* One thing of an answer is over, and with it perhaps what it is in. */
static void
step(struct peer *p)
{
    struct redis_peer *own = p->own;

    while (own->depth > 0 && --own->left[own->depth - 1] == 0) {
        own->depth--;
        if (own->depth == 0)
            read_on(p);
    }
}

static void
on_array(struct peer *p, long count)
{
    struct redis_peer *own = p->own;

    if (count <= 0 || own->depth == DEPTH)
        bench_must(ERR_MALFORMED, "an answer of Redis");
    own->left[own->depth++] = (size_t)count;
}

static void
on_bulk(struct peer *p, struct bytes b)
{
    struct redis_peer *own = p->own;

    if (own->depth == 0) { /* of XADD: the id */
        peer_tell_acked(p, p->acked);
        return;
    }
    if (own->depth == 4 && own->left[3] == 2) {
        if (b.len >= sizeof own->last)
            bench_must(ERR_MALFORMED, "an id of Redis");
        memcpy(own->last, b.b, b.len);
        own->last[b.len] = '\0';
    }
    if (own->depth == 5 && own->left[4] == 1)
        peer_tell_record(p, b);
    step(p);
}

/* The length of the line that in begins with, its end included; 0: it is not
 * whole. */
static size_t
line_len(struct bytes in)
{
    const uint8_t *end = in.len == 0 ? NULL : memchr(in.b, '\n', in.len);

    return end == NULL ? 0 : (size_t)(end - in.b) + 1;
}

/* Bytes of in that were used; 0: there is nothing whole. */
static size_t
take(struct peer *p, struct bytes in)
{
    size_t line = line_len(in);
    long number;

    if (line == 0)
        return 0;
    number = strtol((const char *)in.b + 1, NULL, 10); /* ends at the \r */
    switch (in.b[0]) {
    case '+':
        if (p->open)
            peer_tell_watches(p);
        peer_tell_open(p);
        return line;
    case '*':
        on_array(p, number);
        return line;
    case '$':
        if (number < 0)
            break;
        if (in.len < line + (size_t)number + 2)
            return 0;
        on_bulk(p, bytes_slice(in, line, (size_t)number));
        return line + (size_t)number + 2;
    default:
        break;
    }
    fprintf(stderr, "bench_relay: Redis: %.*s", (int)line, (const char *)in.b);
    bench_must(ERR_DENIED, "Redis refuses");
    return 0;
}

static void
hear(struct peer *p, struct bytes in)
{
    peer_parse(p, in, take);
}

const struct speech speech_redis = {.cover = COVER_TLS_CLIENT,
                                    .begin = begin,
                                    .watch = watch,
                                    .append = append,
                                    .replay = replay,
                                    .hear = hear,
                                    .end = end};
