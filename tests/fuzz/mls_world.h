/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Three members of one group, made from a seed, for the fuzz targets of MLS. */
#ifndef FUZZ_MLS_WORLD_H
#define FUZZ_MLS_WORLD_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/random.h"
#include "mls/group.h"

enum { WORLD_MEMBERS = 3, WORLD_BYTES = 1 << 20 };

struct world {
    struct mls_group *g[WORLD_MEMBERS];
};

static inline void
world_must(enum err e)
{
    assert(e == ERR_OK);
    (void)e;
}

/* The first makes the group and adds the others, who join. */
static inline void
world_begin(struct world *w)
{
    struct mls_identity who[WORLD_MEMBERS] = {0};
    struct mls_key_package_secret secret[WORLD_MEMBERS];
    struct buf kp[WORLD_MEMBERS];
    struct bytes adds[WORLD_MEMBERS];
    struct buf commit = buf_limited(WORLD_BYTES);
    struct buf welcome = buf_limited(WORLD_BYTES);
    struct mls_commit_plan plan = {.adds = adds};
    struct mls_staged *s;
    struct sign_public pub;

    random_seed(1);
    for (size_t i = 0; i < WORLD_MEMBERS; i++) {
        kp[i] = buf_limited(WORLD_BYTES);
        sign_generate(&who[i].signature, &pub);
        who[i].credential = bytes_str("member");
    }
    world_must(mls_group_create(&who[0], bytes_str("world"), NULL, 0, 0,
                                UINT64_MAX, &w->g[0]));
    for (size_t i = 1; i < WORLD_MEMBERS; i++) {
        world_must(mls_key_package_new(&who[i], 0, UINT64_MAX, false, &kp[i],
                                       &secret[i]));
        adds[plan.add_count++] = buf_bytes(&kp[i]);
    }
    world_must(mls_group_commit(w->g[0], &plan, &commit, &welcome, &s));
    mls_group_merge(w->g[0], s);
    for (size_t i = 1; i < WORLD_MEMBERS; i++) {
        struct mls_join in = {.welcome = buf_bytes(&welcome),
                              .key_package = buf_bytes(&kp[i]),
                              .secret = &secret[i]};

        world_must(mls_group_join(&in, &w->g[i]));
    }
    for (size_t i = 0; i < WORLD_MEMBERS; i++)
        buf_free(&kp[i]);
    buf_free(&commit);
    buf_free(&welcome);
}

static inline void
world_save(const struct mls_group *g, struct buf *epoch, struct buf *messages)
{
    buf_reset(epoch);
    buf_reset(messages);
    world_must(mls_group_save_epoch(g, epoch));
    world_must(mls_group_save_messages(g, messages));
}

#endif
