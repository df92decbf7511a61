/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* message.c, framed_content.c, public_message.c, private_message.c and
 * transcript.c */
#include "craft_fixture.h"

#include "lib/mls/transcript.h"

static const struct mls_secret membership = {{1}};
static const struct mls_secret sender_data = {{2}};
static const struct mls_secret encryption = {{3}};

/* A signed content, whatever it says. */
struct signed_content {
    struct buf encoded;
    struct buf body;
    uint8_t signature[SIGN_LEN];
    struct mls_authenticated_content ac;
    struct sign_secret key;
    struct sign_public pub;
};

static const struct bytes context = {(const uint8_t *)"context", 7};

static void
make(struct signed_content *s,
     enum mls_wire_format format,
     enum mls_content_type type)
{
    memset(s, 0, sizeof *s);
    s->encoded = buf_limited(4096);
    s->body = buf_limited(4096);
    sign_generate(&s->key, &s->pub);
    if (type == MLS_CONTENT_APPLICATION) {
        buf_append(&s->body, bytes_str("text"));
    } else if (type == MLS_CONTENT_PROPOSAL) {
        mls_proposal_write_remove((struct mls_leaf_index){1}, &s->body);
    } else {
        buf_u8(&s->body, 0); /* no proposals */
        buf_u8(&s->body, 0); /* no path */
    }
    s->ac.wire_format = format;
    s->ac.content =
        (struct mls_framed_content){.group_id = bytes_str("g"),
                                    .epoch = 9,
                                    .sender = {MLS_SENDER_MEMBER, 1},
                                    .authenticated_data = bytes_str("aad"),
                                    .type = type,
                                    .body = buf_bytes(&s->body)};
    mls_framed_content_write(&s->ac.content, &s->encoded);
    s->ac.encoded = buf_bytes(&s->encoded);
    assert_ok(
        mls_authenticated_content_sign(&s->ac, &s->key, context, s->signature));
    if (type == MLS_CONTENT_COMMIT)
        s->ac.auth.confirmation_tag = BYTES_OF(sender_data.b);
}

static void
made_free(struct signed_content *s)
{
    buf_free(&s->encoded);
    buf_free(&s->body);
}

/* --- MLSMessage ---------------------------------------------------------- */

static void
message_header(void **state)
{
    enum mls_wire_format format;
    struct bytes body;
    struct buf b = buf_limited(16);

    (void)state;
    assert_err(mls_message_read(bytes_str("\x00\x01"), &format, &body),
               ERR_MALFORMED);
    assert_err(mls_message_read((struct bytes){(const uint8_t *)"\0\2\0\1", 4},
                                &format, &body),
               ERR_UNSUPPORTED);
    assert_err(mls_message_read((struct bytes){(const uint8_t *)"\0\1\0\0", 4},
                                &format, &body),
               ERR_UNSUPPORTED);
    assert_err(mls_message_read((struct bytes){(const uint8_t *)"\0\1\0\6", 4},
                                &format, &body),
               ERR_UNSUPPORTED);
    mls_message_begin(&b, MLS_WIRE_GROUP_INFO);
    buf_u8(&b, 7);
    assert_ok(mls_message_read(buf_bytes(&b), &format, &body));
    assert_int_equal(format, MLS_WIRE_GROUP_INFO);
    assert_int_equal(body.len, 1);
    buf_free(&b);
}

/* --- FramedContent ------------------------------------------------------- */

static void
senders_on_the_wire(void **state)
{
    static const struct mls_sender senders[] = {
        {MLS_SENDER_MEMBER, 5},
        {MLS_SENDER_EXTERNAL, 6},
        {MLS_SENDER_NEW_MEMBER_PROPOSAL, 0},
        {MLS_SENDER_NEW_MEMBER_COMMIT, 0},
    };
    struct signed_content s;
    struct mls_framed_content again;
    struct buf b = buf_limited(4096);
    struct reader r;

    (void)state;
    make(&s, MLS_WIRE_PUBLIC_MESSAGE, MLS_CONTENT_PROPOSAL);
    for (size_t i = 0; i < 4; i++) {
        buf_reset(&b);
        s.ac.content.sender = senders[i];
        mls_framed_content_write(&s.ac.content, &b);
        r = (struct reader){.rest = buf_bytes(&b)};
        mls_framed_content_read(&r, &again);
        assert_ok(reader_end(&r));
        assert_int_equal(again.sender.type, senders[i].type);
        assert_int_equal(again.sender.index, senders[i].index);
        assert_bytes(again.body, s.ac.content.body);
        for (size_t n = 0; n < b.len; n++) {
            r = (struct reader){.rest = bytes_slice(buf_bytes(&b), 0, n)};
            mls_framed_content_read(&r, &again);
            assert_err(reader_end(&r), ERR_MALFORMED);
        }
    }
    /* the sender type stands behind vec("g") and the epoch */
    for (int i = 0; i < 2; i++) {
        b.b[2 + 8] = i == 0 ? 0 : 5;
        r = (struct reader){.rest = buf_bytes(&b)};
        mls_framed_content_read(&r, &again);
        assert_err(reader_check(&r), ERR_MALFORMED);
    }
    buf_free(&b);
    made_free(&s);
}

static void
content_types(void **state)
{
    static const uint8_t bad[] = {0, 4, 255};
    struct reader r;

    (void)state;
    for (size_t i = 0; i < sizeof bad; i++) {
        r = (struct reader){.rest = {&bad[i], 1}};
        mls_content_type_read(&r);
        assert_err(reader_check(&r), ERR_MALFORMED);
    }
}

static void
authenticated_content(void **state)
{
    struct signed_content s;
    struct mls_authenticated_content again;
    struct buf b = buf_limited(4096);
    uint8_t ref[MLS_HASH_LEN];
    uint8_t other[MLS_HASH_LEN];

    (void)state;
    make(&s, MLS_WIRE_PRIVATE_MESSAGE, MLS_CONTENT_COMMIT);
    mls_authenticated_content_write(&s.ac, &b);
    assert_ok(mls_authenticated_content_read(buf_bytes(&b), &again));
    assert_bytes(again.encoded, s.ac.encoded);
    assert_bytes(again.auth.signature, BYTES_OF(s.signature));
    assert_bytes(again.auth.confirmation_tag, BYTES_OF(sender_data.b));
    buf_u8(&b, 0);
    assert_err(mls_authenticated_content_read(buf_bytes(&b), &again),
               ERR_MALFORMED);
    b.b[1] = 3; /* a Welcome holds none */
    b.len--;
    assert_err(mls_authenticated_content_read(buf_bytes(&b), &again),
               ERR_MALFORMED);
    /* references depend on the wire format */
    assert_ok(mls_proposal_ref(&s.ac, ref));
    s.ac.wire_format = MLS_WIRE_PUBLIC_MESSAGE;
    assert_ok(mls_proposal_ref(&s.ac, other));
    assert_memory_not_equal(ref, other, sizeof ref);
    buf_free(&b);
    made_free(&s);
}

/* The signature is over version, wire format, content and, for some senders,
 * the context. */
static void
what_is_signed(void **state)
{
    struct signed_content s;

    (void)state;
    make(&s, MLS_WIRE_PUBLIC_MESSAGE, MLS_CONTENT_PROPOSAL);
    assert_ok(mls_authenticated_content_verify(&s.ac, &s.pub, context));
    assert_err(
        mls_authenticated_content_verify(&s.ac, &s.pub, bytes_str("other")),
        ERR_AUTH);
    s.ac.wire_format = MLS_WIRE_PRIVATE_MESSAGE;
    assert_err(mls_authenticated_content_verify(&s.ac, &s.pub, context),
               ERR_AUTH);
    s.ac.content.sender.type = MLS_SENDER_NEW_MEMBER_COMMIT;
    assert_ok(
        mls_authenticated_content_sign(&s.ac, &s.key, context, s.signature));
    assert_err(
        mls_authenticated_content_verify(&s.ac, &s.pub, bytes_str("other")),
        ERR_AUTH);
    s.ac.content.sender.type = MLS_SENDER_EXTERNAL; /* knows no context */
    assert_ok(
        mls_authenticated_content_sign(&s.ac, &s.key, context, s.signature));
    assert_ok(
        mls_authenticated_content_verify(&s.ac, &s.pub, bytes_str("other")));
    made_free(&s);
}

/* --- PublicMessage ------------------------------------------------------- */

static void
public_message(void **state)
{
    struct signed_content s;
    struct mls_public_message m;
    struct buf b = buf_limited(4096);
    struct mls_secret other = {{9}};

    (void)state;
    make(&s, MLS_WIRE_PUBLIC_MESSAGE, MLS_CONTENT_COMMIT);
    assert_ok(mls_public_message_protect(&s.ac, &membership, context, &b));
    m = craft_open(buf_bytes(&b));
    assert_ok(mls_public_message_check(&m, &membership, context));
    assert_err(mls_public_message_check(&m, &other, context), ERR_AUTH);
    assert_err(mls_public_message_check(&m, &membership, bytes_str("o")),
               ERR_AUTH);
    m.membership_tag.len--;
    assert_err(mls_public_message_check(&m, &membership, context), ERR_AUTH);
    m.membership_tag.len++;
    m.ac.auth.confirmation_tag.len--; /* is under the tag, too */
    assert_err(mls_public_message_check(&m, &membership, context), ERR_AUTH);
    for (size_t n = 4; n < b.len; n++)
        assert_err(
            mls_public_message_read(bytes_slice(buf_bytes(&b), 4, n - 4), &m),
            ERR_MALFORMED);
    s.ac.wire_format = MLS_WIRE_PRIVATE_MESSAGE;
    assert_err(mls_public_message_protect(&s.ac, &membership, context, &b),
               ERR_USE);
    made_free(&s);
    make(&s, MLS_WIRE_PUBLIC_MESSAGE, MLS_CONTENT_APPLICATION);
    assert_err(mls_public_message_protect(&s.ac, &membership, context, &b),
               ERR_USE);
    m = (struct mls_public_message){.ac = s.ac};
    assert_err(mls_public_message_check(&m, &membership, context),
               ERR_MALFORMED);
    made_free(&s);
    /* others have no membership tag */
    make(&s, MLS_WIRE_PUBLIC_MESSAGE, MLS_CONTENT_PROPOSAL);
    s.ac.content.sender = (struct mls_sender){MLS_SENDER_EXTERNAL, 0};
    buf_reset(&s.encoded);
    mls_framed_content_write(&s.ac.content, &s.encoded);
    s.ac.encoded = buf_bytes(&s.encoded);
    buf_reset(&b);
    assert_ok(mls_public_message_protect(&s.ac, NULL, context, &b));
    m = craft_open(buf_bytes(&b));
    assert_int_equal(m.membership_tag.len, 0);
    assert_ok(mls_public_message_check(&m, NULL, context));
    buf_free(&b);
    made_free(&s);
}

/* --- PrivateMessage ------------------------------------------------------ */

static struct mls_message_key
key_of(uint32_t generation)
{
    struct mls_secret_tree *t;
    struct mls_message_key key;
    struct mls_secret_step step;

    assert_ok(mls_secret_tree_new(&encryption, 2, &t));
    assert_ok(mls_secret_tree_get(t, (struct mls_leaf_index){1},
                                  MLS_RATCHET_APPLICATION, generation, &key,
                                  &step));
    mls_secret_step_wipe(&step);
    mls_secret_tree_free(t);
    return key;
}

static struct mls_private_message
read_private(const struct buf *b)
{
    struct mls_private_message m;
    enum mls_wire_format format;
    struct bytes body;

    assert_ok(mls_message_read(buf_bytes(b), &format, &body));
    assert_int_equal(format, MLS_WIRE_PRIVATE_MESSAGE);
    assert_ok(mls_private_message_read(body, &m));
    return m;
}

static void
private_message(void **state)
{
    struct signed_content s;
    struct mls_message_key key = key_of(3);
    struct mls_private_seal how = {
        .sender_data = &sender_data, .key = &key, .generation = 3};
    struct mls_private_message m;
    struct mls_sender_data sender;
    struct mls_authenticated_content ac;
    struct mls_secret other = {{9}};
    struct buf b = buf_limited(4096);
    struct buf plain = buf_limited(4096);

    (void)state;
    make(&s, MLS_WIRE_PRIVATE_MESSAGE, MLS_CONTENT_APPLICATION);
    assert_ok(mls_private_message_protect(&s.ac, &how, &b));
    m = read_private(&b);
    assert_ok(mls_private_message_open_sender(&m, &sender_data, &sender));
    assert_int_equal(sender.leaf.v, 1);
    assert_int_equal(sender.generation, 3);
    assert_err(mls_private_message_open_sender(&m, &other, &sender), ERR_AUTH);
    assert_ok(mls_private_message_open(&m, &sender, &key, &plain, &ac));
    assert_bytes(ac.content.body, bytes_str("text"));
    assert_bytes(ac.encoded, s.ac.encoded);
    assert_ok(mls_authenticated_content_verify(&ac, &s.pub, context));

    sender.reuse_guard[0] ^= 1; /* is part of the nonce */
    assert_err(mls_private_message_open(&m, &sender, &key, &plain, &ac),
               ERR_AUTH);
    sender.reuse_guard[0] ^= 1;
    m.authenticated_data.len--; /* and these of what is authenticated */
    assert_err(mls_private_message_open(&m, &sender, &key, &plain, &ac),
               ERR_AUTH);
    m.authenticated_data.len++;
    m.epoch++;
    assert_err(mls_private_message_open(&m, &sender, &key, &plain, &ac),
               ERR_AUTH);
    assert_err(mls_private_message_open_sender(&m, &sender_data, &sender),
               ERR_AUTH);
    m.epoch--;
    m.ciphertext.len = AEAD_TAG_LEN - 1;
    assert_err(mls_private_message_open(&m, &sender, &key, &plain, &ac),
               ERR_AUTH);
    m.encrypted_sender_data.len--;
    assert_err(mls_private_message_open_sender(&m, &sender_data, &sender),
               ERR_MALFORMED);
    s.ac.content.sender.type = MLS_SENDER_EXTERNAL;
    assert_err(mls_private_message_protect(&s.ac, &how, &b), ERR_USE);
    s.ac.content.sender.type = MLS_SENDER_MEMBER;
    s.ac.wire_format = MLS_WIRE_PUBLIC_MESSAGE;
    assert_err(mls_private_message_protect(&s.ac, &how, &b), ERR_USE);
    buf_free(&b);
    buf_free(&plain);
    made_free(&s);
}

/* Two messages under one key differ: the guard is drawn each time. */
static void
reuse_guard(void **state)
{
    struct signed_content s;
    struct mls_message_key key = key_of(0);
    struct mls_private_seal how = {.sender_data = &sender_data, .key = &key};
    struct mls_private_message m;
    struct mls_sender_data first;
    struct mls_sender_data second;
    struct buf a = buf_limited(4096);
    struct buf b = buf_limited(4096);

    (void)state;
    make(&s, MLS_WIRE_PRIVATE_MESSAGE, MLS_CONTENT_APPLICATION);
    assert_ok(mls_private_message_protect(&s.ac, &how, &a));
    assert_ok(mls_private_message_protect(&s.ac, &how, &b));
    m = read_private(&a);
    assert_ok(mls_private_message_open_sender(&m, &sender_data, &first));
    m = read_private(&b);
    assert_ok(mls_private_message_open_sender(&m, &sender_data, &second));
    assert_memory_not_equal(first.reuse_guard, second.reuse_guard,
                            sizeof first.reuse_guard);
    buf_free(&a);
    buf_free(&b);
    made_free(&s);
}

/* The sample may be shorter than 32 bytes, and is never longer. */
static void
sender_data_sample(void **state)
{
    static const uint8_t c[40] = {1, 2, 3};
    struct mls_message_key a;
    struct mls_message_key b;

    (void)state;
    mls_sender_data_key(&sender_data, (struct bytes){c, 40}, &a);
    mls_sender_data_key(&sender_data, (struct bytes){c, 32}, &b);
    assert_memory_equal(&a, &b, sizeof a);
    mls_sender_data_key(&sender_data, (struct bytes){c, 31}, &b);
    assert_memory_not_equal(&a, &b, sizeof a);
    mls_message_key_wipe(&a);
    assert_true(bytes_all_zero((struct bytes){(uint8_t *)&a, sizeof a}));
}

/* --- transcript ---------------------------------------------------------- */

static void
transcript(void **state)
{
    uint8_t a[MLS_HASH_LEN];
    uint8_t b[MLS_HASH_LEN];
    struct bytes x = bytes_str("content");
    struct bytes sig = bytes_str("signature");

    (void)state;
    mls_transcript_confirmed(BYTES_OF(membership.b), MLS_WIRE_PUBLIC_MESSAGE, x,
                             sig, a);
    mls_transcript_confirmed(BYTES_OF(membership.b), MLS_WIRE_PRIVATE_MESSAGE,
                             x, sig, b);
    assert_memory_not_equal(a, b, sizeof a);
    mls_transcript_confirmed((struct bytes){0}, MLS_WIRE_PUBLIC_MESSAGE, x, sig,
                             b);
    assert_memory_not_equal(a, b, sizeof a);
    mls_transcript_interim(BYTES_OF(a), bytes_str("tag"), b);
    assert_memory_not_equal(a, b, sizeof a);
}

static enum err
frame_once(void *arg)
{
    const struct signed_content *s = arg;
    struct mls_authenticated_content ac = s->ac;
    struct mls_message_key key = {0};
    struct mls_private_seal how = {.sender_data = &sender_data, .key = &key};
    struct mls_private_message m;
    struct mls_sender_data sender;
    uint8_t signature[SIGN_LEN];
    uint8_t ref[MLS_HASH_LEN];
    struct buf out = buf_limited(4096);
    struct buf plain = buf_limited(4096);
    enum err e;

    e = mls_authenticated_content_sign(&ac, &s->key, context, signature);
    if (e == ERR_OK)
        e = mls_authenticated_content_verify(&ac, &s->pub, context);
    if (e == ERR_OK)
        e = mls_proposal_ref(&ac, ref);
    if (e == ERR_OK)
        e = mls_private_message_protect(&ac, &how, &out);
    if (e == ERR_OK) {
        m = read_private(&out);
        e = mls_private_message_open_sender(&m, &sender_data, &sender);
    }
    if (e == ERR_OK)
        e = mls_private_message_open(&m, &sender, &key, &plain, &ac);
    buf_reset(&out);
    ac = s->ac;
    ac.wire_format = MLS_WIRE_PUBLIC_MESSAGE;
    if (e == ERR_OK)
        e = mls_public_message_protect(&ac, &membership, context, &out);
    buf_free(&out);
    buf_free(&plain);
    return e;
}

static void
without_memory(void **state)
{
    struct signed_content s;

    (void)state;
    make(&s, MLS_WIRE_PRIVATE_MESSAGE, MLS_CONTENT_COMMIT);
    assert_true(every_allocation_fails(frame_once, &s) > 10);
    made_free(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_header),
        cmocka_unit_test(senders_on_the_wire),
        cmocka_unit_test(content_types),
        cmocka_unit_test(authenticated_content),
        cmocka_unit_test(what_is_signed),
        cmocka_unit_test(public_message),
        cmocka_unit_test(private_message),
        cmocka_unit_test(reuse_guard),
        cmocka_unit_test(sender_data_sample),
        cmocka_unit_test(transcript),
        cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
