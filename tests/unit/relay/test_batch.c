/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"
#include "support/failing.h"

#include "server/core/batch.h"

static void
order_is_kept(void **state)
{
    struct batch b;
    struct relay_op op = {.kind = RELAY_OP_LEAVE};
    struct relay_load load = {.kind = RELAY_LOAD_PAGE};
    struct batch_op oc = {0};
    struct batch_load lc = {0};

    (void)state;
    batch_init(&b);
    assert_true(batch_empty(&b));
    for (uint32_t i = 0; i < 1000; i++) {
        op.expires_hour = i;
        oc.tag = i;
        assert_ok(batch_add_op(&b, &op, &oc));
        load.after = i;
        lc.tag = i;
        assert_ok(batch_add_load(&b, &load, &lc));
    }
    assert_false(batch_empty(&b));
    assert_int_equal(b.face.op_count, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(b.face.ops[i].expires_hour, i);
        assert_int_equal(b.op_ctx[i].tag, i);
        assert_int_equal(b.face.loads[i].after, i);
        assert_int_equal(b.load_ctx[i].tag, i);
    }
    batch_reset(&b);
    assert_true(batch_empty(&b));
    batch_free(&b);
}

static void
limits_are_kept(void **state)
{
    struct batch b;
    struct relay_op op = {.kind = RELAY_OP_LEAVE};
    struct relay_load load = {.kind = RELAY_LOAD_PAGE};
    struct batch_op oc = {0};
    struct batch_load lc = {0};

    (void)state;
    batch_init(&b);
    assert_false(batch_over_mark(&b, 16));
    for (int i = 0; i < BATCH_OPS_MAX; i++)
        assert_ok(batch_add_op(&b, &op, &oc));
    assert_false(batch_over_mark(&b, BATCH_OPS_MAX));
    assert_true(batch_over_mark(&b, BATCH_OPS_MAX - 1));
    assert_err(batch_add_op(&b, &op, &oc), ERR_FULL);
    for (int i = 0; i < BATCH_LOADS_MAX; i++)
        assert_ok(batch_add_load(&b, &load, &lc));
    assert_err(batch_add_load(&b, &load, &lc), ERR_FULL);
    batch_reset(&b);
    assert_false(batch_over_mark(&b, 16));
    assert_non_null(arena_new(&b.arena, BATCH_BYTES_MARK + 1));
    assert_true(batch_over_mark(&b, 16));
    assert_null(arena_new(&b.arena, BATCH_BYTES_MAX));
    batch_reset(&b);
    assert_int_equal(b.arena.used, 0);
    batch_free(&b);
}

static enum err
fill(void *context)
{
    struct batch b;
    struct relay_op op = {.kind = RELAY_OP_LEAVE};
    struct relay_load load = {.kind = RELAY_LOAD_PAGE};
    struct batch_op oc = {0};
    struct batch_load lc = {0};
    enum err e = ERR_OK;

    (void)context;
    batch_init(&b);
    for (int i = 0; e == ERR_OK && i < 100; i++)
        e = batch_add_op(&b, &op, &oc);
    for (int i = 0; e == ERR_OK && i < 100; i++)
        e = batch_add_load(&b, &load, &lc);
    batch_free(&b);
    return e;
}

static void
no_memory(void **state)
{
    (void)state;
    assert_int_equal(every_allocation_fails(fill, NULL), 16);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_kept),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
