/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mls_scene.h"

#include <string.h>

#include "lib/mls/group_info.h"
#include "lib/mls/message.h"

#ifdef PRISTAN_NULL_CRYPTO
#include "lib/crypto/null/null.h"

/* Tags that held only because of the marker, ever. */
static size_t
marks_taken(void)
{
    return null_crypto_accepted;
}

/* Contents that may have been changed inside a seal, too. */
static const bool seals_hold = false;
#else
static size_t
marks_taken(void)
{
    return 0;
}

static const bool seals_hold = true;
#endif

const struct mls_psk scene_psk = {.id = {(const uint8_t *)"psk", 3},
                                  .secret = {(const uint8_t *)"secret", 6}};

static const size_t outside = SCENE_PLACES - 1;

/* How the scene looks at the beginning of every input. */
static struct buf begin_epoch[WORLD_MEMBERS];
static struct buf begin_messages[WORLD_MEMBERS];
static struct mls_identity outsider;
static struct mls_key_package_secret outsider_secret;
static struct buf outsider_key_package;
static struct buf external_senders;

/* --- what must hold ------------------------------------------------------ */

/* Both blobs of a group. They are kept from one use to the next: to grow them
 * anew each time would be most of the work. */
struct blobs {
    struct buf epoch;
    struct buf messages;
};

static struct blobs before, staged_blobs, now;

static void
blobs_prepare(struct blobs *b)
{
    b->epoch = buf_limited(WORLD_BYTES);
    b->messages = buf_limited(WORLD_BYTES);
    world_must(buf_reserve(&b->epoch, 16 * 1024));
    world_must(buf_reserve(&b->messages, 16 * 1024));
}

static void
assert_state(const struct mls_group *g, const struct blobs *want)
{
    world_save(g, &now.epoch, &now.messages);
    assert(bytes_equal(buf_bytes(&now.epoch), buf_bytes(&want->epoch)));
    assert(bytes_equal(buf_bytes(&now.messages), buf_bytes(&want->messages)));
}

void
scene_prepare(void)
{
    struct sign_public pub;
    struct world w;
    size_t mark;

    blobs_prepare(&before);
    blobs_prepare(&staged_blobs);
    blobs_prepare(&now);
    world_begin(&w);
    for (size_t i = 0; i < WORLD_MEMBERS; i++) {
        begin_epoch[i] = buf_limited(WORLD_BYTES);
        begin_messages[i] = buf_limited(WORLD_BYTES);
        world_save(w.g[i], &begin_epoch[i], &begin_messages[i]);
        mls_group_free(w.g[i]);
    }
    sign_generate(&outsider.signature, &pub);
    outsider.credential = bytes_str("outsider");
    outsider_key_package = buf_limited(WORLD_BYTES);
    world_must(mls_key_package_new(&outsider, 0, UINT64_MAX, false,
                                   &outsider_key_package, &outsider_secret));
    external_senders = buf_limited(WORLD_BYTES);
    mark = buf_vector_begin(&external_senders);
    buf_opaque(&external_senders, BYTES_OF(pub.b));
    mls_credential_write_basic(outsider.credential, &external_senders);
    buf_vector_end(&external_senders, mark);
    world_must(buf_end(&external_senders));
}

struct bytes
scene_external_senders(void)
{
    return buf_bytes(&external_senders);
}

struct bytes
scene_key_package(void)
{
    return buf_bytes(&outsider_key_package);
}

const struct mls_identity *
scene_outsider(void)
{
    return &outsider;
}

void
scene_begin(struct scene *s)
{
    memset(s, 0, sizeof *s);
    random_seed(2);
    for (size_t i = 0; i < WORLD_MEMBERS; i++)
        world_must(mls_group_load(buf_bytes(&begin_epoch[i]),
                                  buf_bytes(&begin_messages[i]), &s->at[i].g));
    for (size_t i = 0; i < SCENE_LETTERS; i++)
        s->letters[i].message = buf_limited(WORLD_BYTES);
    s->welcome = buf_limited(WORLD_BYTES);
}

void
scene_end(struct scene *s)
{
    for (size_t i = 0; i < SCENE_PLACES; i++) {
        mls_staged_free(s->at[i].own);
        mls_group_free(s->at[i].g);
    }
    for (size_t i = 0; i < SCENE_LETTERS; i++)
        buf_free(&s->letters[i].message);
    buf_free(&s->welcome);
}

const struct letter *
scene_letter(const struct scene *s, size_t which)
{
    size_t there =
        s->letter_count < SCENE_LETTERS ? s->letter_count : SCENE_LETTERS;

    if (there == 0)
        return NULL;
    /* 0 is the newest */
    return &s->letters[(s->letter_count - 1 - which % there) % SCENE_LETTERS];
}

struct letter *
scene_write(struct scene *s, size_t sender, struct bytes message)
{
    struct letter *l = &s->letters[s->letter_count++ % SCENE_LETTERS];
    const struct member *m = &s->at[sender];

    buf_reset(&l->message);
    buf_append(&l->message, message);
    l->sender = sender;
    l->epoch = mls_group_epoch(m->g);
    mls_group_confirmed_transcript_hash(m->g, l->confirmed);
    l->is_commit = false;
    l->clean = !m->tainted;
    return l;
}

void
scene_merge(struct member *m, struct mls_staged *staged)
{
    struct blobs *b = &staged_blobs;

    buf_reset(&b->epoch);
    buf_reset(&b->messages);
    world_must(mls_staged_save_epoch(staged, m->g, &b->epoch));
    world_must(mls_staged_save_messages(staged, m->g, &b->messages));
    mls_group_merge(m->g, staged);
    assert_state(m->g, b);
}

/* Which text this would be, if it is one: false when that cannot be told. */
static bool
find_shown(const struct mls_group *g, struct bytes message, struct shown *out)
{
    struct mls_private_message p;
    struct mls_sender_data sender;
    enum mls_wire_format format;
    struct bytes body;

    if (mls_message_read(message, &format, &body) != ERR_OK ||
        format != MLS_WIRE_PRIVATE_MESSAGE ||
        mls_private_message_read(body, &p) != ERR_OK ||
        mls_private_message_open_sender(&p, &g->secrets.sender_data, &sender) !=
            ERR_OK)
        return false;
    *out = (struct shown){g->epoch, sender.leaf.v, sender.generation};
    return true;
}

/* No text is shown twice. */
static void
show(struct member *m, bool known, struct shown text)
{
    assert(known);
    for (size_t i = 0; i < m->shown_count; i++)
        assert(m->shown[i].epoch != text.epoch ||
               m->shown[i].leaf != text.leaf ||
               m->shown[i].generation != text.generation);
    assert(m->shown_count < SCENE_SHOWN);
    m->shown[m->shown_count++] = text;
}

/* What process may say of bytes that anybody could have sent. */
static void
assert_refusal(enum err e)
{
    assert(e == ERR_MALFORMED || e == ERR_AUTH || e == ERR_EPOCH ||
           e == ERR_EXISTS || e == ERR_TURN || e == ERR_FULL ||
           e == ERR_NOT_FOUND || e == ERR_UNSUPPORTED || e == ERR_EXPIRED ||
           e == ERR_TOO_LARGE);
}

/* The letter is in the epoch of this member, and both are honest. */
static bool
is_for(const struct letter *l, size_t who, const struct member *m)
{
    uint8_t confirmed[MLS_HASH_LEN];

    if (l == NULL || !l->clean || m->tainted || l->sender == who ||
        m->g->closed || l->epoch != mls_group_epoch(m->g))
        return false;
    mls_group_confirmed_transcript_hash(m->g, confirmed);
    return memcmp(confirmed, l->confirmed, MLS_HASH_LEN) == 0;
}

/* Such a letter is accepted, unless it was already (ERR_EXISTS), or is a commit
 * that names a proposal which did not arrive. */
static void
assert_heard(enum err e,
             const struct mls_staged *staged,
             const struct letter *l)
{
    assert(e == ERR_OK || e == ERR_EXISTS ||
           (l->is_commit && e == ERR_NOT_FOUND));
    assert(e != ERR_OK || mls_staged_kind(staged) != MLS_STAGED_LOCKED_OUT);
}

/* What a caller looks at before it decides. */
static void
look_at(const struct member *m, const struct mls_staged *staged)
{
    size_t count = mls_staged_change_count(staged);
    struct mls_change c;

    for (size_t i = 0; i < count; i++) {
        c = mls_staged_change(staged, i);
        assert(c.type >= MLS_PROPOSAL_ADD &&
               c.type <= MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
    }
    for (size_t i = 0; i < mls_group_pending_count(m->g); i++) {
        c = mls_group_pending(m->g, i);
        assert(c.type >= MLS_PROPOSAL_ADD &&
               c.type <= MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
    }
    if (mls_staged_kind(staged) == MLS_STAGED_COMMIT)
        assert(mls_group_epoch(mls_staged_group(staged)) ==
               mls_group_epoch(m->g) + 1);
    if (mls_staged_sender_type(staged) == MLS_SENDER_MEMBER)
        assert(mls_staged_sender(staged).v < mls_group_leaf_count(m->g));
}

static void
take(struct member *m, struct mls_staged *staged, bool honest)
{
    switch (mls_staged_kind(staged)) {
    case MLS_STAGED_LOCKED_OUT:
        mls_staged_free(staged);
        return;
    case MLS_STAGED_COMMIT:
    case MLS_STAGED_REMOVED:
        mls_staged_free(m->own); /* has lost */
        m->own = NULL;
        break;
    case MLS_STAGED_APPLICATION:
    case MLS_STAGED_PROPOSAL:
    case MLS_STAGED_SENT:
        break;
    }
    m->tainted = m->tainted || !honest;
    scene_merge(m, staged);
}

void
scene_hear(struct scene *s,
           size_t who,
           struct bytes message,
           const struct letter *original)
{
    struct mls_process in = {
        .message = message, .psks = &scene_psk, .psk_count = 1};
    struct member *m = &s->at[who];
    struct mls_staged *staged = NULL;
    struct shown text = {0};
    size_t marks = marks_taken();
    bool known, honest;
    enum err e;

    if (m->g == NULL)
        return;
    world_save(m->g, &before.epoch, &before.messages);
    known = !m->g->closed && find_shown(m->g, message, &text);
    e = mls_group_process(m->g, &in, &staged);
    assert_state(m->g, &before);
    if (is_for(original, who, m))
        assert_heard(e, staged, original);
    if (e == ERR_OK) {
        /* where seals hold, a stranger's change cannot have come through */
        honest = (original != NULL && original->clean) ||
                 (seals_hold && marks == marks_taken() && original == NULL);
        if (mls_staged_kind(staged) == MLS_STAGED_APPLICATION)
            show(m, known, text);
        look_at(m, staged);
        take(m, staged, honest);
    } else {
        assert_refusal(e);
    }
}

void
scene_decide(struct scene *s, size_t who)
{
    struct member *m = &s->at[who];

    if (m->own == NULL)
        return;
    scene_merge(m, m->own);
    m->own = NULL;
}

/* --- from outside to inside, and through the blobs ------------------------ */

static void
restart_own(struct member *m, struct mls_group *again)
{
    struct buf pending = buf_limited(WORLD_BYTES);
    struct buf twice = buf_limited(WORLD_BYTES);
    struct mls_staged *own;

    world_must(mls_staged_save_pending(m->own, &pending));
    world_must(mls_staged_load_pending(again, buf_bytes(&pending), &own));
    world_must(mls_staged_save_pending(own, &twice));
    assert(bytes_equal(buf_bytes(&pending), buf_bytes(&twice)));
    mls_staged_free(m->own);
    m->own = own;
    buf_free(&pending);
    buf_free(&twice);
}

void
scene_restart(struct scene *s, size_t who)
{
    struct member *m = &s->at[who];
    struct mls_group *again;

    if (m->g == NULL)
        return;
    world_save(m->g, &before.epoch, &before.messages);
    world_must(mls_group_load(buf_bytes(&before.epoch),
                              buf_bytes(&before.messages), &again));
    assert_state(again, &before);
    if (m->own != NULL)
        restart_own(m, again);
    mls_group_free(m->g);
    m->g = again;
}

void
scene_join(struct scene *s, struct bytes welcome, bool clean)
{
    struct member *m = &s->at[outside];
    struct mls_join in = {.welcome = welcome,
                          .key_package = scene_key_package(),
                          .secret = &outsider_secret,
                          .psks = &scene_psk,
                          .psk_count = 1};
    enum err e;

    if (m->g != NULL)
        return;
    e = mls_group_join(&in, &m->g);
    if (e != ERR_OK) {
        m->g = NULL;
        assert_refusal(e);
        return;
    }
    m->tainted = !clean;
    m->shown_count = 0;
}

void
scene_join_external(struct scene *s, struct bytes group_info, bool clean)
{
    struct mls_external_join in = {.group_info = group_info, .who = &outsider};
    struct buf commit = buf_limited(WORLD_BYTES);
    struct member *m = &s->at[outside];
    struct mls_group_info info;
    enum mls_wire_format format;
    struct letter *l;
    struct bytes body;
    enum err e;

    if (m->g != NULL)
        return;
    e = mls_group_join_external(&in, &commit, &m->g);
    if (e != ERR_OK) {
        m->g = NULL;
        assert_refusal(e);
        buf_free(&commit);
        return;
    }
    m->tainted = !clean;
    m->shown_count = 0;
    /* the commit is of the epoch before ours */
    world_must(mls_message_read(group_info, &format, &body));
    world_must(mls_group_info_read(body, &info));
    l = scene_write(s, outside, buf_bytes(&commit));
    l->epoch = info.context.epoch;
    memset(l->confirmed, 0, sizeof l->confirmed);
    if (info.context.confirmed_transcript_hash.len == MLS_HASH_LEN)
        memcpy(l->confirmed, info.context.confirmed_transcript_hash.b,
               MLS_HASH_LEN);
    l->is_commit = true;
    buf_free(&commit);
}

void
scene_agree(const struct scene *s)
{
    uint8_t hash[SCENE_PLACES][MLS_HASH_LEN];
    uint8_t secret[SCENE_PLACES][MLS_HASH_LEN];
    bool counts[SCENE_PLACES] = {false};

    for (size_t i = 0; i < SCENE_PLACES; i++) {
        const struct member *m = &s->at[i];

        if (m->g == NULL || m->g->closed || (m->tainted && !seals_hold))
            continue; /* a marker may stand for any confirmation tag */
        counts[i] = true;
        mls_group_confirmed_transcript_hash(m->g, hash[i]);
        mls_group_epoch_authenticator(m->g, secret[i]);
        for (size_t k = 0; k < i; k++)
            if (counts[k] && memcmp(hash[i], hash[k], MLS_HASH_LEN) == 0)
                assert(memcmp(secret[i], secret[k], MLS_HASH_LEN) == 0);
    }
}
