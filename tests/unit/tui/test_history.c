/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "desk_stage.h"

#include "client/tui/history.h"

enum { ROWS = 450 };

/* A store that has texts "1" to "450"; it fails when told to. */
struct shelf {
    bool broken;
    uint64_t bad_from, bad_to; /* rows of a later version */
    unsigned pages;
};

static enum err
shelf_page(void *store,
           const struct client_id *group,
           uint64_t after,
           uint32_t limit,
           app_row *row,
           void *to)
{
    struct shelf *shelf = store;

    (void)group;
    shelf->pages++;
    if (shelf->broken)
        return ERR_AUTH;
    for (uint64_t seq = after + 1; seq <= ROWS && limit > 0; seq++, limit--) {
        struct notice n = {.kind = NOTICE_TEXT, .seq = seq, .who.self = true};
        struct buf value = buf_limited(4096);
        char text[24];

        snprintf(text, sizeof text, "%llu", (unsigned long long)seq);
        n.text = bytes_str(text);
        assert_ok(notice_write(&n, &value));
        if (seq >= shelf->bad_from && seq <= shelf->bad_to)
            value.b[0] = 0xff;
        row(to, seq, buf_bytes(&value));
        buf_free(&value);
    }
    return ERR_OK;
}

static struct stage stage;

static void
show(struct shelf *shelf, uint32_t last)
{
    struct client_group_info g = {.last_seq = ROWS};

    town_new(1, 15);
    stage_open(&stage, 0, "read", NULL);
    stage.app.page = shelf_page;
    stage.app.store = shelf;
    history_show(&stage.app, &g, last);
}

static void
done(void)
{
    stage_close(&stage);
    town_free();
}

static size_t
texts(void)
{
    const char *s = capture_text(&stage.shown);
    size_t count = 0;

    for (; (s = strstr(s, "you: ")) != NULL; s++)
        count++;
    return count;
}

static void
the_last_ones_in_order(void **state)
{
    struct shelf shelf = {0};
    const char *a, *b;

    (void)state;
    show(&shelf, 3);
    a = strstr(capture_text(&stage.shown), "you: 448\n");
    b = strstr(capture_text(&stage.shown), "you: 450\n");
    assert_true(a != NULL && b != NULL && a < b);
    assert_int_equal(texts(), 3);
    assert_int_equal(stage.app.shown_seq, ROWS);
    done();
}

/* What was shown when it came is not shown again, but for who asks again. */
static void
what_was_told_is_not_told_twice(void **state)
{
    struct shelf shelf = {0};
    struct client_group_info g = {.last_seq = ROWS};

    (void)state;
    town_new(1, 15);
    stage_open(&stage, 0, "read", NULL);
    stage.app.page = shelf_page;
    stage.app.store = &shelf;
    stage.app.told[0] = (struct app_told){{{0}}, 449};
    stage.app.told[1] = (struct app_told){{{1}}, 448}; /* of another group */
    stage.app.told_count = 2;
    history_show(&stage.app, &g, 3);
    assert_int_equal(texts(), 2);
    assert_null(strstr(capture_text(&stage.shown), "you: 449\n"));
    stage.app.state = APP_STAYING;
    history_show(&stage.app, &g, 3);
    assert_non_null(strstr(capture_text(&stage.shown), "you: 449\n"));
    done();
}

static void
many_pages_are_one_list(void **state)
{
    struct shelf shelf = {0};

    (void)state;
    show(&shelf, 100000);
    assert_int_equal(texts(), ROWS);
    assert_true(shelf.pages > 2);
    done();
}

/* Rows of a later version fill whole pages: it goes on, and not round. */
static void
what_cannot_be_read_is_passed_over(void **state)
{
    struct shelf shelf = {.bad_from = 1, .bad_to = 430};

    (void)state;
    show(&shelf, 100000);
    assert_int_equal(texts(), ROWS - 430);
    assert_in_range(shelf.pages, 3, 4);
    done();
}

static void
a_damaged_store_is_said(void **state)
{
    struct shelf shelf = {.broken = true};

    (void)state;
    show(&shelf, 3);
    stage_refused(&stage, EXIT_DISK, "damaged");
    done();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_ones_in_order),
        cmocka_unit_test(what_was_told_is_not_told_twice),
        cmocka_unit_test(many_pages_are_one_list),
        cmocka_unit_test(what_cannot_be_read_is_passed_over),
        cmocka_unit_test(a_damaged_store_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
