/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "crypto/secret.h"

#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "started.h"

static void
equal_means_same_length_and_content(void **state)
{
    uint8_t a[40];
    uint8_t b[40];
    const struct bytes none = {NULL, 0};

    (void)state;
    random_bytes(a, sizeof a);
    memcpy(b, a, sizeof a);
    assert_true(secret_equal(BYTES_OF(a), BYTES_OF(b)));
    for (size_t i = 0; i < sizeof b; i++)
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            b[i] ^= (uint8_t)bit;
            assert_false(secret_equal(BYTES_OF(a), BYTES_OF(b)));
            b[i] ^= (uint8_t)bit;
        }
    assert_false(secret_equal(BYTES_OF(a), (struct bytes){a, 39}));
    assert_false(secret_equal(BYTES_OF(a), none));
    assert_true(secret_equal(none, none));
}

static void
guarded_memory_is_zero_and_writable(void **state)
{
    (void)state;
    for (size_t size = 0; size < 100; size += 33) {
        uint8_t *p = secret_new(size);

        assert_non_null(p);
        assert_true(bytes_all_zero((struct bytes){p, size}));
        memset(p, 1, size);
        secret_free(p);
    }
    secret_free(NULL);
}

/* One byte behind it ends the program. */
static void
guarded_memory_is_guarded(void **state)
{
    pid_t child = fork();
    int status = 0;

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        volatile uint8_t *p = secret_new(32);

        close(STDERR_FILENO); /* a sanitizer would tell at length */
        p[32] = 1;
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
}

static void
no_guarded_memory_is_null(void **state)
{
    (void)state;
    mem_fail_at(1);
    assert_null(secret_new(32));
    assert_true(mem_failed());
    mem_fail_at(0);
}

enum { FLOOR_KIB = 64 * 1024, TOP_KIB = 4 * 1024 * 1024 };

static void
stretching_depends_on_all_of_it(void **state)
{
    uint8_t salt[SECRET_SALT_LEN] = {1};
    uint8_t a[32];
    uint8_t b[32];
    const struct bytes words = bytes_str("six words");

    (void)state;
    assert_ok(secret_stretch(words, salt, FLOOR_KIB, 3, a));
    assert_ok(secret_stretch(words, salt, FLOOR_KIB, 3, b));
    assert_memory_equal(a, b, sizeof a);
    assert_ok(secret_stretch(bytes_str("six wordt"), salt, FLOOR_KIB, 3, b));
    assert_memory_not_equal(a, b, sizeof a);
    salt[15] = 1;
    assert_ok(secret_stretch(words, salt, FLOOR_KIB, 3, b));
    assert_memory_not_equal(a, b, sizeof a);
    salt[15] = 0;
    assert_ok(secret_stretch(words, salt, FLOOR_KIB + 1024, 3, b));
    assert_memory_not_equal(a, b, sizeof a);
    assert_ok(secret_stretch(words, salt, FLOOR_KIB, 4, b));
    assert_memory_not_equal(a, b, sizeof a);
    assert_ok(secret_stretch((struct bytes){NULL, 0}, salt, FLOOR_KIB, 3, b));
    assert_memory_not_equal(a, b, sizeof a);
}

static void
weak_or_absurd_settings_are_refused(void **state)
{
    const uint8_t salt[SECRET_SALT_LEN] = {0};
    const struct bytes words = bytes_str("six words");
    uint8_t out[32];

    (void)state;
    assert_err(secret_stretch(words, salt, FLOOR_KIB - 1, 3, out), ERR_USE);
    assert_err(secret_stretch(words, salt, FLOOR_KIB, 2, out), ERR_USE);
    assert_err(secret_stretch(words, salt, TOP_KIB + 1, 3, out), ERR_USE);
    assert_err(secret_stretch(words, salt, UINT32_MAX, 3, out), ERR_USE);
    assert_err(secret_stretch(words, salt, 0, 0, out), ERR_USE);
}

static void
stretching_without_memory_says_so(void **state)
{
    const uint8_t salt[SECRET_SALT_LEN] = {0};
    uint8_t out[32];

    (void)state;
    mem_fail_at(1);
    assert_err(secret_stretch(bytes_str("six words"), salt, FLOOR_KIB, 3, out),
               ERR_MEMORY);
    mem_fail_at(0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_means_same_length_and_content),
        cmocka_unit_test(guarded_memory_is_zero_and_writable),
        cmocka_unit_test(guarded_memory_is_guarded),
        cmocka_unit_test(no_guarded_memory_is_null),
        cmocka_unit_test(stretching_depends_on_all_of_it),
        cmocka_unit_test(weak_or_absurd_settings_are_refused),
        cmocka_unit_test(stretching_without_memory_says_so),
    };

    return RUN_STARTED(tests);
}
