/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* a small conversation with each allocation of relay and store failing in
 * turn. The relay may close the session or refuse; it must not crash, leak, or
 * say that something is stored which is not. */
#include "stage.h"

enum { RECORDS = 3 };

struct talk {
    struct stage stage;
    struct buf sent[2]; /* reserved, so that only the relay allocates */
    unsigned appended;
    bool failed;
};

/* One turn of the relay, with its n-th allocation failing. */
static void
turn(struct talk *k, size_t fail_at)
{
    struct stage *t = &k->stage;
    struct relay_send send;
    struct relay_results results;
    const struct relay_batch *batch;
    enum err e = ERR_OK;

    mem_fail_at(fail_at);
    for (int i = 0; i < 2; i++)
        relay_feed_bytes(t->relay, t->clients[i].conn,
                         buf_bytes(&t->clients[i].out), t->now);
    batch = relay_take(t->relay, t->now);
    if (batch != NULL)
        e = store_commit(t->store, batch, &results);
    if (batch != NULL && e == ERR_OK)
        relay_feed_stored(t->relay, &results, t->now);
    while (e == ERR_OK && relay_next_send(t->relay, &send)) {
        struct stage_client *c = stage_by_conn(t, send.conn);

        buf_append(&k->sent[c - t->clients], send.data);
        if (send.close)
            c->conn = 0;
    }
    k->failed = mem_failed() != 0;
    mem_fail_at(0);
}

static void
talk_to_relay(struct talk *k, size_t fail_at)
{
    struct stage *t = &k->stage;
    struct stage_client *c = stage_join(t, 0);
    struct stage_client *w = stage_join(t, 1);
    char text[16];

    for (int i = 0; i < RECORDS; i++) {
        (void)snprintf(text, sizeof text, "record %d", i);
        (void)stage_ask(c, q_text(1, text));
        (void)stage_ask(w, q_watch(stage_channel(1), 0, 1000));
        (void)stage_ask(w, q_read(stage_channel(1), 0, 1000));
    }
    for (int i = 0; i < 2; i++) {
        k->sent[i] = buf_limited(1024 * 1024);
        assert_ok(buf_reserve(&k->sent[i], 512 * 1024));
        assert_ok(link_flush(t->clients[i].link, &t->clients[i].out));
    }
    turn(k, fail_at);
    for (int i = 0; i < 2; i++) {
        stage_receive(t, &t->clients[i], buf_bytes(&k->sent[i]));
        buf_free(&k->sent[i]);
    }
    for (size_t i = 0; i < c->event_count; i++)
        k->appended += c->events[i].kind == EVENT_APPENDED;
}

static void
a15_each_allocation_fails(void **state)
{
    struct talk *k = mem_new(sizeof *k);
    bool failed = true;
    size_t n;

    (void)state;
    assert_non_null(k);
    for (n = 1; failed && n < 10000; n++) {
        struct relay_load load = {
            .kind = RELAY_LOAD_PAGE, .place = RELAY_CHANNEL, .credit = 10000};
        struct relay_batch batch = {.loads = &load, .load_count = 1};
        struct relay_results results;
        struct place p = stage_channel(1);
        uint8_t hash[LIMIT_ID];
        struct bytes parts[2] = {BYTES_OF(hash), BYTES_OF(p.other_hash)};

        memset(k, 0, sizeof *k);
        stage_start(&k->stage);
        talk_to_relay(k, n);
        failed = k->failed;
        /* what was acknowledged is there */
        stage_hash(p.read_token, hash);
        hash_id("pristan channel", parts, 2, load.id);
        relay_free(k->stage.relay);
        k->stage.relay = NULL;
        store_close(k->stage.store);
        k->stage.store = NULL;
        store_disk_cut(k->stage.disk);
        assert_ok(
            store_open_memory(k->stage.disk, &k->stage.quota, &k->stage.store));
        assert_ok(store_commit(k->stage.store, &batch, &results));
        assert_true(results.loads[0].record_count >= k->appended);
        if (!failed)
            assert_int_equal(k->appended, RECORDS);
        stage_end(&k->stage);
    }
    assert_true(n > 20);
    assert_true(n < 10000);
    mem_free(k);
}

/* Opening and closing. */
static void
a15_opening_with_no_memory(void **state)
{
    struct stage *t = *state;
    static const uint8_t prefix[RELAY_PREFIX_LEN] = {9};
    struct relay *r;
    uint64_t conn;
    enum err e = ERR_MEMORY;
    size_t n;

    for (n = 1; e != ERR_OK && n < 100; n++) {
        mem_fail_at(n);
        e = relay_new(&t->config, t->now, &r);
        if (e == ERR_OK) {
            e = relay_feed_opened(r, prefix, t->now, &conn);
            mem_fail_at(0);
            relay_free(r);
        }
        assert_true(e == ERR_OK || e == ERR_MEMORY);
        mem_fail_at(0);
    }
    assert_true(n > 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a15_each_allocation_fails),
        STAGED(a15_opening_with_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
