/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

#include <string.h>

#include "client/core/core.h"

/* What is written is read; and which ways are by TLS is not forgotten. */
static void
ways_are_kept(void **state)
{
    struct buf row = buf_limited(512);

    (void)state;
    for (size_t count = 1; count <= URI_ENDPOINTS_MAX; count++) {
        for (unsigned tls = 0; tls < 1U << count; tls++) {
            struct address in = {.endpoint_count = count}, out;
            struct reader r;

            memset(in.key.b, 'K', sizeof in.key.b);
            for (size_t i = 0; i < count; i++) {
                memcpy(in.endpoints[i].host, "relay.example", 13);
                in.endpoints[i].port = (uint16_t)(443 + i);
                in.endpoints[i].tls = (tls >> i & 1U) != 0;
            }
            buf_reset(&row);
            address_write(&in, &row);
            r = (struct reader){.rest = buf_bytes(&row)};
            address_read(&r, &out);
            assert_ok(reader_end(&r));
            assert_int_equal(out.endpoint_count, count);
            for (size_t i = 0; i < count; i++) {
                assert_string_equal(out.endpoints[i].host, "relay.example");
                assert_int_equal(out.endpoints[i].port, 443 + i);
                assert_int_equal(out.endpoints[i].tls,
                                 in.endpoints[i].tls ? 1 : 0);
            }
        }
    }
    buf_free(&row);
}

static void
bad_counts_are_refused(void **state)
{
    struct buf row = buf_limited(512);

    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        struct address out;
        struct reader r;

        buf_reset(&row);
        buf_zero(&row, DH_LEN);
        buf_u8(&row, (uint8_t)first);
        for (int i = 0; i < 3; i++) {
            buf_opaque(&row, bytes_str("a"));
            buf_u16(&row, 1);
        }
        r = (struct reader){.rest = buf_bytes(&row)};
        address_read(&r, &out);
        if ((first & 15) == 3)
            assert_ok(reader_end(&r));
        else
            assert_true(reader_end(&r) != ERR_OK);
    }
    buf_free(&row);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways_are_kept),
        cmocka_unit_test(bad_counts_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
