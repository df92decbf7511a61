/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* mosquitto, and a client of it: MQTT 3.1.1 over TLS, everything at QoS 1, with
 * persistent sessions. It acknowledges from memory. */
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "relay_foreign.h"
#include "relay_speech.h"

enum {
    CONNECT = 0x10,
    CONNACK = 0x20,
    PUBLISH = 0x30,
    PUBACK = 0x40,
    SUBSCRIBE = 0x82,
    SUBACK = 0x90,
    KIND = 0xf0,
    QOS_1 = 0x02,
    IDS = 65535, /* packet identifiers, from 1 on */
    NAME_LEN = 16
};

static void
configure(FILE *to, const struct target *t)
{
    fprintf(to,
            "listener %u 127.0.0.1\n"
            "certfile %s/cert\n"
            "keyfile %s/key\n"
            "allow_anonymous true\n"
            "set_tcp_nodelay true\n"
            "max_inflight_messages 0\n"
            "max_queued_messages 0\n"
            "persistence true\n"
            "persistence_location %s/\n"
            "log_dest stderr\n"
            "log_type error\n",
            (unsigned)t->port, t->folder, t->folder, t->folder);
    if (geteuid() == 0)
        fprintf(to, "user root\n"); /* or it cannot read its folder */
}

const struct foreign foreign_mqtt = {.program = "mosquitto",
                                     .package = "mosquitto",
                                     .configure = configure,
                                     .argument = "-c"};

/* --- what is said -------------------------------------------------------- */

static void
put_u16(struct heap *to, size_t v)
{
    uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};

    heap_add(to, BYTES_OF(b));
}

static void
put_text(struct heap *to, const char *text)
{
    put_u16(to, strlen(text));
    heap_add(to, bytes_str(text));
}

/* Fixed header: kind, and how much comes. */
static void
put_head(struct heap *to, uint8_t kind, size_t len)
{
    uint8_t b[5] = {kind};
    size_t n = 1;

    do {
        b[n] = len & 0x7f;
        len >>= 7;
        if (len > 0)
            b[n] |= 0x80;
        n++;
    } while (len > 0 && n < sizeof b);
    heap_add(to, (struct bytes){b, n});
}

static void
begin(struct peer *p)
{
    static const uint8_t head[] = {0, 4,   'M', 'Q', 'T', 'T',
                                   4, 0x0, 0,   0}; /* kept; never pinged */
    char name[NAME_LEN];

    (void)snprintf(name, sizeof name, "c%u", p->id);
    put_head(&p->plain, CONNECT, sizeof head + 2 + strlen(name));
    heap_add(&p->plain, BYTES_OF(head));
    put_text(&p->plain, name);
}

static void
watch(struct peer *p, uint32_t group)
{
    static const uint8_t qos[] = {1};
    char topic[NAME_LEN];

    (void)snprintf(topic, sizeof topic, "g/%u", group);
    put_head(&p->plain, SUBSCRIBE, 2 + 2 + strlen(topic) + sizeof qos);
    put_u16(&p->plain, 1);
    put_text(&p->plain, topic);
    heap_add(&p->plain, BYTES_OF(qos));
}

static void
append(struct peer *p, uint32_t group, bool sync, struct bytes record)
{
    char topic[NAME_LEN];

    (void)sync;
    (void)snprintf(topic, sizeof topic, "g/%u", group);
    put_head(&p->plain, PUBLISH | QOS_1, 2 + strlen(topic) + 2 + record.len);
    put_text(&p->plain, topic);
    put_u16(&p->plain, p->asked % IDS + 1);
    heap_add(&p->plain, record);
}

/* --- what is heard ------------------------------------------------------- */

static size_t
get_u16(struct bytes in, size_t at)
{
    if (in.len < at + 2)
        bench_must(ERR_MALFORMED, "what mosquitto says");
    return (size_t)(in.b[at] << 8 | in.b[at + 1]);
}

/* topic | packet identifier | record */
static void
on_publish(struct peer *p, uint8_t first, struct bytes body)
{
    size_t topic_len = get_u16(body, 0);
    size_t id = get_u16(body, 2 + topic_len);

    if ((first & QOS_1) == 0)
        bench_must(ERR_MALFORMED, "a record of another quality");
    put_head(&p->plain, PUBACK, 2);
    put_u16(&p->plain, id);
    peer_mark(p);
    peer_tell_record(p, bytes_slice(body, 2 + topic_len + 2, body.len));
}

static void
on_packet(struct peer *p, uint8_t first, struct bytes body)
{
    switch (first & KIND) {
    case CONNACK:
        if (get_u16(body, 0) != 0) /* no session before, accepted */
            bench_must(ERR_DENIED, "mosquitto refuses");
        peer_tell_open(p);
        break;
    case SUBACK:
        if (body.len != 3 || body.b[2] != 1)
            bench_must(ERR_DENIED, "mosquitto refuses");
        peer_tell_watches(p);
        break;
    case PUBACK:
        if (get_u16(body, 0) != p->acked % IDS + 1)
            bench_must(ERR_MALFORMED, "an acknowledgement out of turn");
        peer_tell_acked(p, p->acked);
        break;
    case PUBLISH:
        on_publish(p, first, body);
        break;
    default:
        bench_must(ERR_MALFORMED, "what mosquitto says");
    }
}

/* The length of the packet that in begins with; 0: it is not whole. head_len
 * is that of its fixed header. */
static size_t
whole(struct bytes in, size_t *head_len)
{
    size_t len = 0;

    for (size_t i = 1; i < in.len && i < 5; i++) {
        len |= (size_t)(in.b[i] & 0x7f) << (7 * (i - 1));
        if ((in.b[i] & 0x80) != 0)
            continue;
        *head_len = i + 1;
        return in.len >= i + 1 + len ? i + 1 + len : 0;
    }
    return 0;
}

static size_t
take(struct peer *p, struct bytes in)
{
    size_t head_len = 0;
    size_t len = whole(in, &head_len);

    if (len > 0)
        on_packet(p, in.b[0], bytes_slice(in, head_len, len - head_len));
    return len;
}

static void
hear(struct peer *p, struct bytes in)
{
    peer_parse(p, in, take);
}

const struct speech speech_mqtt = {.cover = COVER_TLS_CLIENT,
                                   .begin = begin,
                                   .watch = watch,
                                   .append = append,
                                   .hear = hear};
