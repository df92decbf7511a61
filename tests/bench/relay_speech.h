/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a peer speaks to its kind of server, one file each. */
#ifndef BENCH_RELAY_SPEECH_H
#define BENCH_RELAY_SPEECH_H

#include "relay_peer.h"

struct speech {
    enum cover_kind cover; /* when it is connected */

    /* First words, before the socket is connected. */
    void (*begin)(struct peer *p);

    /* NULL: without a word. */
    void (*greet)(struct peer *p);
    void (*watch)(struct peer *p, uint32_t group);
    void (*append)(struct peer *p,
                   uint32_t group,
                   bool sync,
                   struct bytes record);

    /* So many records from the beginning; NULL: it cannot. */
    void (*replay)(struct peer *p, uint32_t group, uint32_t count);

    /* What was under the cover. */
    void (*hear)(struct peer *p, struct bytes in);

    /* Before what is in plain is covered; NULL: nothing to do. */
    void (*flush)(struct peer *p);
    void (*end)(struct peer *p); /* NULL: nothing to do */
};

extern const struct speech speech_clear;  /* relay_bare.c: a floor */
extern const struct speech speech_sealed; /* relay_bare.c: a floor */
extern const struct speech speech_tls;    /* relay_bare.c: a floor */
extern const struct speech speech_relay;  /* relay_noise.c */
extern const struct speech speech_mqtt;   /* relay_mqtt.c */
extern const struct speech speech_nats;   /* relay_nats.c */
extern const struct speech speech_redis;  /* relay_redis.c */

#endif
