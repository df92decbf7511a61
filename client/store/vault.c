/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The key slot and what its key opens. docs/STORAGE.md section 2:
 *
 *     struct {
 *         opaque magic[8];      "PRISTANV"
 *         uint8 version;        1
 *         uint8 method;         1 passphrase, 2 key file
 *         uint32 mem_kib;       Argon2id; 0 with a key file
 *         uint32 passes;
 *         opaque salt[16];
 *         opaque sealed[104];   data key in a committing box; all before is its
 *                               associated data
 *         opaque checksum[32];  SHA-256: tells damage from a wrong passphrase
 *     } */
#include "vault.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/reader.h"
#include "crypto/aead.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"
#include "crypto/secret.h"

static const char slot_name[] = "vault";
static const char key_name[] = "key";
static const char magic[] = "PRISTANV";

enum {
    VERSION = 1,
    DATA_KEY_LEN = 32,
    KEY_FILE_LEN = 32,
    SEALED_LEN = DATA_KEY_LEN + AEAD_BOX_OVERHEAD,
    HEADER_LEN = 8 + 1 + 1 + 4 + 4 + SECRET_SALT_LEN,
    SLOT_LEN = HEADER_LEN + SEALED_LEN + HASH_LEN,
    MEM_KIB_MAX = 4 * 1024 * 1024
};

struct vault_keys {
    uint8_t data[DATA_KEY_LEN];
    struct aead_key seal;
    uint8_t index[HASH_LEN];
};

struct slot {
    enum profile_method method;
    uint32_t mem_kib;
    uint32_t passes;
    uint8_t salt[SECRET_SALT_LEN];
    uint8_t sealed[SEALED_LEN];
};

static bool
costs_enough(uint32_t mem_kib, uint32_t passes)
{
    return mem_kib >= PROFILE_MEM_KIB_MIN && mem_kib <= MEM_KIB_MAX &&
           passes >= PROFILE_PASSES && passes <= PROFILE_PASSES_MAX;
}

static void
header_write(const struct slot *s, struct buf *out)
{
    buf_append(out, bytes_str(magic));
    buf_u8(out, VERSION);
    buf_u8(out, (uint8_t)s->method);
    buf_u32(out, s->mem_kib);
    buf_u32(out, s->passes);
    buf_append(out, BYTES_OF(s->salt));
}

/* A slot that would be cheaper to try than we ever make one was not made by us
 * (threats G-01). */
static enum err
slot_check(const struct slot *s)
{
    switch (s->method) {
    case PROFILE_PASSPHRASE:
        return costs_enough(s->mem_kib, s->passes) ? ERR_OK : ERR_MALFORMED;
    case PROFILE_KEY_FILE:
        return s->mem_kib == 0 && s->passes == 0 ? ERR_OK : ERR_MALFORMED;
    case PROFILE_NONE:
        break;
    }
    return ERR_MALFORMED;
}

static enum err
slot_parse(struct bytes in, struct slot *out)
{
    struct reader r = {.rest = in};
    struct bytes start = reader_take(&r, strlen(magic));
    uint8_t version = reader_u8(&r);
    uint8_t checksum[HASH_LEN];

    if (!bytes_equal(start, bytes_str(magic)))
        return ERR_MALFORMED;
    if (!r.failed && version != VERSION)
        return ERR_UNSUPPORTED;
    if (in.len != SLOT_LEN)
        return ERR_MALFORMED;
    hash_sha256(bytes_slice(in, 0, SLOT_LEN - HASH_LEN), checksum);
    if (!bytes_equal(bytes_slice(in, SLOT_LEN - HASH_LEN, HASH_LEN),
                     BYTES_OF(checksum)))
        return ERR_MALFORMED;
    out->method = (enum profile_method)reader_u8(&r);
    out->mem_kib = reader_u32(&r);
    out->passes = reader_u32(&r);
    reader_copy(&r, out->salt, sizeof out->salt);
    reader_copy(&r, out->sealed, sizeof out->sealed);
    return slot_check(out);
}

static enum err
slot_read(const struct folder *f, struct slot *out)
{
    struct buf content = buf_limited(SLOT_LEN);
    enum err e = folder_read(f, slot_name, &content);

    if (e == ERR_TOO_LARGE)
        e = ERR_MALFORMED;
    if (e == ERR_OK)
        e = slot_parse(buf_bytes(&content), out);
    buf_free(&content);
    return e;
}

static enum err
slot_write(const struct folder *f, const struct slot *s)
{
    struct buf content = buf_limited(SLOT_LEN);
    uint8_t checksum[HASH_LEN];
    enum err e;

    header_write(s, &content);
    buf_append(&content, BYTES_OF(s->sealed));
    e = buf_end(&content);
    if (e != ERR_OK)
        goto out;
    hash_sha256(buf_bytes(&content), checksum);
    buf_append(&content, BYTES_OF(checksum));
    e = buf_end(&content);
    if (e == ERR_OK)
        e = folder_write(f, slot_name, buf_bytes(&content));
out:
    buf_free(&content);
    return e;
}

/* The key file's content keyed with the salt. ERR_NOT_FOUND: no key file;
 * ERR_MALFORMED: it has another length. */
static enum err
key_of_file(const struct folder *f, const struct slot *s, struct aead_key *out)
{
    struct buf content = buf_limited(KEY_FILE_LEN);
    enum err e = folder_read(f, key_name, &content);

    if (e == ERR_TOO_LARGE || (e == ERR_OK && content.len != KEY_FILE_LEN))
        e = ERR_MALFORMED;
    if (e == ERR_OK)
        hash_hmac(buf_bytes(&content), BYTES_OF(s->salt), out->b);
    buf_free(&content);
    return e;
}

static enum err
slot_key(const struct folder *f,
         const struct slot *s,
         struct bytes passphrase,
         struct aead_key *out)
{
    if (s->method == PROFILE_KEY_FILE)
        return key_of_file(f, s, out);
    return secret_stretch(passphrase, s->salt, s->mem_kib, s->passes, out->b);
}

static enum err
derive(struct vault_keys *k)
{
    enum err e = hkdf_expand(k->data, bytes_str("pristan rows"), k->seal.b,
                             sizeof k->seal.b);

    if (e == ERR_OK)
        e = hkdf_expand(k->data, bytes_str("pristan index"), k->index,
                        sizeof k->index);
    return e;
}

/* Fits the slot's method; the costs are the slot's. */
static enum err
unlock_check(const struct profile_unlock *u)
{
    switch (u->method) {
    case PROFILE_PASSPHRASE:
        return u->passphrase.len >= 1 &&
                       u->passphrase.len <= PROFILE_PASSPHRASE_MAX
                   ? ERR_OK
                   : ERR_USE;
    case PROFILE_KEY_FILE:
        return ERR_OK;
    case PROFILE_NONE:
        break;
    }
    return ERR_USE;
}

static uint32_t
mem_kib_of(const struct profile_unlock *u)
{
    return u->mem_kib != 0 ? u->mem_kib : PROFILE_MEM_KIB;
}

static uint32_t
passes_of(const struct profile_unlock *u)
{
    return u->passes != 0 ? u->passes : PROFILE_PASSES;
}

enum err
vault_check(const struct profile_unlock *u)
{
    enum err e = unlock_check(u);

    if (e == ERR_OK && u->method == PROFILE_PASSPHRASE &&
        !costs_enough(mem_kib_of(u), passes_of(u)))
        e = ERR_USE;
    return e;
}

enum err
vault_method(const struct folder *f, enum profile_method *out)
{
    struct slot s = {0};
    enum err e = slot_read(f, &s);

    *out = e == ERR_OK ? s.method : PROFILE_NONE;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err
vault_new(struct vault *out)
{
    enum err e;

    out->keys = secret_new(sizeof *out->keys);
    if (out->keys == NULL)
        return ERR_MEMORY;
    random_bytes(out->keys->data, sizeof out->keys->data);
    e = derive(out->keys);
    if (e != ERR_OK)
        vault_close(out);
    return e;
}

static enum err
make_key_file(const struct folder *f)
{
    uint8_t key[KEY_FILE_LEN];
    enum err e;

    if (folder_has(f, key_name))
        return ERR_OK;
    random_bytes(key, sizeof key);
    e = folder_write(f, key_name, BYTES_OF(key));
    mem_wipe(key, sizeof key);
    return e;
}

/* Everything but what is sealed. */
static enum err
slot_init(const struct profile_unlock *u, struct slot *s)
{
    enum err e = vault_check(u);

    if (e != ERR_OK)
        return e;
    *s = (struct slot){.method = u->method};
    random_bytes(s->salt, sizeof s->salt);
    if (u->method == PROFILE_PASSPHRASE) {
        s->mem_kib = mem_kib_of(u);
        s->passes = passes_of(u);
    }
    return ERR_OK;
}

enum err
vault_save(const struct vault *v,
           const struct folder *f,
           const struct profile_unlock *unlock)
{
    struct buf header = buf_limited(HEADER_LEN);
    struct aead_key key = {0};
    struct slot s;
    enum err e = slot_init(unlock, &s);

    if (e == ERR_OK && s.method == PROFILE_KEY_FILE)
        e = make_key_file(f);
    if (e == ERR_OK)
        e = slot_key(f, &s, unlock->passphrase, &key);
    if (e != ERR_OK)
        goto out;
    header_write(&s, &header);
    e = buf_end(&header);
    if (e != ERR_OK)
        goto out;
    aead_box_seal(&key, buf_bytes(&header), BYTES_OF(v->keys->data), s.sealed);
    e = slot_write(f, &s);
    if (e == ERR_OK && s.method != PROFILE_KEY_FILE)
        e = folder_destroy(f, key_name);
out:
    aead_key_wipe(&key);
    buf_free(&header);
    return e;
}

static enum err
open_slot(const struct slot *s,
          const struct aead_key *key,
          struct vault_keys *out)
{
    struct buf header = buf_limited(HEADER_LEN);
    enum err e;

    header_write(s, &header);
    e = buf_end(&header);
    if (e == ERR_OK)
        e = aead_box_open(key, buf_bytes(&header), BYTES_OF(s->sealed),
                          out->data);
    buf_free(&header);
    return e == ERR_OK ? derive(out) : e;
}

enum err
vault_open(const struct folder *f,
           const struct profile_unlock *unlock,
           struct vault *out)
{
    struct aead_key key = {0};
    struct slot s = {0};
    enum err e = slot_read(f, &s);

    out->keys = NULL;
    if (e != ERR_OK)
        return e;
    if (unlock->method != s.method || unlock_check(unlock) != ERR_OK)
        return ERR_USE;
    e = slot_key(f, &s, unlock->passphrase, &key);
    if (e != ERR_OK)
        goto out;
    out->keys = secret_new(sizeof *out->keys);
    e = out->keys != NULL ? open_slot(&s, &key, out->keys) : ERR_MEMORY;
    if (e != ERR_OK)
        vault_close(out);
out:
    aead_key_wipe(&key);
    return e;
}

void
vault_close(struct vault *v)
{
    secret_free(v->keys);
    v->keys = NULL;
}

enum err
vault_destroy(const struct folder *f)
{
    enum err slot = folder_destroy(f, slot_name);
    enum err key = folder_destroy(f, key_name);

    return slot != ERR_OK ? slot : key;
}

void
vault_index(const struct vault *v,
            const char *label,
            struct bytes in,
            uint8_t out[static HASH_LEN])
{
    uint8_t all[VAULT_INDEX_MAX];
    size_t label_len = strlen(label) + 1; /* its end keeps labels apart */

    assert(label_len <= sizeof all && in.len <= sizeof all - label_len);
    memcpy(all, label, label_len);
    if (in.len > 0)
        memcpy(all + label_len, in.b, in.len);
    hash_hmac(BYTES_OF(v->keys->index), (struct bytes){all, label_len + in.len},
              out);
}

enum err
vault_seal(const struct vault *v,
           struct bytes ad,
           struct bytes in,
           struct buf *out)
{
    uint8_t *space = buf_space(out, AEAD_XNONCE_LEN + in.len + AEAD_TAG_LEN);

    if (space == NULL)
        return buf_end(out);
    random_bytes(space, AEAD_XNONCE_LEN);
    aead_xseal(&v->keys->seal, space, ad, in, space + AEAD_XNONCE_LEN);
    return ERR_OK;
}

enum err
vault_unseal(const struct vault *v,
             struct bytes ad,
             struct bytes in,
             struct buf *out)
{
    uint8_t *space;

    if (in.len < AEAD_XNONCE_LEN + AEAD_TAG_LEN)
        return ERR_AUTH;
    space = buf_space(out, in.len - AEAD_XNONCE_LEN - AEAD_TAG_LEN);
    if (space == NULL)
        return buf_end(out);
    return aead_xopen(&v->keys->seal, in.b, ad,
                      bytes_slice(in, AEAD_XNONCE_LEN, in.len), space);
}
