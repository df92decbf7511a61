/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cards of ours at a relay: put there, renewed at half-life (PROTOCOL 5.1.6).
 */
#include <string.h>

#include "cards.h"
#include "crypto/random.h"
#include "modules.h"

enum { KEEPER_RETRY_MS = 30000 };

#define HOUR_MS UINT64_C(3600000)

void
keeper_new(struct keeper *k)
{
    struct sign_public pub;

    *k = (struct keeper){.due = true, .renew_ms = CORE_NEVER};
    sign_generate(&k->key, &pub);
    random_bytes(k->secret, sizeof k->secret);
}

void
keeper_public(const struct keeper *k, struct sign_public *out)
{
    sign_get_public(&k->key, out);
}

void
keeper_write(const struct keeper *k, struct buf *out)
{
    buf_append(out, BYTES_OF(k->key.b));
    buf_append(out, BYTES_OF(k->secret));
    buf_u64(out, k->version);
    buf_u64(out, k->renew_ms);
    buf_u8(out, k->due);
}

void
keeper_read(struct reader *r, struct keeper *k)
{
    *k = (struct keeper){0};
    reader_copy(r, k->key.b, sizeof k->key.b);
    reader_copy(r, k->secret, sizeof k->secret);
    k->version = reader_u64(r);
    k->renew_ms = reader_u64(r);
    k->due = reader_u8(r) == 1;
}

void
keeper_wipe(struct keeper *k)
{
    sign_secret_wipe(&k->key);
    *k = (struct keeper){0};
}

/* The version says when it was made: it grows, also when the last one was
 * forgotten. */
static uint64_t
next_version(const struct client *c, const struct keeper *k)
{
    uint64_t now_s = c->now.wall_ms / 1000;

    return now_s > k->version ? now_s : k->version + 1;
}

static uint64_t
lifetime(const struct client *c, uint64_t until_ms)
{
    uint64_t left = until_ms > c->now.wall_ms ? until_ms - c->now.wall_ms : 0;

    /* whole hours, rounded up: less than one is no lifetime */
    left = left / HOUR_MS < 200 ? (left / HOUR_MS + 1) * HOUR_MS : left;
    return left < CARDS_LIFETIME_MS ? left : CARDS_LIFETIME_MS;
}

enum err
keeper_put(struct client *c,
           struct keeper *k,
           const struct client_id *owner,
           const struct card_body *body,
           uint64_t until_ms)
{
    struct buf card = buf_limited(LIMIT_CARD_BODY + 256);
    struct request q = {.kind = REQUEST_CARD_PUT};
    struct line *l = lines_find(c, owner);
    struct cards_plan plan = {.key = &k->key,
                              .secret = k->secret,
                              .version = next_version(c, k),
                              .now_ms = c->now.wall_ms,
                              .lifetime_ms = lifetime(c, until_ms),
                              .body = *body};
    enum err e;

    if (!k->due || k->not_before_ms > c->now.mono_ms || !lines_open(l))
        return ERR_OK;
    e = cards_make(&plan, &card);
    if (e == ERR_OK) {
        q.card_put.card = buf_bytes(&card);
        k->version = plan.version;
        e = lines_request(c, l, &q, OP_CARD_PUT, owner, plan.version);
    }
    buf_free(&card);
    /* not again before there is an answer; a lost line forgets this */
    k->not_before_ms = c->now.mono_ms + KEEPER_RETRY_MS;
    return e == ERR_OK || e == ERR_MEMORY ? e : ERR_INTERNAL;
}

void
keeper_answer(struct client *c,
              struct keeper *k,
              const struct event *ev,
              uint64_t detail,
              bool *done,
              enum notice_code *code)
{
    uint64_t wait_s = 0;

    *done = false;
    *code = CODE_NONE;
    if (detail != k->version)
        return; /* a newer one is under way */
    if (ev->kind == EVENT_DONE) {
        *done = true;
        k->due = false;
        k->not_before_ms = 0;
        k->renew_ms = c->now.wall_ms + CARDS_LIFETIME_MS / 2;
        return;
    }
    if (ev->kind != EVENT_REFUSED)
        return;
    wait_s = ev->refused.retry_after_s;
    if (wait_s > CORE_RETRY_MAX_S)
        wait_s = CORE_RETRY_MAX_S;
    k->not_before_ms = c->now.mono_ms + UINT64_C(1000) * wait_s;
    switch (ev->refused.reason) {
    case REFUSED_OLD: /* a clock of ours was ahead once */
        k->version += 24 * 3600;
        break;
    case REFUSED_FULL:
    case REFUSED_STORAGE:
    case REFUSED_RATE:
        *code = CODE_RELAY_FULL;
        break;
    case REFUSED_NOT_FOUND:
    case REFUSED_TOO_LARGE:
    case REFUSED_EXPIRED:
    case REFUSED_INVALID:
    case REFUSED_VERSION:
    case REFUSED_REASONS:
        *code = CODE_RELAY_REFUSED;
        break;
    }
    if (*code != CODE_NONE && k->not_before_ms == c->now.mono_ms)
        k->not_before_ms += KEEPER_RETRY_MS;
}

uint64_t
keeper_deadline(const struct client *c,
                const struct keeper *k,
                const struct client_id *owner)
{
    if (!k->due)
        return modules_mono(c, k->renew_ms);
    return lines_open(lines_find(c, owner)) ? k->not_before_ms : CORE_NEVER;
}

void
keeper_changed(struct keeper *k)
{
    k->due = true;
    k->not_before_ms = 0;
}
