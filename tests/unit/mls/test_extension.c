/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lib/mls/extension.c */
#include "tree_fixture.h"

#include "lib/mls/extension.h"

/* A list with its length, read back. */
static enum err
read_list(struct bytes content, struct bytes *out)
{
    struct buf b = buf_limited(FIXTURE_MAX);
    struct reader r;
    enum err e;

    buf_opaque(&b, content);
    r = (struct reader){.rest = buf_bytes(&b)};
    *out = mls_extensions_read(&r);
    e = reader_end(&r);
    if (e == ERR_OK)
        assert_bytes(*out, content);
    buf_free(&b);
    return e;
}

static void
test_lists(void **state)
{
    const struct mls_extension in[] = {{1, {(const uint8_t *)"ab", 2}},
                                       {0xff00, {0}},
                                       {0x0a0a, {(const uint8_t *)"c", 1}}};
    struct buf b = buf_limited(FIXTURE_MAX);
    struct mls_extension x;
    struct bytes data;
    struct reader r;
    size_t i = 0;

    (void)state;
    mls_extensions_write(in, 3, &b);
    assert_ok(read_list(buf_bytes(&b), &data));
    r = (struct reader){.rest = buf_bytes(&b)};
    while (mls_extensions_next(&r, &x)) {
        assert_int_equal(x.type, in[i].type);
        assert_bytes(x.data, in[i].data);
        i++;
    }
    assert_int_equal(i, 3);
    assert_true(mls_extensions_find(buf_bytes(&b), 0x0a0a, &data));
    assert_bytes(data, text("c"));
    assert_false(mls_extensions_find(buf_bytes(&b), 2, &data));
    assert_ok(read_list((struct bytes){0}, &data));
    buf_free(&b);
}

/* 13.4: a type comes once. */
static void
test_twice(void **state)
{
    const uint8_t twice[] = {0, 7, 0, 0, 8, 0, 0, 7, 1, 'x'};
    const uint8_t cut[] = {0, 7, 2, 'x'};
    struct buf many = buf_limited(1 << 20);
    struct bytes out;

    (void)state;
    assert_err(read_list(BYTES_OF(twice), &out), ERR_MALFORMED);
    assert_err(read_list(BYTES_OF(cut), &out), ERR_MALFORMED);
    for (uint32_t i = 0; i <= UINT16_MAX; i++) { /* all that there are */
        buf_u16(&many, (uint16_t)i);
        buf_u8(&many, 0);
    }
    assert_ok(read_list(buf_bytes(&many), &out));
    buf_u16(&many, 0x1234);
    buf_u8(&many, 0);
    assert_err(read_list(buf_bytes(&many), &out), ERR_MALFORMED);
    buf_free(&many);
}

static void
test_types(void **state)
{
    const uint8_t types[] = {0, 1, 0x0a, 0x0a, 0x01, 0x0a};
    struct mls_type_set set;

    (void)state;
    assert_false(mls_extension_is_default(0));
    assert_true(mls_extension_is_default(1));
    assert_true(mls_extension_is_default(5));
    assert_false(mls_extension_is_default(6));
    assert_true(mls_type_is_grease(0x0a0a));
    assert_true(mls_type_is_grease(0xeaea));
    assert_false(mls_type_is_grease(0xfafa));
    assert_false(mls_type_is_grease(0x0a1a));
    assert_false(mls_type_is_grease(0x000a));
    assert_true(mls_types_hold(BYTES_OF(types), 1));
    assert_true(mls_types_hold(BYTES_OF(types), 0x010a));
    assert_false(mls_types_hold(BYTES_OF(types), 0x0a00)); /* across two */
    assert_false(mls_types_hold((struct bytes){0}, 1));
    mls_type_set_init(&set, BYTES_OF(types));
    assert_true(mls_type_set_has(&set, 1));
    assert_true(mls_type_set_has(&set, 0x010a));
    assert_false(mls_type_set_has(&set, 0x0a00));
    assert_true(mls_type_set_add(&set, UINT16_MAX));
    assert_false(mls_type_set_add(&set, UINT16_MAX));
    assert_true(mls_type_set_has(&set, UINT16_MAX));
}

static void
test_required_capabilities(void **state)
{
    const uint8_t good[] = {2, 0, 9, 0, 4, 0, 1, 0, 2};
    const uint8_t odd[] = {1, 9, 0, 0};
    const uint8_t more[] = {0, 0, 0, 0};
    struct mls_required_capabilities c;

    (void)state;
    assert_ok(mls_required_capabilities_read(BYTES_OF(good), &c));
    assert_true(mls_types_hold(c.extensions, 9));
    assert_int_equal(c.proposals.len, 0);
    assert_true(mls_types_hold(c.credentials, 2));
    assert_err(mls_required_capabilities_read(BYTES_OF(odd), &c),
               ERR_MALFORMED);
    assert_err(mls_required_capabilities_read(BYTES_OF(more), &c),
               ERR_MALFORMED);
}

/* One ExternalSender. */
static void
write_sender(uint8_t first, size_t key_len, struct buf *out)
{
    uint8_t key[33] = {first};

    buf_opaque(out, (struct bytes){key, key_len});
    mls_credential_write_basic(text("service"), out);
}

static void
test_external_senders(void **state)
{
    struct buf b = buf_limited(FIXTURE_MAX), list = buf_limited(FIXTURE_MAX);
    struct mls_external_sender s;
    size_t mark = buf_vector_begin(&b);

    (void)state;
    write_sender(1, 32, &b);
    write_sender(2, 32, &b);
    buf_vector_end(&b, mark);
    assert_ok(mls_external_sender_find(buf_bytes(&b), 1, &s));
    assert_int_equal(s.signature_key.b[0], 2);
    assert_bytes(s.credential.identity, text("service"));
    assert_err(mls_external_sender_find(buf_bytes(&b), 2, &s), ERR_NOT_FOUND);
    /* the whole of it is read, whichever is wanted */
    buf_u8(&b, 0);
    assert_err(mls_external_sender_find(buf_bytes(&b), 0, &s), ERR_MALFORMED);

    buf_reset(&b);
    mark = buf_vector_begin(&b);
    write_sender(1, 31, &b);
    buf_vector_end(&b, mark);
    assert_err(mls_external_sender_find(buf_bytes(&b), 0, &s), ERR_MALFORMED);

    mls_extensions_write(
        &(struct mls_extension){MLS_EXTENSION_EXTERNAL_SENDERS, buf_bytes(&b)},
        1, &list);
    assert_err(mls_check_group_extensions(buf_bytes(&list)), ERR_MALFORMED);
    buf_free(&b);
    buf_free(&list);
}

static void
test_group_extensions(void **state)
{
    const uint8_t caps_good[] = {0, 3, 3, 0, 0, 0};
    const uint8_t caps_bad[] = {0, 3, 2, 0, 0};
    const uint8_t senders_none[] = {0, 5, 1, 0};

    (void)state;
    assert_ok(mls_check_group_extensions((struct bytes){0}));
    assert_ok(mls_check_group_extensions(BYTES_OF(caps_good)));
    assert_err(mls_check_group_extensions(BYTES_OF(caps_bad)), ERR_MALFORMED);
    assert_ok(mls_check_group_extensions(BYTES_OF(senders_none)));
}

/* Each leaf is compared with required_capabilities: whatever is longer than all
 * types together only costs. */
static void
test_long_lists(void **state)
{
    struct mls_required_capabilities c;
    struct buf data = buf_limited(1 << 20);
    size_t mark;

    (void)state;
    for (uint32_t more = 0; more < 2; more++) {
        buf_reset(&data);
        buf_opaque(&data, (struct bytes){0});
        mark = buf_vector_begin(&data);
        for (uint32_t i = 0; i <= UINT16_MAX + more; i++)
            buf_u16(&data, 7);
        buf_vector_end(&data, mark);
        buf_opaque(&data, (struct bytes){0});
        assert_err(mls_required_capabilities_read(buf_bytes(&data), &c),
                   more == 0 ? ERR_OK : ERR_MALFORMED);
    }
    buf_free(&data);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_required_capabilities),
        cmocka_unit_test(test_long_lists),
        cmocka_unit_test(test_external_senders),
        cmocka_unit_test(test_group_extensions),
    };

    return cmocka_run_group_tests(tests, fixture_setup, NULL);
}
