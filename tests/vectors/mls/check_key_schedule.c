/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* key-schedule.json: a chain of epochs. */
#include "mls_vectors.h"

#include "lib/mls/exporter.h"
#include "lib/mls/key_schedule.h"

static void
check_secret(struct arena *a,
             const struct json *o,
             const char *name,
             const struct mls_secret *got)
{
    assert_bytes(BYTES_OF(got->b), json_hex(a, o, name));
}

static void
check_exporter(struct arena *a,
               const struct json *o,
               const struct mls_secret *exporter)
{
    size_t len = json_number(o, "length");
    uint8_t *out = vector_room(a, len);

    assert_ok(mls_exporter(exporter, vector_label(a, o, "label"),
                           json_hex(a, o, "context"), out, len));
    assert_bytes(((struct bytes){out, len}), json_hex(a, o, "secret"));
}

static void
check_secrets(struct arena *a,
              const struct json *o,
              const struct mls_epoch_secrets *s,
              const struct mls_secret *encryption)
{
    struct dh_secret secret;
    struct dh_public pub;

    check_secret(a, o, "sender_data_secret", &s->sender_data);
    check_secret(a, o, "encryption_secret", encryption);
    check_secret(a, o, "exporter_secret", &s->exporter);
    check_secret(a, o, "epoch_authenticator", &s->authenticator);
    check_secret(a, o, "external_secret", &s->external);
    check_secret(a, o, "confirmation_key", &s->confirmation);
    check_secret(a, o, "membership_key", &s->membership);
    check_secret(a, o, "resumption_psk", &s->resumption);
    check_secret(a, o, "init_secret", &s->init);
    mls_key_schedule_external_pair(&s->external, &secret, &pub);
    assert_bytes(BYTES_OF(pub.b), json_hex(a, o, "external_pub"));
    check_exporter(a, json_object(o, "exporter"), &s->exporter);
}

/* One epoch; init is that before, and becomes that after. */
static void
run_epoch(struct arena *a,
          const struct json *o,
          struct mls_group_context *gc,
          struct mls_secret *init)
{
    struct mls_secret commit = vector_secret(a, o, "commit_secret");
    struct mls_secret psk = vector_secret(a, o, "psk_secret");
    struct buf context = buf_limited(MLS_LIMIT_BYTES);
    struct mls_epoch_secrets secrets;
    struct mls_secret joiner;
    struct mls_secret welcome;
    struct mls_secret again;
    struct mls_secret epoch;
    struct mls_secret encryption;

    gc->tree_hash = json_hex(a, o, "tree_hash");
    gc->confirmed_transcript_hash = json_hex(a, o, "confirmed_transcript_hash");
    mls_group_context_write(gc, &context);
    assert_ok(buf_end(&context));
    assert_ok(mls_group_context_check(gc));
    assert_bytes(buf_bytes(&context), json_hex(a, o, "group_context"));

    assert_ok(
        mls_key_schedule_joiner(init, &commit, buf_bytes(&context), &joiner));
    check_secret(a, o, "joiner_secret", &joiner);
    assert_ok(mls_key_schedule_epoch(&joiner, &psk, buf_bytes(&context),
                                     &welcome, &epoch));
    check_secret(a, o, "welcome_secret", &welcome);
    mls_key_schedule_welcome(&joiner, &psk, &again);
    check_secret(a, o, "welcome_secret", &again);
    mls_key_schedule_derive(&epoch, &secrets, &encryption);
    check_secrets(a, o, &secrets, &encryption);
    *init = secrets.init;
    buf_free(&context);
}

void
vectors_check_key_schedule(struct arena *a, const struct json *c)
{
    struct mls_secret init = vector_secret(a, c, "initial_init_secret");
    const struct json *v = json_array(c, "epochs")->first;
    struct mls_group_context gc = {.version = MLS_VERSION_10,
                                   .cipher_suite = MLS_SUITE,
                                   .group_id = json_hex(a, c, "group_id")};

    for (; v != NULL; v = v->next, gc.epoch++)
        run_epoch(a, v, &gc, &init);
    assert_true(gc.epoch > 0);
}
