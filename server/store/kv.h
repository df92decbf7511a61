/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An ordered map from bytes to bytes that can take back what was not synced:
 * the disk of the memory store. */
#ifndef STORE_KV_H
#define STORE_KV_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

enum { KV_KEY_MAX = 80 };

struct kv_row {
    uint32_t key_len;
    uint32_t value_len;
    uint8_t b[]; /* key, then value; never changed */
};

/* One change that can be taken back. */
struct kv_change {
    struct kv_row *before; /* NULL: there was none */
    struct kv_row *after;  /* NULL: it was taken out */
};

struct kv {
    struct kv_row **rows; /* by key */
    size_t count;
    size_t cap;
    struct kv_change *changes; /* oldest first */
    size_t change_count;
    size_t change_cap;
    uint64_t used;  /* bytes of keys and values */
    uint64_t limit; /* inclusive */
};

void kv_init(struct kv *kv);
void kv_free(struct kv *kv);

/* The first row whose key is not before key; NULL at the end. Rows are
 * borrowed until the next change. */
const struct kv_row *kv_seek(const struct kv *kv, struct bytes key);

/* The row with this key or NULL. */
const struct kv_row *kv_get(const struct kv *kv, struct bytes key);

struct bytes kv_key(const struct kv_row *row);
struct bytes kv_value(const struct kv_row *row);

/* Puts head and tail together as a value. ERR_FULL, ERR_MEMORY: nothing has
 * changed. */
MUST_USE enum err
kv_put(struct kv *kv, struct bytes key, struct bytes head, struct bytes tail);

/* No error when there is none. ERR_MEMORY. */
MUST_USE enum err kv_drop(struct kv *kv, struct bytes key);

/* Where the changes stand; kv_back() returns there. */
size_t kv_mark(const struct kv *kv);
void kv_back(struct kv *kv, size_t mark);

/* What was changed can no longer be taken back. */
void kv_sync(struct kv *kv);

#endif
