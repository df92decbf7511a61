/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* OpenSSL's memory, all of it counted and searched: no message takes any, a
 * wiped key is nowhere in it, and where there is none the start is refused. */
#include "crypto/aead.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/random.h"
#include "support/check.h"
#include "transport/noise.h"

enum { TEXT_LEN = 40, MESSAGES = 1000, CHILDREN_MAX = 100000 };

struct block {
    struct block *before;
    struct block *after;
    size_t size;
    size_t unused; /* what follows is aligned to 16 */
};

static struct block all = {&all, &all, 0, 0};
static size_t asked;   /* how often memory was wanted */
static size_t fail_at; /* the one that fails, and all after it; 0: none */

static struct block *
block_of(void *p)
{
    return (struct block *)p - 1;
}

static void *
take(size_t size, const char *file, int line)
{
    struct block *b;

    (void)file;
    (void)line;
    asked++;
    if (fail_at > 0 && asked >= fail_at)
        return NULL;
    b = malloc(sizeof *b + size);
    if (b == NULL)
        return NULL;
    *b = (struct block){&all, all.after, size, 0};
    all.after->before = b;
    all.after = b;
    return b + 1;
}

static void
give(void *p, const char *file, int line)
{
    struct block *b;

    (void)file;
    (void)line;
    if (p == NULL)
        return;
    b = block_of(p);
    b->before->after = b->after;
    b->after->before = b->before;
    free(b);
}

static void *
change(void *p, size_t size, const char *file, int line)
{
    void *fresh = NULL;

    if (size > 0) {
        fresh = take(size, file, line);
        if (fresh == NULL)
            return NULL;
        if (p != NULL)
            memcpy(fresh, p,
                   block_of(p)->size < size ? block_of(p)->size : size);
    }
    give(p, file, line);
    return fresh;
}

/* In how many blocks these 32 bytes are. */
static size_t
held(const uint8_t wanted[static AEAD_KEY_LEN])
{
    size_t count = 0;

    for (struct block *b = all.after; b != &all; b = b->after) {
        const uint8_t *in = (const uint8_t *)(b + 1);

        for (size_t i = 0; i + AEAD_KEY_LEN <= b->size; i++)
            if (memcmp(in + i, wanted, AEAD_KEY_LEN) == 0) {
                count++;
                break;
            }
    }
    return count;
}

/* Seals and opens a message; stream is what hid its text. */
static void
use(const struct aead_key *key, const uint8_t *text, uint8_t *stream)
{
    static const uint8_t nonce[AEAD_NONCE_LEN] = {1};
    const struct bytes none = {NULL, 0};
    uint8_t sealed[TEXT_LEN + AEAD_TAG_LEN];
    uint8_t out[TEXT_LEN];

    aead_seal(key, nonce, none, (struct bytes){text, TEXT_LEN}, sealed);
    assert_ok(aead_open(key, nonce, none, BYTES_OF(sealed), out));
    for (size_t i = 0; i < TEXT_LEN; i++)
        stream[i] = sealed[i] ^ text[i];
}

static void
g03_a_wiped_key_is_nowhere(void **state)
{
    uint8_t text[TEXT_LEN];
    uint8_t stream[TEXT_LEN];
    struct aead_key key;
    struct aead_key wanted;

    (void)state;
    assert_ok(random_start());
    for (int i = 0; i < 3; i++) {
        random_bytes(text, sizeof text);
        random_bytes(key.b, sizeof key.b);
        wanted = key;
        use(&key, text, stream);
        assert_true(held(wanted.b) > 0); /* else this would search nothing */
        assert_true(held(stream) > 0);
        aead_key_wipe(&key);
        assert_true(bytes_all_zero(BYTES_OF(key.b)));
        assert_int_equal(held(wanted.b), 0);
        assert_int_equal(held(stream), 0);
        assert_int_equal(held(text), 0);
    }
}

/* What a link does with its two ciphers when it ends. */
static void
g03_a_wiped_cipher_leaves_no_key(void **state)
{
    uint8_t text[TEXT_LEN];
    uint8_t out[TEXT_LEN + AEAD_TAG_LEN];
    struct noise_cipher cipher = {0};
    struct aead_key key;

    (void)state;
    assert_ok(random_start());
    random_bytes(text, sizeof text);
    random_bytes(key.b, sizeof key.b);
    noise_cipher_init(&cipher, key.b);
    assert_ok(
        noise_cipher_encrypt(&cipher, (struct bytes){0}, BYTES_OF(text), out));
    assert_true(held(key.b) > 0);
    noise_cipher_wipe(&cipher);
    assert_int_equal(held(key.b), 0);
}

static void
no_message_takes_memory(void **state)
{
    uint8_t text[TEXT_LEN] = "text";
    uint8_t stream[TEXT_LEN];
    uint8_t none[AEAD_NONCE_LEN] = {0};
    struct aead_key key = {{1}};
    size_t before;

    (void)state;
    assert_ok(random_start());
    use(&key, text, stream);
    assert_err(
        aead_open(&key, none, (struct bytes){NULL, 0}, BYTES_OF(text), text),
        ERR_AUTH); /* the thread's list of errors is made here */
    before = asked;
    assert_true(before > 0);
    for (int i = 0; i < MESSAGES; i++) {
        key.b[0] = (uint8_t)i;
        use(&key, text, stream);
        assert_err(aead_open(&key, none, (struct bytes){NULL, 0},
                             BYTES_OF(text), text),
                   ERR_AUTH);
        aead_key_wipe(&key);
    }
    assert_int_equal(asked, before);
}

/* In a process of its own: 0 when it started, 1 when it said that it cannot. */
static int
start_with_failing(size_t n)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGSEGV,
                     SIG_DFL); /* cmocka's would go on with the tests */
        fail_at = n;
        _exit(random_start() == ERR_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status))
        fail_msg("it crashed without the %zuth piece of memory", n);
    return WEXITSTATUS(status);
}

static void
without_memory_the_start_is_refused(void **state)
{
    size_t n = 1;

    (void)state;
    while (n < CHILDREN_MAX && start_with_failing(n) == 1)
        n += n < 64 ? 1 : n / 16;
    assert_in_range(n, 3, CHILDREN_MAX - 1); /* it started at last */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_the_start_is_refused), /* the first */
        cmocka_unit_test(g03_a_wiped_key_is_nowhere),
        cmocka_unit_test(g03_a_wiped_cipher_leaves_no_key),
        cmocka_unit_test(no_message_takes_memory),
    };

    if (CRYPTO_set_mem_functions(take, change, give) != 1)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
