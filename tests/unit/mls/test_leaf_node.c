/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lib/mls/leaf_node.c and leaf_check.c: each rule of 7.2 and 7.3 is broken by
 * itself. */
#include "tree_fixture.h"

#include "lib/mls/leaf_node.h"

/* A leaf to be spoiled: what it is made from. */
struct draft {
    struct fixture_member who;
    struct buf credential;
    struct buf capabilities;
    struct buf extensions;
    struct mls_leaf_plan plan;
    struct buf leaf; /* written */
};

static void
draft_init(struct draft *d)
{
    memset(d, 0, sizeof *d);
    fixture_member(&d->who);
    d->credential = buf_limited(FIXTURE_MAX);
    d->capabilities = buf_limited(FIXTURE_MAX);
    d->extensions = buf_limited(FIXTURE_MAX);
    d->leaf = buf_limited(FIXTURE_MAX);
    mls_credential_write_basic(text("anna"), &d->credential);
    mls_capabilities_write((const uint16_t[]){0xff01}, 1, false, false,
                           &d->capabilities);
    d->plan = (struct mls_leaf_plan){
        .encryption_key = d->who.encryption_pub,
        .signature = &d->who.signature,
        .source = MLS_LEAF_COMMIT,
        .not_before = 10,
        .not_after = 20,
        .parent_hash = text("0123456789abcdef0123456789abcdef"),
        .group_id = text("group"),
        .index = {5},
    };
}

static struct mls_leaf_node
draft_leaf(struct draft *d)
{
    struct mls_leaf_node leaf;

    buf_reset(&d->leaf);
    d->plan.credential = buf_bytes(&d->credential);
    d->plan.capabilities = buf_bytes(&d->capabilities);
    d->plan.extensions = buf_bytes(&d->extensions);
    assert_ok(mls_leaf_node_write(&d->plan, &d->leaf));
    assert_ok(mls_leaf_node_parse(buf_bytes(&d->leaf), &leaf));
    return leaf;
}

static void
draft_end(struct draft *d)
{
    buf_free(&d->credential);
    buf_free(&d->capabilities);
    buf_free(&d->extensions);
    buf_free(&d->leaf);
}

/* Capabilities in full: five vectors of uint16. */
static void
set_capabilities(struct draft *d, const char *hex)
{
    struct arena a = arena_limited(4096);

    buf_reset(&d->capabilities);
    buf_append(&d->capabilities, unhex(&a, hex));
    arena_free(&a);
}

static enum err
check(struct draft *d, struct bytes group_extensions)
{
    struct mls_leaf_node leaf = draft_leaf(d);

    return mls_check_leaf_node(&leaf, d->plan.source, text("group"),
                               (struct mls_leaf_index){5}, group_extensions);
}

static void
test_each_source(void **state)
{
    const enum mls_leaf_source sources[] = {MLS_LEAF_KEY_PACKAGE,
                                            MLS_LEAF_UPDATE, MLS_LEAF_COMMIT};
    struct draft d;

    (void)state;
    draft_init(&d);
    for (int i = 0; i < 3; i++) {
        struct mls_leaf_node leaf;

        d.plan.source = sources[i];
        leaf = draft_leaf(&d);
        assert_int_equal(leaf.source, sources[i]);
        assert_bytes(leaf.raw, buf_bytes(&d.leaf));
        assert_bytes(BYTES_OF(leaf.encryption_key.b),
                     BYTES_OF(d.who.encryption_pub.b));
        assert_bytes(BYTES_OF(leaf.signature_key.b),
                     BYTES_OF(d.who.signature_pub.b));
        assert_bytes(leaf.credential.identity, text("anna"));
        assert_int_equal(leaf.not_after,
                         sources[i] == MLS_LEAF_KEY_PACKAGE ? 20 : 0);
        assert_int_equal(leaf.parent_hash.len,
                         sources[i] == MLS_LEAF_COMMIT ? 32 : 0);
        assert_ok(check(&d, (struct bytes){0}));
        for (int j = 0; j < 3; j++)
            assert_err(mls_check_leaf_source(&leaf, sources[j]),
                       i == j ? ERR_OK : ERR_MALFORMED);
    }
    draft_end(&d);
}

/* 7.2: what the signature covers. */
static void
test_signature(void **state)
{
    const struct mls_leaf_index at = {5}, other = {6};
    struct mls_leaf_node leaf;
    struct draft d;

    (void)state;
    draft_init(&d);
    leaf = draft_leaf(&d);
    assert_ok(mls_check_leaf_signature(&leaf, text("group"), at));
    assert_err(mls_check_leaf_signature(&leaf, text("group"), other), ERR_AUTH);
    assert_err(mls_check_leaf_signature(&leaf, text("croup"), at), ERR_AUTH);
    leaf.signature.len--;
    assert_err(mls_check_leaf_signature(&leaf, text("group"), at), ERR_AUTH);
    d.leaf.b[1] ^= 1; /* a field of it */
    assert_ok(mls_leaf_node_parse(buf_bytes(&d.leaf), &leaf));
    assert_err(mls_check_leaf_signature(&leaf, text("group"), at), ERR_AUTH);

    /* that of a key package is bound to no place */
    d.plan.source = MLS_LEAF_KEY_PACKAGE;
    leaf = draft_leaf(&d);
    assert_ok(mls_check_leaf_signature(&leaf, text("any"), other));
    draft_end(&d);
}

static void
test_key(void **state)
{
    struct mls_leaf_node leaf;
    struct draft d;

    (void)state;
    draft_init(&d);
    leaf = draft_leaf(&d);
    assert_ok(mls_check_leaf_key(&leaf));
    memset(leaf.signature_key.b, 0, 32);
    leaf.signature_key.b[0] = 1; /* the identity */
    assert_err(mls_check_leaf_key(&leaf), ERR_AUTH);
    leaf.signature_key = d.who.signature_pub;
    memset(leaf.encryption_key.b, 0, 32); /* of order two */
    assert_err(mls_check_leaf_key(&leaf), ERR_AUTH);
    draft_end(&d);
}

/* X.509 and last_resort are said to be accepted only when asked for, and no
 * type twice. */
static void
test_own_capabilities(void **state)
{
    static const uint16_t types[] = {0xff01, MLS_EXTENSION_LAST_RESORT};
    struct buf b = buf_limited(FIXTURE_MAX);

    (void)state;
    mls_capabilities_write(NULL, 0, false, false, &b);
    assert_hex(buf_bytes(&b), "020001 020003 00 00 020001");
    buf_reset(&b);
    mls_capabilities_write(NULL, 0, true, false, &b);
    assert_hex(buf_bytes(&b), "020001 020003 00 00 0400010002");
    buf_reset(&b);
    mls_capabilities_write(NULL, 0, false, true, &b);
    assert_hex(buf_bytes(&b), "020001 020003 02000a 00 020001");
    buf_reset(&b);
    mls_capabilities_write(types, 2, false, false, &b);
    assert_hex(buf_bytes(&b), "020001 020003 04ff01000a 00 020001");
    buf_reset(&b);
    mls_capabilities_write(types, 2, false, true, &b);
    assert_hex(buf_bytes(&b), "020001 020003 04000aff01 00 020001");
    buf_free(&b);
}

static void
test_capabilities(void **state)
{
    struct draft d;

    (void)state;
    draft_init(&d);
    assert_ok(check(&d, (struct bytes){0}));
    /* GREASE and unknown values are carried */
    set_capabilities(&d, "040a0a0001 0400030a0a 020a0a 020a0a 0400011a1a");
    assert_ok(check(&d, (struct bytes){0}));
    set_capabilities(&d, "020002 020003 00 00 020001"); /* no version 1 */
    assert_err(check(&d, (struct bytes){0}), ERR_MALFORMED);
    set_capabilities(&d, "020001 020001 00 00 020001"); /* another suite */
    assert_err(check(&d, (struct bytes){0}), ERR_MALFORMED);
    set_capabilities(&d, "020001 020003 00 00 020002"); /* its credential */
    assert_err(check(&d, (struct bytes){0}), ERR_MALFORMED);
    draft_end(&d);
}

/* 7.3: an extension in the leaf is one that it lists, or a default one. */
static void
test_extensions(void **state)
{
    struct draft d;

    (void)state;
    draft_init(&d);
    mls_extensions_write(&(struct mls_extension){0xff01, text("x")}, 1,
                         &d.extensions);
    mls_extensions_write(
        &(struct mls_extension){MLS_EXTENSION_APPLICATION_ID, text("y")}, 1,
        &d.extensions);
    assert_ok(check(&d, (struct bytes){0}));
    mls_extensions_write(&(struct mls_extension){0xff02, text("z")}, 1,
                         &d.extensions);
    assert_err(check(&d, (struct bytes){0}), ERR_MALFORMED);
    draft_end(&d);
}

/* 13.4, 11.1 */
static void
test_supports(void **state)
{
    static const uint8_t listed[] = {0xff, 1, 0};
    static const uint8_t unlisted[] = {0xff, 2, 0};
    static const uint8_t by_default[] = {0, 5, 1, 0};
    static const uint8_t need_all[] = {0, 3, 9, 2, 0xff, 1, 2, 0, 1, 2, 0, 1};
    static const uint8_t need_extension[] = {0, 3, 5, 2, 0xff, 2, 0, 0};
    static const uint8_t need_proposal[] = {0, 3, 5, 0, 2, 0, 9, 0};
    static const uint8_t need_credential[] = {0, 3, 5, 0, 0, 2, 0, 2};
    static const uint8_t broken[] = {0, 3, 1, 0};
    struct draft d;

    (void)state;
    draft_init(&d);
    assert_ok(check(&d, BYTES_OF(listed)));
    assert_ok(check(&d, BYTES_OF(by_default)));
    assert_ok(check(&d, BYTES_OF(need_all)));
    assert_err(check(&d, BYTES_OF(unlisted)), ERR_MALFORMED);
    assert_err(check(&d, BYTES_OF(need_extension)), ERR_MALFORMED);
    assert_err(check(&d, BYTES_OF(need_proposal)), ERR_MALFORMED);
    assert_err(check(&d, BYTES_OF(need_credential)), ERR_MALFORMED);
    assert_err(check(&d, BYTES_OF(broken)), ERR_MALFORMED);
    draft_end(&d);
}

static void
test_lifetime(void **state)
{
    struct mls_leaf_node leaf;
    struct draft d;

    (void)state;
    draft_init(&d);
    leaf = draft_leaf(&d);
    assert_ok(mls_check_leaf_lifetime(&leaf, 99)); /* has none */
    d.plan.source = MLS_LEAF_KEY_PACKAGE;
    leaf = draft_leaf(&d);
    assert_ok(mls_check_leaf_lifetime(&leaf, 0));
    assert_err(mls_check_leaf_lifetime(&leaf, 9), ERR_EXPIRED);
    assert_ok(mls_check_leaf_lifetime(&leaf, 10));
    assert_ok(mls_check_leaf_lifetime(&leaf, 20));
    assert_err(mls_check_leaf_lifetime(&leaf, 21), ERR_EXPIRED);
    draft_end(&d);
}

/* Every prefix is cut off somewhere; one byte more is too many. */
static void
test_form(void **state)
{
    struct mls_leaf_node leaf;
    struct draft d;
    struct buf more = buf_limited(FIXTURE_MAX);

    (void)state;
    draft_init(&d);
    (void)draft_leaf(&d);
    for (size_t len = 0; len < d.leaf.len; len++)
        assert_err(mls_leaf_node_parse((struct bytes){d.leaf.b, len}, &leaf),
                   ERR_MALFORMED);
    buf_append(&more, buf_bytes(&d.leaf));
    buf_u8(&more, 0);
    assert_err(mls_leaf_node_parse(buf_bytes(&more), &leaf), ERR_MALFORMED);

    buf_reset(&more); /* a key of 31 bytes */
    buf_opaque(&more, (struct bytes){d.leaf.b + 1, 31});
    buf_append(&more, (struct bytes){d.leaf.b + 33, d.leaf.len - 33});
    assert_err(mls_leaf_node_parse(buf_bytes(&more), &leaf), ERR_MALFORMED);
    set_capabilities(&d, "020001 020003 01ff 00 020001"); /* half a type */
    d.plan.capabilities = buf_bytes(&d.capabilities);
    buf_reset(&d.leaf);
    assert_ok(mls_leaf_node_write(&d.plan, &d.leaf));
    assert_err(mls_leaf_node_parse(buf_bytes(&d.leaf), &leaf), ERR_MALFORMED);
    buf_free(&more);
    draft_end(&d);
}

/* 7.2: 1, 2 and 3 are all the sources there are. */
static void
test_unknown_source(void **state)
{
    struct mls_leaf_node leaf;
    struct draft d;
    size_t at;

    (void)state;
    draft_init(&d);
    leaf = draft_leaf(&d);
    at = (size_t)(leaf.capabilities.raw.b - d.leaf.b) +
         leaf.capabilities.raw.len;
    assert_int_equal(d.leaf.b[at], MLS_LEAF_COMMIT);
    d.leaf.b[at] = 0;
    assert_err(mls_leaf_node_parse(buf_bytes(&d.leaf), &leaf), ERR_MALFORMED);
    d.leaf.b[at] = 4;
    assert_err(mls_leaf_node_parse(buf_bytes(&d.leaf), &leaf), ERR_MALFORMED);
    draft_end(&d);
}

static enum err
write_and_check(void *context)
{
    struct draft *d = context;
    struct buf out = buf_limited(FIXTURE_MAX);
    struct mls_leaf_node leaf;
    enum err e = mls_leaf_node_write(&d->plan, &out);

    if (e == ERR_OK)
        e = mls_leaf_node_parse(buf_bytes(&out), &leaf);
    if (e == ERR_OK)
        e = mls_check_leaf_node(&leaf, MLS_LEAF_COMMIT, text("group"),
                                (struct mls_leaf_index){5}, (struct bytes){0});
    buf_free(&out);
    return e;
}

static void
test_allocations(void **state)
{
    struct buf small = buf_limited(20);
    struct draft d;

    (void)state;
    draft_init(&d);
    (void)draft_leaf(&d);
    assert_true(every_allocation_fails(write_and_check, &d) > 2);
    assert_err(mls_leaf_node_write(&d.plan, &small), ERR_TOO_LARGE);
    buf_free(&small);
    draft_end(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_source),
        cmocka_unit_test(test_signature),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_own_capabilities),
        cmocka_unit_test(test_capabilities),
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_supports),
        cmocka_unit_test(test_lifetime),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_unknown_source),
        cmocka_unit_test(test_allocations),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
