/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A world of members for the tests of whole groups. */
#ifndef WORLD_FIXTURE_H
#define WORLD_FIXTURE_H

#include "tree_fixture.h"

#include "mls/group.h"

enum { WORLD_MAX = 64 };

struct person {
    struct mls_identity who;
    uint8_t name[4];
    struct buf key_package;
    struct mls_key_package_secret secret;
    struct mls_group *g; /* NULL: in no group */
};

static inline void
person_init(struct person *p, uint32_t number)
{
    struct sign_public pub;

    memset(p, 0, sizeof *p);
    memcpy(p->name, &number, sizeof p->name);
    p->who.credential = BYTES_OF(p->name);
    sign_generate(&p->who.signature, &pub);
    p->key_package = buf_limited(FIXTURE_MAX);
}

/* A fresh key package in key_package and secret. */
static inline void
person_pack(struct person *p)
{
    buf_reset(&p->key_package);
    assert_ok(mls_key_package_new(&p->who, 1000, 2000, false, &p->key_package,
                                  &p->secret));
}

static inline void
person_create(struct person *p, const char *id)
{
    assert_ok(
        mls_group_create(&p->who, bytes_str(id), NULL, 0, 1000, 2000, &p->g));
}

static inline void
person_end(struct person *p)
{
    mls_group_free(p->g);
    buf_free(&p->key_package);
    memset(p, 0, sizeof *p);
}

static inline void
person_join(struct person *p, struct bytes welcome, struct bytes tree)
{
    struct mls_join in = {.welcome = welcome,
                          .key_package = buf_bytes(&p->key_package),
                          .secret = &p->secret,
                          .ratchet_tree = tree,
                          .now = 1500};

    assert_null(p->g);
    assert_ok(mls_group_join(&in, &p->g));
}

static inline enum err
person_judge(const struct person *p,
             struct bytes message,
             struct mls_staged **out)
{
    struct mls_process in = {.message = message, .now = 1500};

    return mls_group_process(p->g, &in, out);
}

/* All that must be equal for members of one epoch. */
static inline void
assert_same_epoch(const struct person *a, const struct person *b)
{
    uint8_t x[64], y[64];

    assert_int_equal(mls_group_epoch(a->g), mls_group_epoch(b->g));
    mls_group_epoch_authenticator(a->g, x);
    mls_group_epoch_authenticator(b->g, y);
    assert_memory_equal(x, y, MLS_HASH_LEN);
    mls_group_tree_hash(a->g, x);
    mls_group_tree_hash(b->g, y);
    assert_memory_equal(x, y, MLS_HASH_LEN);
    mls_group_confirmed_transcript_hash(a->g, x);
    mls_group_confirmed_transcript_hash(b->g, y);
    assert_memory_equal(x, y, MLS_HASH_LEN);
    assert_ok(mls_group_export(a->g, "test", bytes_str("c"), x, sizeof x));
    assert_ok(mls_group_export(b->g, "test", bytes_str("c"), y, sizeof y));
    assert_memory_equal(x, y, sizeof x);
}

#endif
