/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows as they are on the disk. docs/STORAGE.md section 4. A row that was
 * damaged, or copied to another place or from another profile, does not open.
 */
#include "rows.h"

#include "base/reader.h"

enum {
    HOUR_MS = 3600 * 1000,
    SEALED_MAX = PROFILE_VALUE_MAX + CLIENT_KEY_MAX + 128,
    AD_MAX = 96
};

static const char state_label[] = "pristan state";
static const char history_label[] = "pristan history";
static const char profile_label[] = "pristan profile";

void
rows_state_id(const struct vault *v, struct bytes key, struct rows_id *out)
{
    vault_index(v, state_label, key, out->b);
}

void
rows_group_id(const struct vault *v,
              const struct client_id *group,
              struct rows_id *out)
{
    vault_index(v, history_label, BYTES_OF(group->b), out->b);
}

uint64_t
rows_expires_hour(uint64_t expires_ms)
{
    return expires_ms / HOUR_MS + (expires_ms % HOUR_MS != 0 ? 1 : 0);
}

/* Seals plain, which is wiped, under the associated data in ad. */
static enum err
seal(const struct vault *v,
     const struct buf *ad,
     struct buf *plain,
     struct buf *out)
{
    enum err e = buf_end(ad);

    if (e == ERR_OK)
        e = buf_end(plain);
    if (e == ERR_OK)
        e = vault_seal(v, buf_bytes(ad), buf_bytes(plain), out);
    buf_free(plain);
    return e;
}

static enum err
unseal(const struct vault *v,
       const struct buf *ad,
       struct bytes sealed,
       struct buf *opened)
{
    enum err e = buf_end(ad);

    buf_reset(opened);
    if (e == ERR_OK)
        e = vault_unseal(v, buf_bytes(ad), sealed, opened);
    return e == ERR_TOO_LARGE ? ERR_AUTH : e;
}

static struct buf
state_ad(struct bytes id)
{
    struct buf ad = buf_limited(AD_MAX);

    buf_append(&ad, bytes_str(state_label));
    buf_append(&ad, id);
    return ad;
}

enum err
rows_seal_state(const struct vault *v,
                const struct rows_id *id,
                struct bytes key,
                struct bytes value,
                struct buf *out)
{
    struct buf plain = buf_limited(SEALED_MAX);
    struct buf ad = state_ad(BYTES_OF(id->b));
    enum err e;

    buf_opaque(&plain, key);
    buf_append(&plain, value);
    e = seal(v, &ad, &plain, out);
    buf_free(&ad);
    return e;
}

enum err
rows_open_state(const struct vault *v,
                struct bytes id,
                struct bytes sealed,
                struct buf *opened,
                struct bytes *key,
                struct bytes *value)
{
    struct buf ad = state_ad(id);
    struct reader r = {0};
    enum err e = unseal(v, &ad, sealed, opened);

    buf_free(&ad);
    if (e != ERR_OK)
        return e;
    r.rest = buf_bytes(opened);
    *key = reader_opaque(&r);
    *value = r.rest;
    return reader_check(&r) == ERR_OK ? ERR_OK : ERR_AUTH;
}

static struct buf
history_ad(const struct rows_id *group, uint64_t seq, uint64_t expires_hour)
{
    struct buf ad = buf_limited(AD_MAX);

    buf_append(&ad, bytes_str(history_label));
    buf_append(&ad, BYTES_OF(group->b));
    buf_u64(&ad, seq);
    buf_u64(&ad, expires_hour);
    return ad;
}

enum err
rows_seal_history(const struct vault *v,
                  const struct rows_id *group,
                  const struct client_history *h,
                  struct buf *out)
{
    struct buf plain = buf_limited(SEALED_MAX);
    struct buf ad = history_ad(group, h->seq, rows_expires_hour(h->expires_ms));
    enum err e;

    buf_u64(&plain, h->expires_ms);
    buf_append(&plain, h->value);
    e = seal(v, &ad, &plain, out);
    buf_free(&ad);
    return e;
}

enum err
rows_open_history(const struct vault *v,
                  const struct rows_id *group,
                  uint64_t seq,
                  uint64_t expires_hour,
                  struct bytes sealed,
                  struct buf *opened,
                  struct profile_history_row *out)
{
    struct buf ad = history_ad(group, seq, expires_hour);
    struct reader r = {0};
    enum err e = unseal(v, &ad, sealed, opened);

    buf_free(&ad);
    if (e != ERR_OK)
        return e;
    r.rest = buf_bytes(opened);
    out->seq = seq;
    out->expires_ms = reader_u64(&r);
    out->value = r.rest;
    return reader_check(&r) == ERR_OK ? ERR_OK : ERR_AUTH;
}

static struct buf
profile_ad(void)
{
    struct buf ad = buf_limited(AD_MAX);

    buf_append(&ad, bytes_str(profile_label));
    return ad;
}

enum err
rows_seal_profile(const struct vault *v, struct buf *out)
{
    struct buf plain = buf_limited(AD_MAX);
    struct buf ad = profile_ad();
    enum err e = seal(v, &ad, &plain, out);

    buf_free(&ad);
    return e;
}

enum err
rows_check_profile(const struct vault *v, struct bytes sealed)
{
    struct buf opened = buf_limited(AD_MAX);
    struct buf ad = profile_ad();
    enum err e = unseal(v, &ad, sealed, &opened);

    buf_free(&ad);
    buf_free(&opened);
    return e;
}
