/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A relay and members who lie so that somebody is left alone with another log
 * than everybody else (threats, tables D to F): nobody is, or says so. */
#include "circle.h"

#include "client/core/channel.h"
#include "client/core/envelope.h"
#include "client/core/inbox.h"
#include "client/core/outbox.h"
#include "lib/mls/group_private.h"
#include "lib/mls/message.h"
#include "lib/mls/private_message.h"

enum { LIAR_RECORD_MAX = 4096 };

static int
teardown(void **state)
{
    (void)state;
    if (town != NULL)
        town_free();
    return 0;
}

static struct line *
line_of(size_t i)
{
    return lines_find(core(i), &circle_id);
}

static uint64_t
last(size_t i)
{
    return circle_of(i)->channel.last;
}

/* The relay says so to client i, as what came on its watch. */
static void
tell(size_t i, const struct event *in)
{
    struct op *watch = lines_watch(line_of(i), OP_WATCH, &circle_id);
    struct event ev = *in;

    assert_non_null(watch);
    ev.tag = watch->tag;
    assert_ok(client_enter(core(i), town->now));
    assert_ok(
        client_exit(core(i), inbox_event(core(i), line_of(i), watch, &ev)));
}

static void
show(size_t i, enum record_kind kind, struct bytes bytes, bool expired)
{
    struct event_record r = {.number = last(i) + 1,
                             .kind = kind,
                             .expired = expired,
                             .bytes = bytes};
    struct event ev = {.kind = EVENT_RECORDS};

    ev.records.records = &r;
    ev.records.record_count = 1;
    ev.records.last = r.number;
    tell(i, &ev);
}

/* Its answer to what client i has sent. */
static void
answer(size_t i, uint64_t serial, const struct event *ev)
{
    const struct op op = {
        .kind = OP_APPEND, .object = circle_id, .detail = serial};

    assert_ok(client_enter(core(i), town->now));
    lines_ignore(line_of(i), OP_APPEND, &circle_id);
    assert_ok(client_exit(core(i), outbox_event(core(i), line_of(i), &op, ev)));
}

static struct post *
first_post(size_t i)
{
    return QUEUE_OWNER(queue_first(&circle_of(i)->outbox), struct post, node);
}

/* What client i would send next; it stays on the line. */
static struct post *
sealed(size_t i, const char *text)
{
    struct post *p;

    circle_say(i, text);
    assert_true(town_turn(i));
    p = first_post(i);
    assert_int_equal(p->state, POST_SENT);
    return p;
}

static struct bytes
copy(struct bytes in, uint8_t out[static LIAR_RECORD_MAX])
{
    assert_true(in.len <= LIAR_RECORD_MAX);
    memcpy(out, in.b, in.len);
    return (struct bytes){out, in.len};
}

/* Member `by` puts what is in the record into an envelope of its own. */
static void
rewrap(size_t by,
       enum record_kind was,
       struct bytes record,
       enum record_kind kind,
       struct buf *out)
{
    struct buf message = buf_limited(LIMIT_MLS_MESSAGE);

    buf_reset(out);
    assert_ok(envelope_open(&circle_of(by)->channel, was, record, &message));
    assert_ok(
        envelope_seal(&circle_of(by)->channel, kind, buf_bytes(&message), out));
    buf_free(&message);
}

/* Member `by` seals a text as if it were from the leaf of client `as`: the
 * ratchets are everybody's, the signature is not. */
static void
forge(size_t by, size_t as, enum record_kind kind, struct buf *out)
{
    const struct mls_group *g = circle_of(by)->mls;
    const struct mls_leaf_index leaf = mls_group_own_leaf(circle_of(as)->mls);
    uint8_t signature[SIGN_LEN] = {7};
    struct mls_authenticated_content ac = {
        .wire_format = MLS_WIRE_PRIVATE_MESSAGE,
        .content = {.group_id = mls_group_id(g),
                    .epoch = mls_group_epoch(g),
                    .sender = {MLS_SENDER_MEMBER, leaf.v},
                    .type = MLS_CONTENT_APPLICATION,
                    .body = bytes_str("I never said that")},
        .auth = {.signature = BYTES_OF(signature)}};
    struct buf message = buf_limited(LIMIT_MLS_MESSAGE);
    struct mls_message_key key;
    struct mls_secret_step step;
    struct mls_private_seal how = {.key = &key,
                                   .sender_data = &g->secrets.sender_data};

    assert_ok(mls_secret_tree_next(g->ratchets, leaf, MLS_RATCHET_APPLICATION,
                                   &how.generation, &key, &step));
    assert_ok(mls_private_message_protect(&ac, &how, &message));
    buf_reset(out);
    assert_ok(
        envelope_seal(&circle_of(by)->channel, kind, buf_bytes(&message), out));
    mls_secret_step_wipe(&step);
    buf_free(&message);
}

static void
begin(size_t clients, uint64_t seed)
{
    town_new(clients, seed);
    circle_of_all();
}

static void
works_still(size_t i)
{
    struct client_group_info info;

    assert_ok(client_group_find(core(i), &circle_id, &info));
    assert_true(info.state == CLIENT_STABLE || info.state == CLIENT_PENDING);
    assert_false(circle_of(i)->cloned);
    assert_false(town_alarmed(i, CODE_ALARM_CLONE));
}

/* --- members ----------------------------------------------------------------
 */

/* P3, A4: what any member can seal in somebody's name neither silences that
 * one nor throws it out, and nobody believes it. */
static void
in_my_name(void **state)
{
    static const enum record_kind kinds[] = {RECORD_MESSAGE, RECORD_COMMIT};
    struct buf record = buf_limited(LIMIT_RECORD);

    (void)state;
    begin(3, 200);
    for (size_t i = 0; i < 2; i++) {
        forge(1, 0, kinds[i], &record);
        for (size_t k = 0; k < 3; k++)
            show(k, kinds[i], buf_bytes(&record), false);
    }
    for (size_t k = 0; k < 3; k++) {
        (void)town_turn(k);
        works_still(k);
        assert_int_equal(circle_of(k)->channel.voids, 2);
        assert_int_equal(town_count_text(k, "I never said that"), 0);
    }
    (void)sealed(0, "I say this");
    show(1, RECORD_MESSAGE, buf_bytes(&first_post(0)->record), false);
    (void)town_turn(1);
    assert_int_equal(town_count_text(1, "I say this"), 1);
    buf_free(&record);
}

/* E-04: our own words, in an envelope that somebody else made. */
static void
my_words_again(void **state)
{
    struct buf record = buf_limited(LIMIT_RECORD);
    uint8_t bytes[LIAR_RECORD_MAX];
    struct bytes own;

    (void)state;
    begin(2, 201);
    own = copy(buf_bytes(&sealed(0, "once")->record), bytes);
    show(0, RECORD_MESSAGE, own, false);
    rewrap(1, RECORD_MESSAGE, own, RECORD_MESSAGE, &record);
    show(0, RECORD_MESSAGE, buf_bytes(&record), false);
    rewrap(1, RECORD_MESSAGE, own, RECORD_COMMIT, &record);
    show(0, RECORD_COMMIT, buf_bytes(&record), false);
    (void)town_turn(0);
    works_still(0);
    assert_int_equal(town_count_text(0, "once"), 1);
    assert_int_equal(circle_of(0)->channel.voids, 2);
    buf_free(&record);
}

/* A relay replays what we said before the last CHANNEL_OWN things. */
static void
my_old_words(void **state)
{
    uint8_t bytes[LIAR_RECORD_MAX];
    struct bytes own;

    (void)state;
    begin(2, 202);
    own = copy(buf_bytes(&sealed(0, "long ago")->record), bytes);
    town_settle();
    for (size_t i = 0; i <= CHANNEL_OWN; i++) {
        circle_say(0, "and on");
        town_settle();
    }
    show(0, RECORD_MESSAGE, own, false);
    (void)town_turn(0);
    works_still(0);
    assert_int_equal(town_count_text(0, "long ago"), 1);
    assert_int_equal(circle_of(0)->channel.voids, 1);
}

/* Relay and member together: our commit comes back in another envelope. It
 * counts for all others, so it counts for us. */
static void
my_commit_in_disguise(void **state)
{
    struct buf record = buf_limited(LIMIT_RECORD);
    struct bytes own;
    uint64_t act;

    (void)state;
    begin(3, 203);
    town->clients[0].hold = true;
    assert_ok(client_refresh(core(0), &circle_id, town->now, &act));
    assert_non_null(circle_of(0)->pending);
    own = buf_bytes(&circle_of(0)->pending->record);
    rewrap(1, RECORD_COMMIT, own, RECORD_COMMIT, &record);
    for (size_t k = 0; k < 3; k++)
        show(k, RECORD_COMMIT, buf_bytes(&record), false);
    town->clients[0].hold = false;
    works_still(0);
    town_pass(5000);
    circle_agrees();
    assert_int_equal(town_act(0, act), NOTICE_ACT_DONE);
    assert_int_equal(circle_of(0)->epoch, circle_of(1)->epoch);
    buf_free(&record);
}

/* D-16: whoever lets us in chooses the group's id, and may choose one under
 * which something else of ours has its line: they stay apart (J-06). */
static void
id_of_something_else(void **state)
{
    struct client_group_info info;
    struct line *other;

    (void)state;
    town_new(2, 216);
    circle_begin();
    assert_ok(client_enter(core(1), town->now));
    assert_ok(client_exit(
        core(1), lines_get(core(1), &town->address, &circle_id, &other)));
    circle_add(0, 1);
    assert_int_equal(client_group_count(core(1)), 1);
    assert_ok(client_group_info(core(1), 0, &info));
    assert_memory_not_equal(info.id.b, circle_id.b, sizeof circle_id.b);
    assert_ptr_not_equal(lines_find(core(1), &info.id), other);
    circle_say(0, "good to have you");
    town_settle();
    assert_int_equal(town_count_text(1, "good to have you"), 1);
}

/* --- answers that are lies --------------------------------------------------
 */

/* Refused for ever, and stored: whoever made the commit goes on with all
 * others, and does not stay behind alone. */
static void
commit_refused_and_kept(void **state)
{
    struct event ev = {.kind = EVENT_REFUSED};
    uint64_t act;

    (void)state;
    begin(3, 204);
    assert_ok(client_refresh(core(0), &circle_id, town->now, &act));
    assert_non_null(circle_of(0)->pending);
    ev.refused.reason = REFUSED_TOO_LARGE;
    answer(0, 0, &ev); /* the real relay has it on its line */
    town_pass(5000);
    assert_int_equal(circle_of(0)->epoch, circle_of(1)->epoch);
    circle_agrees();
    assert_int_equal(town_act(0, act), NOTICE_ACT_DONE);
    assert_int_equal(town_heard(0, NOTICE_OFFLINE, 0)->n.code,
                     CODE_RELAY_REFUSED);
    circle_say(2, "with you");
    town_settle();
    assert_int_equal(town_count_text(0, "with you"), 1);
}

/* The same with words: they are where the log has them, for all alike, also
 * after a restart. */
static void
words_refused_and_kept(void **state)
{
    struct event ev = {.kind = EVENT_REFUSED};
    uint8_t bytes[LIAR_RECORD_MAX];
    struct bytes own;
    struct post *p;

    (void)state;
    begin(2, 205);
    town->relay_down = true; /* what is sent waits on the way */
    p = sealed(0, "refused");
    own = copy(buf_bytes(&p->record), bytes);
    ev.refused.reason = REFUSED_INVALID;
    answer(0, p->serial, &ev);
    assert_int_equal(p->state, POST_REFUSED);
    assert_false(outbox_waits(circle_of(0)));
    (void)town_turn(0);
    assert_int_equal(town_heard(0, NOTICE_OFFLINE, 0)->n.code,
                     CODE_RELAY_REFUSED);
    assert_int_equal(core(0)->hooks->refused, 1);
    show(1, RECORD_MESSAGE, own, false);
    show(0, RECORD_MESSAGE, own, false);
    (void)town_turn(0);
    (void)town_turn(1);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(town_count_text(i, "refused"), 1);
        assert_int_equal(circle_of(i)->channel.voids, 0);
    }
    assert_true(queue_empty(&circle_of(0)->outbox));
}

/* What was refused is stored as such, does not hold up what comes behind it,
 * and is forgotten with the epoch. */
static void
refused_is_over(void **state)
{
    struct event ev = {.kind = EVENT_REFUSED};
    struct post *p;
    uint64_t act;

    (void)state;
    begin(2, 206);
    town->relay_down = true;
    p = sealed(0, "refused");
    ev.refused.reason = REFUSED_INVALID;
    answer(0, p->serial, &ev);
    (void)town_turn(0);
    town->relay_down = false;
    town_cut(0);
    town_restart(0);
    assert_int_equal(first_post(0)->state, POST_REFUSED);
    circle_say(0, "behind it");
    town_pass(10000);
    assert_int_equal(town_count_text(1, "behind it"), 1);
    assert_ok(client_refresh(core(0), &circle_id, town->now, &act));
    town_pass(5000);
    assert_int_equal(town_act(0, act), NOTICE_ACT_DONE);
    assert_true(queue_empty(&circle_of(0)->outbox));
    circle_agrees();
}

/* E-08: acknowledged under a number where the log has something else. Said
 * once, sent again, not in a hurry. */
static void
wrong_number(void **state)
{
    struct event ev = {.kind = EVENT_APPENDED};
    struct post *p;

    (void)state;
    begin(2, 207);
    p = sealed(0, "where is it");
    for (uint64_t i = 0; i < 3; i++) {
        ev.appended.number = last(0) - i % 2;
        answer(0, p->serial, &ev);
        assert_int_equal(p->state, POST_SENT);
        assert_true(circle_of(0)->send_ms > town->now.mono_ms);
    }
    (void)town_turn(0);
    assert_true(town_alarmed(0, CODE_ALARM_NOT_STORED));
    assert_int_equal(town_count(0, NOTICE_ALARM), 1);
    assert_int_equal(town_count(0, NOTICE_DELIVERED), 0);
}

/* E-07: acknowledged far ahead, and nothing ever comes: we come back on a new
 * line, see that it is not there, say so and send it again. */
static void
acknowledged_only(void **state)
{
    struct event ev = {.kind = EVENT_APPENDED};
    struct post *p;

    (void)state;
    begin(2, 208);
    p = sealed(0, "kept?");
    /* the real relay never gets it */
    for (size_t i = 0; i < TOWN_CONNS; i++)
        if (town->conns[i].used && town->conns[i].client == 0)
            buf_reset(&town->conns[i].to_relay);
    ev.appended.number = UINT64_C(1) << 62;
    answer(0, p->serial, &ev);
    assert_int_equal(p->state, POST_APPENDED);
    (void)town_turn(0);
    assert_false(inbox_group_in_step(circle_of(0)));
    assert_int_equal(town_count_text(1, "kept?"), 0);
    /* the bytes that are gone end the line at the first word after them */
    town_pass(INBOX_PATIENCE_MS + 120000);
    assert_true(town_alarmed(0, CODE_ALARM_NOT_STORED));
    assert_int_equal(town_count_text(1, "kept?"), 1);
    assert_int_equal(town_count_text(0, "kept?"), 1);
}

/* E-10: speaks of records and brings none. */
static void
much_promised(void **state)
{
    struct event ev = {.kind = EVENT_MORE};
    uint64_t session;

    (void)state;
    begin(2, 209);
    session = line_of(1)->session;
    ev.more.last = last(1) + 1000000;
    tell(1, &ev);
    assert_false(inbox_group_in_step(circle_of(1)));
    circle_say(1, "waits");
    town_pass(INBOX_PATIENCE_MS / 2);
    assert_int_equal(line_of(1)->session, session);
    assert_int_equal(town_count_text(0, "waits"), 0);
    town_pass(INBOX_PATIENCE_MS);
    assert_int_not_equal(line_of(1)->session, session);
    assert_int_equal(town_count_text(0, "waits"), 1);
    assert_true(inbox_group_in_step(circle_of(1)));
}

/* A relay may advise to come back in a hundred years. */
static void
come_back_later(void **state)
{
    struct event ev = {.kind = EVENT_REFUSED};
    struct post *p;

    (void)state;
    begin(2, 210);
    p = sealed(0, "later");
    ev.refused.reason = REFUSED_RATE;
    ev.refused.retry_after_s = UINT32_MAX;
    answer(0, p->serial, &ev);
    assert_true(circle_of(0)->send_ms <= town->now.mono_ms + 3600 * 1000);
}

/* --- logs that are lies -----------------------------------------------------
 */

/* E-01, 4.5: a hash for a record that cannot have expired. Nobody is led out
 * of the group by it, and no text is hidden by it. */
static void
expired_too_soon(void **state)
{
    static const enum record_kind kinds[] = {RECORD_MESSAGE, RECORD_COMMIT};
    uint8_t hash[LIMIT_ID] = {9};
    uint64_t before;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        begin(2, 211 + i);
        before = last(1);
        show(1, kinds[i], BYTES_OF(hash), true);
        (void)town_turn(1);
        works_still(1);
        assert_int_equal(last(1), before);
        assert_true(town_alarmed(1, CODE_ALARM_GAP));
        assert_int_equal(line_of(1)->state, LINE_OFFLINE);
        town_restart(1);
        town_pass(5000);
        circle_say(0, "all is well");
        town_settle();
        assert_int_equal(town_count_text(1, "all is well"), 1);
        if (i == 0)
            town_free();
    }
}

/* One alarm does not hide another: whoever has raised a small one first cannot
 * do the rest in silence. Each is said once. */
static void
alarms_apart(void **state)
{
    struct event ev = {.kind = EVENT_RECORDS};
    uint8_t bytes[1024] = {1};
    struct event_record r = {.kind = RECORD_MESSAGE};

    (void)state;
    begin(2, 213);
    for (size_t round = 0; round < 3; round++) {
        show(1, RECORD_MESSAGE, BYTES_OF(bytes), false);
        bytes[0]++;
        show(1, RECORD_COMMIT, BYTES_OF(bytes), false);
        bytes[0]++;
    }
    r.number = last(1) + 2;
    r.bytes = BYTES_OF(bytes);
    ev.records.records = &r;
    ev.records.record_count = 1;
    ev.records.last = r.number;
    tell(1, &ev);
    (void)town_turn(1);
    assert_true(town_alarmed(1, CODE_ALARM_VOID_RECORD));
    assert_true(town_alarmed(1, CODE_ALARM_VOID_COMMIT));
    assert_true(town_alarmed(1, CODE_ALARM_GAP));
    assert_int_equal(town_count(1, NOTICE_ALARM), 3);
    town_pass(3000); /* the real log is shorter: it went back */
    assert_true(town_alarmed(1, CODE_ALARM_ROLLBACK));
    assert_int_equal(town_count(1, NOTICE_ALARM), 4);
    town_pass(120000);
    assert_int_equal(town_count(1, NOTICE_ALARM), 4);
}

/* D-10, E-04: ten thousand of them, and a good word still lands. */
static void
flood(void **state)
{
    uint8_t bytes[1024] = {0};
    uint8_t own[LIAR_RECORD_MAX];
    struct bytes record;

    (void)state;
    begin(2, 214);
    record = copy(buf_bytes(&sealed(0, "after all that")->record), own);
    for (uint32_t i = 0; i < 10000; i++) {
        memcpy(bytes, &i, sizeof i);
        show(1, i % 2 == 0 ? RECORD_MESSAGE : RECORD_COMMIT, BYTES_OF(bytes),
             false);
        while (town_turn(1))
            continue;
    }
    show(1, RECORD_MESSAGE, record, false);
    (void)town_turn(1);
    works_still(1);
    assert_int_equal(circle_of(1)->channel.voids, 10000);
    assert_int_equal(town_count_text(1, "after all that"), 1);
    assert_true(town_count(1, NOTICE_ALARM) <= 3);
}

/* E-09, E-03, E-21 in one: the log of an older moment, again, from its start.
 */
static void
old_prefix(void **state)
{
    struct event ev = {.kind = EVENT_RECORDS};
    uint64_t before;

    (void)state;
    begin(2, 215);
    circle_say(0, "one");
    town_settle();
    circle_say(0, "two");
    town_settle();
    before = last(1);
    for (uint64_t n = 0; n < before; n++) {
        ev.records.last = n;
        tell(1, &ev);
        (void)town_turn(1);
        assert_int_equal(line_of(1)->state, LINE_OFFLINE);
        assert_int_equal(last(1), before);
        town_pass(120000);
    }
    assert_true(town_alarmed(1, CODE_ALARM_ROLLBACK));
    assert_int_equal(town_count(1, NOTICE_ALARM), 1);
    assert_int_equal(town_count_text(1, "one"), 1);
    assert_int_equal(town_count_text(1, "two"), 1);
    works_still(1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(in_my_name, teardown),
        cmocka_unit_test_teardown(my_words_again, teardown),
        cmocka_unit_test_teardown(my_old_words, teardown),
        cmocka_unit_test_teardown(my_commit_in_disguise, teardown),
        cmocka_unit_test_teardown(id_of_something_else, teardown),
        cmocka_unit_test_teardown(commit_refused_and_kept, teardown),
        cmocka_unit_test_teardown(words_refused_and_kept, teardown),
        cmocka_unit_test_teardown(refused_is_over, teardown),
        cmocka_unit_test_teardown(wrong_number, teardown),
        cmocka_unit_test_teardown(acknowledged_only, teardown),
        cmocka_unit_test_teardown(much_promised, teardown),
        cmocka_unit_test_teardown(come_back_later, teardown),
        cmocka_unit_test_teardown(expired_too_soon, teardown),
        cmocka_unit_test_teardown(alarms_apart, teardown),
        cmocka_unit_test_teardown(flood, teardown),
        cmocka_unit_test_teardown(old_prefix, teardown),
    };

    return cmocka_run_group_tests_name("client liar", tests, NULL, NULL);
}
