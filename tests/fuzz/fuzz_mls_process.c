/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* D-23. Members talk, propose, commit, leave, join and restart as the input
 * says, and what travels is lost, repeated, put out of order, changed on the
 * way, and forged by members. A step is six bytes: act, who, which, place
 * (two), change.
 *
 * Properties (mls_scene.c): what is refused changes nothing; what is stored
 * before a merge is what is there after it; an unchanged message is accepted
 * by whoever is in its epoch; nobody is shown a text twice; members with the
 * same transcript have the same secrets. */
#include <string.h>

#include "lib/mls/message.h"
#include "lib/mls/proposal.h"
#include "lib/mls/public_message.h"
#include "mls_scene.h"

#ifdef PRISTAN_NULL_CRYPTO
#include "lib/crypto/null/null.h"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { STEP_LEN = 6, STEPS_MAX = 60 };

struct step {
    uint8_t act;
    size_t who;
    uint8_t which;
    uint16_t place;
    uint8_t change;
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (random_start() != ERR_OK)
        return 1;
    scene_prepare();
    return 0;
}

/* --- honest members ------------------------------------------------------ */

/* Asked for seldom: nothing comes after it. */
enum { CHANGE_REINIT = 255 };
static const struct mls_reinit_plan reinit = {
    .group_id = {(const uint8_t *)"next", 4},
    .version = MLS_VERSION_10,
    .suite = MLS_SUITE,
};

static enum err
commit(struct scene *s,
       const struct step *t,
       struct buf *message,
       struct mls_staged **staged)
{
    const struct bytes add = scene_key_package();
    const struct mls_leaf_index remove = {t->change % SCENE_PLACES};
    const struct mls_extension extensions[] = {
        {MLS_EXTENSION_REQUIRED_CAPABILITIES, {(const uint8_t *)"\0\0\0", 3}},
        {MLS_EXTENSION_EXTERNAL_SENDERS, scene_external_senders()}};
    const size_t extension_count = (t->place >> 3 & 1) + (t->place >> 7 & 1);
    struct mls_commit_plan plan = {
        .adds = &add,
        .add_count = t->place >> 1 & 1,
        .removes = &remove,
        .remove_count = t->place >> 2 & 1,
        .extensions = t->place >> 3 & 1 ? extensions : extensions + 1,
        .extension_count = extension_count,
        .replace_extensions = extension_count > 0,
        .skip_pending = t->place >> 4 & 1,
        .force_path = t->place >> 5 & 1,
        .psks = &scene_psk,
        .psk_count = t->place >> 6 & 1,
        .reinit = t->change == CHANGE_REINIT ? &reinit : NULL,
        .framing = t->place & 1 ? MLS_FRAME_PUBLIC : MLS_FRAME_PRIVATE,
        .padding = t->place >> 8 & 31,
    };
    struct buf welcome = buf_limited(WORLD_BYTES);
    enum err e =
        mls_group_commit(s->at[t->who].g, &plan, message, &welcome, staged);

    if (e == ERR_OK && welcome.len > 0) {
        buf_reset(&s->welcome);
        buf_append(&s->welcome, buf_bytes(&welcome));
        s->welcome_clean = !s->at[t->who].tainted;
    }
    buf_free(&welcome);
    return e;
}

static enum err
make(struct scene *s,
     const struct step *t,
     struct buf *message,
     struct mls_staged **staged)
{
    enum mls_framing framing =
        t->place & 1 ? MLS_FRAME_PUBLIC : MLS_FRAME_PRIVATE;
    struct mls_leaf_index leaf = {t->change % SCENE_PLACES};
    const struct mls_group *g = s->at[t->who].g;

    switch (t->which % 5) {
    case 0:
        return mls_group_encrypt(g, bytes_str("text"), bytes_str("aad"),
                                 t->change, message, staged);
    case 1:
        if (t->change == CHANGE_REINIT)
            return mls_group_propose_reinit(g, &reinit, framing, message,
                                            staged);
        return mls_group_propose_update(g, NULL, 0, framing, message, staged);
    case 2:
        return mls_group_propose_remove(g, leaf, framing, message, staged);
    case 3:
        return mls_group_propose_add(g, scene_key_package(), framing, message,
                                     staged);
    default:
        return commit(s, t, message, staged);
    }
}

static void
speak(struct scene *s, const struct step *t)
{
    struct member *m = &s->at[t->who];
    struct buf message = buf_limited(WORLD_BYTES);
    struct mls_staged *staged = NULL;
    struct letter *l;

    if (m->g == NULL || make(s, t, &message, &staged) != ERR_OK) {
        buf_free(&message);
        return;
    }
    l = scene_write(s, t->who, buf_bytes(&message));
    l->is_commit = mls_staged_kind(staged) == MLS_STAGED_COMMIT;
    if (l->is_commit) {
        mls_staged_free(m->own);
        m->own = staged;
        mls_group_merge_sent(m->g, m->own);
    } else {
        scene_merge(m, staged);
    }
    buf_free(&message);
}

/* --- the way, and members who are not honest ------------------------------ */

/* One byte changed, the end cut off, or the head of one letter on another. */
static void
spoil(const struct scene *s, const struct step *t, struct buf *message)
{
    const struct letter *other = scene_letter(s, t->change);
    size_t at = t->place % (message->len > 0 ? message->len : 1);

    if (message->len == 0)
        return;
    if (t->change == 0) {
        buf_truncate(message, at);
    } else if ((t->act & 8) == 0 || other == NULL) {
        message->b[at] ^= t->change;
    } else {
        buf_truncate(message, at);
        buf_append(message, bytes_slice(buf_bytes(&other->message), at,
                                        other->message.len));
    }
}

static void
hear_spoiled(struct scene *s, const struct step *t)
{
    const struct letter *l = scene_letter(s, t->which);
    struct buf copy = buf_limited(WORLD_BYTES);

    if (l != NULL) {
        buf_append(&copy, buf_bytes(&l->message));
        spoil(s, t, &copy);
        scene_hear(s, t->who, buf_bytes(&copy), NULL);
    }
    buf_free(&copy);
}

/* Any body as a PublicMessage: signed by a member, or by the outsider, who is
 * the external sender that some commits put into the group. */
static void
forge(struct scene *s,
      const struct step *t,
      enum mls_content_type type,
      struct bytes body,
      struct bytes tag)
{
    const struct mls_group *g = s->at[t->who].g;
    bool outside = t->act & 32;
    struct mls_authenticated_content ac = {
        .wire_format = MLS_WIRE_PUBLIC_MESSAGE,
        .content = {.group_id = buf_bytes(&g->id),
                    .epoch = g->epoch,
                    .sender = {MLS_SENDER_MEMBER, g->own.v},
                    .type = type,
                    .body = body},
    };
    const struct sign_secret *key =
        outside ? &scene_outsider()->signature : &g->signature;
    struct buf encoded = buf_limited(WORLD_BYTES);
    struct buf message = buf_limited(WORLD_BYTES);
    uint8_t signature[SIGN_LEN];
    struct letter *l;

    if (outside)
        ac.content.sender = (struct mls_sender){
            t->which & 1 ? MLS_SENDER_NEW_MEMBER_PROPOSAL : MLS_SENDER_EXTERNAL,
            t->which >> 1 & 1};
    mls_framed_content_write(&ac.content, &encoded);
    ac.encoded = buf_bytes(&encoded);
    world_must(mls_authenticated_content_sign(&ac, key, buf_bytes(&g->context),
                                              signature));
    ac.auth.confirmation_tag = tag;
    world_must(mls_public_message_protect(&ac, &g->secrets.membership,
                                          buf_bytes(&g->context), &message));
    l = scene_write(s, t->who, buf_bytes(&message));
    l->clean = false;
    l->is_commit = type == MLS_CONTENT_COMMIT;
    buf_free(&message);
    buf_free(&encoded);
}

/* Somebody else's public message, changed inside and signed again. */
static void
forge_letter(struct scene *s, const struct step *t, struct bytes tag)
{
    const struct letter *l = scene_letter(s, t->which);
    struct buf body = buf_limited(WORLD_BYTES);
    struct mls_public_message m;
    enum mls_wire_format format;
    struct bytes content;

    if (l == NULL ||
        mls_message_read(buf_bytes(&l->message), &format, &content) != ERR_OK ||
        format != MLS_WIRE_PUBLIC_MESSAGE ||
        mls_public_message_read(content, &m) != ERR_OK)
        return;
    buf_append(&body, m.ac.content.body);
    spoil(s, t, &body);
    forge(s, t, m.ac.content.type, buf_bytes(&body), tag);
    buf_free(&body);
}

/* The act's own bytes of the input: as many as place says. */
static struct bytes
own_bytes(struct bytes *rest, const struct step *t)
{
    struct bytes in = bytes_slice(*rest, 0, t->place % 1024);

    *rest = bytes_slice(*rest, in.len, rest->len);
    return in;
}

static void
act_as_traitor(struct scene *s, const struct step *t, struct bytes *rest)
{
    uint8_t tag[MLS_HASH_LEN] = {0};
    struct buf add = buf_limited(WORLD_BYTES);
    struct bytes body;

    if (s->at[t->who].g == NULL || s->at[t->who].g->closed)
        return;
#ifdef PRISTAN_NULL_CRYPTO
    null_crypto_mark(tag, sizeof tag);
#endif
    if (t->act & 16) {
        forge_letter(s, t, BYTES_OF(tag));
        return;
    }
    body = own_bytes(rest, t);
    if (body.len == 0 && t->change & 1) { /* an Add of the outsider */
        mls_proposal_write_add(bytes_slice(scene_key_package(), 4, SIZE_MAX),
                               &add);
        body = buf_bytes(&add);
    }
    forge(s, t, t->change & 1 ? MLS_CONTENT_PROPOSAL : MLS_CONTENT_COMMIT, body,
          BYTES_OF(tag));
    buf_free(&add);
}

/* --- coming in ------------------------------------------------------------ */

static void
come_in(struct scene *s, const struct step *t)
{
    struct buf copy = buf_limited(WORLD_BYTES);
    const struct member *m = &s->at[t->who];
    bool clean = t->change == 0 && !m->tainted;
    bool by_itself = t->act & 8;

    if (!by_itself)
        buf_append(&copy, buf_bytes(&s->welcome));
    else if (m->g == NULL || mls_group_publish(m->g, true, &copy) != ERR_OK)
        goto out;
    if (copy.len > 0 && t->change != 0)
        copy.b[t->place % copy.len] ^= t->change;
    if (by_itself)
        scene_join_external(s, buf_bytes(&copy), clean);
    else
        scene_join(s, buf_bytes(&copy), t->change == 0 && s->welcome_clean);
out:
    buf_free(&copy);
}

static void
act(struct scene *s, const struct step *t, struct bytes *rest)
{
    const struct letter *l = scene_letter(s, t->which);

    switch (t->act & 7) {
    case 0:
        speak(s, t);
        break;
    case 1:
    case 2:
        if (l != NULL && l->sender == t->who && l->is_commit)
            scene_decide(s, t->who);
        else if (l != NULL)
            scene_hear(s, t->who, buf_bytes(&l->message), l);
        break;
    case 3:
        hear_spoiled(s, t);
        break;
    case 4:
        act_as_traitor(s, t, rest);
        break;
    case 5:
        scene_restart(s, t->who);
        break;
    case 6:
        come_in(s, t);
        break;
    case 7:
        scene_hear(s, t->who, own_bytes(rest, t), NULL);
        break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = {.rest = {data, size}};
    struct scene s;

    scene_begin(&s);
    for (size_t i = 0; i < STEPS_MAX && r.rest.len >= STEP_LEN; i++) {
        struct step t = {.act = reader_u8(&r)};

        t.who = reader_u8(&r) % SCENE_PLACES;
        t.which = reader_u8(&r);
        t.place = reader_u16(&r);
        t.change = reader_u8(&r);
        act(&s, &t, &r.rest);
        scene_agree(&s);
    }
    scene_end(&s);
    return 0;
}
