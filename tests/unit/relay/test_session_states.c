/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* every state with every request, through the wire. */
#include "stage.h"

#include "crypto/sign.h"
#include "wire/card.h"

static uint8_t card_bytes[512];
static size_t card_len;

static void
make_card(void)
{
    struct sign_secret secret;
    struct sign_public pub;
    struct card c = {.version = 1, .expires_hour = 500010};
    struct buf b = buf_limited(sizeof card_bytes);

    sign_generate(&secret, &pub);
    memcpy(c.key, pub.b, sizeof c.key);
    assert_ok(card_write_signed_part(&c, &b));
    sign_make(&secret, buf_bytes(&b), c.signature);
    buf_reset(&b);
    assert_ok(card_write(&c, &b));
    memcpy(card_bytes, b.b, b.len);
    card_len = b.len;
    buf_free(&b);
}

/* A request of each kind that makes sense. */
static struct request
sample(enum request_kind kind)
{
    struct request q = {.kind = kind};

    switch (kind) {
    case REQUEST_HELLO:
        return q_hello(1);
    case REQUEST_APPEND:
        return q_text(1, "text");
    case REQUEST_READ:
        return q_read(stage_channel(1), 0, 100);
    case REQUEST_WATCH:
        return q_watch(stage_channel(1), 0, 100);
    case REQUEST_CREDIT:
        return q_credit(1, 1);
    case REQUEST_UNWATCH:
        return q_unwatch(1);
    case REQUEST_LEAVE:
        return q_leave(1, "letter");
    case REQUEST_EMPTY:
        return q_empty(1, 1);
    case REQUEST_CARD_PUT:
        q.card_put.card = (struct bytes){card_bytes, card_len};
        return q;
    case REQUEST_BLOB_PUT:
        q.blob_put.blob = bytes_str("blob");
        return q;
    case REQUEST_CARD_GET:
    case REQUEST_BLOB_GET:
    case REQUEST_PING:
    case REQUEST_KINDS:
        return q;
    }
    return q;
}

/* What the answer is in OPEN; EVENT_KINDS: there is none. */
static const enum event_kind answers[REQUEST_KINDS] = {
    [REQUEST_APPEND] = EVENT_APPENDED,  [REQUEST_READ] = EVENT_RECORDS,
    [REQUEST_WATCH] = EVENT_RECORDS,    [REQUEST_CREDIT] = EVENT_KINDS,
    [REQUEST_UNWATCH] = EVENT_DONE,     [REQUEST_LEAVE] = EVENT_APPENDED,
    [REQUEST_EMPTY] = EVENT_DONE,       [REQUEST_CARD_PUT] = EVENT_DONE,
    [REQUEST_CARD_GET] = EVENT_REFUSED, [REQUEST_BLOB_PUT] = EVENT_DONE,
    [REQUEST_BLOB_GET] = EVENT_REFUSED, [REQUEST_PING] = EVENT_DONE,
};

static void
a06_greeting_takes_hello_alone(void **state)
{
    struct stage *t = *state;

    make_card();
    for (int kind = 0; kind < REQUEST_KINDS; kind++) {
        struct stage_client *c = stage_shake(t, 0);

        (void)stage_ask(c, sample((enum request_kind)kind));
        stage_run(t);
        if (kind == REQUEST_HELLO) {
            assert_int_equal(stage_event(c)->kind, EVENT_HELLO);
            assert_false(c->closed);
        } else {
            assert_true(stage_silent(c));
            assert_true(c->closed);
        }
    }
}

static void
a06_open_takes_all_but_hello(void **state)
{
    struct stage *t = *state;

    make_card();
    for (int kind = 0; kind < REQUEST_KINDS; kind++) {
        struct stage_client *c = stage_join(t, 0);

        (void)stage_ask(c, sample((enum request_kind)kind));
        stage_run(t);
        assert_int_equal(c->closed, kind == REQUEST_HELLO);
        if (kind == REQUEST_HELLO || answers[kind] == EVENT_KINDS)
            assert_true(stage_silent(c));
        else
            assert_int_equal(stage_event(c)->kind, answers[kind]);
        assert_true(stage_silent(c));
    }
}

static void
a06_closed_takes_nothing(void **state)
{
    struct stage *t = *state;

    make_card();
    for (int kind = 0; kind < REQUEST_KINDS; kind++) {
        struct stage_client *c = stage_join(t, 0);

        /* the first closes the session, the second is in the same bytes */
        (void)stage_ask(c, q_hello(1));
        (void)stage_ask(c, sample((enum request_kind)kind));
        stage_run(t);
        assert_true(c->closed);
        assert_true(stage_silent(c));
    }
}

static void
a06_garbage_closes(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct bytes piece = bytes_str("not a request");

    assert_ok(link_add(c->link, &piece, 1));
    stage_run(t);
    assert_true(c->closed);
    assert_true(stage_silent(c));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a06_greeting_takes_hello_alone),
        STAGED(a06_open_takes_all_but_hello),
        STAGED(a06_closed_takes_nothing),
        STAGED(a06_garbage_closes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
