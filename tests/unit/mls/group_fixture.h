/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* People in a group, for the tests of groups and messages. */
#ifndef GROUP_FIXTURE_H
#define GROUP_FIXTURE_H

#include <string.h>

#include "support/check.h"
#include "support/failing.h"

#include "base/mem.h"
#include "crypto/random.h"
#include "lib/mls/group_private.h"
#include "mls/group.h"

enum { PEOPLE_MAX = 32, FIXTURE_BYTES = 1 << 22 };

static const uint64_t fixture_end = UINT64_MAX;

struct person {
    char name[16];
    struct mls_identity who;
    struct buf key_package;
    struct mls_key_package_secret secret;
    struct mls_group *g; /* NULL: in none */
};

struct people {
    struct person of[PEOPLE_MAX];
    size_t count;
};

static inline void
person_init(struct person *p, size_t number)
{
    struct sign_public pub;

    memset(p, 0, sizeof *p);
    memcpy(p->name, "person 00", 10);
    p->name[7] = (char)('0' + number / 10);
    p->name[8] = (char)('0' + number % 10);
    sign_generate(&p->who.signature, &pub);
    p->who.credential = bytes_str(p->name);
    p->key_package = buf_limited(FIXTURE_BYTES);
}

/* A fresh key package in place of the last. */
static inline struct bytes
person_key_package(struct person *p)
{
    buf_reset(&p->key_package);
    assert_ok(mls_key_package_new(&p->who, 0, fixture_end, false,
                                  &p->key_package, &p->secret));
    return buf_bytes(&p->key_package);
}

static inline enum err
person_join(struct person *p, struct bytes welcome)
{
    struct mls_join in = {.welcome = welcome,
                          .key_package = buf_bytes(&p->key_package),
                          .secret = &p->secret};

    return mls_group_join(&in, &p->g);
}

static inline void
person_free(struct person *p)
{
    mls_group_free(p->g);
    buf_free(&p->key_package);
    mls_key_package_secret_wipe(&p->secret);
    memset(p, 0, sizeof *p);
}

/* Everything that a group would store, for "nothing has changed". */
static inline struct buf
group_state(const struct mls_group *g)
{
    struct buf out = buf_limited(FIXTURE_BYTES);

    assert_ok(mls_group_save_epoch(g, &out));
    assert_ok(mls_group_save_messages(g, &out));
    return out;
}

static inline void
assert_state(const struct mls_group *g, const struct buf *want)
{
    struct buf now = group_state(g);

    assert_bytes(buf_bytes(&now), buf_bytes(want));
    buf_free(&now);
}

/* Judges a message and leaves the group as it was, byte for byte: whatever
 * comes of it. */
static inline enum err
person_process(const struct person *p,
               const struct mls_process *in,
               struct mls_staged **out)
{
    struct buf before = group_state(p->g);
    enum err e = mls_group_process(p->g, in, out);

    assert_state(p->g, &before);
    buf_free(&before);
    return e;
}

/* Judges a message; the test fails unless it is of this kind. */
static inline struct mls_staged *
person_judge(const struct person *p,
             struct bytes message,
             enum mls_staged_kind kind)
{
    struct mls_process in = {.message = message};
    struct mls_staged *s = NULL;

    assert_ok(person_process(p, &in, &s));
    assert_int_equal(mls_staged_kind(s), kind);
    return s;
}

static inline enum err
person_refuse(const struct person *p, struct bytes message)
{
    struct mls_process in = {.message = message};
    struct mls_staged *s = NULL;
    enum err e = person_process(p, &in, &s);

    if (e == ERR_OK)
        mls_staged_free(s);
    return e;
}

static inline void
person_take(struct person *p, struct bytes message, enum mls_staged_kind kind)
{
    mls_group_merge(p->g, person_judge(p, message, kind));
}

/* A text from p; out is reset first. */
static inline struct bytes
person_say(struct person *p, const char *words, struct buf *out)
{
    struct mls_staged *s;

    buf_reset(out);
    assert_ok(mls_group_encrypt(p->g, bytes_str(words), (struct bytes){0}, 0,
                                out, &s));
    mls_group_merge(p->g, s);
    return buf_bytes(out);
}

/* p hears exactly these words. */
static inline void
person_hear(struct person *p, struct bytes message, const char *words)
{
    struct mls_staged *s = person_judge(p, message, MLS_STAGED_APPLICATION);

    assert_bytes(mls_staged_plaintext(s), bytes_str(words));
    mls_group_merge(p->g, s);
}

/* All who are in a group agree. */
static inline void
people_agree(const struct people *all)
{
    uint8_t first[MLS_HASH_LEN];
    uint8_t other[MLS_HASH_LEN];
    bool have = false;

    for (size_t i = 0; i < all->count; i++) {
        if (all->of[i].g == NULL)
            continue;
        mls_group_epoch_authenticator(all->of[i].g, have ? other : first);
        if (have)
            assert_bytes(BYTES_OF(other), BYTES_OF(first));
        have = true;
    }
}

/* p commits; all others in the group process and merge it, then p merges. */
static inline void
people_commit(struct people *all,
              size_t committer,
              const struct mls_commit_plan *plan,
              struct buf *welcome)
{
    struct buf commit = buf_limited(FIXTURE_BYTES);
    struct mls_staged *s;

    assert_ok(
        mls_group_commit(all->of[committer].g, plan, &commit, welcome, &s));
    for (size_t i = 0; i < all->count; i++) {
        if (i != committer && all->of[i].g != NULL)
            person_take(&all->of[i], buf_bytes(&commit), MLS_STAGED_COMMIT);
    }
    mls_group_merge(all->of[committer].g, s);
    buf_free(&commit);
}

/* The first makes a group and adds count - 1 others, who join. */
static inline void
people_gather(struct people *all, size_t count)
{
    struct buf welcome = buf_limited(FIXTURE_BYTES);
    struct bytes adds[PEOPLE_MAX];
    struct mls_commit_plan plan = {.adds = adds};

    all->count = count;
    for (size_t i = 0; i < count; i++)
        person_init(&all->of[i], i);
    assert_ok(mls_group_create(&all->of[0].who, bytes_str("the group"), NULL, 0,
                               0, fixture_end, &all->of[0].g));
    for (size_t i = 1; i < count; i++)
        adds[plan.add_count++] = person_key_package(&all->of[i]);
    if (count > 1) {
        people_commit(all, 0, &plan, &welcome);
        for (size_t i = 1; i < count; i++)
            assert_ok(person_join(&all->of[i], buf_bytes(&welcome)));
    }
    buf_free(&welcome);
    people_agree(all);
}

static inline void
people_free(struct people *all)
{
    for (size_t i = 0; i < all->count; i++)
        person_free(&all->of[i]);
    all->count = 0;
}

static inline int
group_setup(void **state)
{
    (void)state;
    if (random_start() != ERR_OK)
        return -1;
    random_seed(11);
    return 0;
}

#endif
