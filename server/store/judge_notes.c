/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cards and blobs. */
#include "judge.h"

#include <string.h>

enum {
    /* hours: a card lives at most seven days, so no older version of it can
     * come back after eight */
    CARD_REMEMBERED_H = 8 * 24,
    CARD_PREFIX_LEN = 16
};

enum err
judge_card(struct store *s,
           const struct relay_op *op,
           struct relay_op_result *res)
{
    const struct engine_kind *k = s->engine->kind;
    struct card_row row = {.version = op->card.version,
                           .expires_hour = op->expires_hour,
                           .forget_hour = op->expires_hour + CARD_REMEMBERED_H,
                           .bytes = op->card.bytes};
    struct card_row old;
    enum err e;

    res->verdict = RELAY_DONE;
    e = k->card_get(s->engine, op->id, LIMIT_ID, &old);
    if (e == ERR_OK && bytes_equal(old.bytes, row.bytes))
        return ERR_OK;
    if (e == ERR_OK && old.version >= row.version) {
        res->verdict = RELAY_OLD;
        return ERR_OK;
    }
    if (e == ERR_AUTH)
        s->damaged++; /* a newer one mends it */
    if (e == ERR_NOT_FOUND &&
        s->engine->totals.card_count >= s->quota.card_count)
        res->verdict = RELAY_FULL;
    else if (!judge_room(s, row.bytes.len, false))
        res->verdict = RELAY_STORAGE;
    else if (!judge_anonymous_room(s, row.bytes.len, e == ERR_NOT_FOUND))
        res->verdict = RELAY_FULL;
    if (e != ERR_OK && e != ERR_AUTH && e != ERR_NOT_FOUND)
        return e;
    if (res->verdict != RELAY_DONE)
        return ERR_OK;
    if (e == ERR_OK && old.forget_hour > row.forget_hour)
        row.forget_hour = old.forget_hour;
    if (e == ERR_NOT_FOUND)
        s->engine->totals.card_count++;
    if (e == ERR_OK)
        judge_lessen(&s->engine->totals.card_bytes, old.bytes.len);
    s->engine->totals.card_bytes += row.bytes.len;
    memcpy(row.id, op->id, LIMIT_ID);
    return k->card_put(s->engine, &row);
}

enum err
judge_blob(struct store *s,
           const struct relay_op *op,
           struct relay_op_result *res)
{
    const struct engine_kind *k = s->engine->kind;
    struct blob_row row = {.expires_hour = op->expires_hour,
                           .bytes = op->blob.bytes};
    struct blob_row old;
    enum err e;

    res->verdict = RELAY_DONE;
    e = k->blob_get(s->engine, op->id, &old);
    if (e == ERR_OK && old.expires_hour >= row.expires_hour)
        return ERR_OK;
    if (e == ERR_AUTH)
        s->damaged++; /* the same bytes mend it */
    if (e != ERR_OK && e != ERR_AUTH && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_NOT_FOUND) {
        if (s->engine->totals.blob_bytes + row.bytes.len > s->quota.blob_bytes)
            res->verdict = RELAY_FULL;
        else if (!judge_room(s, row.bytes.len, false))
            res->verdict = RELAY_STORAGE;
        else if (!judge_anonymous_room(s, row.bytes.len, true))
            res->verdict = RELAY_FULL;
        if (res->verdict != RELAY_DONE)
            return ERR_OK;
        s->engine->totals.blob_bytes += row.bytes.len;
    }
    memcpy(row.id, op->id, LIMIT_ID);
    return k->blob_put(s->engine, &row);
}

/* Sets the verdict for what an engine said; true: it is there. */
static bool
found(struct store *s, enum err *e, struct relay_load_result *res)
{
    if (*e == ERR_OK)
        return true;
    res->verdict = *e == ERR_AUTH ? RELAY_DAMAGED : RELAY_NOT_FOUND;
    if (*e == ERR_AUTH)
        s->damaged++;
    if (*e == ERR_AUTH || *e == ERR_NOT_FOUND)
        *e = ERR_OK;
    return false;
}

enum err
judge_load_card(struct store *s,
                const struct relay_load *load,
                struct relay_load_result *res)
{
    struct card_row row;
    enum err e =
        s->engine->kind->card_get(s->engine, load->id, CARD_PREFIX_LEN, &row);

    if (!found(s, &e, res))
        return e;
    if (row.expires_hour <= load->hour || row.bytes.len == 0) {
        res->verdict = RELAY_NOT_FOUND;
        return ERR_OK;
    }
    return arena_copy(&s->arena, row.bytes, &res->bytes);
}

enum err
judge_load_blob(struct store *s,
                const struct relay_load *load,
                struct relay_load_result *res)
{
    struct blob_row row;
    enum err e = s->engine->kind->blob_get(s->engine, load->id, &row);

    if (!found(s, &e, res))
        return e;
    if (row.expires_hour <= load->hour) {
        res->verdict = RELAY_NOT_FOUND;
        return ERR_OK;
    }
    return arena_copy(&s->arena, row.bytes, &res->bytes);
}
