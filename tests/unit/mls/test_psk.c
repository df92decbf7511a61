/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "group_fixture.h"

#include "lib/mls/psk_find.h"

static const uint8_t nonce[MLS_HASH_LEN] = {5};

static struct mls_psk_id
external(const char *id)
{
    return (struct mls_psk_id){.type = MLS_PSK_EXTERNAL,
                               .id = bytes_str(id),
                               .nonce = BYTES_OF(nonce)};
}

static struct mls_psk_id
resumption(enum mls_psk_usage usage, uint64_t epoch)
{
    return (struct mls_psk_id){.type = MLS_PSK_RESUMPTION,
                               .usage = usage,
                               .psk_group_id = bytes_str("the group"),
                               .psk_epoch = epoch,
                               .nonce = BYTES_OF(nonce)};
}

static enum err
read_back(struct bytes in, struct mls_psk_id *out)
{
    struct reader r = {.rest = in};

    mls_psk_id_read(&r, out);
    return reader_end(&r);
}

static void
round_trip(void **state)
{
    const struct mls_psk_id ids[] = {
        external("name"), resumption(MLS_PSK_USAGE_APPLICATION, 7),
        resumption(MLS_PSK_USAGE_BRANCH, UINT64_MAX)};
    struct buf b = buf_limited(4096);
    struct mls_psk_id again;

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        buf_reset(&b);
        mls_psk_id_write(&ids[i], &b);
        assert_ok(read_back(buf_bytes(&b), &again));
        assert_true(mls_psk_id_equal(&ids[i], &again));
        for (size_t n = 0; n < b.len; n++)
            assert_err(read_back(bytes_slice(buf_bytes(&b), 0, n), &again),
                       ERR_MALFORMED);
    }
    b.b[1] = 4; /* the usage */
    assert_err(read_back(buf_bytes(&b), &again), ERR_MALFORMED);
    b.b[1] = 0;
    assert_err(read_back(buf_bytes(&b), &again), ERR_MALFORMED);
    b.b[0] = 3; /* the type */
    assert_err(read_back(buf_bytes(&b), &again), ERR_MALFORMED);
    buf_free(&b);
}

static void
every_field_counts(void **state)
{
    struct mls_psk_id a = resumption(MLS_PSK_USAGE_BRANCH, 7);
    struct mls_psk_id b = a;

    (void)state;
    b.psk_epoch++;
    assert_false(mls_psk_id_equal(&a, &b));
    b = a;
    b.usage = MLS_PSK_USAGE_REINIT;
    assert_false(mls_psk_id_equal(&a, &b));
    b = a;
    b.psk_group_id = bytes_str("other");
    assert_false(mls_psk_id_equal(&a, &b));
    b = a;
    b.nonce.len--;
    assert_false(mls_psk_id_equal(&a, &b));
    assert_ok(mls_psk_id_check(&a));
    assert_err(mls_psk_id_check(&b), ERR_MALFORMED);
    a = external("x");
    b = external("y");
    assert_false(mls_psk_id_equal(&a, &b));
}

/* Index, count, id and secret all go into what comes out. */
static void
mixing(void **state)
{
    const struct mls_psk_id id = external("x");
    const struct mls_psk_id other = external("y");
    struct mls_secret seen[6];
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < 6; i++)
        mls_psk_secret_init(&seen[i]);
    assert_true(bytes_all_zero(BYTES_OF(seen[0].b)));
    assert_ok(mls_psk_secret_mix(&seen[n++], &id, bytes_str("k"), 0, 1));
    assert_ok(mls_psk_secret_mix(&seen[n++], &id, bytes_str("k"), 1, 1));
    assert_ok(mls_psk_secret_mix(&seen[n++], &id, bytes_str("k"), 0, 2));
    assert_ok(mls_psk_secret_mix(&seen[n++], &id, bytes_str("l"), 0, 1));
    assert_ok(mls_psk_secret_mix(&seen[n++], &other, bytes_str("k"), 0, 1));
    seen[n].b[0] = 1;
    assert_ok(mls_psk_secret_mix(&seen[n++], &id, bytes_str("k"), 0, 1));
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(&seen[i], &seen[k], sizeof seen[i]);
    }
}

static void
alone(void **state)
{
    struct mls_psk_id a = external("a");
    struct mls_psk_id branch = resumption(MLS_PSK_USAGE_BRANCH, 1);
    struct mls_psk_id reinit = resumption(MLS_PSK_USAGE_REINIT, 2);
    struct mls_psk_id app = resumption(MLS_PSK_USAGE_APPLICATION, 2);
    struct buf b = buf_limited(4096);

    (void)state;
    mls_psk_id_write(&a, &b);
    mls_psk_id_write(&branch, &b);
    assert_ok(mls_check_psk_alone(buf_bytes(&b), &a, 0));
    assert_err(mls_check_psk_alone(buf_bytes(&b), &a, 1), ERR_MALFORMED);
    assert_ok(mls_check_psk_alone(buf_bytes(&b), &reinit, 1));
    assert_err(mls_check_psk_alone(buf_bytes(&b), &reinit, 2), ERR_MALFORMED);
    assert_ok(mls_check_psk_alone(buf_bytes(&b), &app, 2));
    assert_true(mls_psk_is_successor(&branch));
    assert_true(mls_psk_is_successor(&reinit));
    assert_false(mls_psk_is_successor(&app));
    assert_false(mls_psk_is_successor(&a));
    buf_free(&b);
}

static void
finding(void **state)
{
    const struct mls_psk known = {bytes_str("a"), bytes_str("secret")};
    struct people all;
    struct mls_psk_source from = {.psks = &known, .count = 1};
    struct mls_psk_id id = external("a");
    struct bytes out;

    (void)state;
    people_gather(&all, 2);
    assert_ok(mls_psk_find(&from, &id, &out));
    assert_bytes(out, bytes_str("secret"));
    id = external("b");
    assert_err(mls_psk_find(&from, &id, &out), ERR_NOT_FOUND);
    id = resumption(MLS_PSK_USAGE_APPLICATION, 1);
    assert_err(mls_psk_find(&from, &id, &out), ERR_NOT_FOUND);
    from.g = all.of[1].g;
    assert_ok(mls_psk_find(&from, &id, &out));
    assert_bytes(out, BYTES_OF(all.of[0].g->secrets.resumption.b));
    id.psk_epoch = 0; /* before we joined */
    assert_err(mls_psk_find(&from, &id, &out), ERR_NOT_FOUND);
    id.psk_epoch = 1;
    id.psk_group_id = bytes_str("another");
    assert_err(mls_psk_find(&from, &id, &out), ERR_NOT_FOUND);
    people_free(&all);
}

static enum err
mix_once(void *context)
{
    const struct mls_psk_id id = external("x");
    struct mls_secret s;

    (void)context;
    mls_psk_secret_init(&s);
    return mls_psk_secret_mix(&s, &id, bytes_str("k"), 0, 1);
}

static void
without_memory(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(mix_once, NULL) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip), cmocka_unit_test(every_field_counts),
        cmocka_unit_test(mixing),     cmocka_unit_test(alone),
        cmocka_unit_test(finding),    cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
