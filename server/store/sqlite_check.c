/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A short hash over each row, so that a flipped bit is noticed where it is read
 * and nowhere else suffers (B-07). Not against whoever can write the file. A
 * record's bytes have a hash of their own, made before the store saw them: the
 * check is over that one, and whoever reads the row makes both again. */
#include "sqlite.h"

#include <string.h>

#include "crypto/hash.h"

enum { NUMBERS_MAX = 10 };

/* The table's letter and its numbers, big-endian. */
struct numbers {
    uint8_t b[1 + 8 * NUMBERS_MAX];
    size_t len;
};

static struct numbers
numbers(char table)
{
    struct numbers n = {.b = {(uint8_t)table}, .len = 1};

    return n;
}

static void
add(struct numbers *n, uint64_t v)
{
    assert(n->len + 8 <= sizeof n->b);
    for (int shift = 56; shift >= 0; shift -= 8)
        n->b[n->len++] = (uint8_t)(v >> shift);
}

static struct check
finish(const struct numbers *n, const uint8_t *id, struct bytes bytes)
{
    struct bytes parts[3] = {{n->b, n->len}, {id, LIMIT_ID}, bytes};
    uint8_t h[HASH_LEN];
    struct check c;

    hash_id("pristan row", parts, 3, h);
    memcpy(c.b, h, sizeof c.b);
    return c;
}

static const struct bytes none = {NULL, 0};

struct check
check_place(const struct place_row *p)
{
    struct numbers n = numbers('P');

    add(&n, p->kind);
    add(&n, p->last);
    add(&n, p->commits);
    add(&n, p->live_count);
    add(&n, p->live_bytes);
    add(&n, p->live_commits);
    add(&n, p->live_commit_bytes);
    add(&n, p->expires_hour);
    return finish(&n, p->id, none);
}

/* S: a stub. r: a record, whose bytes are known by its hash. R: one as versions
 * 1 and 2 put it, with its bytes. */
static struct check
record_check(char table, int64_t place, const struct record_row *row)
{
    struct numbers n = numbers(table);

    add(&n, (uint64_t)place);
    add(&n, row->number);
    add(&n, row->kind);
    add(&n, row->expires_hour);
    add(&n, row->stub ? 0 : row->stub_hour);
    return finish(&n, row->hash, table == 'R' ? row->bytes : none);
}

struct check
check_record(int64_t place, const struct record_row *row)
{
    return record_check(row->stub ? 'S' : 'r', place, row);
}

bool
check_record_holds(int64_t place,
                   const struct record_row *row,
                   struct bytes got)
{
    struct check want = check_record(place, row);
    uint8_t hash[HASH_LEN];

    if (check_holds(&want, got)) {
        if (row->stub)
            return true;
        hash_id("pristan record", &row->bytes, 1, hash); /* relay/batch.h */
        return memcmp(hash, row->hash, sizeof hash) == 0;
    }
    if (row->stub)
        return false;
    want = record_check('R', place, row);
    return check_holds(&want, got);
}

struct check
check_card(const struct card_row *row)
{
    struct numbers n = numbers('C');

    add(&n, row->version);
    add(&n, row->expires_hour);
    add(&n, row->forget_hour);
    return finish(&n, row->id, row->bytes);
}

struct check
check_blob(const struct blob_row *row)
{
    struct numbers n = numbers('B');

    add(&n, row->expires_hour);
    return finish(&n, row->id, row->bytes);
}

bool
check_holds(const struct check *want, struct bytes got)
{
    return bytes_equal((struct bytes){want->b, sizeof want->b}, got);
}
