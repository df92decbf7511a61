/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The real relay with many real connections: kill -9 under load, fan-out, a
 * reader that does not read. Prints how fast it went; what it asserts is that
 * nothing is lost.
 *
 *     relay_load PATH-OF-PRISTAN-RELAY */
#include "support/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "transport/link.h"
#include "transport/uri.h"
#include "wire/event.h"
#include "wire/limits.h"
#include "wire/request.h"

enum {
    PEERS_MAX = 101,
    RECORDS_MAX = 1000000,
    OUT_MAX = 64 * 1024 * 1024,
    TEXT_LEN = 1024,
    DEPTH = 64 /* appends under way */
};

struct peer {
    int fd; /* -1: none */
    struct link *link;
    struct buf out;
    struct arena arena;
    uint64_t hellos;
    uint64_t appended; /* answers */
    uint64_t got;      /* records */
    uint64_t last;     /* number of the last record */
    uint32_t watch;
    uint64_t owed; /* bytes of credit used up */
    bool mute;     /* reads nothing */
    bool gone;
};

struct run {
    const char *program;
    char folder[64];
    pid_t pid;
    uint16_t port;
    struct dh_public key;
    struct peer peers[PEERS_MAX];
    size_t peer_count;
    uint8_t text[TEXT_LEN];
    /* by number: which text was acknowledged with it, counted from 1 */
    uint32_t acked[RECORDS_MAX];
    uint32_t sent; /* texts */
};

static struct run run; /* of the test that runs */

static double
seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- the relay -------------------------------------------------------------
 */

static void
read_lines(FILE *in)
{
    char line[512];
    struct uri u;

    while (fgets(line, sizeof line, in) != NULL) {
        const char *at = strstr(line, "listening on ");

        if (strncmp(line, "pristan:", 8) == 0) {
            assert_ok(uri_read(bytes_str(line), &u));
            run.key = u.relay_key;
        }
        if (at != NULL) {
            run.port = (uint16_t)strtoul(strrchr(at, ':') + 1, NULL, 10);
            return;
        }
    }
    fail_msg("the relay said nothing");
}

static void
start_relay(void)
{
    char listen_at[32];
    int out[2];
    FILE *in;

    (void)snprintf(listen_at, sizeof listen_at, "127.0.0.1:%u", run.port);
    assert_int_equal(pipe(out), 0);
    run.pid = fork();
    assert_true(run.pid >= 0);
    if (run.pid == 0) {
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        /* what the sanitizer keeps of freed memory is not the relay's */
        setenv("ASAN_OPTIONS", "quarantine_size_mb=1:detect_leaks=0", 1);
        execl(run.program, run.program, "--data", run.folder, "--listen",
              listen_at, "--ballast-mib", "0", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    in = fdopen(out[0], "r");
    assert_non_null(in);
    read_lines(in);
    fclose(in);
}

static int
end_relay(int number)
{
    int status = 0;

    assert_int_equal(kill(run.pid, number), 0);
    assert_int_equal(waitpid(run.pid, &status, 0), run.pid);
    run.pid = 0;
    return status;
}

/* --- a client ----------------------------------------------------------------
 */

static void
drop(struct peer *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    p->gone = true;
    link_free(p->link);
    p->link = NULL;
    buf_free(&p->out);
    arena_free(&p->arena);
}

static void
ask(struct peer *p, const struct request *q)
{
    struct buf b = buf_limited(LIMIT_FRAME);
    struct bytes piece;

    assert_ok(request_write(q, &b));
    piece = buf_bytes(&b);
    if (link_add(p->link, &piece, 1) == ERR_FULL) {
        assert_ok(link_flush(p->link, &p->out));
        assert_ok(link_add(p->link, &piece, 1));
    }
    buf_free(&b);
}

static void
note_records(struct peer *p, const struct event *ev)
{
    struct request q = {.tag = 3, .kind = REQUEST_CREDIT};

    for (size_t i = 0; i < ev->records.record_count; i++) {
        const struct event_record *r = &ev->records.records[i];
        uint32_t n;

        assert_int_equal(r->number, p->last + 1); /* no gap, nothing twice */
        p->last = r->number;
        p->got++;
        p->owed += r->bytes.len;
        memcpy(&n, r->bytes.b, sizeof n);
        if (r->number < RECORDS_MAX && run.acked[r->number] != 0)
            assert_int_equal(run.acked[r->number], n + 1);
    }
    if (p->owed < WIRE_CREDIT_MAX / 4)
        return;
    q.credit.watch = p->watch;
    q.credit.credit = (uint32_t)p->owed;
    p->owed = 0;
    ask(p, &q);
}

static void
note(struct peer *p, struct bytes frame)
{
    struct event ev;

    arena_reset(&p->arena);
    assert_ok(event_read(frame, &p->arena, &ev));
    switch (ev.kind) {
    case EVENT_HELLO:
        p->hellos++;
        break;
    case EVENT_APPENDED:
        p->appended++;
        assert_true(ev.appended.number < RECORDS_MAX);
        /* the tag says which text it was */
        if (run.acked[ev.appended.number] != 0)
            assert_int_equal(run.acked[ev.appended.number], ev.tag - 100);
        run.acked[ev.appended.number] = ev.tag - 100;
        break;
    case EVENT_RECORDS:
        note_records(p, &ev);
        break;
    case EVENT_MORE:
    case EVENT_DONE:
        break;
    case EVENT_CONFLICT:
    case EVENT_CARD:
    case EVENT_BLOB:
    case EVENT_REFUSED:
    case EVENT_KINDS:
        fail_msg("event %d", (int)ev.kind);
    }
}

static void
read_some(struct peer *p)
{
    static uint8_t chunk[65536];
    struct bytes frame;
    ssize_t n = recv(p->fd, chunk, sizeof chunk, 0);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        drop(p);
        return;
    }
    link_feed(p->link, (struct bytes){chunk, (size_t)n});
    while (link_next(p->link, &p->out, &frame) == ERR_OK)
        note(p, frame);
}

static void
write_some(struct peer *p)
{
    ssize_t n = send(p->fd, p->out.b, p->out.len, MSG_NOSIGNAL);

    if (n > 0)
        buf_consume(&p->out, (size_t)n);
    else if (n < 0 && errno != EAGAIN)
        drop(p);
}

/* One round over all connections. */
static void
pump(void)
{
    struct pollfd fds[PEERS_MAX];

    for (size_t i = 0; i < run.peer_count; i++) {
        struct peer *p = &run.peers[i];

        if (p->fd >= 0 && link_state(p->link) == LINK_OPEN)
            assert_ok(link_flush(p->link, &p->out));
        fds[i] = (struct pollfd){.fd = p->fd};
        if (!p->mute)
            fds[i].events |= POLLIN;
        if (p->fd >= 0 && p->out.len > 0)
            fds[i].events |= POLLOUT;
    }
    (void)poll(fds, run.peer_count, 1000);
    for (size_t i = 0; i < run.peer_count; i++) {
        if ((fds[i].revents & POLLOUT) != 0)
            write_some(&run.peers[i]);
        if (run.peers[i].fd >= 0 &&
            (fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            read_some(&run.peers[i]);
    }
}

static struct peer *
connect_peer(void)
{
    struct peer *p = &run.peers[run.peer_count];
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(run.port)};
    struct request q = {.tag = 1, .kind = REQUEST_HELLO};
    int one = 1;

    *p = (struct peer){.watch = 2};
    p->out = buf_limited(OUT_MAX);
    p->arena = arena_limited(WIRE_ARENA);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(p->fd >= 0);
    assert_int_equal(connect(p->fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(fcntl(p->fd, F_SETFL, O_NONBLOCK), 0);
    (void)setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    assert_ok(
        link_new_client(&run.key, bytes_str("127.0.0.1"), &p->out, &p->link));
    run.peer_count++;
    while (link_state(p->link) != LINK_OPEN)
        pump();
    q.hello.version = 1;
    ask(p, &q);
    while (p->hellos == 0)
        pump();
    return p;
}

static void
drop_all(void)
{
    for (size_t i = 0; i < run.peer_count; i++)
        drop(&run.peers[i]);
    run.peer_count = 0;
}

static void
token(uint8_t *out, int fill)
{
    memset(out, fill, LIMIT_ID);
}

static void
token_hash(int fill, uint8_t *out)
{
    uint8_t t[LIMIT_ID];
    struct bytes part = BYTES_OF(t);

    token(t, fill);
    hash_id("pristan token", &part, 1, out);
}

static void
append(struct peer *p, uint32_t n)
{
    struct request q = {.tag = n + 101, .kind = REQUEST_APPEND};

    token(q.append.write_token, 'w');
    token_hash('r', q.append.read_hash);
    q.append.kind = RECORD_MESSAGE;
    memcpy(run.text, &n, sizeof n);
    q.append.record = BYTES_OF(run.text);
    ask(p, &q);
}

static void
watch(struct peer *p)
{
    struct request q = {.tag = 2, .kind = REQUEST_WATCH};

    q.watch.place.kind = PLACE_CHANNEL;
    token(q.watch.place.read_token, 'r');
    token_hash('w', q.watch.place.other_hash);
    q.watch.credit = WIRE_CREDIT_MAX;
    ask(p, &q);
}

/* --- tests -------------------------------------------------------------------
 */

static int
setup(void **state)
{
    const char *program = *state;

    memset(&run, 0, sizeof run);
    run.program = program;
    (void)snprintf(run.folder, sizeof run.folder, "/tmp/pristan-load-XXXXXX");
    assert_non_null(mkdtemp(run.folder));
    assert_ok(random_start());
    start_relay();
    return 0;
}

static int
teardown(void **state)
{
    static const char *const files[] = {"relay.db", "relay.db-wal", "relay.key",
                                        "address"};
    char path[128];

    (void)state;
    drop_all();
    if (run.pid != 0)
        (void)end_relay(SIGKILL);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", run.folder, files[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(run.folder), 0);
    return 0;
}

/* Appends with DEPTH under way until count are acknowledged or deadline. */
static void
append_many(struct peer *p, uint64_t count, double deadline)
{
    uint64_t asked = p->appended;

    while (p->appended < count && !p->gone && seconds() < deadline) {
        while (asked < count && asked - p->appended < DEPTH) {
            append(p, run.sent++);
            asked++;
        }
        pump();
    }
}

/* B-03: everything acknowledged is there after kill -9, once and in order. */
static void
b03_kill_9_under_load(void **state)
{
    uint64_t acked = 0;
    struct peer *p;

    (void)state;
    for (unsigned cycle = 0; cycle < 12; cycle++) {
        p = connect_peer();
        append_many(p, 100000, seconds() + 0.15 + 0.02 * cycle);
        acked += p->appended;
        (void)end_relay(SIGKILL);
        drop_all();
        start_relay();
    }
    p = connect_peer();
    watch(p);
    /* one more, so that the end is known */
    append(p, run.sent++);
    while (p->appended == 0 || run.acked[p->last] != run.sent)
        pump();
    for (uint32_t n = 1; n <= p->last; n++)
        assert_true(run.acked[n] <= run.sent);
    printf("%llu acknowledged through 12 kills, %llu stored, none lost\n",
           (unsigned long long)acked + 1, (unsigned long long)p->last);
    assert_true(acked > 100);
    assert_true(p->last >= acked + 1);
    assert_int_equal(end_relay(SIGTERM), 0);
}

static void
durable_appends(void **state)
{
    struct peer *p = connect_peer();
    double start = seconds();

    (void)state;
    append_many(p, 5000, start + 60);
    assert_int_equal(p->appended, 5000);
    printf("%.0f durable appends of 1 KiB a second, %d deep\n",
           5000 / (seconds() - start), (int)DEPTH);
    assert_int_equal(end_relay(SIGTERM), 0);
}

static bool
all_have(uint64_t count)
{
    for (size_t i = 1; i < run.peer_count; i++)
        if (run.peers[i].got < count && !run.peers[i].mute)
            return false;
    return true;
}

static void
fan_out_to_a_hundred(void **state)
{
    enum { RECORDS = 1000, READERS = 100 };
    struct peer *p = connect_peer();
    double start;

    (void)state;
    for (int i = 0; i < READERS; i++)
        watch(connect_peer());
    start = seconds();
    append_many(p, RECORDS, start + 60);
    while (!all_have(RECORDS) && seconds() < start + 60)
        pump();
    assert_true(all_have(RECORDS));
    printf("%.0f deliveries of 1 KiB a second to %d readers\n",
           RECORDS * READERS / (seconds() - start), (int)READERS);
    assert_int_equal(end_relay(SIGINT), 0);
}

static long
resident_kib(void)
{
    char path[64];
    char line[256];
    long kib = 0;
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)run.pid);
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    fclose(f);
    return kib;
}

/* A-03 on real sockets. */
static void
a03_readers_that_do_not_read(void **state)
{
    enum { RECORDS = 8000, MUTE = 20 };
    struct peer *p = connect_peer();
    double start;
    long before;

    (void)state;
    for (int i = 0; i < MUTE; i++) {
        struct peer *m = connect_peer();

        watch(m);
        pump();
        m->mute = true;
    }
    watch(connect_peer());
    append_many(p, 500, seconds() + 60);
    before = resident_kib();
    start = seconds();
    append_many(p, RECORDS, start + 60);
    while (!all_have(RECORDS) && seconds() < start + 60)
        pump();
    assert_int_equal(p->appended, RECORDS);
    assert_true(all_have(RECORDS));
    /* 8 MiB went to the one, and next to nothing waits for the others */
    printf("%ld KiB more for %d readers that do not read\n",
           resident_kib() - before, (int)MUTE);
    assert_true(resident_kib() - before < 24 * 1024);
    /* when they do, they get it all */
    for (size_t i = 1; i < run.peer_count; i++)
        run.peers[i].mute = false;
    start = seconds();
    while (!all_have(RECORDS) && seconds() < start + 60)
        pump();
    assert_true(all_have(RECORDS));
    printf("%.0f records a second in catching up, %d readers at once\n",
           (RECORDS - 500) * MUTE / (seconds() - start), (int)MUTE);
    assert_int_equal(end_relay(SIGTERM), 0);
}

int
main(int argc, char **argv)
{
    char *program = argc > 1 ? argv[1] : NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate_setup_teardown(b03_kill_9_under_load, setup,
                                                 teardown, program),
        cmocka_unit_test_prestate_setup_teardown(durable_appends, setup,
                                                 teardown, program),
        cmocka_unit_test_prestate_setup_teardown(fan_out_to_a_hundred, setup,
                                                 teardown, program),
        cmocka_unit_test_prestate_setup_teardown(a03_readers_that_do_not_read,
                                                 setup, teardown, program),
    };

    if (program == NULL)
        return 64;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
