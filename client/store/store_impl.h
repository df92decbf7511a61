/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the two stores have in common: store.c checks the arguments and calls
 * one of these. */
#ifndef CLIENT_STORE_STORE_IMPL_H
#define CLIENT_STORE_STORE_IMPL_H

#include "client_store/store.h"

/* A page that was asked for. */
struct store_page {
    const struct client_id *group;
    uint64_t after;
    uint64_t now_ms;
    size_t max;
    struct arena *arena;
    struct store_history_row *rows; /* max of them */
    size_t count;
};

struct store_ops {
    enum err (*change_unlock)(struct store *s,
                              const struct store_unlock *unlock);
    enum err (*next_row)(struct store *s,
                         struct bytes *key,
                         struct bytes *value);
    enum err (*commit)(struct store *s, const struct client_batch *b);
    enum err (*history)(struct store *s, struct store_page *page);
    enum err (*purge)(struct store *s, uint64_t now_ms);
    void (*close)(struct store *s);
};

struct store {
    const struct store_ops *ops;
};

#endif
