/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* deserialization.json: the header of a variable-length vector, both ways. */
#include "mls_vectors.h"

void
vectors_check_deserialization(struct arena *a, const struct json *c)
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
