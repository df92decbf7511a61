/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Members and leaves for the tests of trees. */
#ifndef TREE_FIXTURE_H
#define TREE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "lib/mls/key_package_read.h"
#include "lib/mls/tree.h"

#define assert_ok(e)       assert_int_equal(e, ERR_OK)
#define assert_bytes(a, b) assert_true(bytes_equal(a, b))

enum { FIXTURE_MAX = 1024 * 1024 };

/* Runs call with the n-th allocation failing, for every n, until none fails;
 * call must say ERR_MEMORY each time and ERR_OK in the end. after releases what
 * an ERR_OK has left. */
#define EACH_ALLOCATION_FAILS(call, after)                                     \
    for (size_t nth = 1;; nth++) {                                             \
        enum err each_e;                                                       \
        int each_failed;                                                       \
                                                                               \
        mem_fail_at(nth);                                                      \
        each_e = (call);                                                       \
        each_failed = mem_failed();                                            \
        mem_fail_at(0);                                                        \
        if (!each_failed) {                                                    \
            assert_ok(each_e);                                                 \
            after;                                                             \
            break;                                                             \
        }                                                                      \
        assert_int_equal(each_e, ERR_MEMORY);                                  \
    }

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

    assert_ok(
        mls_leaf_write_first(&who, &m->encryption_pub, 0, UINT64_MAX, out));
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
