/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* NATS with JetStream, and a client of it: one stream that keeps all groups,
 * published to with acknowledgement and read by plain subscribers, over TLS. It
 * acknowledges from the page cache. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "relay_foreign.h"
#include "relay_speech.h"

enum {
    SID_ACK = 1,
    SID_RECORD = 2,
    SID_API = 3,
    FIELDS = 5,
    LINE_MAX_LEN = 256
};

static void
configure(FILE *to, const struct target *t)
{
    fprintf(
        to,
        "listen: \"127.0.0.1:%u\"\n"
        "tls { cert_file: \"%s/cert\", key_file: \"%s/key\", timeout: 30 }\n"
        "jetstream { store_dir: \"%s/jetstream\", max_mem: 256MB, "
        "max_file: 16GB }\n"
        "max_connections: 20000\n"
        "max_pending: 256MB\n",
        (unsigned)t->port, t->folder, t->folder, t->folder);
}

const struct foreign foreign_nats = {.program = "nats-server",
                                     .package = "nats-server",
                                     .configure = configure,
                                     .argument = "-c"};

/* --- what is said -------------------------------------------------------- */

/* The server speaks first, and in the clear. */
static void
begin(struct peer *p)
{
    (void)p;
}

static void
on_info(struct peer *p)
{
    if (p->cover.kind != COVER_NONE)
        return; /* told anew */
    cover_init(&p->cover, COVER_TLS_CLIENT, &p->out);
    heap_print(&p->plain,
               "CONNECT {\"verbose\":false,\"pedantic\":false,"
               "\"tls_required\":true,\"name\":\"bench\",\"lang\":\"c\","
               "\"version\":\"1\",\"protocol\":1}\r\nPING\r\n");
    peer_mark(p);
}

static void
ask(struct peer *p, const char *subject, const char *json)
{
    heap_print(&p->plain, "SUB _R.%u %d\r\nPUB $JS.API.%s _R.%u %zu\r\n", p->id,
               SID_API, subject, p->id, strlen(json));
    heap_print(&p->plain, "%s\r\n", json);
    peer_mark(p);
}

/* The first makes the stream. */
static void
greet(struct peer *p)
{
    if (p->id > 0) {
        peer_tell_ready(p);
        return;
    }
    heap_print(&p->plain, "SUB _A.* %d\r\n", SID_ACK);
    ask(p, "STREAM.CREATE.S",
        "{\"name\":\"S\",\"subjects\":[\"g.*\"],\"retention\":\"limits\","
        "\"storage\":\"file\",\"discard\":\"old\",\"max_consumers\":-1,"
        "\"max_msgs\":-1,\"max_bytes\":-1,\"max_age\":0,\"num_replicas\":1}");
}

static void
watch(struct peer *p, uint32_t group)
{
    heap_print(&p->plain, "SUB g.%u %d\r\nPING\r\n", group, SID_RECORD);
}

static void
append(struct peer *p, uint32_t group, bool sync, struct bytes record)
{
    (void)sync;
    heap_print(&p->plain, "PUB g.%u _A.%llu %zu\r\n", group,
               (unsigned long long)p->asked, record.len);
    heap_add(&p->plain, record);
    heap_print(&p->plain, "\r\n");
}

/* A consumer that sends all it has, without acknowledgements. */
static void
replay(struct peer *p, uint32_t group, uint32_t count)
{
    char json[512];

    (void)count;
    (void)snprintf(json, sizeof json,
                   "{\"stream_name\":\"S\",\"config\":{\"deliver_subject\":"
                   "\"_D.%u\",\"deliver_policy\":\"all\",\"ack_policy\":"
                   "\"none\",\"replay_policy\":\"instant\","
                   "\"filter_subject\":\"g.%u\"}}",
                   p->id, group);
    heap_print(&p->plain, "SUB _D.%u %d\r\n", p->id, SID_RECORD);
    ask(p, "CONSUMER.CREATE.S", json);
}

/* --- what is heard ------------------------------------------------------- */

static bool
contains(struct bytes in, const char *text)
{
    return in.len > 0 && memmem(in.b, in.len, text, strlen(text)) != NULL;
}

static void
check_answer(struct bytes body)
{
    if (!contains(body, "\"error\""))
        return;
    fprintf(stderr, "bench_relay: NATS: %.*s\n", (int)body.len,
            (const char *)body.b);
    bench_must(ERR_DENIED, "JetStream refuses");
}

static void
on_message(struct peer *p, const char *subject, int sid, struct bytes body)
{
    switch (sid) {
    case SID_ACK:
        check_answer(body);
        if (!contains(body, "\"seq\""))
            bench_must(ERR_MALFORMED, "an acknowledgement of JetStream");
        peer_tell_acked(p, strtoull(subject + strlen("_A."), NULL, 10));
        break;
    case SID_RECORD:
        peer_tell_record(p, body);
        break;
    case SID_API:
        check_answer(body);
        if (p->id == 0)
            peer_tell_ready(p);
        break;
    default:
        bench_must(ERR_MALFORMED, "a message of NATS");
    }
}

/* MSG subject sid [reply] length: bytes of in that were used; 0: it is not
 * whole. */
static size_t
take_message(struct peer *p, struct bytes in, size_t line)
{
    char text[LINE_MAX_LEN];
    char *fields[FIELDS];
    char *save = NULL;
    size_t count = 0;
    size_t len;

    if (line >= sizeof text)
        bench_must(ERR_TOO_LARGE, "a line of NATS");
    memcpy(text, in.b, line);
    text[line - 2] = '\0';
    for (char *f = strtok_r(text, " ", &save); f != NULL && count < FIELDS;
         f = strtok_r(NULL, " ", &save))
        fields[count++] = f;
    if (count < 4)
        bench_must(ERR_MALFORMED, "a message of NATS");
    len = strtoul(fields[count - 1], NULL, 10);
    if (in.len < line + len + 2)
        return 0;
    on_message(p, fields[1], (int)strtol(fields[2], NULL, 10),
               bytes_slice(in, line, len));
    return line + len + 2;
}

static bool
begins(struct bytes in, const char *word)
{
    return in.len >= strlen(word) && memcmp(in.b, word, strlen(word)) == 0;
}

/* Bytes of in that were used; 0: there is nothing whole. */
static size_t
take(struct peer *p, struct bytes in)
{
    const uint8_t *end = in.len == 0 ? NULL : memchr(in.b, '\n', in.len);
    size_t line;

    if (end == NULL)
        return 0;
    line = (size_t)(end - in.b) + 1;
    if (begins(in, "MSG "))
        return take_message(p, in, line);
    if (begins(in, "PONG")) {
        if (p->open)
            peer_tell_watches(p);
        peer_tell_open(p);
    } else if (begins(in, "PING")) {
        heap_print(&p->plain, "PONG\r\n");
        peer_mark(p);
    } else if (begins(in, "INFO ")) {
        on_info(p);
    } else {
        fprintf(stderr, "bench_relay: NATS: %.*s", (int)line,
                (const char *)in.b);
        bench_must(ERR_DENIED, "NATS refuses");
    }
    return line;
}

static void
hear(struct peer *p, struct bytes in)
{
    peer_parse(p, in, take);
}

const struct speech speech_nats = {.cover = COVER_NONE,
                                   .begin = begin,
                                   .greet = greet,
                                   .watch = watch,
                                   .append = append,
                                   .replay = replay,
                                   .hear = hear};
