/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lib/mls/tree_wire.c: the ratchet_tree extension (RFC 9420 section 12.4.3.3).
 */
#include "tree_fixture.h"

struct drawing {
    struct buf nodes; /* entries, without the length of all */
    struct buf all;
};

static void
drawing_init(struct drawing *d)
{
    d->nodes = buf_limited(64 * FIXTURE_MAX);
    d->all = buf_limited(64 * FIXTURE_MAX);
}

static void
drawing_end(struct drawing *d)
{
    buf_free(&d->nodes);
    buf_free(&d->all);
}

static void
draw_blank(struct drawing *d)
{
    buf_u8(&d->nodes, 0);
}

static void
draw_leaf(struct drawing *d)
{
    struct fixture_member who;

    fixture_member(&who);
    buf_u8(&d->nodes, 1);
    buf_u8(&d->nodes, 1);
    fixture_leaf(&who, &d->nodes);
}

static void
draw_parent(struct drawing *d, size_t key_len, struct bytes unmerged)
{
    uint8_t key[33];

    random_bytes(key, sizeof key);
    buf_u8(&d->nodes, 1);
    buf_u8(&d->nodes, 2);
    buf_opaque(&d->nodes, (struct bytes){key, key_len});
    buf_opaque(&d->nodes, (struct bytes){0});
    buf_opaque(&d->nodes, unmerged);
}

static enum err
read_it(struct drawing *d, struct mls_tree **out)
{
    buf_reset(&d->all);
    buf_opaque(&d->all, buf_bytes(&d->nodes));
    return mls_tree_read(buf_bytes(&d->all), out);
}

static void
refused(struct drawing *d, enum err want)
{
    struct mls_tree *t;

    assert_err(read_it(d, &t), want);
    drawing_end(d);
}

/* What is read is written again; sizes are made full. */
static void
accepted(struct drawing *d, uint32_t leaf_count)
{
    struct buf again = buf_limited(FIXTURE_MAX);
    struct mls_tree *t;

    assert_ok(read_it(d, &t));
    assert_int_equal(mls_tree_leaf_count(t), leaf_count);
    mls_tree_write(t, &again);
    assert_bytes(buf_bytes(&again), buf_bytes(&d->all));
    mls_tree_free(t);
    buf_free(&again);
    drawing_end(d);
}

static void
test_accepted(void **state)
{
    static const uint8_t one[] = {0, 0, 0, 1};
    struct drawing d;

    (void)state;
    drawing_init(&d);
    draw_leaf(&d);
    accepted(&d, 1);

    drawing_init(&d);
    draw_leaf(&d);
    draw_parent(&d, 32, BYTES_OF(one));
    draw_leaf(&d);
    accepted(&d, 2);

    drawing_init(&d); /* blanks at the front and in the middle */
    for (int i = 0; i < 8; i++)
        draw_blank(&d);
    draw_leaf(&d);
    accepted(&d, 8);
}

static void
test_end(void **state)
{
    struct drawing d;

    (void)state;
    drawing_init(&d);
    refused(&d, ERR_MALFORMED); /* nothing */

    drawing_init(&d);
    draw_leaf(&d);
    draw_blank(&d); /* 12.4.3.3: no blank at the end */
    draw_blank(&d);
    refused(&d, ERR_MALFORMED);

    drawing_init(&d);
    draw_leaf(&d);
    draw_parent(&d, 32, (struct bytes){0}); /* odd, but not a blank */
    accepted(&d, 2);
}

static void
test_places(void **state)
{
    struct drawing d;

    (void)state;
    drawing_init(&d);
    draw_parent(&d, 32, (struct bytes){0}); /* where a leaf must stand */
    draw_blank(&d);
    draw_leaf(&d);
    refused(&d, ERR_MALFORMED);

    drawing_init(&d);
    draw_leaf(&d);
    draw_leaf(&d); /* where a parent must stand */
    draw_leaf(&d);
    refused(&d, ERR_MALFORMED);

    drawing_init(&d);
    draw_leaf(&d);
    d.nodes.b[0] = 2; /* neither there nor not */
    refused(&d, ERR_MALFORMED);
}

static void
test_parents(void **state)
{
    static const uint8_t falling[] = {0, 0, 0, 1, 0, 0, 0, 0};
    static const uint8_t twice[] = {0, 0, 0, 1, 0, 0, 0, 1};
    static const uint8_t half[] = {0, 0};
    const struct bytes bad[] = {BYTES_OF(falling), BYTES_OF(twice),
                                BYTES_OF(half)};
    struct drawing d;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        drawing_init(&d);
        draw_leaf(&d);
        draw_parent(&d, 32, bad[i]);
        draw_leaf(&d);
        refused(&d, ERR_MALFORMED);
    }
    for (size_t len = 31; len <= 33; len += 2) {
        drawing_init(&d);
        draw_leaf(&d);
        draw_parent(&d, len, (struct bytes){0});
        draw_leaf(&d);
        refused(&d, ERR_MALFORMED);
    }
}

static void
test_same_keys(void **state)
{
    struct buf leaf = buf_limited(FIXTURE_MAX);
    struct drawing d;

    (void)state;
    drawing_init(&d);
    draw_leaf(&d);
    buf_append(&leaf, buf_bytes(&d.nodes));
    draw_blank(&d);
    buf_append(&d.nodes, buf_bytes(&leaf));
    refused(&d, ERR_MALFORMED);
    buf_free(&leaf);
}

static void
test_cut(void **state)
{
    struct mls_tree *t;
    struct drawing d;

    (void)state;
    drawing_init(&d);
    draw_leaf(&d);
    draw_parent(&d, 32, (struct bytes){0});
    draw_leaf(&d);
    assert_ok(read_it(&d, &t));
    mls_tree_free(t);
    for (size_t len = 0; len < d.all.len; len++)
        assert_err(mls_tree_read((struct bytes){d.all.b, len}, &t),
                   ERR_MALFORMED);
    buf_u8(&d.all, 0);
    assert_err(mls_tree_read(buf_bytes(&d.all), &t), ERR_MALFORMED);
    drawing_end(&d);
}

/* As far as the limit, and one node further. */
static void
test_limit(void **state)
{
    struct mls_tree *t;
    struct drawing d;

    (void)state;
    drawing_init(&d);
    for (uint32_t i = 0; i < 2 * MLS_TREE_LEAVES_MAX - 2; i++)
        draw_blank(&d);
    draw_leaf(&d);
    assert_ok(read_it(&d, &t));
    assert_int_equal(mls_tree_leaf_count(t), MLS_TREE_LEAVES_MAX);
    mls_tree_free(t);
    draw_blank(&d);
    draw_leaf(&d);
    refused(&d, ERR_TOO_LARGE);
}

static enum err
read_and_free(void *context)
{
    struct mls_tree *t;
    enum err e = mls_tree_read(*(const struct bytes *)context, &t);

    if (e == ERR_OK)
        mls_tree_free(t);
    return e;
}

static void
test_allocations(void **state)
{
    struct drawing d;
    struct mls_tree *t;
    struct bytes all;

    (void)state;
    drawing_init(&d);
    for (int i = 0; i < 8; i++) {
        draw_leaf(&d);
        draw_parent(&d, 32, (struct bytes){0});
    }
    draw_leaf(&d);
    assert_ok(read_it(&d, &t));
    mls_tree_free(t);
    all = buf_bytes(&d.all);
    assert_true(every_allocation_fails(read_and_free, &all) > 20);
    drawing_end(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),  cmocka_unit_test(test_end),
        cmocka_unit_test(test_places),    cmocka_unit_test(test_parents),
        cmocka_unit_test(test_same_keys), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_limit),     cmocka_unit_test(test_allocations),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
