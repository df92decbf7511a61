/* SPDX-License-Identifier: Apache-2.0 */
/* HandshakeState (Noise section 5.3): walks the pattern's table. */
#include "transport/noise.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"

static struct bytes
public_bytes(const struct dh_public *key)
{
    return BYTES_OF(key->b);
}

/* Our static key is sent, or known to the peer beforehand. */
static bool
needs_s(const struct noise_pattern *p, bool initiator)
{
    if (initiator ? p->pre_initiator : p->pre_responder)
        return true;
    for (size_t m = initiator ? 0 : 1; m < p->message_count; m += 2)
        for (size_t t = 0; t < NOISE_TOKENS_MAX; t++)
            if (p->tokens[m][t] == NOISE_S)
                return true;
    return false;
}

static bool
needs_rs(const struct noise_pattern *p, bool initiator)
{
    return initiator ? p->pre_responder : p->pre_initiator;
}

static size_t
psk_count(uint8_t mask)
{
    size_t count = 0;

    for (; mask != 0; mask &= (uint8_t)(mask - 1U))
        count++;
    return count;
}

/* Section 7.2: pre-messages are hashed, the initiator's first. */
static void
mix_pre_messages(struct noise_handshake *hs)
{
    const struct noise_pattern *p = hs->pattern;

    if (p->pre_initiator)
        noise_symmetric_mix_hash(
            &hs->ss, public_bytes(hs->initiator ? &hs->s_pub : &hs->rs));
    if (p->pre_responder)
        noise_symmetric_mix_hash(
            &hs->ss, public_bytes(hs->initiator ? &hs->rs : &hs->s_pub));
}

enum err
noise_handshake_init(struct noise_handshake *hs,
                     const struct noise_config *config)
{
    struct bytes name = bytes_str(config->protocol_name);
    const struct noise_pattern *p = NULL;
    uint8_t psks = 0;
    enum err e;

    e = noise_pattern_find(name, &p, &psks);
    if (e != ERR_OK)
        return e;
    if ((needs_s(p, config->initiator) && config->s == NULL) ||
        (needs_rs(p, config->initiator) && config->rs == NULL) ||
        psk_count(psks) != config->psk_count)
        return ERR_USE;

    mem_wipe(hs, sizeof *hs);
    hs->pattern = p;
    hs->psk_at = psks;
    hs->psks = config->psks;
    hs->initiator = config->initiator;
    if (config->s != NULL) {
        hs->s = *config->s;
        if (config->s_pub != NULL)
            hs->s_pub = *config->s_pub;
        else
            dh_derive_public(&hs->s, &hs->s_pub);
    }
    if (config->rs != NULL)
        hs->rs = *config->rs;
    if (config->e != NULL) {
        hs->e = *config->e;
        hs->e_given = true;
    }
    noise_symmetric_init(&hs->ss, name);
    noise_symmetric_mix_hash(&hs->ss, config->prologue);
    mix_pre_messages(hs);
    hs->state = NOISE_WALKING;
    return ERR_OK;
}

void
noise_handshake_wipe(struct noise_handshake *hs)
{
    mem_wipe(hs, sizeof *hs);
}

/* The only way into FAILED, and nothing is left to be misused. */
static enum err
fail(struct noise_handshake *hs, enum err e)
{
    noise_handshake_wipe(hs);
    assert(hs->state == NOISE_FAILED);
    return e;
}

static enum err
mix_dh(struct noise_handshake *hs,
       const struct dh_secret *ours,
       const struct dh_public *theirs)
{
    struct dh_shared shared = {0};
    enum err e;

    e = dh_agree(ours, theirs, &shared); /* refuses an all-zero result */
    if (e != ERR_OK)
        goto out;
    noise_symmetric_mix_key(&hs->ss, BYTES_OF(shared.b));
out:
    dh_shared_wipe(&shared);
    return e;
}

/* The tokens that are the same for writer and reader. */
static enum err
walk_dh(struct noise_handshake *hs, enum noise_token token)
{
    bool first = hs->initiator;

    switch (token) {
    case NOISE_EE:
        return mix_dh(hs, &hs->e, &hs->re);
    case NOISE_ES:
        return first ? mix_dh(hs, &hs->e, &hs->rs)
                     : mix_dh(hs, &hs->s, &hs->re);
    case NOISE_SE:
        return first ? mix_dh(hs, &hs->s, &hs->re)
                     : mix_dh(hs, &hs->e, &hs->rs);
    case NOISE_SS:
        return mix_dh(hs, &hs->s, &hs->rs);
    case NOISE_END:
    case NOISE_E:
    case NOISE_S:
        break;
    }
    return ERR_INTERNAL;
}

/* Section 9.2: with any psk the ephemeral keys are mixed into the key as well.
 */
static void
mix_e(struct noise_handshake *hs, const struct dh_public *key)
{
    noise_symmetric_mix_hash(&hs->ss, public_bytes(key));
    if (hs->psk_at != 0)
        noise_symmetric_mix_key(&hs->ss, public_bytes(key));
}

static void
mix_psk(struct noise_handshake *hs, unsigned at)
{
    if ((hs->psk_at >> at & 1U) == 0)
        return;
    noise_symmetric_mix_key_and_hash(&hs->ss,
                                     BYTES_OF(hs->psks[hs->psk_used].b));
    hs->psk_used++;
}

static enum err
write_token(struct noise_handshake *hs, enum noise_token token, struct buf *out)
{
    switch (token) {
    case NOISE_E:
        if (hs->e_given)
            dh_derive_public(&hs->e, &hs->e_pub);
        else
            dh_generate(&hs->e, &hs->e_pub);
        buf_append(out, public_bytes(&hs->e_pub));
        mix_e(hs, &hs->e_pub);
        return buf_end(out);
    case NOISE_S:
        return noise_symmetric_encrypt(&hs->ss, public_bytes(&hs->s_pub), out);
    case NOISE_EE:
    case NOISE_ES:
    case NOISE_SE:
    case NOISE_SS:
        return walk_dh(hs, token);
    case NOISE_END:
        break;
    }
    return ERR_INTERNAL;
}

/* An encrypted or, before there is a key, plain static key. */
static enum err
read_s(struct noise_handshake *hs, struct bytes *in)
{
    size_t len = DH_LEN + (hs->ss.cipher.has_key ? (size_t)AEAD_TAG_LEN : 0);
    struct buf key = buf_limited(DH_LEN);
    enum err e;

    if (in->len < len)
        return ERR_MALFORMED;
    e = noise_symmetric_decrypt(&hs->ss, bytes_slice(*in, 0, len), &key);
    if (e != ERR_OK)
        goto out;
    memcpy(hs->rs.b, key.b, sizeof hs->rs.b);
    *in = bytes_slice(*in, len, in->len);
out:
    buf_free(&key);
    return e;
}

static enum err
read_token(struct noise_handshake *hs, enum noise_token token, struct bytes *in)
{
    switch (token) {
    case NOISE_E:
        if (in->len < DH_LEN)
            return ERR_MALFORMED;
        memcpy(hs->re.b, in->b, sizeof hs->re.b);
        *in = bytes_slice(*in, DH_LEN, in->len);
        mix_e(hs, &hs->re);
        return ERR_OK;
    case NOISE_S:
        return read_s(hs, in);
    case NOISE_EE:
    case NOISE_ES:
    case NOISE_SE:
    case NOISE_SS:
        return walk_dh(hs, token);
    case NOISE_END:
        break;
    }
    return ERR_INTERNAL;
}

/* The initiator has the even messages. */
static bool
our_turn(const struct noise_handshake *hs)
{
    return (hs->message % 2 == 0) == hs->initiator;
}

static void
message_done(struct noise_handshake *hs)
{
    hs->message++;
    if (hs->message == hs->pattern->message_count)
        hs->state = NOISE_SPLIT;
}

enum err
noise_handshake_write(struct noise_handshake *hs,
                      struct bytes payload,
                      struct buf *out)
{
    size_t before = out->len;
    enum err e = ERR_OK;

    if (hs->state != NOISE_WALKING || !our_turn(hs))
        return ERR_TURN;
    if (payload.len > LIMIT_NOISE_MESSAGE)
        return fail(hs, ERR_TOO_LARGE);
    if (hs->message == 0)
        mix_psk(hs, 0);
    for (size_t t = 0; t < NOISE_TOKENS_MAX && e == ERR_OK; t++) {
        enum noise_token token = hs->pattern->tokens[hs->message][t];

        if (token == NOISE_END)
            break;
        e = write_token(hs, token, out);
    }
    if (e != ERR_OK)
        return fail(hs, e);
    mix_psk(hs, hs->message + 1U);
    e = noise_symmetric_encrypt(&hs->ss, payload, out);
    if (e == ERR_OK && out->len - before > LIMIT_NOISE_MESSAGE)
        e = ERR_TOO_LARGE;
    if (e != ERR_OK)
        return fail(hs, e);
    message_done(hs);
    return ERR_OK;
}

enum err
noise_handshake_read(struct noise_handshake *hs,
                     struct bytes message,
                     struct buf *out)
{
    struct bytes in = message;
    enum err e = ERR_OK;

    if (hs->state != NOISE_WALKING || our_turn(hs))
        return ERR_TURN;
    if (message.len > LIMIT_NOISE_MESSAGE)
        return fail(hs, ERR_TOO_LARGE);
    if (hs->message == 0)
        mix_psk(hs, 0);
    for (size_t t = 0; t < NOISE_TOKENS_MAX && e == ERR_OK; t++) {
        enum noise_token token = hs->pattern->tokens[hs->message][t];

        if (token == NOISE_END)
            break;
        e = read_token(hs, token, &in);
    }
    if (e != ERR_OK)
        return fail(hs, e);
    mix_psk(hs, hs->message + 1U);
    if (hs->ss.cipher.has_key && in.len < AEAD_TAG_LEN)
        return fail(hs, ERR_MALFORMED);
    e = noise_symmetric_decrypt(&hs->ss, in, out);
    if (e != ERR_OK)
        return fail(hs, e);
    message_done(hs);
    return ERR_OK;
}

enum err
noise_handshake_split(struct noise_handshake *hs,
                      struct noise_cipher *send,
                      struct noise_cipher *recv)
{
    if (hs->state != NOISE_SPLIT)
        return ERR_TURN;
    noise_symmetric_split(&hs->ss, hs->initiator ? send : recv,
                          hs->initiator ? recv : send);
    noise_handshake_wipe(hs); /* used up */
    return ERR_OK;
}
