/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cards, blobs, sweeping and counting of the memory store. */
#include "engine_memory.h"

#include <string.h>

static struct bytes
key_bytes(const struct memory_key *k)
{
    return (struct bytes){k->b, k->len};
}

enum err
memory_card_get(struct engine *e,
                const uint8_t *id,
                size_t prefix_len,
                struct card_row *out)
{
    struct memory_key k = memory_key('C', id, prefix_len);
    const struct kv_row *row =
        kv_seek(&engine_memory(e)->disk->kv, key_bytes(&k));
    struct bytes v;

    if (row == NULL || row->key_len != 1 + LIMIT_ID ||
        memcmp(row->b, k.b, k.len) != 0)
        return ERR_NOT_FOUND;
    v = kv_value(row);
    memcpy(out, v.b, sizeof *out);
    out->bytes = bytes_slice(v, sizeof *out, v.len);
    return ERR_OK;
}

enum err
memory_card_put(struct engine *e, const struct card_row *row)
{
    struct memory_key k = memory_key('C', row->id, LIMIT_ID);
    struct card_row bare = *row;

    bare.bytes = (struct bytes){NULL, 0};
    return kv_put(&engine_memory(e)->disk->kv, key_bytes(&k),
                  (struct bytes){(const void *)&bare, sizeof bare}, row->bytes);
}

enum err
memory_blob_get(struct engine *e,
                const uint8_t id[static LIMIT_ID],
                struct blob_row *out)
{
    struct memory_key k = memory_key('B', id, LIMIT_ID);
    const struct kv_row *row =
        kv_get(&engine_memory(e)->disk->kv, key_bytes(&k));
    struct bytes v;

    if (row == NULL)
        return ERR_NOT_FOUND;
    v = kv_value(row);
    memcpy(out, v.b, sizeof *out);
    out->bytes = bytes_slice(v, sizeof *out, v.len);
    return ERR_OK;
}

enum err
memory_blob_put(struct engine *e, const struct blob_row *row)
{
    struct memory_key k = memory_key('B', row->id, LIMIT_ID);
    struct blob_row bare = *row;

    bare.bytes = (struct bytes){NULL, 0};
    return kv_put(&engine_memory(e)->disk->kv, key_bytes(&k),
                  (struct bytes){(const void *)&bare, sizeof bare}, row->bytes);
}

enum err
memory_sweep_hour_put(struct engine *e, uint32_t hour)
{
    struct memory_key k = memory_key('M', NULL, 0);

    return kv_put(&engine_memory(e)->disk->kv, key_bytes(&k),
                  (struct bytes){(const void *)&hour, sizeof hour},
                  (struct bytes){NULL, 0});
}

/* What the sweep does with one row. */
enum fate { FATE_STAYS, FATE_GOES, FATE_FADES };

static enum fate
card_fate(const struct kv_row *row, uint32_t hour)
{
    struct card_row c;
    struct bytes v = kv_value(row);

    memcpy(&c, v.b, sizeof c);
    if (c.forget_hour <= hour)
        return FATE_GOES;
    return c.expires_hour <= hour && v.len > sizeof c ? FATE_FADES : FATE_STAYS;
}

static enum fate
fate_of(const struct kv_row *row, uint32_t hour)
{
    struct place_row p;
    struct record_row r;
    struct blob_row b;

    switch (row->b[0]) {
    case 'P':
        memory_read(row, &p, sizeof p);
        return p.expires_hour <= hour && p.live_count == 0 ? FATE_GOES
                                                           : FATE_STAYS;
    case 'S':
        memory_read(row, &r, sizeof r);
        return r.expires_hour <= hour ? FATE_GOES : FATE_STAYS;
    case 'B':
        memory_read(row, &b, sizeof b);
        return b.expires_hour <= hour ? FATE_GOES : FATE_STAYS;
    case 'C':
        return card_fate(row, hour);
    default:
        return FATE_STAYS;
    }
}

/* Takes a row out, and what hangs on it. */
static enum err
let_go(struct engine *e, const struct kv_row *row)
{
    struct kv *kv = &engine_memory(e)->disk->kv;
    struct memory_key hash;
    struct place_row p;
    struct record_row r;
    enum err err = ERR_OK;

    switch (row->b[0]) {
    case 'P':
        memory_read(row, &p, sizeof p);
        e->totals.place_count--;
        e->totals.mailbox_count -= p.kind == RELAY_MAILBOX;
        break;
    case 'B':
        e->totals.blob_bytes -= row->value_len - sizeof(struct blob_row);
        break;
    case 'C':
        e->totals.card_count--;
        break;
    default: /* a stub */
        memory_read(row, &r, sizeof r);
        hash = memory_key('H', row->b + 1, LIMIT_ID);
        memcpy(hash.b + hash.len, r.hash, LIMIT_ID);
        hash.len += LIMIT_ID;
        err = kv_drop(kv, key_bytes(&hash));
        break;
    }
    if (err == ERR_OK)
        err = kv_drop(kv, kv_key(row));
    return err;
}

enum err
memory_sweep_rest(struct engine *e, uint32_t hour, uint32_t *room)
{
    struct kv *kv = &engine_memory(e)->disk->kv;
    enum err err = ERR_OK;

    for (size_t i = kv->count; i-- > 0 && *room > 0 && err == ERR_OK;) {
        const struct kv_row *row;
        struct card_row c;
        enum fate fate;

        if (i >= kv->count)
            continue; /* more than one row went */
        row = kv->rows[i];
        fate = fate_of(row, hour);
        if (fate == FATE_STAYS)
            continue;
        (*room)--;
        if (fate == FATE_GOES) {
            err = let_go(e, row);
        } else {
            memory_read(row, &c, sizeof c);
            judge_lessen(&e->totals.card_bytes, row->value_len - sizeof c);
            c.bytes = (struct bytes){NULL, 0};
            err = memory_card_put(e, &c);
        }
    }
    return err;
}

static void
count_record(const struct kv_row *row, struct relay_census *out)
{
    struct record_row r;
    size_t len = row->value_len - sizeof r;

    memory_read(row, &r, sizeof r);
    switch (r.kind) {
    case RELAY_MESSAGE:
        census_count(&out->messages, r.expires_hour, len);
        break;
    case RELAY_COMMIT:
        census_count(&out->commits, r.expires_hour, len);
        break;
    case RELAY_LETTER:
        census_count(&out->letters, r.expires_hour, len);
        break;
    }
}

static void
count_row(const struct kv_row *row, struct relay_census *out)
{
    struct place_row p;
    struct record_row r;
    struct card_row c;
    struct blob_row b;

    switch (row->b[0]) {
    case 'P':
        memory_read(row, &p, sizeof p);
        out->channels += p.kind == RELAY_CHANNEL;
        out->mailboxes += p.kind == RELAY_MAILBOX;
        break;
    case 'R':
        count_record(row, out);
        break;
    case 'S':
        memory_read(row, &r, sizeof r);
        census_count(&out->stubs, r.expires_hour, 0);
        break;
    case 'C':
        memory_read(row, &c, sizeof c);
        census_count(&out->cards, c.expires_hour, row->value_len - sizeof c);
        break;
    case 'B':
        memory_read(row, &b, sizeof b);
        census_count(&out->blobs, b.expires_hour, row->value_len - sizeof b);
        break;
    default:
        break;
    }
}

enum err
memory_census(struct engine *e,
              unsigned rows_max,
              struct census_walk *walk,
              struct relay_census *out)
{
    const struct kv *kv = &engine_memory(e)->disk->kv;

    (void)rows_max; /* memory is fast enough */
    for (size_t i = 0; i < kv->count; i++)
        count_row(kv->rows[i], out);
    walk->done = true;
    out->sweep_hour = e->sweep_hour;
    out->file_bytes = kv->used;
    return ERR_OK;
}

void
memory_load_totals(struct engine_memory *m)
{
    struct memory_key k = memory_key('M', NULL, 0);
    const struct kv *kv = &m->disk->kv;
    struct relay_census sums = {0};

    for (size_t i = 0; i < kv->count; i++)
        count_row(kv->rows[i], &sums);
    m->engine.totals.place_count = sums.channels + sums.mailboxes;
    m->engine.totals.mailbox_count = sums.mailboxes;
    m->engine.totals.letter_count = sums.letters.count;
    m->engine.totals.letter_bytes = sums.letters.bytes;
    m->engine.totals.card_count = sums.cards.count;
    m->engine.totals.card_bytes = sums.cards.bytes;
    m->engine.totals.blob_bytes = sums.blobs.bytes;
    memory_read(kv_get(kv, key_bytes(&k)), &m->engine.sweep_hour,
                sizeof m->engine.sweep_hour);
}
