/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A client of the floors. */
#include "relay_speech.h"

#include "clock.h"
#include "relay_wire.h"

static void
begin(struct peer *p)
{
    wire_write(&p->plain, WIRE_HELLO, 0, (struct bytes){0});
}

static void
watch(struct peer *p, uint32_t group)
{
    wire_write(&p->plain, WIRE_WATCH, group, (struct bytes){0});
}

static void
append(struct peer *p, uint32_t group, bool sync, struct bytes record)
{
    wire_write(&p->plain, sync ? WIRE_APPEND_SYNC : WIRE_APPEND, group, record);
}

static void
replay(struct peer *p, uint32_t group, uint32_t count)
{
    (void)group;
    wire_write(&p->plain, WIRE_REPLAY, count, (struct bytes){0});
}

static void
on_message(void *context, const struct wire_message *m)
{
    struct peer *p = context;

    switch (m->kind) {
    case WIRE_HELLO:
        peer_tell_open(p);
        break;
    case WIRE_ACK:
        peer_tell_acked(p, p->acked);
        break;
    case WIRE_RECORD:
        peer_tell_record(p, m->body);
        break;
    case WIRE_WATCH:
        peer_tell_watches(p);
        break;
    case WIRE_APPEND:
    case WIRE_APPEND_SYNC:
    case WIRE_REPLAY:
        bench_must(ERR_MALFORMED, "what the floor says");
    }
}

static void
hear(struct peer *p, struct bytes in)
{
    wire_feed(&p->rest, in, on_message, p);
}

const struct speech speech_clear = {.cover = COVER_NONE,
                                    .begin = begin,
                                    .watch = watch,
                                    .append = append,
                                    .replay = replay,
                                    .hear = hear};

const struct speech speech_sealed = {.cover = COVER_SEALED,
                                     .begin = begin,
                                     .watch = watch,
                                     .append = append,
                                     .replay = replay,
                                     .hear = hear};

const struct speech speech_tls = {.cover = COVER_TLS_CLIENT,
                                  .begin = begin,
                                  .watch = watch,
                                  .append = append,
                                  .replay = replay,
                                  .hear = hear};
