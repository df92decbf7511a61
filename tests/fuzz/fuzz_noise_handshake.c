/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Handshake messages. The first byte chooses a pattern, the second a way:
 *
 *   even  the rest is read as the first message, by the responder
 *   odd   the third byte chooses one of the honest messages, the fourth an
 * offset in it, and the rest is XORed onto it there
 *
 * Properties: a handshake in which a byte was changed never ends with both
 * sides agreeing; a failed state is wiped. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "transport/noise.h"

enum { MESSAGE_MAX = 200, NAME_LEN = 64 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (random_start() != ERR_OK)
        return 1;
    random_seed(1);
    return 0;
}

static const struct noise_pattern *
choose(uint8_t k)
{
    size_t count = 0;

    while (noise_pattern_at(count) != NULL)
        count++;
    return noise_pattern_at(k % count);
}

static void
start(const struct noise_pattern *p,
      struct noise_handshake *ini,
      struct noise_handshake *res)
{
    char name[NAME_LEN] = "Noise_";
    struct dh_secret s[2];
    struct dh_public pub[2];
    struct noise_config config = {.protocol_name = name};
    enum err e;

    strncat(name, p->name, sizeof name - strlen(name) - 1);
    strncat(name, "_25519_ChaChaPoly_BLAKE2b", sizeof name - strlen(name) - 1);
    for (size_t i = 0; i < 2; i++) {
        memset(s[i].b, (int)i + 1, sizeof s[i].b);
        dh_derive_public(&s[i], &pub[i]);
    }
    config.initiator = true;
    config.s = &s[0];
    config.rs = &pub[1];
    e = noise_handshake_init(ini, &config);
    assert(e == ERR_OK);
    config.initiator = false;
    config.s = &s[1];
    config.rs = &pub[0];
    e = noise_handshake_init(res, &config);
    assert(e == ERR_OK);
}

static void
check_failed(const struct noise_handshake *hs, enum err e)
{
    assert(e == ERR_AUTH || e == ERR_MALFORMED || e == ERR_TOO_LARGE);
    assert(bytes_all_zero((struct bytes){(const uint8_t *)hs, sizeof *hs}));
}

static void
read_raw(struct noise_handshake *res, struct bytes in)
{
    struct buf out = buf_limited(in.len);
    enum err e = noise_handshake_read(res, in, &out);

    if (e != ERR_OK)
        check_failed(res, e);
    buf_free(&out);
}

/* True when anything was changed. */
static bool
spoil(struct buf *m, size_t at, struct bytes by)
{
    bool changed = false;

    for (size_t i = 0; i < by.len && m->len != 0; i++) {
        m->b[(at + i) % m->len] ^= by.b[i];
        changed = changed || by.b[i] != 0;
    }
    return changed;
}

/* Walks all messages and spoils one of them. */
static void
walk(struct noise_handshake *ini,
     struct noise_handshake *res,
     uint8_t target,
     uint8_t at,
     struct bytes by)
{
    uint8_t count = ini->pattern->message_count;
    struct buf before = buf_limited(MESSAGE_MAX);
    struct buf m = buf_limited(MESSAGE_MAX);
    struct buf payload = buf_limited(MESSAGE_MAX);
    struct bytes hello = bytes_str("hello");
    enum err e = ERR_OK;
    bool changed = false;

    for (uint8_t n = 0; n < count && e == ERR_OK; n++) {
        struct noise_handshake *from = n % 2 == 0 ? ini : res;
        struct noise_handshake *to = n % 2 == 0 ? res : ini;

        buf_reset(&m);
        buf_reset(&before);
        buf_reset(&payload);
        e = noise_handshake_write(from, hello, &m);
        if (e != ERR_OK) { /* a low-order key came before */
            check_failed(from, e);
            break;
        }
        buf_append(&before, buf_bytes(&m));
        if (n == target % count && spoil(&m, at, by))
            changed = !bytes_equal(buf_bytes(&m), buf_bytes(&before));
        e = noise_handshake_read(to, buf_bytes(&m), &payload);
        if (e != ERR_OK)
            check_failed(to, e);
    }
    if (e == ERR_OK)
        assert((memcmp(ini->ss.h, res->ss.h, sizeof ini->ss.h) == 0) ==
               !changed);
    else
        assert(changed);
    buf_free(&before);
    buf_free(&m);
    buf_free(&payload);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct noise_handshake ini, res;

    if (size < 4)
        return 0;
    start(choose(data[0]), &ini, &res);
    if (data[1] % 2 == 0)
        read_raw(&res, (struct bytes){data + 2, size - 2});
    else
        walk(&ini, &res, data[2], data[3], (struct bytes){data + 4, size - 4});
    noise_handshake_wipe(&ini);
    noise_handshake_wipe(&res);
    return 0;
}
