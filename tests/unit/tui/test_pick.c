/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "desk_stage.h"

#include "client/tui/pick.h"

static int
begin(void **state)
{
    (void)state;
    town_new(4, 11);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    town_free();
    return 0;
}

static void
hex_of(const struct client_id *id, size_t digits, char out[static 33])
{
    for (size_t i = 0; i < CLIENT_ID_LEN; i++)
        snprintf(out + 2 * i, 3, "%02x", id->b[i]);
    out[digits] = '\0';
}

/* Another circle of person 0. */
static void
found_another(const char *title)
{
    struct client_id id;
    uint64_t act;

    assert_ok(client_group_new(core(0), bytes_str(town->link), CLIENT_CIRCLE,
                               bytes_str(title), bytes_str("Anna"), town->now,
                               &id, &act));
    town_settle();
    people_done(0, act);
}

static void
a_group_by_title_start_or_id(void **state)
{
    struct client_group_info g;
    struct stage s;
    char hex[33];

    (void)state;
    people_found(CLIENT_CIRCLE);
    found_another("Harbour");
    found_another("Harbour east");
    hex_of(&people_circle, 8, hex);
    stage_open(&s, 0, "say", NULL);
    assert_true(
        pick_group_named(&s.app, "Harbour", &g)); /* whole beats start */
    assert_bytes(g.title, bytes_str("Harbour"));
    assert_true(pick_group_named(&s.app, "Harbour e", &g));
    assert_bytes(g.title, bytes_str("Harbour east"));
    assert_true(pick_group_named(&s.app, hex, &g));
    assert_memory_equal(g.id.b, people_circle.b, CLIENT_ID_LEN);
    assert_int_equal(s.app.state, APP_SYNCING);
    assert_false(pick_group_named(&s.app, "Harb", &g));
    stage_refused(&s, EXIT_BAD_USAGE, "Which group?");
    stage_close(&s);
    hex[3] = '\0'; /* too short to mean an id */
    stage_open(&s, 0, "say", NULL);
    assert_false(pick_group_named(&s.app, hex, &g));
    stage_refused(&s, EXIT_NOT_THERE, "There is no group");
    stage_close(&s);
    stage_open(&s, 0, "say", NULL);
    assert_false(pick_group(&s.app, &g)); /* three, and none named */
    stage_refused(&s, EXIT_BAD_USAGE, "Which group?");
    stage_close(&s);
    stage_open(&s, 1, "say", NULL);
    assert_false(pick_group(&s.app, &g));
    stage_refused(&s, EXIT_NOT_THERE, "You are in no group");
    stage_close(&s);
}

static void
a_person_by_name_tag_or_id(void **state)
{
    struct client_id group;
    struct client_member m, other;
    struct stage s;
    char word[40], hex[33];

    (void)state;
    people_gather(3);
    group = circle_of(0)->id;
    stage_open(&s, 0, "remove", NULL);
    assert_true(pick_person(&s.app, &group, "Vera", &m));
    snprintf(word, sizeof word, "Vera#%02X%02x", m.person.tag[0],
             m.person.tag[1]);
    assert_true(pick_person(&s.app, &group, word, &other));
    assert_memory_equal(other.person.id.b, m.person.id.b, CLIENT_ID_LEN);
    assert_true(pick_person(&s.app, &group, word + 4, &other));
    assert_memory_equal(other.person.id.b, m.person.id.b, CLIENT_ID_LEN);
    hex_of(&m.person.id, 8, hex);
    assert_true(pick_person(&s.app, &group, hex, &other));
    assert_memory_equal(other.person.id.b, m.person.id.b, CLIENT_ID_LEN);
    assert_false(pick_person(&s.app, &group, "Ver", &other)); /* no guessing */
    stage_refused(&s, EXIT_NOT_THERE, "There is nobody \"Ver\"");
    stage_close(&s);
    word[5] = word[5] == '0' ? '1' : '0'; /* the name with another's tag */
    stage_open(&s, 0, "remove", NULL);
    assert_false(pick_person(&s.app, &group, word, &other));
    stage_refused(&s, EXIT_NOT_THERE, "There is nobody");
    stage_close(&s);
}

/* Two people knock as "Vera". */
static void
a_name_that_two_knock_with_is_refused(void **state)
{
    struct client_knock_info first, k;
    struct client_id id;
    struct stage s;
    char link[512], hex[33];
    uint64_t act;

    (void)state;
    people_found(CLIENT_CIRCLE);
    people_link(0, 0, link, &id);
    stage_open(&s, 0, "approve", NULL);
    assert_false(pick_knock(&s.app, NULL, &k));
    stage_refused(&s, EXIT_NOT_THERE, "Nobody is knocking");
    stage_close(&s);
    people_done(2, people_knock(2, link));
    town_pass(2000);
    stage_open(&s, 0, "approve", NULL);
    assert_true(pick_knock(&s.app, NULL, &first));
    assert_true(pick_knock(&s.app, "Vera", &k));
    assert_int_equal(s.app.state, APP_SYNCING);
    stage_close(&s);

    assert_ok(client_knock(core(1), bytes_str(link), bytes_str("Vera"),
                           bytes_str("me, too"), town->now, &act));
    town_pass(2000);
    people_done(1, act);
    stage_open(&s, 0, "approve", NULL);
    assert_int_equal(client_knock_count(core(0)), 2);
    assert_false(pick_knock(&s.app, "Vera", &k));
    stage_refused(&s, EXIT_BAD_USAGE, "More than one fits \"Vera\"");
    stage_close(&s);
    stage_open(&s, 0, "approve", NULL);
    assert_false(pick_knock(&s.app, NULL, &k));
    stage_refused(&s, EXIT_BAD_USAGE, "More than one");
    stage_close(&s);
    hex_of(&first.id, 8, hex);
    stage_open(&s, 0, "approve", NULL);
    assert_true(pick_knock(&s.app, hex, &k));
    assert_memory_equal(k.id.b, first.id.b, CLIENT_ID_LEN);
    assert_false(pick_knock(&s.app, "Nobody", &k));
    stage_refused(&s, EXIT_NOT_THERE, "There is no knock \"Nobody\"");
    stage_close(&s);
}

static void
a_case_by_number_or_id(void **state)
{
    struct client_case_info c;
    struct client_id group;
    struct stage s;
    char hex[33];

    (void)state;
    people_gather(2);
    people_open_desk();
    people_done(3, people_ask(3, "where to sleep?", &group));
    people_done(2, people_ask(2, "where to eat?", &group));
    stage_open(&s, 1, "claim", NULL);
    assert_true(pick_case(&s.app, "2", &c));
    assert_bytes(c.text, bytes_str("where to eat?"));
    assert_true(pick_case(&s.app, "1", &c));
    assert_bytes(c.text, bytes_str("where to sleep?"));
    hex_of(&c.id, 8, hex);
    assert_true(pick_case(&s.app, hex, &c));
    assert_int_equal(c.number, 1);
    assert_false(pick_case(&s.app, "3", &c));
    stage_refused(&s, EXIT_NOT_THERE, "There is no request \"3\"");
    stage_close(&s);
}

/* Each desk counts from 1: --group says which is meant. */
static void
a_number_of_two_desks_needs_the_group(void **state)
{
    struct buf text = buf_limited(511);
    struct client_group_info other;
    struct client_case_info c;
    struct client_id group;
    struct stage s;
    uint64_t act;

    (void)state;
    people_found(CLIENT_CIRCLE);
    people_open_desk();
    people_done(3, people_ask(3, "the first desk's", &group));
    found_another("Harbour");
    assert_ok(client_group_info(core(0), 1, &other));
    assert_ok(client_desk_open(core(0), &other.id, bytes_str("Desk"), town->now,
                               &text, &act));
    town_pass(2000);
    people_done(0, act);
    memset(people_ask_link, 0, sizeof people_ask_link);
    memcpy(people_ask_link, text.b, text.len);
    buf_free(&text);
    people_done(2, people_ask(2, "the second desk's", &group));

    stage_open(&s, 0, "claim", NULL);
    assert_int_equal(client_case_count(core(0)), 2);
    assert_false(pick_case(&s.app, "1", &c));
    stage_refused(&s, EXIT_BAD_USAGE, "--group");
    stage_close(&s);
    stage_open(&s, 0, "claim", "Harbour");
    assert_true(pick_case(&s.app, "1", &c));
    assert_bytes(c.text, bytes_str("the second desk's"));
    stage_close(&s);
}

static void
links_are_told_apart(void **state)
{
    struct client_link_info l;
    struct client_id id;
    struct bytes out;
    struct stage s;
    char link[512], hex[33];

    (void)state;
    people_found(CLIENT_CIRCLE);
    people_link(1, 3600, link, &id);
    hex_of(&id, 8, hex);
    stage_open(&s, 0, "link show", NULL);
    assert_true(pick_link(&s.app, hex, &l));
    assert_memory_equal(l.id.b, id.b, CLIENT_ID_LEN);
    assert_true(pick_link_text(&s.app, link, CLIENT_LINK_JOIN, &out));
    assert_true(pick_link_text(&s.app, link, CLIENT_LINK_RELAY, &out));
    assert_false(pick_link_text(&s.app, link, CLIENT_LINK_ASK, &out));
    stage_refused(&s, EXIT_BAD_DATA, "for something else: join");
    stage_close(&s);
    link[strlen(link) - 5] = '\0';
    stage_open(&s, 0, "link show", NULL);
    assert_false(pick_link_text(&s.app, link, CLIENT_LINK_JOIN, &out));
    stage_refused(&s, EXIT_BAD_DATA, "damaged or cut short");
    stage_close(&s);
    stage_open(&s, 0, "link show", NULL);
    assert_false(pick_link_text(&s.app, "hello", CLIENT_LINK_JOIN, &out));
    stage_refused(&s, EXIT_BAD_DATA, "not a pristan link");
    stage_close(&s);
    stage_open(&s, 0, "link show", NULL);
    assert_false(pick_link(&s.app, "00000000", &l));
    stage_refused(&s, EXIT_NOT_THERE, "There is no link");
    stage_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_group_by_title_start_or_id, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_person_by_name_tag_or_id, begin, end),
        cmocka_unit_test_setup_teardown(a_name_that_two_knock_with_is_refused,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_case_by_number_or_id, begin, end),
        cmocka_unit_test_setup_teardown(a_number_of_two_desks_needs_the_group,
                                        begin, end),
        cmocka_unit_test_setup_teardown(links_are_told_apart, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
