/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The real relay with many real connections: kill -9 under load, fan-out, a
 * reader that does not read. Prints how fast it went; what it asserts is that
 * nothing is lost.
 *
 *     relay_load PATH-OF-PRISTAN-RELAY [--kills N] */
#include "support/check.h"
#include "support/own_config.h"

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
    KILLS_MAX = 10000,
    DEPTH = 64 /* appends under way */
};

struct peer {
    int fd; /* -1: none */
    struct link *link;
    struct buf out;
    struct arena arena;
    uint64_t hellos;
    uint64_t pongs;    /* answers to REQUEST_PING */
    uint64_t appended; /* answers */
    uint64_t got;      /* records */
    uint64_t last;     /* number of the last record */
    uint32_t watch;
    uint64_t owed; /* bytes of credit used up */
    bool mute;     /* reads nothing */
    bool quiet;    /* gives no new credit */
    bool gone;
};

struct options {
    char *program;
    unsigned kills; /* how often kill -9 comes */
};

struct run {
    const char *program;
    unsigned kills;
    char folder[64];
    pid_t pid;
    uint16_t port;
    struct dh_public key;
    struct peer peers[PEERS_MAX];
    size_t peer_count;
    uint8_t text[TEXT_LEN];
    uint32_t channel;
    /* by number: which text was acknowledged with it, counted from 1 */
    uint32_t acked[RECORDS_MAX];
    /* by text: whether it was acknowledged, and how often it was read */
    uint8_t answered[RECORDS_MAX];
    uint8_t seen[RECORDS_MAX];
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
    char config[OWN_CONFIG_LEN];
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
        own_config(run.folder, config);
        execl(run.program, run.program, "--config", config, "--data",
              run.folder, "--listen", listen_at, "--ballast-mib", "0",
              "--space-mib", "32768", (char *)NULL); /* for hundreds of kills */
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
        assert_true(n < RECORDS_MAX);
        run.seen[n]++;
        if (r->number < RECORDS_MAX && run.acked[r->number] != 0)
            assert_int_equal(run.acked[r->number], n + 1);
    }
    if (p->owed < WIRE_CREDIT_MAX / 4 || p->quiet)
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
        run.answered[ev.tag - 101] = 1;
        break;
    case EVENT_RECORDS:
        note_records(p, &ev);
        break;
    case EVENT_DONE:
        p->pongs++;
        break;
    case EVENT_MORE:
        break;
    case EVENT_REFUSED:
        fail_msg("refused for reason %d, in %u s; text %u, %llu answered",
                 (int)ev.refused.reason, ev.refused.retry_after_s, ev.tag - 101,
                 (unsigned long long)p->appended);
        break;
    case EVENT_CONFLICT:
    case EVENT_CARD:
    case EVENT_BLOB:
    case EVENT_KINDS:
        fail_msg("event %d", (int)ev.kind);
    }
}

static void
read_at_most(struct peer *p, size_t max)
{
    static uint8_t chunk[65536];
    struct bytes frame;
    ssize_t n = recv(p->fd, chunk, max < sizeof chunk ? max : sizeof chunk, 0);

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
read_some(struct peer *p)
{
    read_at_most(p, SIZE_MAX);
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

/* Of the channel that is in use. */
static void
token(uint8_t *out, int fill)
{
    memset(out, fill, LIMIT_ID);
    memcpy(out, &run.channel, sizeof run.channel);
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
    const struct options *options = *state;

    memset(&run, 0, sizeof run);
    run.program = options->program;
    run.kills = options->kills;
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
                                        "address", "empty.conf"};
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

/* What was not answered before the kill is asked again, as a client does. */
static void
append_again(struct peer *p)
{
    uint64_t want = 0;

    for (uint32_t n = 0; n < run.sent; n++)
        if (!run.answered[n]) {
            append(p, n);
            want++;
        }
    while (p->appended < want)
        pump();
}

/* Reads the whole channel: each text is there once, under the number that was
 * acknowledged (note_records looks at that), in an order without a gap. */
static void
check_channel(struct peer *p)
{
    watch(p);
    while (p->last < run.sent)
        pump();
    assert_int_equal(p->last, run.sent);
    for (uint32_t n = 0; n < run.sent; n++) {
        assert_int_equal(run.answered[n], 1);
        assert_int_equal(run.seen[n], 1);
    }
}

/* B-03: everything acknowledged is there after kill -9, once and in order. Each
 * time another channel, since one holds 64 MiB and a fast machine fills that.
 */
static void
b03_kill_9_under_load(void **state)
{
    uint64_t acked = 0;
    uint64_t stored = 0;
    uint32_t *held = mem_new_array(run.kills, sizeof *held);

    (void)state;
    assert_non_null(held);
    for (uint32_t cycle = 0; cycle < run.kills; cycle++) {
        struct peer *p = connect_peer();

        run.channel = cycle;
        append_many(p, 20000, seconds() + 0.05 + 0.02 * (cycle % 12));
        acked += p->appended;
        (void)end_relay(SIGKILL);
        drop_all();
        start_relay();
        p = connect_peer();
        append_again(p);
        check_channel(p);
        drop_all();
        stored += run.sent;
        held[cycle] = run.sent;
        memset(run.acked, 0, run.sent * sizeof run.acked[0] + 4);
        memset(run.answered, 0, run.sent);
        memset(run.seen, 0, run.sent);
        run.sent = 0;
    }
    /* and no later kill has harmed an earlier channel */
    for (run.channel = 0; run.channel < run.kills; run.channel++) {
        struct peer *p = connect_peer();

        watch(p);
        while (p->last < held[run.channel])
            pump();
        drop_all();
        memset(run.seen, 0, held[run.channel]);
    }
    mem_free(held);
    printf("%llu acknowledged before %u kills, %llu stored in the end, none "
           "lost, none twice\n",
           (unsigned long long)acked, run.kills, (unsigned long long)stored);
    assert_true(acked > 10 * run.kills);
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

/* How much its system takes before it reads. */
static void
set_room(const struct peer *p, int room)
{
    assert_int_equal(
        setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
}

/* A watcher whose system takes little at a time. */
static struct peer *
watch_with_little_room(void)
{
    struct peer *p = connect_peer();

    set_room(p, 4096);
    p->quiet = true;
    watch(p);
    pump();
    p->mute = true;
    return p;
}

/* who is behind a slow line needs longer for what it is sent than silence
 * may last, and comes to the relay's question only at the end of it. Who takes
 * nothing at all is closed all the same. By a clock that runs twenty times as
 * fast: silence ends after 3.75 s. */
static void
a02_a_slow_line_is_no_silence(void **state)
{
    enum { RECORDS = 1000, PIECE = 2500, PIECE_US = 50 * 1000 };
    struct request q = {.tag = 3, .kind = REQUEST_PING};
    struct peer *writer;
    struct peer *slow;
    struct peer *deaf;
    double start;
    uint64_t got;

    (void)state;
    assert_int_equal(end_relay(SIGTERM), 0);
    assert_int_equal(setenv("PRISTAN_TEST_CLOCK", "20", 1), 0);
    start_relay();
    assert_int_equal(unsetenv("PRISTAN_TEST_CLOCK"), 0);
    writer = connect_peer();
    slow = watch_with_little_room();
    deaf = watch_with_little_room();
    append_many(writer, RECORDS, seconds() + 60);
    assert_int_equal(writer->appended, RECORDS);
    drop(writer);
    start = seconds();
    while (seconds() < start + 12 && !slow->gone) {
        read_at_most(slow, PIECE);
        usleep(PIECE_US);
    }
    assert_false(slow->gone);
    got = slow->got;
    assert_in_range(got, 10, RECORDS - 1); /* there is more for it */
    /* what was for it may still be under way; whether anybody is there shows
     * when it speaks */
    ask(deaf, &q);
    deaf->mute = false;
    set_room(deaf, 1024 * 1024);
    while (!deaf->gone && seconds() < start + 30)
        pump();
    assert_true(deaf->gone);
    assert_true(deaf->got < RECORDS);
    ask(slow, &q);
    slow->mute = false;
    set_room(slow, 1024 * 1024);
    while (slow->pongs == 0 && !slow->gone && seconds() < start + 60)
        pump();
    assert_int_equal(slow->pongs, 1); /* it is served as ever */
    printf("a watcher took %llu records of 1 KiB in 240 s of the relay's and "
           "stayed\n",
           (unsigned long long)got);
    drop(slow);
    assert_int_equal(end_relay(SIGTERM), 0);
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

static unsigned
port_of(const struct peer *p)
{
    struct sockaddr_in own;
    socklen_t len = sizeof own;

    assert_int_equal(getsockname(p->fd, (struct sockaddr *)&own, &len), 0);
    return ntohs(own.sin_port);
}

/* Whether the system has the relay's end of the connection from that port;
 * *unsent: bytes that it holds there. */
static bool
relay_end_of(unsigned port, unsigned long *unsent)
{
    unsigned local;
    unsigned remote;
    bool found = false;
    char line[512];
    FILE *f = fopen("/proc/net/tcp", "r");

    assert_non_null(f);
    while (!found && fgets(line, sizeof line, f) != NULL)
        found = sscanf(line, "%*d: %*x:%x %*x:%x %*x %lx", &local, &remote,
                       unsent) == 3 &&
                local == run.port && remote == port;
    fclose(f);
    return found;
}

/* What it holds at the most for one that does not read. */
static unsigned long
most_unsent(void)
{
    unsigned long most = 0;
    unsigned long unsent;

    for (size_t i = 0; i < run.peer_count; i++)
        if (run.peers[i].mute) {
            assert_true(relay_end_of(port_of(&run.peers[i]), &unsent));
            most = unsent > most ? unsent : most;
        }
    return most;
}

/* Half a MiB, and what is given to the system in one piece. */
enum { UNSENT_MAX = 640 * 1024 };

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
    printf("%lu bytes in the kernel for one of them\n", most_unsent());
    assert_in_range(most_unsent(), 1, UNSENT_MAX);
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

/* Who is cut off because too much waits for it does not keep the system's
 * memory either, as it would while the rest is sent to it. Here any byte is too
 * much.
 */
static void
a03_who_is_cut_off_leaves_nothing(void **state)
{
    enum { RECORDS = 8000, MUTE = 5 };
    struct peer *p;
    unsigned ports[MUTE];
    unsigned long unsent;

    (void)state;
    assert_int_equal(end_relay(SIGTERM), 0);
    assert_int_equal(setenv("PRISTAN_TEST_WAITING", "1", 1), 0);
    start_relay();
    assert_int_equal(unsetenv("PRISTAN_TEST_WAITING"), 0);
    p = connect_peer();
    for (int i = 0; i < MUTE; i++) {
        struct peer *m = connect_peer();

        watch(m);
        pump();
        m->mute = true;
        ports[i] = port_of(m);
        assert_true(relay_end_of(ports[i], &unsent));
    }
    append_many(p, RECORDS, seconds() + 60);
    assert_int_equal(p->appended, RECORDS);
    for (int i = 0; i < MUTE; i++)
        assert_false(relay_end_of(ports[i], &unsent));
    assert_int_equal(end_relay(SIGTERM), 0);
}

int
main(int argc, char **argv)
{
    static struct options options = {.kills = 25};
    bool only_kills = argc == 4 && strcmp(argv[2], "--kills") == 0;
    const struct CMUnitTest kills[] = {
        cmocka_unit_test_prestate_setup_teardown(b03_kill_9_under_load, setup,
                                                 teardown, &options),
    };
    const struct CMUnitTest rest[] = {
        cmocka_unit_test_prestate_setup_teardown(durable_appends, setup,
                                                 teardown, &options),
        cmocka_unit_test_prestate_setup_teardown(fan_out_to_a_hundred, setup,
                                                 teardown, &options),
        cmocka_unit_test_prestate_setup_teardown(a03_readers_that_do_not_read,
                                                 setup, teardown, &options),
        cmocka_unit_test_prestate_setup_teardown(
            a03_who_is_cut_off_leaves_nothing, setup, teardown, &options),
        cmocka_unit_test_prestate_setup_teardown(a02_a_slow_line_is_no_silence,
                                                 setup, teardown, &options),
    };
    int failed;

    if (only_kills)
        options.kills = (unsigned)strtoul(argv[3], NULL, 10);
    if ((argc != 2 && !only_kills) || options.kills < 1 ||
        options.kills > KILLS_MAX) {
        (void)fprintf(stderr, "usage: relay_load RELAY [--kills 1..%d]\n",
                      (int)KILLS_MAX);
        return 64;
    }
    options.program = argv[1];
    failed = cmocka_run_group_tests(kills, NULL, NULL);
    return only_kills ? failed
                      : failed + cmocka_run_group_tests(rest, NULL, NULL);
}
