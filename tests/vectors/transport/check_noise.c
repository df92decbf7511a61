/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The Noise vectors of three implementations (cacophony, snow, noise-c): both
 * sides of every case, and every byte of every ciphertext flipped once. */
#include <string.h>

#include "base/limits.h"
#include "checks.h"
#include "support/check.h"
#include "transport/noise.h"

enum { PSKS_MAX = 8, NAME_MAX = NOISE_NAME_MAX };

/* One side as the file describes it. */
struct side {
    struct dh_secret s;
    struct dh_secret e;
    struct dh_public rs;
    struct noise_psk psks[PSKS_MAX];
    struct noise_config config;
    struct noise_handshake hs;
    struct noise_cipher send;
    struct noise_cipher recv;
};

/* "init" or "resp" and the rest of a member's name. */
static struct bytes
member(struct arena *a, const struct json *v, bool initiator, const char *rest)
{
    char name[64] = "";

    strncat(name, initiator ? "init_" : "resp_", sizeof name - 1);
    strncat(name, rest, sizeof name - strlen(name) - 1);
    return json_find(v, name) == NULL ? (struct bytes){0}
                                      : json_hex(a, v, name);
}

static bool
key_member(struct arena *a,
           const struct json *v,
           bool initiator,
           const char *rest,
           uint8_t out[static DH_LEN])
{
    struct bytes key = member(a, v, initiator, rest);

    if (key.len == 0)
        return false;
    assert_int_equal(key.len, DH_LEN);
    memcpy(out, key.b, DH_LEN);
    return true;
}

static void
load_psks(struct arena *a, const struct json *v, struct side *side)
{
    const char *name = side->config.initiator ? "init_psks" : "resp_psks";
    const struct json *list = json_find(v, name);

    if (list == NULL)
        return;
    for (const struct json *p = list->first; p != NULL; p = p->next) {
        struct bytes psk = json_hex_value(a, p);

        assert_true(side->config.psk_count < PSKS_MAX);
        assert_int_equal(psk.len, NOISE_PSK_LEN);
        memcpy(side->psks[side->config.psk_count++].b, psk.b, NOISE_PSK_LEN);
    }
    side->config.psks = side->psks;
}

static void
load_side(struct arena *a,
          const struct json *v,
          const char *name,
          bool initiator,
          struct side *side)
{
    memset(side, 0, sizeof *side);
    side->config.protocol_name = name;
    side->config.initiator = initiator;
    side->config.prologue = member(a, v, initiator, "prologue");
    if (key_member(a, v, initiator, "static", side->s.b))
        side->config.s = &side->s;
    if (key_member(a, v, initiator, "ephemeral", side->e.b))
        side->config.e = &side->e;
    if (key_member(a, v, initiator, "remote_static", side->rs.b))
        side->config.rs = &side->rs;
    load_psks(a, v, side);
    assert_ok(noise_handshake_init(&side->hs, &side->config));
}

/* Every byte flipped must fail, where the message has a tag at its end: then
 * all of it is encrypted or hashed. */
static void
flip_handshake(const struct side *to, struct bytes ciphertext, bool tagged)
{
    struct buf m = buf_limited(LIMIT_NOISE_MESSAGE);

    if (!tagged)
        return;
    buf_append(&m, ciphertext);
    for (size_t i = 0; i < m.len; i++) {
        struct noise_handshake copy = to->hs;
        struct buf out = buf_limited(LIMIT_NOISE_MESSAGE);

        m.b[i] ^= 1;
        assert_err(noise_handshake_read(&copy, buf_bytes(&m), &out), ERR_AUTH);
        m.b[i] ^= 1;
        buf_free(&out);
    }
    buf_free(&m);
}

static void
run_handshake_message(struct side *from,
                      struct side *to,
                      struct bytes payload,
                      struct bytes ciphertext)
{
    struct buf out = buf_limited(LIMIT_NOISE_MESSAGE);

    assert_ok(noise_handshake_write(&from->hs, payload, &out));
    assert_bytes(buf_bytes(&out), ciphertext);
    buf_free(&out);
    flip_handshake(to, ciphertext, from->hs.ss.cipher.has_key);
    assert_ok(noise_handshake_read(&to->hs, ciphertext, &out));
    assert_bytes(buf_bytes(&out), payload);
    assert_memory_equal(from->hs.ss.h, to->hs.ss.h, sizeof to->hs.ss.h);
    buf_free(&out);
}

static void
run_transport_message(struct arena *a,
                      struct noise_cipher *send,
                      struct noise_cipher *recv,
                      struct bytes payload,
                      struct bytes ciphertext)
{
    uint8_t *out = arena_new(a, ciphertext.len);
    uint8_t *m = arena_new(a, ciphertext.len);

    assert_true(out != NULL && m != NULL);
    assert_int_equal(ciphertext.len, payload.len + AEAD_TAG_LEN);
    assert_ok(noise_cipher_encrypt(send, (struct bytes){0}, payload, out));
    assert_bytes(((struct bytes){out, ciphertext.len}), ciphertext);
    memcpy(m, ciphertext.b, ciphertext.len);
    for (size_t i = 0; i < ciphertext.len; i++) {
        uint64_t n = recv->n;

        m[i] ^= 1;
        assert_err(noise_cipher_decrypt(recv, (struct bytes){0},
                                        (struct bytes){m, ciphertext.len}, out),
                   ERR_AUTH);
        m[i] ^= 1;
        assert_true(recv->n == n); /* snow once advanced it */
    }
    assert_ok(noise_cipher_decrypt(recv, (struct bytes){0}, ciphertext, out));
    assert_bytes(((struct bytes){out, payload.len}), payload);
}

static void
check_hash(struct arena *a, const struct json *v, const struct side *side)
{
    if (json_find(v, "handshake_hash") != NULL)
        assert_bytes(BYTES_OF(side->hs.ss.h), json_hex(a, v, "handshake_hash"));
}

static void
run_case(struct arena *a, const struct json *v, const char *name)
{
    static struct side ini, res;
    const struct json *messages = json_array(v, "messages");
    const struct json *m = messages->first;
    bool one_way;
    size_t n = 0;

    load_side(a, v, name, true, &ini);
    load_side(a, v, name, false, &res);
    one_way = ini.hs.pattern->message_count == 1;
    for (; ini.hs.state == NOISE_WALKING; m = m->next, n++) {
        assert_non_null(m);
        run_handshake_message(
            n % 2 == 0 ? &ini : &res, n % 2 == 0 ? &res : &ini,
            json_hex(a, m, "payload"), json_hex(a, m, "ciphertext"));
    }
    check_hash(a, v, &ini);
    check_hash(a, v, &res);
    assert_ok(noise_handshake_split(&ini.hs, &ini.send, &ini.recv));
    assert_ok(noise_handshake_split(&res.hs, &res.send, &res.recv));
    for (; m != NULL; m = m->next, n++) {
        bool from_ini = one_way || n % 2 == 0;

        run_transport_message(a, from_ini ? &ini.send : &res.send,
                              from_ini ? &res.recv : &ini.recv,
                              json_hex(a, m, "payload"),
                              json_hex(a, m, "ciphertext"));
    }
}

void
vectors_check_noise(struct arena *a, const struct json *c)
{
    const char *key = json_find(c, "name") != NULL ? "name" : "protocol_name";
    struct bytes text = json_string(c, key);
    char name[NAME_MAX + 1] = "";

    assert_true(text.len <= NAME_MAX);
    memcpy(name, text.b, text.len);
    run_case(a, c, name);
}
