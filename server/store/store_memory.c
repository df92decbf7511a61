/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A store in memory on a "disk" that outlives it, for tests and simulations: it
 * can lose what was not synced, fail, lie and fill up, always in the same way.
 *
 * Keys are a letter for the table and then: P id; R id number; H id hash;
 * S id number; E hour id number (expiry of records); C id; B id; M (the
 * sweep's hour). Numbers are big-endian, so that they sort. */
#include "engine_memory.h"

#include <string.h>

#include "base/mem.h"

enum err
store_disk_new(struct store_disk **out)
{
    struct store_disk *d = mem_new(sizeof *d);

    if (d == NULL)
        return ERR_MEMORY;
    kv_init(&d->kv);
    *out = d;
    return ERR_OK;
}

void
store_disk_free(struct store_disk *d)
{
    if (d == NULL)
        return;
    kv_free(&d->kv);
    mem_free(d);
}

void
store_disk_cut(struct store_disk *d)
{
    kv_back(&d->kv, 0);
}

void
store_disk_lie(struct store_disk *d, bool lie)
{
    d->lie = lie;
}

void
store_disk_fail_at(struct store_disk *d, unsigned n, bool stored)
{
    d->fail_at = n;
    d->fail_stored = stored;
}

void
store_disk_limit(struct store_disk *d, uint64_t bytes)
{
    d->kv.limit = bytes;
}

void
store_disk_dump(const struct store_disk *d, struct buf *out)
{
    for (size_t i = 0; i < d->kv.count; i++) {
        buf_append(out, kv_key(d->kv.rows[i]));
        buf_append(out, kv_value(d->kv.rows[i]));
    }
}

static enum err
begin(struct engine *e)
{
    struct engine_memory *m = engine_memory(e);

    m->mark = kv_mark(&m->disk->kv);
    return ERR_OK;
}

static enum err
commit(struct engine *e)
{
    struct store_disk *d = engine_memory(e)->disk;
    bool fails = d->fail_at > 0 && --d->fail_at == 0;

    if (fails && !d->fail_stored)
        return ERR_DISK; /* rolled back by whoever called */
    if (!d->lie)
        kv_sync(&d->kv);
    engine_memory(e)->mark = kv_mark(&d->kv);
    return fails ? ERR_DISK : ERR_OK;
}

static void
rollback(struct engine *e)
{
    struct engine_memory *m = engine_memory(e);

    kv_back(&m->disk->kv, m->mark);
}

static uint64_t
size(const struct engine *e)
{
    return ((const struct engine_memory *)(const void *)e)->disk->kv.used;
}

/* Neither to be copied nor to be cut. */
static enum err
no_log(struct engine *e)
{
    (void)e;
    return ERR_OK;
}

static enum err
shrink(struct engine *e, int pages, bool *shrunk)
{
    (void)e;
    (void)pages;
    *shrunk = false;
    return ERR_OK;
}

static bool
tight(struct engine *e)
{
    (void)e;
    return false;
}

static void
relieve(struct engine *e)
{
    (void)e; /* dropping a row needs no room here */
}

static enum err
backup_begin(struct engine *e, const uint8_t *key, struct engine_backup **out)
{
    (void)e;
    (void)key;
    (void)out;
    return ERR_UNSUPPORTED; /* there is no file to copy */
}

static enum err
close_it(struct engine *e)
{
    engine_memory(e)->disk->in_use = false;
    mem_free(e);
    return ERR_OK;
}

static const struct engine_kind kind = {
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .place_get = memory_place_get,
    .place_put = memory_place_put,
    .record_find = memory_record_find,
    .record_add = memory_record_add,
    .record_drop = memory_record_drop,
    .record_get = memory_record_get,
    .record_expired = memory_record_expired,
    .page_begin = memory_page_begin,
    .page_next = memory_page_next,
    .page_end = memory_page_end,
    .card_get = memory_card_get,
    .card_put = memory_card_put,
    .blob_get = memory_blob_get,
    .blob_put = memory_blob_put,
    .sweep_rest = memory_sweep_rest,
    .sweep_hour_put = memory_sweep_hour_put,
    .size = size,
    .tidy = no_log,
    .truncate = no_log,
    .shrink = shrink,
    .relieve = relieve,
    .tight = tight,
    .census = memory_census,
    .backup_begin = backup_begin,
    .close = close_it,
};

enum err
store_open_memory(struct store_disk *d,
                  const struct store_quota *q,
                  struct store **out)
{
    struct engine_memory *m;

    if (d->in_use)
        return ERR_BUSY;
    m = mem_new(sizeof *m);
    if (m == NULL)
        return ERR_MEMORY;
    m->engine.kind = &kind;
    m->disk = d;
    d->in_use = true;
    memory_load_totals(m);
    return store_new(&m->engine, q, out);
}
