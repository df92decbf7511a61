/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

#include <limits.h>
#include <string.h>

#include "client/uv/tls.h"

/* A server that speaks no TLS, ends it, or says too much: an error, and never
 * "open", after which the client would speak. */
static void
j09_nonsense_opens_nothing(void **state)
{
    static const uint8_t http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    static const uint8_t alert[] = {0x15, 3, 3, 0, 2, 2, 40};
    static const uint8_t huge[] = {0x16, 3, 3, 0xff, 0xff, 2};
    static const struct bytes said[] = {
        {http, sizeof http - 1}, {alert, sizeof alert}, {huge, sizeof huge}};
    static uint8_t byte;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t step = 1; step < 8; step += 6) {
            struct buf out = buf_limited(4096), plain = buf_limited(4096);
            struct tls *t = NULL;
            enum err e = ERR_OK;
            bool open = true;

            assert_true(tls_new("relay.example", &t) == ERR_OK);
            for (size_t at = 0; at < said[i].len && e == ERR_OK; at += step)
                e = tls_feed(t, bytes_slice(said[i], at, step), &out, &plain,
                             &open);
            assert_int_equal(e, ERR_MALFORMED);
            assert_false(open);
            assert_int_equal(plain.len, 0);
            assert_true(tls_seal(t, BYTES_OF(alert), &out) == ERR_TURN);
            open = true; /* also if nothing can be taken */
            assert_true(tls_feed(t, (struct bytes){&byte, (size_t)INT_MAX + 1},
                                 &out, &plain, &open) == ERR_MEMORY);
            assert_false(open);
            tls_free(t);
            buf_free(&out);
            buf_free(&plain);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(j09_nonsense_opens_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
