/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The relay as a client meets it: every kind of request, every refusal. */
#include "stage.h"

static void
assert_refused(const struct event *ev, enum refusal reason)
{
    assert_int_equal(ev->kind, EVENT_REFUSED);
    assert_int_equal(ev->refused.reason, reason);
}

static void
assert_records(const struct event *ev, size_t count, uint64_t last)
{
    assert_int_equal(ev->kind, EVENT_RECORDS);
    assert_int_equal(ev->records.record_count, count);
    assert_int_equal(ev->records.last, last);
}

static void
hello_tells_limits(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_shake(t, 0);
    const struct event *ev;

    assert_refused(stage_answer(t, c, q_hello(2)), REFUSED_VERSION);
    ev = stage_answer(t, c, q_hello(1));
    assert_int_equal(ev->kind, EVENT_HELLO);
    assert_int_equal(ev->hello.version, 1);
    assert_int_equal(ev->hello.record_max, LIMIT_RECORD);
    assert_int_equal(ev->hello.letter_max, LIMIT_LETTER);
    assert_int_equal(ev->hello.message_days, 14);
    assert_int_equal(stage_answer(t, c, q_ping())->kind, EVENT_DONE);
}

static void
append_and_read(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    const struct event *ev;

    ev = stage_answer(t, c, q_text(1, "one"));
    assert_int_equal(ev->kind, EVENT_APPENDED);
    assert_int_equal(ev->appended.number, 1);
    assert_false(ev->appended.duplicate);
    ev = stage_answer(t, c, q_append(1, RECORD_COMMIT, 0, bytes_str("two")));
    assert_int_equal(ev->appended.number, 2);
    ev = stage_answer(t, c, q_read(stage_channel(1), 0, 1000));
    assert_records(ev, 2, 2);
    assert_bytes(ev->records.records[0].bytes, bytes_str("one"));
    assert_int_equal(ev->records.records[0].kind, RECORD_MESSAGE);
    assert_bytes(ev->records.records[1].bytes, bytes_str("two"));
    assert_int_equal(ev->records.records[1].kind, RECORD_COMMIT);
    assert_records(stage_answer(t, c, q_read(stage_channel(1), 1, 1000)), 1, 2);
    assert_records(stage_answer(t, c, q_read(stage_channel(1), 0, 3)), 1, 2);
    assert_records(stage_answer(t, c, q_read(stage_channel(1), 0, 2)), 0, 2);
}

static void
b10_a_repeated_append_has_its_number(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    const struct event *ev;

    (void)stage_answer(t, c, q_text(1, "one"));
    (void)stage_answer(t, c, q_text(1, "two"));
    c = stage_join(t, 1);
    ev = stage_answer(t, c, q_text(1, "one"));
    assert_int_equal(ev->kind, EVENT_APPENDED);
    assert_int_equal(ev->appended.number, 1);
    assert_true(ev->appended.duplicate);
    /* the same bytes as another kind make no sense */
    assert_refused(
        stage_answer(t, c, q_append(1, RECORD_COMMIT, 0, bytes_str("one"))),
        REFUSED_INVALID);
}

static void
b11_a_race_for_the_commit_slot(void **state)
{
    struct stage *t = *state;
    struct stage_client *a = stage_join(t, 0);
    struct stage_client *b = stage_join(t, 1);
    const struct event *ev;

    /* both arrive before either is stored */
    (void)stage_ask(a, q_append(1, RECORD_COMMIT, 0, bytes_str("a")));
    (void)stage_ask(b, q_append(1, RECORD_COMMIT, 0, bytes_str("b")));
    stage_run(t);
    assert_int_equal(stage_event(a)->kind, EVENT_APPENDED);
    ev = stage_event(b);
    assert_int_equal(ev->kind, EVENT_CONFLICT);
    assert_int_equal(ev->conflict.commits, 1);
    assert_int_equal(ev->conflict.last, 1);
    /* the loser reads the winner's record */
    ev = stage_answer(t, b, q_read(stage_channel(1), 0, 1000));
    assert_bytes(ev->records.records[0].bytes, bytes_str("a"));
    /* nobody keeps talking into a closed epoch */
    ev = stage_answer(t, b, q_text(1, "late"));
    assert_int_equal(ev->kind, EVENT_CONFLICT);
}

static void
an_answer_means_stored(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct stage_client *w = stage_join(t, 1);

    (void)stage_answer(t, w, q_watch(stage_channel(1), 0, 1000));
    t->disk_works = false;
    (void)stage_ask(c, q_text(1, "one"));
    stage_run(t);
    assert_true(stage_silent(c));
    assert_true(stage_silent(w));
    t->disk_works = true;
    stage_run(t);
    assert_int_equal(stage_event(c)->kind, EVENT_APPENDED);
    assert_records(stage_event(w), 1, 1);
}

static void
what_comes_while_the_disk_works_is_one_batch(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    size_t before;
    char text[16];

    t->disk_works = false;
    (void)stage_ask(c, q_text(1, "first"));
    stage_run(t);
    before = t->batches;
    for (int i = 0; i < 50; i++) {
        (void)snprintf(text, sizeof text, "%d", i);
        (void)stage_ask(c, q_text(1, text));
        stage_run(t);
    }
    assert_int_equal(t->batches, before);
    t->disk_works = true;
    stage_run(t);
    assert_int_equal(t->batches, before + 1);
    for (int i = 0; i < 51; i++)
        assert_int_equal(stage_event(c)->appended.number, i + 1);
}

static void
a_caught_up_watcher_is_pushed_to(void **state)
{
    struct stage *t = *state;
    struct stage_client *a = stage_join(t, 0);
    struct stage_client *b = stage_join(t, 1);
    const struct event *ev;
    uint32_t tag;

    (void)stage_answer(t, a, q_text(1, "old"));
    tag = stage_ask(b, q_watch(stage_channel(1), 0, 100));
    stage_run(t);
    ev = stage_event(b);
    assert_records(ev, 1, 1);
    assert_int_equal(ev->tag, tag);
    (void)stage_answer(t, a, q_text(1, "new"));
    ev = stage_event(b);
    assert_int_equal(ev->tag, tag);
    assert_records(ev, 1, 2);
    assert_int_equal(ev->records.records[0].number, 2);
    assert_bytes(ev->records.records[0].bytes, bytes_str("new"));
    /* the writer watches as well and gets its own record back */
    assert_records(stage_answer(t, a, q_watch(stage_channel(1), 2, 100)), 0, 2);
    (void)stage_answer(t, a, q_append(1, RECORD_COMMIT, 0, bytes_str("c")));
    assert_records(stage_event(a), 1, 3);
    assert_records(stage_event(b), 1, 3);
    assert_true(stage_silent(b));
}

static void
a_duplicate_is_not_pushed(void **state)
{
    struct stage *t = *state;
    struct stage_client *a = stage_join(t, 0);
    struct stage_client *b = stage_join(t, 1);

    (void)stage_answer(t, a, q_text(1, "one"));
    (void)stage_answer(t, b, q_watch(stage_channel(1), 1, 100));
    (void)stage_answer(t, a, q_text(1, "one"));
    assert_true(stage_silent(b));
}

static void
credit_is_kept_to(void **state)
{
    struct stage *t = *state;
    struct stage_client *a = stage_join(t, 0);
    struct stage_client *b = stage_join(t, 1);
    const struct event *ev;
    uint32_t watch;

    watch = stage_ask(b, q_watch(stage_channel(1), 0, 10));
    stage_run(t);
    assert_records(stage_event(b), 0, 0);
    (void)stage_answer(t, a, q_text(1, "123456"));
    assert_records(stage_event(b), 1, 1);
    (void)stage_answer(t, a, q_text(1, "234567")); /* 4 are left */
    ev = stage_event(b);
    assert_int_equal(ev->kind, EVENT_MORE);
    assert_int_equal(ev->tag, watch);
    assert_int_equal(ev->more.last, 2);
    (void)stage_answer(t, a, q_text(1, "3"));
    assert_int_equal(stage_event(b)->more.last, 3);
    assert_true(stage_silent(b));
    (void)stage_ask(b, q_credit(watch, 3)); /* 7 */
    stage_run(t);
    ev = stage_event(b);
    assert_records(ev, 2, 3);
    assert_int_equal(ev->records.records[1].number, 3);
    assert_true(stage_silent(b));
    (void)stage_answer(t, a, q_text(1, "4"));
    assert_int_equal(stage_event(b)->more.last, 4); /* nothing is left */
    (void)stage_ask(b, q_credit(watch, 1000));
    stage_run(t);
    assert_records(stage_event(b), 1, 4);
    (void)stage_answer(t, a, q_text(1, "5"));
    assert_records(stage_event(b), 1, 5); /* caught up again */
}

static void
a_long_backlog_comes_in_pages(void **state)
{
    struct stage *t = *state;
    struct stage_client *a = stage_join(t, 0);
    struct stage_client *b = stage_join(t, 1);
    uint8_t *big = mem_new(60000);
    uint64_t next = 1;

    assert_non_null(big);
    for (uint8_t i = 0; i < 20; i++) {
        big[0] = i;
        (void)stage_answer(
            t, a, q_append(1, RECORD_MESSAGE, 0, (struct bytes){big, 60000}));
    }
    (void)stage_ask(b, q_watch(stage_channel(1), 0, WIRE_CREDIT_MAX));
    stage_run(t);
    assert_true(b->event_count > 3);
    while (!stage_silent(b)) {
        const struct event *ev = stage_event(b);

        if (ev->kind != EVENT_RECORDS)
            continue;
        for (size_t i = 0; i < ev->records.record_count; i++)
            assert_int_equal(ev->records.records[i].number, next++);
    }
    assert_int_equal(next, 21);
    mem_free(big);
}

/* B-12: a watch and an append in any order, in one batch or in two. */
static void
b12_no_wake_up_is_lost(void **state)
{
    struct stage *t = *state;
    struct stage_client *a = stage_join(t, 0);
    struct stage_client *b = stage_join(t, 1);
    char text[16];

    for (unsigned n = 0; n < 16; n++) {
        uint64_t got = 0;

        for (unsigned step = 0; step < 4; step++) {
            t->disk_works = (n >> step & 1) != 0;
            (void)snprintf(text, sizeof text, "%u", step);
            if (step == 1)
                (void)stage_ask(b, q_watch(stage_channel(n), 0, 1000));
            else
                (void)stage_ask(a, q_text(n, text));
            stage_run(t);
        }
        t->disk_works = true;
        stage_run(t);
        while (!stage_silent(b)) {
            const struct event *ev = stage_event(b);

            if (ev->kind == EVENT_RECORDS)
                for (size_t i = 0; i < ev->records.record_count; i++)
                    assert_int_equal(ev->records.records[i].number, ++got);
        }
        assert_int_equal(got, 3);
    }
}

static void
unwatch_ends_it(void **state)
{
    struct stage *t = *state;
    struct stage_client *a = stage_join(t, 0);
    struct stage_client *b = stage_join(t, 1);
    struct relay_counters counters;
    uint32_t watch = stage_ask(b, q_watch(stage_channel(1), 0, 100));

    stage_run(t);
    (void)stage_event(b);
    assert_int_equal(stage_answer(t, b, q_unwatch(watch))->kind, EVENT_DONE);
    assert_int_equal(stage_answer(t, b, q_unwatch(watch))->kind, EVENT_DONE);
    (void)stage_answer(t, a, q_text(1, "one"));
    assert_true(stage_silent(b));
    (void)stage_ask(b, q_credit(watch, 5)); /* of a watch that is gone */
    stage_run(t);
    assert_true(stage_silent(b));
    relay_get_counters(t->relay, &counters);
    assert_int_equal(counters.watches, 0);
    assert_int_equal(counters.sessions, 2);
    assert_int_equal(counters.appended, 1);
    assert_int_equal(counters.pushed, 0);
}

static void
mailboxes(void **state)
{
    struct stage *t = *state;
    struct stage_client *a = stage_join(t, 0);
    struct stage_client *b = stage_join(t, 1);
    const struct event *ev;

    (void)stage_answer(t, b, q_watch(stage_mailbox(1), 0, 1000));
    ev = stage_answer(t, a, q_leave(1, "letter"));
    assert_int_equal(ev->kind, EVENT_APPENDED);
    assert_int_equal(ev->appended.number, 1);
    ev = stage_event(b);
    assert_records(ev, 1, 1);
    assert_bytes(ev->records.records[0].bytes, bytes_str("letter"));
    ev = stage_answer(t, a, q_leave(1, "letter"));
    assert_int_equal(ev->appended.number, 1);
    assert_true(ev->appended.duplicate);
    (void)stage_answer(t, a, q_leave(1, "second"));
    assert_records(stage_event(b), 1, 2);
    assert_int_equal(stage_answer(t, b, q_empty(1, 1))->kind, EVENT_DONE);
    ev = stage_answer(t, b, q_read(stage_mailbox(1), 0, 1000));
    assert_records(ev, 1, 2);
    assert_int_equal(ev->records.records[0].number, 2);
    /* all emptied: who begins at 0 is caught up all the same */
    (void)stage_answer(t, b, q_empty(1, 2));
    assert_records(stage_answer(t, a, q_watch(stage_mailbox(1), 0, 1000)), 0,
                   2);
    (void)stage_answer(t, b, q_leave(1, "third"));
    assert_records(stage_event(a), 1, 3);
}

/* B-18: the id alone, which everyone who may leave knows, opens nothing. */
static void
b18_leaving_is_not_reading(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct request q;
    struct place p = {.kind = PLACE_MAILBOX};

    (void)stage_answer(t, c, q_leave(1, "letter"));
    stage_mailbox_id(1, p.read_token);
    assert_records(stage_answer(t, c, q_read(p, 0, 1000)), 0, 0);
    q = q_empty(1, 1);
    stage_mailbox_id(1, q.empty.read_token);
    assert_int_equal(stage_answer(t, c, q)->kind, EVENT_DONE);
    assert_records(stage_answer(t, c, q_read(stage_mailbox(1), 0, 1000)), 1, 1);
    /* a writer has the write token and the hash of the other: not enough */
    (void)stage_answer(t, c, q_text(1, "one"));
    p = stage_channel(1);
    stage_token(p.read_token, 'w', 1);
    assert_records(stage_answer(t, c, q_read(p, 0, 1000)), 0, 0);
    q = q_text(1, "two");
    stage_token(q.append.write_token, 'r', 1);
    assert_int_equal(stage_answer(t, c, q)->appended.number, 1); /* elsewhere */
    assert_records(stage_answer(t, c, q_read(stage_channel(1), 0, 1000)), 1, 1);
}

/* B-17: an id is made of both tokens; who does not know them cannot be first.
 */
static void
b17_an_id_cannot_be_occupied(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct request q = q_text(1, "squatter");
    const struct event *ev;

    stage_token(q.append.write_token, 'x', 1); /* same readers, own token */
    (void)stage_answer(t, c, q);
    ev = stage_answer(t, c, q_read(stage_channel(1), 0, 1000));
    assert_records(ev, 0, 0);
    assert_int_equal(stage_answer(t, c, q_text(1, "owner"))->appended.number,
                     1);
}

/* B-19: nothing that is stored is a token or opens anything. */
static void
b19_a_stolen_store_opens_nothing(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct buf dump = buf_limited(1024 * 1024);
    uint8_t token[LIMIT_ID];
    uint8_t hash[LIMIT_ID];

    (void)stage_answer(t, c, q_text(1, "record"));
    (void)stage_answer(t, c, q_leave(1, "letter"));
    store_disk_dump(t->disk, &dump);
    assert_ok(buf_end(&dump));
    for (const char *what = "rwm"; *what != '\0'; what++) {
        stage_token(token, *what, 1);
        stage_hash(token, hash);
        assert_null(memmem(dump.b, dump.len, token, sizeof token));
        assert_null(memmem(dump.b, dump.len, hash, sizeof hash));
    }
    buf_free(&dump);
}

/* an unknown id and a wrong token are the same to look at. */
static void
a20_unknown_and_wrong_are_the_same(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct place wrong;
    const struct event *a;
    const struct event *b;
    size_t first;
    size_t second;

    (void)stage_answer(t, c, q_text(1, "one"));
    wrong = stage_channel(1);
    wrong.read_token[5] ^= 1;
    first = c->received;
    a = stage_answer(t, c, q_read(stage_channel(77), 0, 1000));
    first = c->received - first;
    second = c->received;
    b = stage_answer(t, c, q_read(wrong, 0, 1000));
    second = c->received - second;
    assert_records(a, 0, 0);
    assert_records(b, 0, 0);
    assert_int_equal(first, second);
}

/* I-08: an id and a token have 256 bits, each counts, and the answer to one
 * that is nearly right is that to any other. */
static void
i08_each_bit_of_a_mailbox_counts(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    const struct event *ev;
    size_t before;
    size_t size;

    (void)stage_answer(t, c, q_leave(1, "letter"));
    before = c->received;
    assert_records(stage_answer(t, c, q_read(stage_mailbox(77), 0, 1000)), 0,
                   0);
    size = c->received - before;
    for (size_t bit = 0; bit < 256; bit++) {
        struct place p = stage_mailbox(1);

        static_assert(sizeof p.read_token * 8 == 256, "all are tried");
        p.read_token[bit / 8] ^= (uint8_t)(1U << bit % 8);
        before = c->received;
        assert_records(stage_answer(t, c, q_read(p, 0, 1000)), 0, 0);
        assert_int_equal(c->received - before, size);
    }
    for (size_t bit = 0; bit < 256; bit++) {
        struct request q = q_leave(1, "letter");

        static_assert(sizeof q.leave.mailbox * 8 == 256, "all are tried");
        q.leave.mailbox[bit / 8] ^= (uint8_t)(1U << bit % 8);
        stage_pass(t, 60 * 1000); /* no flood */
        ev = stage_answer(t, c, q);
        assert_int_equal(ev->kind, EVENT_APPENDED);
        assert_int_equal(ev->appended.number, 1); /* elsewhere */
    }
    assert_records(stage_answer(t, c, q_read(stage_mailbox(1), 0, 1000)), 1, 1);
}

static void
a_full_place_and_a_full_disk(void **state)
{
    struct stage *t = *state;
    struct stage_client *c;

    relay_free(t->relay);
    store_close(t->store);
    t->quota.message_count = 1;
    t->quota.letter_count = 1;
    stage_open_relay(t);
    c = stage_join(t, 0);
    (void)stage_answer(t, c, q_text(1, "one"));
    assert_refused(stage_answer(t, c, q_text(1, "two")), REFUSED_FULL);
    (void)stage_answer(t, c, q_leave(1, "one"));
    assert_refused(stage_answer(t, c, q_leave(1, "two")), REFUSED_FULL);
    store_disk_limit(t->disk, 0);
    assert_refused(stage_answer(t, c, q_text(2, "two")), REFUSED_STORAGE);
    /* reading and emptying go on, and with room again all does */
    assert_records(stage_answer(t, c, q_read(stage_channel(1), 0, 1000)), 1, 1);
    assert_int_equal(stage_answer(t, c, q_ping())->kind, EVENT_DONE);
    store_disk_limit(t->disk, UINT64_MAX);
    assert_int_equal(stage_answer(t, c, q_text(2, "two"))->kind,
                     EVENT_APPENDED);
}

static void
a_restart_keeps_what_was_acknowledged(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    const struct event *ev;

    (void)stage_answer(t, c, q_text(1, "kept"));
    t->disk_works = false;
    (void)stage_ask(c, q_text(1, "not acknowledged"));
    stage_run(t);
    assert_true(stage_silent(c));
    relay_free(t->relay);
    store_close(t->store);
    store_disk_cut(t->disk);
    t->storing = NULL;
    t->disk_works = true;
    stage_open_relay(t);
    c->conn = 0;
    c = stage_join(t, 0);
    ev = stage_answer(t, c, q_read(stage_channel(1), 0, 1000));
    assert_records(ev, 1, 1);
    assert_bytes(ev->records.records[0].bytes, bytes_str("kept"));
}

static void
an_orderly_stop_answers_first(void **state)
{
    struct stage *t = *state;
    struct stage_client *c = stage_join(t, 0);
    struct stage_client *d = stage_join(t, 1);
    static const uint8_t prefix[RELAY_PREFIX_LEN] = {0};
    uint64_t conn;

    t->disk_works = false;
    (void)stage_ask(c, q_text(1, "last words"));
    stage_run(t);
    relay_stop(t->relay);
    stage_run(t);
    assert_false(relay_idle(t->relay));
    assert_err(relay_feed_opened(t->relay, prefix, t->now, &conn), ERR_FULL);
    t->disk_works = true;
    stage_run(t);
    assert_int_equal(stage_event(c)->kind, EVENT_APPENDED);
    assert_true(c->closed);
    assert_true(d->closed);
    assert_int_equal(link_state(c->link), LINK_CLOSED); /* politely */
    assert_true(relay_idle(t->relay));
}

static void
config_is_checked(void **state)
{
    struct stage *t = *state;
    struct relay_config c = t->config;
    struct relay *r;

    c.secret = NULL;
    assert_err(relay_new(&c, t->now, &r), ERR_USE);
    c = t->config;
    c.letter_hours = 0;
    assert_err(relay_new(&c, t->now, &r), ERR_USE);
    relay_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(hello_tells_limits),
        STAGED(append_and_read),
        STAGED(b10_a_repeated_append_has_its_number),
        STAGED(b11_a_race_for_the_commit_slot),
        STAGED(an_answer_means_stored),
        STAGED(what_comes_while_the_disk_works_is_one_batch),
        STAGED(a_caught_up_watcher_is_pushed_to),
        STAGED(a_duplicate_is_not_pushed),
        STAGED(credit_is_kept_to),
        STAGED(a_long_backlog_comes_in_pages),
        STAGED(b12_no_wake_up_is_lost),
        STAGED(unwatch_ends_it),
        STAGED(mailboxes),
        STAGED(b18_leaving_is_not_reading),
        STAGED(b17_an_id_cannot_be_occupied),
        STAGED(b19_a_stolen_store_opens_nothing),
        STAGED(a20_unknown_and_wrong_are_the_same),
        STAGED(i08_each_bit_of_a_mailbox_counts),
        STAGED(a_full_place_and_a_full_disk),
        STAGED(a_restart_keeps_what_was_acknowledged),
        STAGED(an_orderly_stop_answers_first),
        STAGED(config_is_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
