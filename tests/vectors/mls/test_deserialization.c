/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* deserialization.json: the header of a variable-length vector, both ways. */
#include "mls_vectors.h"

static void
run_case(struct arena *a, const struct json *c)
{
    struct bytes header = json_hex(a, c, "vlbytes_header");
    size_t length = json_number(c, "length");
    struct reader r = {.rest = header};
    uint8_t made[4];

    assert_int_equal(reader_varint(&r), length);
    assert_ok(reader_end(&r));
    assert_bytes(((struct bytes){made, mls_vector_header(made, length)}),
                 header);
}

static void
deserialization(void **state)
{
    (void)state;
    vectors_each(SHARED_VECTORS "/mls/deserialization.json", run_case);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(deserialization)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
