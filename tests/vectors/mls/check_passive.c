/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* passive-client-*.json, interop-passive/ *.json, generated/: a client that
 * joins and only listens. After each step the epoch authenticator must be the
 * published one. */
#include <stdio.h>

#include "mls/group.h"
#include "mls_vectors.h"

/* One case on its way. */
struct passive {
    struct arena *a;
    const struct json *c;
    const struct mls_psk *psks;
    size_t psk_count;
    struct mls_group *g;
};

static void
say(const char *what, size_t epoch, enum err e)
{
    fprintf(stderr, "epoch step %zu: %s: %s\n", epoch, what, err_name(e));
}

static void
load_psks(struct passive *p)
{
    const struct json *list = json_find(p->c, "external_psks");
    const struct json *v = vector_first(p->c, "external_psks");
    struct mls_psk *psk;

    if (v == NULL)
        return;
    psk = arena_new(p->a, list->count * sizeof *psk);
    assert_non_null(psk);
    p->psks = psk;
    for (; v != NULL; v = v->next, psk++) {
        psk->id = json_hex(p->a, v, "psk_id");
        psk->secret = json_hex(p->a, v, "psk");
        p->psk_count++;
    }
}

static void
load_secret(struct passive *p, struct mls_key_package_secret *out)
{
    struct bytes signature = json_hex(p->a, p->c, "signature_priv");
    struct sign_public pub;

    vector_fill(p->a, p->c, "init_priv", out->init.b, sizeof out->init.b);
    vector_fill(p->a, p->c, "encryption_priv", out->encryption.b,
                sizeof out->encryption.b);
    assert_true(signature.len >= SIGN_SEED_LEN);
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
    const struct json *tree = json_find(p->c, "ratchet_tree");
    struct mls_key_package_secret secret;
    struct mls_join in = {
        .welcome = json_hex(p->a, p->c, "welcome"),
        .key_package = json_hex(p->a, p->c, "key_package"),
        .secret = &secret,
        .psks = p->psks,
        .psk_count = p->psk_count,
    };
    enum err e;

    if (tree != NULL && tree->kind != JSON_NULL)
        in.ratchet_tree = json_hex_value(p->a, tree);
    load_secret(p, &secret);
    e = mls_group_join(&in, &p->g);
    mls_key_package_secret_wipe(&secret);
    if (e != ERR_OK) {
        say("join", 0, e);
        return false;
    }
    if (!same_authenticator(
            p->g, json_hex(p->a, p->c, "initial_epoch_authenticator"))) {
        say("another authenticator after the join", 0, e);
        return false;
    }
    return true;
}

/* Every state on the way also survives being stored and loaded. */
static bool
reload(struct passive *p, size_t epoch)
{
    struct buf state = buf_limited(MLS_LIMIT_BYTES * 4);
    struct buf messages = buf_limited(MLS_LIMIT_BYTES * 4);
    struct mls_group *again = NULL;
    enum err e = mls_group_save_epoch(p->g, &state);

    if (e == ERR_OK)
        e = mls_group_save_messages(p->g, &messages);
    if (e == ERR_OK)
        e = mls_group_load(buf_bytes(&state), buf_bytes(&messages), &again);
    buf_free(&state);
    buf_free(&messages);
    if (e != ERR_OK) {
        say("save and load", epoch, e);
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
        say(kind == MLS_STAGED_COMMIT ? "commit" : "proposal", epoch, e);
        return false;
    }
    if (mls_staged_kind(s) != kind) {
        fprintf(stderr, "epoch step %zu: staged kind %d\n", epoch,
                (int)mls_staged_kind(s));
        mls_staged_free(s);
        return false;
    }
    mls_group_merge(p->g, s);
    return true;
}

static bool
listen(struct passive *p, const struct json *epoch, size_t number)
{
    const struct json *v = vector_first(epoch, "proposals");

    for (; v != NULL; v = v->next) {
        if (!take(p, json_hex_value(p->a, v), MLS_STAGED_PROPOSAL, number))
            return false;
    }
    if (!take(p, json_hex(p->a, epoch, "commit"), MLS_STAGED_COMMIT, number))
        return false;
    if (!same_authenticator(p->g,
                            json_hex(p->a, epoch, "epoch_authenticator"))) {
        say("another authenticator", number, ERR_OK);
        return false;
    }
    return reload(p, number);
}

void
vectors_check_passive(struct arena *a, const struct json *c)
{
    struct passive p = {.a = a, .c = c};
    const struct json *v = vector_first(c, "epochs");
    size_t epoch = 1;
    bool good;

    load_psks(&p);
    good = join(&p) && reload(&p, 0);
    for (; good && v != NULL; v = v->next)
        good = listen(&p, v, epoch++);
    mls_group_free(p.g);
    assert_true(good);
}
