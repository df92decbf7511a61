/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Three members talk, propose and commit as the input says, and what travels is
 * changed on the way. Each step is four bytes: act, who, place, change.
 *
 * Properties: a message that is refused changes nothing; one that was not
 * changed is accepted by whoever is in its epoch; those in one epoch agree. */
#include <assert.h>
#include <string.h>

#include "mls_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { STEP_LEN = 4, STEPS_MAX = 40 };

/* How the world looks at the beginning of every input. */
static struct buf begin_epoch[WORLD_MEMBERS];
static struct buf begin_messages[WORLD_MEMBERS];

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct world w;

    (void)argc;
    (void)argv;
    if (random_start() != ERR_OK)
        return 1;
    world_begin(&w);
    for (size_t i = 0; i < WORLD_MEMBERS; i++) {
        begin_epoch[i] = buf_limited(WORLD_BYTES);
        begin_messages[i] = buf_limited(WORLD_BYTES);
        world_save(w.g[i], &begin_epoch[i], &begin_messages[i]);
        mls_group_free(w.g[i]);
    }
    return 0;
}

/* What happens in one input. */
struct scene {
    struct world w;
    struct buf message; /* the last one */
    size_t sender;
    struct mls_staged *own; /* a commit of the sender's, not decided */
};

/* An own commit wins as soon as somebody else acts. */
static void
decide(struct scene *s)
{
    if (s->own == NULL)
        return;
    if (mls_group_epoch(mls_staged_group(s->own)) ==
        mls_group_epoch(s->w.g[s->sender]) + 1)
        mls_group_merge(s->w.g[s->sender], s->own);
    else
        mls_staged_free(s->own);
    s->own = NULL;
}

static void
speak(struct scene *s, size_t who, uint8_t how)
{
    struct mls_commit_plan plan = {.framing = how & 1 ? MLS_FRAME_PUBLIC
                                                      : MLS_FRAME_PRIVATE};
    struct mls_leaf_index leaf = {(how >> 4) % WORLD_MEMBERS};
    struct buf welcome = buf_limited(WORLD_BYTES);
    struct mls_staged *staged = NULL;
    struct mls_group *g = s->w.g[who];
    enum err e = ERR_TURN;

    decide(s);
    buf_reset(&s->message);
    s->sender = who;
    switch (how >> 1 & 3) {
    case 0:
        e = mls_group_encrypt(g, bytes_str("text"), bytes_str("aad"), how,
                              &s->message, &staged);
        break;
    case 1:
        e = mls_group_propose_update(g, NULL, 0, plan.framing, &s->message,
                                     &staged);
        break;
    case 2:
        e = mls_group_propose_remove(g, leaf, plan.framing, &s->message,
                                     &staged);
        break;
    case 3:
        e = mls_group_commit(g, &plan, &s->message, &welcome, &staged);
        break;
    }
    buf_free(&welcome);
    if (e != ERR_OK)
        return;
    if (mls_staged_kind(staged) == MLS_STAGED_COMMIT)
        s->own = staged;
    else
        mls_group_merge(g, staged);
}

static void
assert_unchanged(const struct mls_group *g,
                 const struct buf *epoch,
                 const struct buf *messages)
{
    struct buf now_epoch = buf_limited(WORLD_BYTES);
    struct buf now_messages = buf_limited(WORLD_BYTES);

    world_save(g, &now_epoch, &now_messages);
    assert(bytes_equal(buf_bytes(&now_epoch), buf_bytes(epoch)));
    assert(bytes_equal(buf_bytes(&now_messages), buf_bytes(messages)));
    buf_free(&now_epoch);
    buf_free(&now_messages);
}

static void
deliver(struct scene *s, size_t who, struct bytes message)
{
    struct mls_process in = {.message = message};
    struct buf epoch = buf_limited(WORLD_BYTES);
    struct buf messages = buf_limited(WORLD_BYTES);
    struct mls_group *g = s->w.g[who];
    struct mls_staged *staged;
    enum err e;

    world_save(g, &epoch, &messages);
    e = mls_group_process(g, &in, &staged);
    assert_unchanged(g, &epoch, &messages);
    if (e == ERR_OK) {
        if (mls_staged_kind(staged) == MLS_STAGED_LOCKED_OUT)
            mls_staged_free(staged);
        else
            mls_group_merge(g, staged);
    }
    buf_free(&epoch);
    buf_free(&messages);
}

/* Changes one byte of a copy, or cuts it. */
static void
deliver_changed(struct scene *s, size_t who, uint8_t place, uint8_t change)
{
    struct buf copy = buf_limited(WORLD_BYTES);
    size_t at;

    if (s->message.len == 0)
        return;
    buf_append(&copy, buf_bytes(&s->message));
    at = place * copy.len / 256;
    if (change == 0)
        buf_truncate(&copy, at);
    else
        copy.b[at] ^= change;
    deliver(s, who, buf_bytes(&copy));
    buf_free(&copy);
}

/* Members whose transcripts are the same have the same secrets. */
static void
agree(const struct world *w)
{
    uint8_t hash[WORLD_MEMBERS][MLS_HASH_LEN];
    uint8_t secret[WORLD_MEMBERS][MLS_HASH_LEN];

    for (size_t i = 0; i < WORLD_MEMBERS; i++) {
        mls_group_confirmed_transcript_hash(w->g[i], hash[i]);
        mls_group_epoch_authenticator(w->g[i], secret[i]);
        for (size_t k = 0; k < i; k++) {
            bool removed = bytes_all_zero(BYTES_OF(secret[i])) ||
                           bytes_all_zero(BYTES_OF(secret[k]));

            if (!removed && memcmp(hash[i], hash[k], MLS_HASH_LEN) == 0)
                assert(memcmp(secret[i], secret[k], MLS_HASH_LEN) == 0);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scene s = {.message = buf_limited(WORLD_BYTES)};

    random_seed(2);
    for (size_t i = 0; i < WORLD_MEMBERS; i++)
        world_must(mls_group_load(buf_bytes(&begin_epoch[i]),
                                  buf_bytes(&begin_messages[i]), &s.w.g[i]));
    for (size_t i = 0; i < STEPS_MAX && (i + 1) * STEP_LEN <= size; i++) {
        const uint8_t *step = data + i * STEP_LEN;
        size_t who = step[1] % WORLD_MEMBERS;

        switch (step[0] & 3) {
        case 0:
            speak(&s, who, step[2]);
            break;
        case 1:
            deliver(&s, who, buf_bytes(&s.message));
            break;
        case 2:
            deliver_changed(&s, who, step[2], step[3]);
            break;
        case 3:
            deliver(&s, who, (struct bytes){data, size});
            break;
        }
        agree(&s.w);
    }
    decide(&s);
    agree(&s.w);
    buf_free(&s.message);
    for (size_t i = 0; i < WORLD_MEMBERS; i++)
        mls_group_free(s.w.g[i]);
    return 0;
}
