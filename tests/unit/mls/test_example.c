/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The example of lib/mls/README.md, whole: two members talking. Errors end it;
 * a program would handle each. */
#include "support/check.h"

#include <stdio.h>

#include "crypto/random.h"
#include "mls/group.h"

enum { MESSAGE_MAX = 64 * 1024 };

static void
must(enum err e)
{
    if (e != ERR_OK)
        fail_msg("%s", err_name(e));
}

/* Where a program would write the blobs to its disk, in one transaction. */
static void
store(const struct mls_group *g, const struct mls_staged *s)
{
    struct buf epoch = buf_limited(1 << 20);
    struct buf messages = buf_limited(1 << 20);

    if (mls_staged_changes_epoch(s))
        must(mls_staged_save_epoch(s, g, &epoch));
    must(mls_staged_save_messages(s, g, &messages));
    buf_free(&epoch);
    buf_free(&messages);
}

/* Sends: stored first, then out into the world, then merged. */
static void
say(struct mls_group *g, const char *words, struct buf *wire)
{
    struct mls_staged *s;

    buf_reset(wire);
    must(
        mls_group_encrypt(g, bytes_str(words), (struct bytes){0}, 0, wire, &s));
    store(g, s);
    mls_group_merge(g, s);
}

static void
hear(struct mls_group *g, struct bytes message)
{
    struct mls_process in = {.message = message};
    struct mls_staged *s;
    struct mls_member from;
    struct bytes text;

    must(mls_group_process(g, &in, &s));
    if (mls_staged_kind(s) == MLS_STAGED_APPLICATION &&
        mls_group_member(g, mls_staged_sender(s), &from)) {
        text = mls_staged_plaintext(s);
        printf("%.*s: %.*s\n", (int)from.credential.len,
               (const char *)from.credential.b, (int)text.len,
               (const char *)text.b);
    }
    store(g, s);
    mls_group_merge(g, s);
}

static void
two_members_talk(void **state)
{
    struct mls_identity anna = {.credential = bytes_str("Anna")};
    struct mls_identity boris = {.credential = bytes_str("Boris")};
    struct mls_key_package_secret secret;
    struct mls_group *annas;
    struct mls_group *boriss;
    struct mls_staged *pending;
    struct sign_public pub;
    struct buf key_package = buf_limited(MESSAGE_MAX);
    struct buf commit = buf_limited(MESSAGE_MAX);
    struct buf welcome = buf_limited(MESSAGE_MAX);
    struct buf wire = buf_limited(MESSAGE_MAX);
    const uint64_t now = 1700000000;
    const uint64_t year = 365 * 24 * 3600;

    (void)state;
    must(random_start());
    sign_generate(&anna.signature, &pub);
    sign_generate(&boris.signature, &pub);

    /* Boris leaves a key package; Anna makes a group and adds him. */
    must(mls_key_package_new(&boris, now, now + year, false, &key_package,
                             &secret));
    must(mls_group_create(&anna, bytes_str("a group id"), NULL, 0, now,
                          now + year, &annas));
    must(mls_group_commit(
        annas,
        &(struct mls_commit_plan){
            .adds = &(struct bytes){key_package.b, key_package.len},
            .add_count = 1,
            .now = now,
        },
        &commit, &welcome, &pending));
    /* ... the commit has been accepted by whoever orders messages ... */
    mls_group_merge(annas, pending);

    must(mls_group_join(
        &(struct mls_join){.welcome = buf_bytes(&welcome),
                           .key_package = buf_bytes(&key_package),
                           .secret = &secret,
                           .now = now},
        &boriss));
    mls_key_package_secret_wipe(&secret); /* for one use */

    say(annas, "Привет! Are you well?", &wire);
    hear(boriss, buf_bytes(&wire));
    say(boriss, "Yes, I have arrived.", &wire);
    hear(annas, buf_bytes(&wire));

    mls_group_free(annas);
    mls_group_free(boriss);
    sign_secret_wipe(&anna.signature);
    sign_secret_wipe(&boris.signature);
    buf_free(&key_package);
    buf_free(&commit);
    buf_free(&welcome);
    buf_free(&wire);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_members_talk)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
