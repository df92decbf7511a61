/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cards: what is made opens, and nothing else does (E-14). */
#include "support/check.h"

#include <string.h>

#include "client/core/cards.h"
#include "crypto/random.h"
#include "support/failing.h"

static const uint64_t now_ms = UINT64_C(1767225600000);
#define HOUR_MS UINT64_C(3600000)

struct fixture {
    struct sign_secret key;
    struct sign_public pub;
    uint8_t secret[URI_SECRET_LEN];
    uint8_t id[LIMIT_ID];
    struct cards_plan plan;
    struct buf card;
    struct buf plain;
    struct cards_opened opened;
};

static struct fixture f;

static int
setup(void **state)
{
    (void)state;
    f = (struct fixture){0};
    sign_generate(&f.key, &f.pub);
    random_bytes(f.secret, sizeof f.secret);
    cards_id(&f.pub, f.id);
    f.card = buf_limited(LIMIT_CARD_BODY + 256);
    f.plain = buf_limited(LIMIT_CARD_BODY);
    f.plan =
        (struct cards_plan){.key = &f.key,
                            .secret = f.secret,
                            .version = 7,
                            .now_ms = now_ms,
                            .lifetime_ms = CARDS_LIFETIME_MS,
                            .body = {.purpose = CARD_DESK,
                                     .open = true,
                                     .title = bytes_str("Помощь на пристани"),
                                     .readers = 9}};
    memset(f.plan.body.mailbox, 1, sizeof f.plan.body.mailbox);
    memset(f.plan.body.hpke_key, 2, sizeof f.plan.body.hpke_key);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    buf_free(&f.card);
    buf_free(&f.plain);
    return 0;
}

static void
make(void)
{
    buf_reset(&f.card);
    assert_ok(cards_make(&f.plan, &f.card));
}

static enum err
open_at(uint64_t floor, uint64_t at_ms)
{
    return cards_open(buf_bytes(&f.card), f.id, f.secret, floor, at_ms,
                      &f.plain, &f.opened);
}

static void
test_opens(void **state)
{
    (void)state;
    make();
    assert_ok(open_at(7, now_ms));
    assert_int_equal(f.opened.version, 7);
    assert_int_equal(f.opened.expires_ms, now_ms + CARDS_LIFETIME_MS);
    assert_bytes(f.opened.body.title, f.plan.body.title);
    assert_int_equal(f.opened.body.readers, 9);
    assert_true(f.opened.body.open);
    assert_memory_equal(f.opened.body.mailbox, f.plan.body.mailbox, LIMIT_ID);
}

/* The relay that keeps it learns nothing of the title. */
static void
test_body_is_sealed(void **state)
{
    const char *title = "Помощь";

    (void)state;
    make();
    for (size_t i = 0; i + strlen(title) <= f.card.len; i++)
        assert_memory_not_equal(f.card.b + i, title, strlen(title));
}

static void
test_lifetime(void **state)
{
    (void)state;
    f.plan.lifetime_ms = CARDS_LIFETIME_MAX_MS + 1;
    assert_err(cards_make(&f.plan, &f.card), ERR_USE);
    f.plan.lifetime_ms = HOUR_MS - 1;
    assert_err(cards_make(&f.plan, &f.card), ERR_USE);
    f.plan.lifetime_ms = HOUR_MS;
    make();
    assert_ok(open_at(0, now_ms + HOUR_MS + CARDS_SLACK_MS - 1));
    assert_err(open_at(0, now_ms + HOUR_MS + CARDS_SLACK_MS), ERR_EXPIRED);
}

/* A card for years is no card, whoever signed it. */
static void
test_too_long(void **state)
{
    (void)state;
    f.plan.now_ms = now_ms + CARDS_LIFETIME_MAX_MS;
    make();
    assert_err(open_at(0, now_ms), ERR_MALFORMED);
}

static void
test_old_version(void **state)
{
    (void)state;
    make();
    assert_ok(open_at(7, now_ms));
    assert_err(open_at(8, now_ms), ERR_CONFLICT);
}

static void
test_another_key(void **state)
{
    (void)state;
    make();
    f.id[3] ^= 1;
    assert_err(open_at(0, now_ms), ERR_AUTH);
}

static void
test_another_secret(void **state)
{
    (void)state;
    make();
    f.secret[0] ^= 1;
    assert_err(open_at(0, now_ms), ERR_AUTH);
}

/* Every bit that the relay may turn is noticed. */
static void
test_forged(void **state)
{
    (void)state;
    make();
    for (size_t i = 0; i < f.card.len; i++) {
        enum err e;

        f.card.b[i] ^= 0x10;
        e = open_at(0, now_ms);
        assert_true(e == ERR_AUTH || e == ERR_MALFORMED);
        f.card.b[i] ^= 0x10;
    }
    assert_ok(open_at(0, now_ms));
    f.card.len--;
    assert_err(open_at(0, now_ms), ERR_MALFORMED);
    f.card.len++;
}

static enum err
make_and_open(void *context)
{
    struct buf card = buf_limited(LIMIT_CARD_BODY + 256);
    struct buf plain = buf_limited(LIMIT_CARD_BODY);
    struct cards_opened opened;
    enum err e = cards_make(&f.plan, &card);

    (void)context;
    if (e == ERR_OK)
        e = cards_open(buf_bytes(&card), f.id, f.secret, 0, now_ms, &plain,
                       &opened);
    buf_free(&plain);
    buf_free(&card);
    return e;
}

static void
test_no_memory(void **state)
{
    (void)state;
    assert_true(every_allocation_fails(make_and_open, NULL) > 3);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_opens),          CASE(test_body_is_sealed),
        CASE(test_lifetime),       CASE(test_too_long),
        CASE(test_old_version),    CASE(test_another_key),
        CASE(test_another_secret), CASE(test_forged),
        CASE(test_no_memory),
    };

    if (random_start() != ERR_OK)
        return 1;
    return cmocka_run_group_tests_name("cards", tests, NULL, NULL);
}
