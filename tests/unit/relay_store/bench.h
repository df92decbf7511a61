/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A store on either engine, and batches in one line each. */
#ifndef RELAY_STORE_BENCH_H
#define RELAY_STORE_BENCH_H

#include "support/check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "server/store/store.h"

enum { HOUR = 500000, WEEK = 7 * 24 }; /* some hour since 1970 */

struct bench {
    bool sqlite;
    char folder[64];
    struct store_disk *disk;
    struct store_quota quota;
    uint64_t ballast;
    unsigned log_frames;
    unsigned tail_records;
    bool read_only;
    struct store *store;
    struct relay_results results;
};

static inline enum err
bench_try_open(struct bench *b)
{
    struct store_sqlite_config c = {.folder = b->folder,
                                    .quota = b->quota,
                                    .ballast_bytes = b->ballast,
                                    .log_frames = b->log_frames,
                                    .tail_records = b->tail_records,
                                    .read_only = b->read_only};

    return b->sqlite ? store_open_sqlite(&c, &b->store)
                     : store_open_memory(b->disk, &b->quota, &b->store);
}

static inline void
bench_open(struct bench *b)
{
    assert_ok(bench_try_open(b));
}

static inline void
bench_reopen(struct bench *b)
{
    store_close(b->store);
    b->store = NULL;
    bench_open(b);
}

static inline void
bench_start(struct bench *b, bool sqlite)
{
    *b = (struct bench){.sqlite = sqlite};
    store_quota_default(&b->quota);
    (void)snprintf(b->folder, sizeof b->folder, "/tmp/pristan-store-XXXXXX");
    assert_ok(random_start());
    if (sqlite)
        assert_non_null(mkdtemp(b->folder));
    else
        assert_ok(store_disk_new(&b->disk));
}

/* Removes the folder that bench_start() made, and what the store made in it. */
static inline void
bench_end(struct bench *b)
{
    DIR *d;
    struct dirent *f;
    char path[512];

    store_close(b->store);
    store_disk_free(b->disk);
    if (!b->sqlite)
        return;
    d = opendir(b->folder);
    assert_non_null(d);
    while ((f = readdir(d)) != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", b->folder, f->d_name);
        if (f->d_name[0] != '.')
            assert_int_equal(unlink(path), 0);
    }
    closedir(d);
    assert_int_equal(rmdir(b->folder), 0);
}

static inline enum err
bench_commit(struct bench *b, const struct relay_op *op)
{
    struct relay_batch batch = {.ops = op, .op_count = 1};

    return store_commit(b->store, &batch, &b->results);
}

static inline struct relay_op_result
bench_op(struct bench *b, const struct relay_op *op)
{
    assert_ok(bench_commit(b, op));
    return b->results.ops[0];
}

static inline void
bench_id(uint8_t *id, unsigned n)
{
    memset(id, 0, LIMIT_ID);
    id[0] = (uint8_t)n;
    id[1] = (uint8_t)(n >> 8);
    id[31] = 0xa5;
}

static inline struct relay_op
op_append(unsigned channel,
          enum relay_record_kind kind,
          uint64_t expect,
          struct bytes in)
{
    struct relay_op op = {.kind = RELAY_OP_APPEND,
                          .expires_hour = HOUR + 2 * WEEK};

    bench_id(op.id, channel);
    op.append.kind = kind;
    op.append.expect_commits = expect;
    op.append.bytes = in;
    op.append.stub_hour = HOUR + 60 * 24;
    hash_id("pristan record", &in, 1, op.append.hash);
    return op;
}

static inline struct relay_op
op_message(unsigned channel, const char *text)
{
    return op_append(channel, RELAY_MESSAGE, 0, bytes_str(text));
}

static inline struct relay_op
op_leave(unsigned mailbox, const char *text)
{
    struct relay_op op = {.kind = RELAY_OP_LEAVE, .expires_hour = HOUR + 72};

    bench_id(op.id, mailbox);
    op.leave.bytes = bytes_str(text);
    hash_id("pristan record", &op.leave.bytes, 1, op.leave.hash);
    return op;
}

static inline struct relay_op
op_card(unsigned id, uint64_t version, uint32_t expires, const char *text)
{
    struct relay_op op = {.kind = RELAY_OP_CARD, .expires_hour = expires};

    bench_id(op.id, id);
    op.card.version = version;
    op.card.bytes = bytes_str(text);
    return op;
}

static inline struct relay_op
op_blob(unsigned id, uint32_t expires, struct bytes in)
{
    struct relay_op op = {.kind = RELAY_OP_BLOB, .expires_hour = expires};

    bench_id(op.id, id);
    op.blob.bytes = in;
    return op;
}

static inline struct relay_op
op_sweep(uint32_t hour)
{
    struct relay_op op = {.kind = RELAY_OP_SWEEP};

    op.sweep.hour = hour;
    op.sweep.rows_max = 1000;
    op.sweep.truncate = true;
    return op;
}

/* Sweeps day by day up to an hour, as a relay does. */
static inline void
bench_sweep_to(struct bench *b, uint32_t hour)
{
    struct relay_op op = op_sweep(hour);
    struct relay_op_result res;

    do {
        res = bench_op(b, &op);
        assert_int_equal(res.verdict, RELAY_DONE);
    } while (res.hour < hour);
}

static inline struct relay_load
load_page(enum relay_place_kind place, unsigned id, uint64_t after)
{
    struct relay_load load = {.kind = RELAY_LOAD_PAGE,
                              .place = place,
                              .hour = HOUR,
                              .after = after,
                              .credit = 1024 * 1024};

    bench_id(load.id, id);
    return load;
}

static inline struct relay_load_result
bench_load(struct bench *b, const struct relay_load *load)
{
    struct relay_batch batch = {.loads = load, .load_count = 1};

    assert_ok(store_commit(b->store, &batch, &b->results));
    return b->results.loads[0];
}

static inline struct relay_load_result
bench_page(struct bench *b, unsigned channel, uint64_t after)
{
    struct relay_load load = load_page(RELAY_CHANNEL, channel, after);

    return bench_load(b, &load);
}

static inline struct relay_load_result
bench_letters(struct bench *b, unsigned mailbox)
{
    struct relay_load load = load_page(RELAY_MAILBOX, mailbox, 0);

    return bench_load(b, &load);
}

/* True when the bytes are in any file of the folder, or on the disk. */
static inline bool
bench_holds(struct bench *b, const char *mark)
{
    struct buf all = buf_limited(64 * 1024 * 1024);
    bool found;
    DIR *d;
    struct dirent *f;
    char path[512];
    uint8_t chunk[4096];

    if (b->sqlite) {
        d = opendir(b->folder);
        assert_non_null(d);
        while ((f = readdir(d)) != NULL) {
            FILE *in;
            size_t n;

            if (strncmp(f->d_name, "relay.db", 8) != 0)
                continue;
            (void)snprintf(path, sizeof path, "%s/%s", b->folder, f->d_name);
            in = fopen(path, "rb");
            assert_non_null(in);
            while ((n = fread(chunk, 1, sizeof chunk, in)) > 0)
                buf_append(&all, (struct bytes){chunk, n});
            fclose(in);
        }
        closedir(d);
    } else {
        store_disk_dump(b->disk, &all);
    }
    assert_ok(buf_end(&all));
    found = memmem(all.b, all.len, mark, strlen(mark)) != NULL;
    buf_free(&all);
    return found;
}

#endif
