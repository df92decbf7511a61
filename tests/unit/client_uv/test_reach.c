/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Real sockets of this machine: one that listens, addresses where nobody does,
 * and one that takes no more connections and says nothing, as where packets
 * vanish. */
#include "support/check.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "client/uv/reach.h"

enum { BEFORE = 6, FILL = 8, PATIENCE_MS = 10000 };

static struct world {
    uv_loop_t loop;
    struct reach reach;
    uv_tcp_t *tcp;
    int told;
    uint64_t begun_ms;
    uint64_t took_ms;
} w;

static void
on_done(void *to, uv_tcp_t *tcp)
{
    assert_ptr_equal(to, &w);
    w.told++;
    w.tcp = tcp;
    w.took_ms = uv_hrtime() / 1000000 - w.begun_ms;
}

static int
begin(void **state)
{
    (void)state;
    w = (struct world){0};
    assert_int_equal(uv_loop_init(&w.loop), 0);
    reach_init(&w.reach, &w.loop, on_done, &w);
    return 0;
}

/* All that was opened is closed, or the loop would not. */
static int
end(void **state)
{
    (void)state;
    reach_stop(&w.reach);
    if (w.tcp != NULL)
        reach_close(w.tcp, NULL);
    uv_close((uv_handle_t *)&w.reach.timer, NULL);
    uv_run(&w.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w.loop), 0);
    return 0;
}

/* A socket at that address of this machine, and its port. */
static int
open_at(const char *address, int backlog, uint16_t *port)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(uv_ip4_addr(address, *port, &at), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    if (backlog >= 0)
        assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void
add(const char *address, uint16_t port)
{
    struct sockaddr_storage to = {0};

    if (uv_ip4_addr(address, port, (struct sockaddr_in *)&to) != 0)
        assert_int_equal(uv_ip6_addr(address, port, (struct sockaddr_in6 *)&to),
                         0);
    reach_add(&w.reach, (const struct sockaddr *)&to);
}

static void
on_patience(uv_timer_t *t)
{
    uv_close((uv_handle_t *)t, NULL);
}

static void
run(void)
{
    uv_timer_t patience;

    w.begun_ms = uv_hrtime() / 1000000;
    uv_timer_init(&w.loop, &patience);
    uv_timer_start(&patience, on_patience, PATIENCE_MS, 0);
    reach_start(&w.reach);
    assert_int_equal(w.told, 0);
    while (w.told == 0 && !uv_is_closing((uv_handle_t *)&patience))
        uv_run(&w.loop, UV_RUN_ONCE);
    if (!uv_is_closing((uv_handle_t *)&patience))
        uv_close((uv_handle_t *)&patience, NULL);
    uv_run(&w.loop, UV_RUN_NOWAIT);
}

/* Where the connection leads. */
static void
reached(const char *address)
{
    struct sockaddr_in peer;
    int len = sizeof peer;
    char text[INET_ADDRSTRLEN];

    assert_int_equal(w.told, 1);
    assert_non_null(w.tcp);
    assert_int_equal(uv_tcp_getpeername(w.tcp, (struct sockaddr *)&peer, &len),
                     0);
    assert_non_null(inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text));
    assert_string_equal(text, address);
}

static void
the_next_is_tried_when_one_fails(void **state)
{
    uint16_t port = 0;
    int fd = open_at("127.0.0.1", 8, &port);

    (void)state;
    add("::1", port);
    for (int i = 0; i < BEFORE - 1; i++)
        add("127.0.0.2", port);
    add("127.0.0.1", port);
    add("127.0.0.3", port);
    run();
    reached("127.0.0.1");
    /* a refusal needs no waiting */
    assert_true(w.took_ms < (uint64_t)BEFORE * REACH_NEXT_MS);
    close(fd);
}

static void
the_first_is_kept_when_it_answers(void **state)
{
    uint16_t port = 0;
    int first = open_at("127.0.0.2", 8, &port);
    int second = open_at("127.0.0.1", 8, &port);

    (void)state;
    add("127.0.0.2", port);
    add("127.0.0.1", port);
    run();
    reached("127.0.0.2");
    close(first);
    close(second);
}

/* Fills what a socket that never accepts will hold: whoever comes then is not
 * even refused. */
static void
fill(int fds[static FILL], const char *address, uint16_t port)
{
    struct sockaddr_in at;

    assert_int_equal(uv_ip4_addr(address, port, &at), 0);
    for (size_t i = 0; i < FILL; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(fds[i] >= 0);
        (void)connect(fds[i], (struct sockaddr *)&at, sizeof at);
    }
}

static void
the_next_is_tried_when_one_says_nothing(void **state)
{
    uint16_t port = 0;
    int good = open_at("127.0.0.1", 8, &port);
    int silent = open_at("127.0.0.2", 0, &port);
    int fds[FILL];

    (void)state;
    fill(fds, "127.0.0.2", port);
    add("127.0.0.2", port);
    add("127.0.0.1", port);
    run();
    reached("127.0.0.1");
    assert_in_range(w.took_ms, REACH_NEXT_MS - 1, PATIENCE_MS - 1);
    close(good);
    close(silent);
    for (size_t i = 0; i < FILL; i++)
        close(fds[i]);
}

static void
none_is_told_once(void **state)
{
    uint16_t port = 0;
    int fd = open_at("127.0.0.1", -1, &port); /* bound, but does not listen */

    (void)state;
    add("127.0.0.1", port);
    add("127.0.0.2", port);
    run();
    assert_int_equal(w.told, 1);
    assert_null(w.tcp);
    close(fd);
}

static void
stopped_tells_nothing(void **state)
{
    uint16_t port = 0;
    int fd = open_at("127.0.0.1", 8, &port);

    (void)state;
    add("127.0.0.2", port);
    add("127.0.0.1", port);
    reach_start(&w.reach);
    uv_run(&w.loop, UV_RUN_NOWAIT); /* the first is under way */
    reach_stop(&w.reach);
    for (int i = 0; i < 10; i++)
        uv_run(&w.loop, UV_RUN_NOWAIT);
    assert_int_equal(w.told, 0);
    close(fd);
}

/* 4 4 4 6 6 becomes 4 6 4 6 4; and no more than there is room for. */
static void
families_take_turns(void **state)
{
    static const char *const names[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3",
                                        "fc00::1", "fc00::2"};
    static const char *const order[] = {"10.0.0.1", "fc00::1", "10.0.0.2",
                                        "fc00::2", "10.0.0.3"};
    enum { COUNT = sizeof names / sizeof *names };
    struct sockaddr_storage at[COUNT] = {0};
    struct addrinfo list[COUNT] = {0};

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        bool six = strchr(names[i], ':') != NULL;

        if (six)
            (void)uv_ip6_addr(names[i], 1, (struct sockaddr_in6 *)&at[i]);
        else
            (void)uv_ip4_addr(names[i], 1, (struct sockaddr_in *)&at[i]);
        list[i].ai_family = six ? AF_INET6 : AF_INET;
        list[i].ai_addr = (struct sockaddr *)&at[i];
        list[i].ai_next = i + 1 < COUNT ? &list[i + 1] : NULL;
    }
    reach_add_names(&w.reach, list);
    assert_int_equal(w.reach.count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        char text[INET6_ADDRSTRLEN];

        assert_int_equal(
            uv_ip_name((const struct sockaddr *)&w.reach.addresses[i], text,
                       sizeof text),
            0);
        assert_string_equal(text, order[i]);
    }
    reach_add_names(&w.reach, list);
    assert_int_equal(w.reach.count, REACH_ADDRESSES_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_next_is_tried_when_one_fails, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_first_is_kept_when_it_answers,
                                        begin, end),
        cmocka_unit_test_setup_teardown(the_next_is_tried_when_one_says_nothing,
                                        begin, end),
        cmocka_unit_test_setup_teardown(none_is_told_once, begin, end),
        cmocka_unit_test_setup_teardown(stopped_tells_nothing, begin, end),
        cmocka_unit_test_setup_teardown(families_take_turns, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
