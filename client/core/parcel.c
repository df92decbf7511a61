/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A Welcome that is too large for a letter: fetched piece by piece (PROTOCOL
 * 5.2.6). Nothing is used before all of it is there and fits (E-16). */
#include <string.h>

#include "crypto/hash.h"
#include "modules.h"

void
parcel_free(struct parcel *p)
{
    buf_free(&p->data);
    *p = (struct parcel){0};
}

enum err
parcel_ask(struct client *c, struct parcel *p, const struct client_id *owner)
{
    struct line *l = lines_find(c, owner);
    struct request q = {.kind = REQUEST_BLOB_GET};

    if (p->got == p->count || !lines_open(l) ||
        lines_waiting(l, OP_PARCEL, owner))
        return ERR_OK;
    memcpy(q.blob_get.hash, p->hash[p->got], LIMIT_ID);
    return lines_request(c, l, &q, OP_PARCEL, owner, p->got);
}

enum err
parcel_begin(struct client *c,
             struct parcel *p,
             const struct client_id *owner,
             const struct letter *letter)
{
    parcel_free(p);
    p->data = buf_limited(MAIL_PIECES_MAX * LIMIT_BLOB);
    p->count = letter->welcome.blob_count;
    for (size_t i = 0; i < p->count; i++) {
        memcpy(p->hash[i], letter->welcome.blobs[i].hash, LIMIT_ID);
        memcpy(p->key[i], letter->welcome.blobs[i].key, LIMIT_ID);
    }
    return parcel_ask(c, p, owner);
}

enum err
parcel_take(struct parcel *p,
            const struct event *ev,
            uint64_t detail,
            bool *whole)
{
    struct aead_key key;
    uint8_t hash[HASH_LEN];
    uint8_t *space;
    enum err e;

    *whole = false;
    if (p->count == 0 || detail != p->got)
        return ERR_OK; /* not awaited any more */
    if (ev->kind != EVENT_BLOB)
        return ERR_NOT_FOUND;
    hash_id("pristan blob", &ev->blob.blob, 1, hash);
    if (memcmp(hash, p->hash[p->got], sizeof hash) != 0 ||
        ev->blob.blob.len < AEAD_BOX_OVERHEAD)
        return ERR_AUTH;
    space = buf_space(&p->data, ev->blob.blob.len - AEAD_BOX_OVERHEAD);
    if (space == NULL)
        return buf_end(&p->data);
    memcpy(key.b, p->key[p->got], sizeof key.b);
    e = aead_box_open(&key, (struct bytes){NULL, 0}, ev->blob.blob, space);
    aead_key_wipe(&key);
    if (e != ERR_OK)
        return e;
    p->got++;
    *whole = p->got == p->count;
    return ERR_OK;
}
