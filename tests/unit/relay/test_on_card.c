/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cards and blobs, and why one is refused. */
#include "stage.h"

#include "crypto/sign.h"
#include "server/core/core.h"
#include "wire/card.h"

enum { NOW_HOUR = 500000 };

static struct sign_secret secret;
static struct sign_public pub;

static struct card
sample(uint64_t version, uint64_t expires, const char *body)
{
    struct card c = {.version = version, .expires_hour = expires};

    sign_from_seed((const uint8_t[32]){1, 2, 3}, &secret, &pub);
    memcpy(c.key, pub.b, sizeof c.key);
    c.body = bytes_str(body);
    return c;
}

static void
sign(struct card *c)
{
    struct buf b = buf_limited(8192);

    assert_ok(card_write_signed_part(c, &b));
    sign_make(&secret, buf_bytes(&b), c->signature);
    buf_free(&b);
}

/* The answer to a card as it is. */
static const struct event *
put(struct stage *t, struct stage_client *c, const struct card *card)
{
    struct request q = {.kind = REQUEST_CARD_PUT};
    struct buf b = buf_limited(8192);
    const struct event *ev;

    assert_ok(card_write(card, &b));
    q.card_put.card = buf_bytes(&b);
    ev = stage_answer(t, c, q);
    buf_free(&b);
    return ev;
}

static const struct event *
get(struct stage *t, struct stage_client *c)
{
    struct request q = {.kind = REQUEST_CARD_GET};
    struct bytes part = BYTES_OF(pub.b);
    uint8_t id[LIMIT_ID];

    hash_id("pristan card", &part, 1, id);
    memcpy(q.card_get.prefix, id, sizeof q.card_get.prefix);
    return stage_answer(t, c, q);
}

static void
assert_refused(const struct event *ev, enum refusal reason)
{
    assert_int_equal(ev->kind, EVENT_REFUSED);
    assert_int_equal(ev->refused.reason, reason);
}

/* Hour by hour: a clock that jumps is not believed. */
static void
live(struct stage *t, unsigned hours)
{
    for (unsigned i = 0; i < hours; i++)
        stage_pass(t, 3600 * 1000);
}

static void
cards_come_back_as_they_were(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct card card = sample(3, NOW_HOUR + 24, "body");
    struct card back;
    const struct event *ev;

    assert_refused(get(t, c), REFUSED_NOT_FOUND);
    sign(&card);
    assert_int_equal(put(t, c, &card)->kind, EVENT_DONE);
    assert_int_equal(put(t, c, &card)->kind, EVENT_DONE); /* sent again */
    ev = get(t, c);
    assert_int_equal(ev->kind, EVENT_CARD);
    assert_ok(card_read(ev->card.card, &back));
    assert_int_equal(back.version, 3);
    assert_bytes(back.body, bytes_str("body"));
}

static void
versions_only_grow(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct card card = sample(3, NOW_HOUR + 24, "three");

    sign(&card);
    (void)put(t, c, &card);
    card = sample(3, NOW_HOUR + 24, "another three");
    sign(&card);
    assert_refused(put(t, c, &card), REFUSED_OLD);
    card = sample(2, NOW_HOUR + 24, "two");
    sign(&card);
    assert_refused(put(t, c, &card), REFUSED_OLD);
    card = sample(4, NOW_HOUR + 24, "four");
    sign(&card);
    assert_int_equal(put(t, c, &card)->kind, EVENT_DONE);
}

static void
lifetimes_are_kept(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct card card = sample(1, NOW_HOUR, "over");

    sign(&card);
    assert_refused(put(t, c, &card), REFUSED_EXPIRED);
    card = sample(1, NOW_HOUR + 7 * 24 + 1, "too long");
    sign(&card);
    assert_refused(put(t, c, &card), REFUSED_EXPIRED);
    card = sample(1, UINT64_C(1) << 40, "for ever");
    sign(&card);
    assert_refused(put(t, c, &card), REFUSED_EXPIRED);
    card = sample(1, NOW_HOUR + 7 * 24, "a week");
    sign(&card);
    assert_int_equal(put(t, c, &card)->kind, EVENT_DONE);
    live(t, 7 * 24 - 1);
    c = stage_join(t, 1);
    assert_int_equal(get(t, c)->kind, EVENT_CARD);
    live(t, 1);
    c = stage_join(t, 2);
    assert_refused(get(t, c), REFUSED_NOT_FOUND);
}

static void
signatures_are_checked(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct card card = sample(1, NOW_HOUR + 24, "body");
    struct request q = {.kind = REQUEST_CARD_PUT};
    uint8_t junk[200] = {0};

    sign(&card);
    card.signature[10] ^= 1;
    assert_refused(put(t, c, &card), REFUSED_INVALID);
    card.signature[10] ^= 1;
    card.version = 2;
    assert_refused(put(t, c, &card), REFUSED_INVALID);
    card.version = 1;
    memset(card.key, 0, sizeof card.key); /* a key of small order */
    assert_refused(put(t, c, &card), REFUSED_INVALID);
    memset(junk, 0xff, sizeof junk);
    q.card_put.card = BYTES_OF(junk);
    assert_refused(stage_answer(t, c, q), REFUSED_INVALID);
    card = sample(UINT64_C(1) << 63, NOW_HOUR + 24, "body");
    sign(&card);
    assert_refused(put(t, c, &card), REFUSED_INVALID);
}

static void
blobs(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct request putq = {.kind = REQUEST_BLOB_PUT};
    struct request getq = {.kind = REQUEST_BLOB_GET};
    uint8_t *big = mem_new(LIMIT_BLOB);
    const struct event *ev;

    assert_non_null(big);
    big[7] = 7;
    putq.blob_put.blob = (struct bytes){big, LIMIT_BLOB};
    hash_id("pristan blob", &putq.blob_put.blob, 1, getq.blob_get.hash);
    assert_refused(stage_answer(t, c, getq), REFUSED_NOT_FOUND);
    assert_int_equal(stage_answer(t, c, putq)->kind, EVENT_DONE);
    assert_int_equal(stage_answer(t, c, putq)->kind, EVENT_DONE);
    ev = stage_answer(t, c, getq);
    assert_int_equal(ev->kind, EVENT_BLOB);
    assert_bytes(ev->blob.blob, putq.blob_put.blob);
    live(t, 8 * 24);
    c = stage_join(t, 1);
    assert_refused(stage_answer(t, c, getq), REFUSED_NOT_FOUND);
    mem_free(big);
}

static const struct event *
put_blob(struct stage *t, struct stage_client *c, uint32_t n, size_t len)
{
    struct request q = {.kind = REQUEST_BLOB_PUT};
    uint8_t *b = mem_new(len);
    const struct event *ev;

    assert_non_null(b);
    memcpy(b, &n, sizeof n);
    q.blob_put.blob = (struct bytes){b, len};
    ev = stage_answer(t, c, q);
    mem_free(b);
    return ev;
}

static const struct event *
put_version(struct stage *t, struct stage_client *c, uint64_t version)
{
    struct card card = sample(version, NOW_HOUR + 24, "body");

    sign(&card);
    return put(t, c, &card);
}

/* What anybody may leave is counted together, for all of one place. */
static void
b16_cards_and_blobs_have_a_rate_by_prefix(void **state)
{
    struct stage *t = *state;
    struct stage_client *a = stage_join_from(t, 0, 1);
    struct stage_client *same = stage_join_from(t, 1, 1);
    struct stage_client *elsewhere = stage_join_from(t, 2, 2);
    uint32_t n = 0;

    while (n < 512 && put_blob(t, a, n, 8)->kind == EVENT_DONE)
        n++;
    while (n < 5000 && put_version(t, same, n)->kind == EVENT_DONE)
        n++;
    assert_int_equal(n, 1024);
    assert_refused(put_blob(t, same, n, 8), REFUSED_RATE);
    assert_refused(put_version(t, a, n), REFUSED_RATE);
    assert_refused(stage_answer(t, a, q_leave(1, "letter")), REFUSED_RATE);
    assert_int_equal(put_blob(t, elsewhere, n, 8)->kind, EVENT_DONE);
    assert_int_equal(put_version(t, elsewhere, n)->kind, EVENT_DONE);
    stage_pass(t, 1000); /* four more */
    assert_int_equal(put_blob(t, a, n + 1, 8)->kind, EVENT_DONE);
    assert_int_equal(put_version(t, a, n + 1)->kind, EVENT_DONE);
    assert_int_equal(put_blob(t, same, n + 2, 8)->kind, EVENT_DONE);
    assert_int_equal(put_version(t, same, n + 2)->kind, EVENT_DONE);
    assert_refused(put_version(t, a, n + 3), REFUSED_RATE);
    assert_refused(put_blob(t, a, n + 3, 8), REFUSED_RATE);
}

/* A blob is counted by its size, too. */
static void
b16_blobs_have_a_rate_by_size(void **state)
{
    struct stage *t = *state;
    struct stage_client *a = stage_join_from(t, 0, 1);
    struct stage_client *elsewhere = stage_join_from(t, 2, 2);
    struct prefix *p = relay_session(t->relay, a->conn)->prefix;

    assert_int_equal(
        prefix_spend(p, PREFIX_BYTES, 128 * 1024 - 63, t->now.mono_ms), 0);
    assert_refused(put_blob(t, a, 1, 63 * 1024 + 1), REFUSED_RATE);
    assert_int_equal(put_blob(t, elsewhere, 1, 63 * 1024 + 1)->kind,
                     EVENT_DONE);
    assert_int_equal(put_blob(t, a, 1, 63 * 1024)->kind, EVENT_DONE);
    assert_refused(put_blob(t, a, 2, 8), REFUSED_RATE);
    stage_pass(t, 1000);
    assert_int_equal(put_blob(t, a, 2, LIMIT_BLOB)->kind, EVENT_DONE);
}

/* So is a card. */
static void
b16_cards_have_a_rate_by_size(void **state)
{
    struct stage *t = *state;
    struct stage_client *a = stage_join_from(t, 0, 1);
    struct stage_client *elsewhere = stage_join_from(t, 2, 2);
    struct prefix *p = relay_session(t->relay, a->conn)->prefix;
    char body[3 * 1024 + 1] = {0};
    struct card card;

    memset(body, 'b', sizeof body - 1); /* with the rest more than 3 KiB */
    card = sample(1, NOW_HOUR + 24, body);
    sign(&card);
    assert_int_equal(
        prefix_spend(p, PREFIX_BYTES, 128 * 1024 - 3, t->now.mono_ms), 0);
    assert_refused(put(t, a, &card), REFUSED_RATE);
    assert_int_equal(put(t, elsewhere, &card)->kind, EVENT_DONE);
    assert_int_equal(put_version(t, a, 2)->kind, EVENT_DONE); /* 1 KiB */
    assert_int_equal(put_version(t, a, 3)->kind, EVENT_DONE);
    assert_int_equal(put_version(t, a, 4)->kind, EVENT_DONE);
    assert_refused(put_version(t, a, 5), REFUSED_RATE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(cards_come_back_as_they_were),
        STAGED(versions_only_grow),
        STAGED(lifetimes_are_kept),
        STAGED(signatures_are_checked),
        STAGED(blobs),
        STAGED(b16_cards_and_blobs_have_a_rate_by_prefix),
        STAGED(b16_blobs_have_a_rate_by_size),
        STAGED(b16_cards_have_a_rate_by_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
