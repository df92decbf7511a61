/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Watchers by place: whoever appends finds them without a scan. Ids are chosen
 * by peers (they choose tokens), so the table's hash is keyed. */
#ifndef CORE_TOPIC_H
#define CORE_TOPIC_H

#include "base/err.h"
#include "base/limits.h"
#include "base/queue.h"
#include "relay/batch.h"

struct topic {
    struct topic *next; /* in its slot */
    uint8_t id[LIMIT_ID];
    enum relay_place_kind kind;
    uint8_t bundle_tag_len; /* of the tags in bundles; 0: not tried yet */
    uint64_t last;          /* highest number that we have heard of */
    struct queue watches;
    struct queue fresh;         /* of struct fresh_record, ascending */
    struct queue_node in_fresh; /* in r->fresh: it has some */
    struct queue bundles;       /* of struct bundle: the same, gathered */
};

struct topic_table {
    struct topic **slots;
    size_t slot_count; /* in use: more than half of them, or none */
    size_t slot_cap;   /* a power of two, or 0 */
    size_t count;
    uint8_t key[LIMIT_ID];
};

void topic_table_init(struct topic_table *t);
void topic_table_free(struct topic_table *t);

/* NULL: nobody watches it. */
struct topic *
topic_find(const struct topic_table *t, const uint8_t id[static LIMIT_ID]);

/* Finds or makes. ERR_MEMORY. */
MUST_USE enum err topic_get(struct topic_table *t,
                            const uint8_t id[static LIMIT_ID],
                            enum relay_place_kind kind,
                            struct topic **out);

/* Ends it when nobody watches any more. */
void topic_drop(struct topic_table *t, struct topic *p);

#endif
