/* SPDX-License-Identifier: Apache-2.0 */
/* The Noise Protocol Framework, revision 34, for
 * Noise_*_25519_ChaChaPoly_BLAKE2b. The product speaks NK alone; the other
 * patterns are here because the published vectors prove the machine with them.
 * Names are those of the specification. */
#ifndef TRANSPORT_NOISE_H
#define TRANSPORT_NOISE_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "crypto/aead.h"
#include "crypto/dh.h"
#include "crypto/hash.h"

enum {
    NOISE_MESSAGES_MAX = 4, /* messages of the longest handshake */
    NOISE_TOKENS_MAX = 5,   /* tokens of the longest message, psk aside */
    NOISE_PSK_LEN = 32,
    NOISE_NAME_MAX = 96 /* bytes of a protocol name */
};

/* CipherState (section 5.1). Zeroed: no key, everything passes in the clear. */
struct noise_cipher {
    struct aead_key key;
    uint64_t n; /* of the next message; 2^64-1 is never used */
    bool has_key;
};

void noise_cipher_init(struct noise_cipher *c,
                       const uint8_t key[static AEAD_KEY_LEN]);
void noise_cipher_wipe(struct noise_cipher *c);

/* Messages that may still be sent or read. */
uint64_t noise_cipher_left(const struct noise_cipher *c);

/* EncryptWithAd: writes in.len + AEAD_TAG_LEN bytes (in.len without a key) to
 * out, which may be in.b. ERR_TURN when the nonces are used up; then nothing is
 * written. */
MUST_USE enum err noise_cipher_encrypt(struct noise_cipher *c,
                                       struct bytes ad,
                                       struct bytes in,
                                       uint8_t *out);

/* DecryptWithAd: the same backwards. ERR_AUTH: the tag does not hold, and n is
 * as it was; ERR_TURN: the nonces are used up. */
MUST_USE enum err noise_cipher_decrypt(struct noise_cipher *c,
                                       struct bytes ad,
                                       struct bytes in,
                                       uint8_t *out);

/* SymmetricState (section 5.2). */
struct noise_symmetric {
    uint8_t ck[HASH_BLAKE2B_LEN];
    uint8_t h[HASH_BLAKE2B_LEN];
    struct noise_cipher cipher;
};

void noise_symmetric_init(struct noise_symmetric *ss, struct bytes name);
void noise_symmetric_wipe(struct noise_symmetric *ss);
void noise_symmetric_mix_key(struct noise_symmetric *ss, struct bytes ikm);
void noise_symmetric_mix_hash(struct noise_symmetric *ss, struct bytes in);
void
noise_symmetric_mix_key_and_hash(struct noise_symmetric *ss, struct bytes ikm);

/* EncryptAndHash, DecryptAndHash: append to out. ERR_AUTH, ERR_TURN as above;
 * ERR_MEMORY and ERR_TOO_LARGE from out. On an error ss is as it was. */
MUST_USE enum err noise_symmetric_encrypt(struct noise_symmetric *ss,
                                          struct bytes in,
                                          struct buf *out);
MUST_USE enum err noise_symmetric_decrypt(struct noise_symmetric *ss,
                                          struct bytes in,
                                          struct buf *out);

/* Split: first is the initiator's direction. */
void noise_symmetric_split(const struct noise_symmetric *ss,
                           struct noise_cipher *first,
                           struct noise_cipher *second);

/* A pattern as a table (section 7). */
enum noise_token {
    NOISE_END, /* no more tokens in this message */
    NOISE_E,
    NOISE_S,
    NOISE_EE,
    NOISE_ES,
    NOISE_SE,
    NOISE_SS
};

struct noise_pattern {
    const char *name;
    bool pre_initiator; /* "-> s" before the dots */
    bool pre_responder; /* "<- s" before the dots */
    uint8_t message_count;
    uint8_t tokens[NOISE_MESSAGES_MAX][NOISE_TOKENS_MAX];
};

/* Takes a protocol name apart, such as "Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b".
 *
 *  psks  bit n is set for pskn (section 9.4): a psk token before message 0
 *        (n = 0) or at the end of message n - 1
 *
 * ERR_UNSUPPORTED for anything that is not in the table. */
MUST_USE enum err noise_pattern_find(struct bytes protocol_name,
                                     const struct noise_pattern **pattern,
                                     uint8_t *psks);

/* The k-th pattern, NULL after the last; for tests. */
const struct noise_pattern *noise_pattern_at(size_t k);

struct noise_psk {
    uint8_t b[NOISE_PSK_LEN];
};

/* What a handshake begins with. Pointers may be NULL where the pattern does not
 * ask for them; keys are copied. */
struct noise_config {
    const char *protocol_name;
    bool initiator;
    struct bytes prologue;
    const struct dh_secret *s;
    const struct dh_public *s_pub; /* NULL: derived from s */
    const struct dh_public *rs;
    const struct dh_secret *e;    /* tests: instead of a random one */
    const struct noise_psk *psks; /* in order of use; borrowed */
    size_t psk_count;
};

enum noise_state {
    NOISE_FAILED,  /* wiped; what zeroed memory is */
    NOISE_WALKING, /* through the messages */
    NOISE_SPLIT    /* all messages done: split may be called */
};

/* HandshakeState (section 5.3).
 *
 *   WALKING --the last message--> SPLIT --split()--> FAILED
 *      +-----an error in write or read-----------------^ */
struct noise_handshake {
    struct noise_symmetric ss;
    const struct noise_pattern *pattern;
    const struct noise_psk *psks;
    struct dh_secret s;
    struct dh_secret e;
    struct dh_public s_pub;
    struct dh_public e_pub;
    struct dh_public rs;
    struct dh_public re;
    enum noise_state state;
    uint8_t psk_at;   /* mask, as in noise_pattern_find */
    uint8_t psk_used; /* psks mixed in so far */
    uint8_t message;  /* the next one, from 0 */
    bool initiator;
    bool e_given;
};

/* ERR_UNSUPPORTED: an unknown name; ERR_USE: a key or psk that the pattern
 * needs is missing. */
MUST_USE enum err noise_handshake_init(struct noise_handshake *hs,
                                       const struct noise_config *config);
void noise_handshake_wipe(struct noise_handshake *hs);

/* WriteMessage: appends the next handshake message to out.
 *
 * ERR_TURN       the other side's turn, or not WALKING: no change
 * From here on hs is FAILED:
 * ERR_AUTH       a DH gave zeros: the peer's key is a low-order point
 * ERR_TOO_LARGE  over LIMIT_NOISE_MESSAGE, or out's limit
 * ERR_MEMORY     out's */
MUST_USE enum err noise_handshake_write(struct noise_handshake *hs,
                                        struct bytes payload,
                                        struct buf *out);

/* ReadMessage: appends the payload of the next handshake message to out.
 *
 * ERR_TURN       our turn, or not WALKING: no change
 * From here on hs is FAILED:
 * ERR_MALFORMED  shorter than the pattern's keys and tags
 * ERR_AUTH       a tag does not hold, or a key is a low-order point
 * ERR_TOO_LARGE  over LIMIT_NOISE_MESSAGE, or out's limit
 * ERR_MEMORY     out's */
MUST_USE enum err noise_handshake_read(struct noise_handshake *hs,
                                       struct bytes message,
                                       struct buf *out);

/* Split: the two directions as this side sees them, and hs is wiped; whoever
 * wants the handshake hash takes hs->ss.h before. In a one-way pattern only the
 * initiator's direction may be used. ERR_TURN when not SPLIT. */
MUST_USE enum err noise_handshake_split(struct noise_handshake *hs,
                                        struct noise_cipher *send,
                                        struct noise_cipher *recv);

#endif
