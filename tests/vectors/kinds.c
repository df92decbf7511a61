/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The kinds of published files, by name. */
#include "kinds.h"

#include <string.h>

#include "mls/types.h"

static enum vectors_scope
any_suite(const struct json *c)
{
    return c->kind == JSON_OBJECT ? VECTORS_OURS : VECTORS_ODD;
}

static enum vectors_scope
suite_among(const struct json *c, uint64_t a, uint64_t b)
{
    const struct json *suite;

    if (c->kind != JSON_OBJECT)
        return VECTORS_ODD;
    suite = json_find(c, "cipher_suite");
    if (suite == NULL || suite->kind == JSON_NULL)
        return VECTORS_OURS;
    if (suite->kind != JSON_NUMBER)
        return VECTORS_ODD;
    return suite->number == a || suite->number == b ? VECTORS_OURS
                                                    : VECTORS_OTHER;
}

static enum vectors_scope
our_suite(const struct json *c)
{
    return suite_among(c, MLS_SUITE, MLS_SUITE);
}

/* Suite 1 differs from ours in the AEAD alone, and nothing is sealed there. */
static enum vectors_scope
our_keys(const struct json *c)
{
    return suite_among(c, MLS_SUITE, 1);
}

static bool
is_number(const struct json *c, const char *name, uint64_t want)
{
    const struct json *v = json_find(c, name);

    return v != NULL && v->kind == JSON_NUMBER && v->number == want;
}

/* Of the modes that we do not speak the key pairs can be checked. */
static enum vectors_scope
our_hpke(const struct json *c)
{
    if (c->kind != JSON_OBJECT)
        return VECTORS_ODD;
    if (!is_number(c, "kem_id", 0x0020) || !is_number(c, "kdf_id", 0x0001) ||
        !is_number(c, "aead_id", 0x0003))
        return VECTORS_OTHER;
    return is_number(c, "mode", 0) ? VECTORS_OURS : VECTORS_PART;
}

/* A hash other than BLAKE2b, a curve other than 25519 and so on; also the old
 * names that begin with NoisePSK_. */
static enum vectors_scope
our_noise(const struct json *c)
{
    struct bytes ours = bytes_str("_25519_ChaChaPoly_BLAKE2b");
    struct bytes noise = bytes_str("Noise_");
    const struct json *name;

    if (c->kind != JSON_OBJECT)
        return VECTORS_ODD;
    name = json_find(c, "protocol_name");
    if (name == NULL)
        name = json_find(c, "name");
    if (name == NULL || name->kind != JSON_STRING)
        return VECTORS_ODD;
    if (name->text.len < noise.len + ours.len ||
        !bytes_equal(bytes_slice(name->text, 0, noise.len), noise))
        return VECTORS_OTHER;
    return bytes_equal(
               bytes_slice(name->text, name->text.len - ours.len, ours.len),
               ours)
               ? VECTORS_OURS
               : VECTORS_OTHER;
}

#define MLS(name, scope, check)                                                \
    {                                                                          \
        name, VECTORS_LIST, scope, vectors_check_##check, NULL                 \
    }
#define NOISE(name)                                                            \
    {                                                                          \
        name, VECTORS_MEMBER, our_noise, vectors_check_noise, NULL             \
    }
#define WYCHEPROOF(name, check)                                                \
    {                                                                          \
        name, VECTORS_GROUPS, any_suite, NULL, vectors_check_##check           \
    }

static const struct vectors_kind kinds[] = {
    MLS("tree-math", any_suite, tree_math),
    MLS("deserialization", any_suite, deserialization),
    MLS("crypto-basics", our_suite, crypto_basics),
    MLS("key-schedule", our_suite, key_schedule),
    MLS("secret-tree", our_suite, secret_tree),
    MLS("message-protection", our_suite, message_protection),
    MLS("psk-secret", our_suite, psk_secret),
    MLS("transcript-hashes", our_suite, transcript_hashes),
    MLS("welcome", our_suite, welcome),
    MLS("tree-operations", our_keys, tree_operations),
    MLS("tree-validation", our_suite, tree_validation),
    MLS("treekem", our_suite, treekem),
    MLS("messages", any_suite, messages),
    MLS("passive-client", our_suite, passive),
    MLS("application", our_suite, passive),
    MLS("branch", our_suite, passive),
    MLS("commit", our_suite, passive),
    MLS("external-join", our_suite, passive),
    MLS("external-proposals", our_suite, passive),
    MLS("reinit", our_suite, passive),
    MLS("welcome-join", our_suite, passive),
    MLS("hpke", our_hpke, hpke),
    NOISE("cacophony"),
    NOISE("snow"),
    NOISE("noise-c"),
    WYCHEPROOF("chacha20-poly1305", chacha20poly1305),
    WYCHEPROOF("xchacha20-poly1305", xchacha20poly1305),
    WYCHEPROOF("ed25519", ed25519),
    WYCHEPROOF("hkdf-sha256", hkdf),
    WYCHEPROOF("hmac-sha256", hmac),
    WYCHEPROOF("x25519", x25519),
};

const char *
vectors_kind_name(size_t i)
{
    return i < sizeof kinds / sizeof kinds[0] ? kinds[i].name : NULL;
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

/* name at the beginning of base, and a word ends there. */
static bool
begins_with(const char *base, const char *name)
{
    for (; *name != '\0'; base++, name++) {
        if (lower(*base) != *name && !(*base == '_' && *name == '-'))
            return false;
    }
    return !is_word_char(*base);
}

/* How well the name fits: longer names fit better, and one that stands at the
 * beginning better than any other. 0: it is not there. */
static size_t
fit(const char *base, const char *name)
{
    size_t len = strlen(name);

    if (begins_with(base, name))
        return strlen(base) + len;
    for (const char *p = base; *p != '\0'; p++) {
        if (p != base && !is_word_char(p[-1]) && begins_with(p, name))
            return len;
    }
    return 0;
}

const struct vectors_kind *
vectors_kind_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    const struct vectors_kind *best = NULL;
    size_t best_fit = 0;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t f = fit(base, kinds[i].name);

        if (f > best_fit) {
            best = &kinds[i];
            best_fit = f;
        }
    }
    return best;
}
