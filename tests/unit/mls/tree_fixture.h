/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Members and leaves for the tests of trees. */
#ifndef TREE_FIXTURE_H
#define TREE_FIXTURE_H

#include <string.h>

#include "support/check.h"
#include "support/failing.h"

#include "base/mem.h"
#include "crypto/random.h"
#include "lib/mls/key_package_read.h"
#include "lib/mls/tree.h"

enum { FIXTURE_MAX = 1024 * 1024 };

static inline struct bytes
text(const char *s)
{
    return bytes_str(s);
}

/* A key pair set of one member. */
struct fixture_member {
    struct sign_secret signature;
    struct sign_public signature_pub;
    struct dh_secret encryption;
    struct dh_public encryption_pub;
};

static inline void
fixture_member(struct fixture_member *m)
{
    sign_generate(&m->signature, &m->signature_pub);
    dh_generate(&m->encryption, &m->encryption_pub);
}

/* Appends a leaf of a key package. */
static inline void
fixture_leaf(const struct fixture_member *m, struct buf *out)
{
    struct mls_identity who = {.credential = bytes_str("somebody"),
                               .signature = m->signature};

    assert_ok(mls_leaf_write_first(&who, &m->encryption_pub, 0, UINT64_MAX,
                                   false, out));
}

static inline int
fixture_setup(void **state)
{
    (void)state;
    if (random_start() != ERR_OK)
        return -1;
    random_seed(7);
    return 0;
}

#endif
