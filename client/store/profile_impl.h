/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the two stores have in common: store.c checks the arguments and calls
 * one of these. */
#ifndef CLIENT_STORE_STORE_IMPL_H
#define CLIENT_STORE_STORE_IMPL_H

#include "client_store/profile.h"

/* A page that was asked for. */
struct profile_page {
    const struct client_id *group;
    uint64_t after;
    uint64_t now_ms;
    size_t max;
    struct arena *arena;
    struct profile_history_row *rows; /* max of them */
    size_t count;
};

struct profile_ops {
    enum err (*change_unlock)(struct profile *s,
                              const struct profile_unlock *unlock);
    enum err (*next_row)(struct profile *s,
                         struct bytes *key,
                         struct bytes *value);
    enum err (*commit)(struct profile *s, const struct client_batch *b);
    enum err (*history)(struct profile *s, struct profile_page *page);
    enum err (*purge)(struct profile *s, uint64_t now_ms);
    void (*close)(struct profile *s);
};

struct profile {
    const struct profile_ops *ops;
};

#endif
