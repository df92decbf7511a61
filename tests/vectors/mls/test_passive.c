/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* passive-client-*.json, interop-passive/ *.json, generated/: a client that
 * joins and only listens. After each step the epoch authenticator must be the
 * published one. */
#include "support/vectors.h"

#include <stdio.h>
#include <string.h>

#include "crypto/random.h"
#include "mls/group.h"

enum { PSKS_MAX = 64 };

/* One case on its way. */
struct passive {
    struct arena *a;
    const struct json *c;
    size_t number;
    struct mls_psk psks[PSKS_MAX];
    size_t psk_count;
    struct mls_group *g;
};

static void
say(const struct passive *p, const char *what, size_t epoch, enum err e)
{
    fprintf(stderr, "case %zu, epoch step %zu: %s: %s\n", p->number, epoch,
            what, err_name(e));
}

static void
load_psks(struct passive *p)
{
    const struct json *v = json_array(p->c, "external_psks")->first;

    for (p->psk_count = 0; v != NULL; v = v->next) {
        assert_true(p->psk_count < PSKS_MAX);
        p->psks[p->psk_count].id = json_hex(p->a, v, "psk_id");
        p->psks[p->psk_count].secret = json_hex(p->a, v, "psk");
        p->psk_count++;
    }
}

static void
load_secret(struct passive *p, struct mls_key_package_secret *out)
{
    struct bytes init = json_hex(p->a, p->c, "init_priv");
    struct bytes encryption = json_hex(p->a, p->c, "encryption_priv");
    struct bytes signature = json_hex(p->a, p->c, "signature_priv");
    struct sign_public pub;

    assert_int_equal(init.len, sizeof out->init.b);
    assert_int_equal(encryption.len, sizeof out->encryption.b);
    assert_true(signature.len >= SIGN_SEED_LEN);
    memcpy(out->init.b, init.b, init.len);
    memcpy(out->encryption.b, encryption.b, encryption.len);
    sign_from_seed(signature.b, &out->signature, &pub);
}

static bool
same_authenticator(const struct mls_group *g, struct bytes want)
{
    uint8_t got[MLS_HASH_LEN];

    mls_group_epoch_authenticator(g, got);
    return bytes_equal(BYTES_OF(got), want);
}

static bool
join(struct passive *p)
{
    const struct json *tree = json_get(p->c, "ratchet_tree");
    struct mls_key_package_secret secret;
    struct mls_join in = {
        .welcome = json_hex(p->a, p->c, "welcome"),
        .key_package = json_hex(p->a, p->c, "key_package"),
        .secret = &secret,
        .psks = p->psks,
        .psk_count = p->psk_count,
    };
    enum err e;

    if (tree->kind == JSON_STRING)
        in.ratchet_tree = json_hex_value(p->a, tree);
    load_secret(p, &secret);
    e = mls_group_join(&in, &p->g);
    mls_key_package_secret_wipe(&secret);
    if (e != ERR_OK) {
        say(p, "join", 0, e);
        return false;
    }
    if (!same_authenticator(
            p->g, json_hex(p->a, p->c, "initial_epoch_authenticator"))) {
        say(p, "another authenticator after the join", 0, e);
        return false;
    }
    return true;
}

/* Every state on the way also survives being stored and loaded. */
static bool
reload(struct passive *p, size_t epoch)
{
    struct buf state = buf_limited(1 << 24);
    struct buf messages = buf_limited(1 << 24);
    struct mls_group *again = NULL;
    enum err e = mls_group_save_epoch(p->g, &state);

    if (e == ERR_OK)
        e = mls_group_save_messages(p->g, &messages);
    if (e == ERR_OK)
        e = mls_group_load(buf_bytes(&state), buf_bytes(&messages), &again);
    buf_free(&state);
    buf_free(&messages);
    if (e != ERR_OK) {
        say(p, "save and load", epoch, e);
        return false;
    }
    mls_group_free(p->g);
    p->g = again;
    return true;
}

static bool
take(struct passive *p,
     struct bytes message,
     enum mls_staged_kind kind,
     size_t epoch)
{
    struct mls_process in = {
        .message = message, .psks = p->psks, .psk_count = p->psk_count};
    struct mls_staged *s = NULL;
    enum err e = mls_group_process(p->g, &in, &s);

    if (e != ERR_OK) {
        say(p, kind == MLS_STAGED_COMMIT ? "commit" : "proposal", epoch, e);
        return false;
    }
    if (mls_staged_kind(s) != kind) {
        fprintf(stderr, "case %zu, epoch step %zu: staged kind %d\n", p->number,
                epoch, (int)mls_staged_kind(s));
        mls_staged_free(s);
        return false;
    }
    mls_group_merge(p->g, s);
    return true;
}

static bool
listen(struct passive *p, const struct json *epoch, size_t number)
{
    const struct json *v = json_array(epoch, "proposals")->first;

    for (; v != NULL; v = v->next) {
        if (!take(p, json_hex_value(p->a, v), MLS_STAGED_PROPOSAL, number))
            return false;
    }
    if (!take(p, json_hex(p->a, epoch, "commit"), MLS_STAGED_COMMIT, number))
        return false;
    if (!same_authenticator(p->g,
                            json_hex(p->a, epoch, "epoch_authenticator"))) {
        say(p, "another authenticator", number, ERR_OK);
        return false;
    }
    return reload(p, number);
}

static bool
run_case(struct arena *a, const struct json *c, size_t number)
{
    struct passive p = {.a = a, .c = c, .number = number};
    const struct json *v = json_array(c, "epochs")->first;
    size_t epoch = 1;
    bool good;

    load_psks(&p);
    good = join(&p) && reload(&p, 0);
    for (; good && v != NULL; v = v->next)
        good = listen(&p, v, epoch++);
    mls_group_free(p.g);
    return good;
}

static void
run_file(const char *path)
{
    struct arena a = arena_limited(VECTORS_BUDGET);
    const struct json *cases = vectors_open_path(&a, path);
    const struct json *c = cases->first;
    size_t passed = 0;
    size_t failed = 0;

    for (size_t i = 0; c != NULL; c = c->next, i++) {
        if (json_number(c, "cipher_suite") != MLS_SUITE)
            continue;
        if (run_case(&a, c, i))
            passed++;
        else
            failed++;
    }
    fprintf(stderr, "%s: %zu passed, %zu failed\n", path, passed, failed);
    arena_free(&a);
    assert_int_equal(failed, 0);
    assert_true(passed > 0);
}

/* One test for each file. */
#define FILE_TEST(name, file)                                                  \
    static void name(void **state)                                             \
    {                                                                          \
        (void)state;                                                           \
        run_file(SHARED_VECTORS "/mls/" file);                                 \
    }

FILE_TEST(official_welcome, "passive-client-welcome.json")
FILE_TEST(official_commit, "passive-client-handling-commit.json")
FILE_TEST(interop_application, "interop-passive/application.json")
FILE_TEST(interop_branch, "interop-passive/branch.json")
FILE_TEST(interop_commit, "interop-passive/commit.json")
FILE_TEST(interop_external_join, "interop-passive/external_join.json")
FILE_TEST(interop_external_proposals, "interop-passive/external_proposals.json")
FILE_TEST(interop_reinit, "interop-passive/reinit.json")
FILE_TEST(interop_welcome_join, "interop-passive/welcome_join.json")
FILE_TEST(generated_random, "generated/passive-client-random.json")

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(official_welcome),
        cmocka_unit_test(official_commit),
        cmocka_unit_test(interop_application),
        cmocka_unit_test(interop_branch),
        cmocka_unit_test(interop_commit),
        cmocka_unit_test(interop_external_join),
        cmocka_unit_test(interop_external_proposals),
        cmocka_unit_test(interop_reinit),
        cmocka_unit_test(interop_welcome_join),
        cmocka_unit_test(generated_random),
    };

    if (random_start() != ERR_OK)
        return 1;
    if (argc > 1) { /* any file of this form */
        for (int i = 1; i < argc; i++)
            run_file(argv[i]);
        return 0;
    }
    return cmocka_run_group_tests_name("passive client", tests, NULL, NULL);
}
