/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How the relay is, at one moment, and the three ways to say it. */
#ifndef UV_STATE_H
#define UV_STATE_H

#include "base/buf.h"
#include "relay/relay.h"

#include "figures.h"

struct state {
    struct relay_counters counters;
    const struct figures *figures; /* borrowed */
    uint64_t uptime_s;
    uint64_t now_s; /* since 1970 */
    uint64_t conn_max;
    bool handed;          /* listens at what the service manager handed over */
    uint64_t space_bytes; /* that the relay may use */
    uint64_t used_bytes;  /* its files */
    uint64_t free_bytes;  /* of the disk, for us */
};

/* Lines for a person. Errors stick in out, as in all of these. */
void state_write_text(const struct state *s, struct buf *out);

/* One JSON object and a newline. */
void state_write_json(const struct state *s, struct buf *out);

/* A few words for a log or a service manager; no newline. */
void state_write_line(const struct state *s, char *out, size_t size);

/* OpenMetrics 1.0. Events in hundreds, what is open in tens (figures.h). */
void state_write_metrics(const struct state *s, struct buf *out);

#endif
