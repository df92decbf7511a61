/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* the same bytes to a real web server and to a relay, at the same time.
 * Answers must be the same byte for byte, the Date aside, and the connection
 * must end in the same way at the same time.
 *
 *     probe WEB-SERVER-PORT RELAY-PORT RELAY-LINK */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "crypto/random.h"
#include "transport/link.h"
#include "transport/uri.h"

#include "probes.h"

enum {
    LISTED = sizeof probes / sizeof *probes,
    MADE = 80,
    PROBES = LISTED + MADE,
    SIDES = 2,
    TEXT_MAX = 48 * 1024,
    NAME_LEN = 40,
    WATCH_MS = 1500,
    CONNECT_MS = 1000,
    /* ms: a busy machine is late by so much */
    SLACK_MS = 1500,
    /* connections at once: with more than 64 strangers a relay has less time
     * for each, like a web server with few places */
    WAVE = 40
};

enum end { END_OPEN, END_FIN, END_RST };
static const char *const end_names[] = {"open", "FIN", "RST"};

struct talk {
    int fd;
    struct buf got;
    enum end end;
    uint64_t end_ms; /* since the last byte that we sent */
    uint64_t sent_ms;
    size_t step;
};

static struct probe all[PROBES];
static struct talk talks[PROBES][SIDES];
static char made[MADE][TEXT_MAX];
static char made_names[MADE][NAME_LEN];
static size_t made_count;
static size_t probe_count; /* listed and made */
static uint16_t ports[SIDES];

static uint64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
die(const char *what)
{
    fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int
dial(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        die("cannot connect");
    return fd;
}

/* A probe whose bytes are made here. */
static void
make(const char *name, struct bytes text)
{
    struct probe *p = &all[LISTED + made_count];

    if (made_count == MADE || text.len > TEXT_MAX) {
        fprintf(stderr, "probe: no room for '%s'\n", name);
        exit(1);
    }
    memcpy(made[made_count], text.b, text.len);
    (void)snprintf(made_names[made_count], NAME_LEN, "%s", name);
    *p = (struct probe){.name = made_names[made_count]};
    p->steps[0] = (struct probe_step){0, made[made_count], text.len};
    made_count++;
}

/* The same bytes, a third of them at a time. */
static void
make_slow(const char *name, struct bytes text)
{
    struct probe *p = &all[LISTED + made_count];
    size_t third = text.len / 3;

    make(name, text);
    for (size_t i = 0; i < 3; i++)
        p->steps[i] = (struct probe_step){
            i == 0 ? 0 : 200, made[made_count - 1] + i * third,
            i == 2 ? text.len - 2 * third : third};
}

static void
make_random(void)
{
    static const char *const names[] = {"random bytes", "more random bytes",
                                        "random bytes and a line"};
    uint8_t b[600];

    for (size_t i = 0; i < 3; i++) {
        random_bytes(b, sizeof b);
        b[0] |= 0x80; /* not by chance the beginning of a method */
        b[sizeof b - 1] = i == 2 ? '\n' : b[sizeof b - 1];
        make(names[i], (struct bytes){b, sizeof b});
    }
}

static void
fill(struct buf *t, const char *text, size_t count)
{
    while (count-- > 0)
        buf_append(t, bytes_str(text));
}

/* The ways in which a head gets long. */
enum shape { SHAPE_TARGET, SHAPE_COOKIE, SHAPE_SHORT, SHAPE_LINES, SHAPES };

static const char *const shape_names[SHAPES] = {
    [SHAPE_TARGET] = "path",
    [SHAPE_COOKIE] = "cookie",
    [SHAPE_SHORT] = "short fields",
    [SHAPE_LINES] = "fields of 1000 bytes",
};

/* A head of len bytes: all in one line but for what must be beside it. */
static void
write_head(struct buf *t, enum shape shape, size_t len)
{
    static const char end[] = "\r\n\r\n";

    buf_reset(t);
    buf_append(t, bytes_str(shape == SHAPE_TARGET ? "GET /?" : GET));
    if (shape == SHAPE_TARGET)
        fill(t, "a", len - t->len - 26);
    if (shape == SHAPE_TARGET)
        buf_append(t, bytes_str(" HTTP/1.1\r\nHost: x"));
    while (shape == SHAPE_SHORT && t->len + 6 + 10 < len)
        buf_append(t, bytes_str("A: b\r\n"));
    while (shape == SHAPE_LINES && t->len + 1000 + 10 < len) {
        buf_append(t, bytes_str("A: "));
        fill(t, "b", 995);
        buf_append(t, bytes_str("\r\n"));
    }
    if (shape != SHAPE_TARGET)
        buf_append(t, bytes_str("B: "));
    if (t->len + sizeof end - 1 < len)
        fill(t, "b", len - t->len - (sizeof end - 1));
    buf_append(t, bytes_str(end));
}

/* Heads around all of nginx's limits. */
static void
make_long(void)
{
    static const size_t kib[] = {1, 2, 3, 7, 8, 9, 32, 40};
    /* the request line is 15 bytes shorter, the field 27 */
    static const size_t around[] = {8192 + 14, 8192 + 15, 8192 + 16,
                                    8192 + 26, 8192 + 27, 8192 + 28};
    struct buf t = buf_limited(TEXT_MAX);
    char name[NAME_LEN];

    for (size_t i = 0; i < sizeof kib / sizeof *kib; i++) {
        for (int shape = 0; shape < SHAPES; shape++) {
            write_head(&t, (enum shape)shape, kib[i] * 1024);
            (void)snprintf(name, sizeof name, "%zu KiB, %s", kib[i],
                           shape_names[shape]);
            make(name, buf_bytes(&t));
        }
    }
    for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
        for (int shape = 0; shape < SHAPE_SHORT; shape++) {
            write_head(&t, (enum shape)shape, around[i]);
            (void)snprintf(name, sizeof name, "%zu bytes, %s", around[i],
                           shape_names[shape]);
            make(name, buf_bytes(&t));
        }
    }
    write_head(&t, SHAPE_LINES, 20 * 1024);
    make_slow("20 KiB in pieces", buf_bytes(&t));
    write_head(&t, SHAPE_COOKIE, 3 * 1024);
    make_slow("3 KiB in pieces", buf_bytes(&t));
    write_head(&t, SHAPE_TARGET, 9 * 1024);
    make_slow("a path of 9 KiB in pieces", buf_bytes(&t));
    buf_reset(&t);
    fill(&t, "\r\n", 3000);
    buf_append(&t, bytes_str(GET "\r\n"));
    make("many empty lines first", buf_bytes(&t));
    buf_reset(&t);
    buf_append(&t, bytes_str(GET));
    fill(&t, "A: b\r\n", 999);
    fill(&t, "_: b\r\n", 9);
    buf_append(&t, bytes_str("\r\n"));
    make("a thousand fields", buf_bytes(&t));
    buf_truncate(&t, t.len - 2);
    fill(&t, "A: b\r\n", 1);
    make("one more", buf_bytes(&t));
    buf_free(&t);
}

/* The page's tag, as the web server says it. */
static void
read_etag(struct buf *tag)
{
    static const char ask[] = GET "\r\n";
    static const char field[] = "\r\nETag: ";
    struct pollfd p = {.fd = dial(ports[0]), .events = POLLIN};
    char in[4096];
    char *from;
    ssize_t n;

    if (send(p.fd, ask, sizeof ask - 1, 0) < 0)
        die("cannot send");
    n = poll(&p, 1, 10000) == 1 ? recv(p.fd, in, sizeof in - 1, 0) : 0;
    in[n > 0 ? n : 0] = '\0';
    from = strstr(in, field);
    if (from == NULL)
        die("the web server says no ETag");
    for (from += sizeof field - 1; *from != '\r' && *from != '\0'; from++)
        buf_u8(tag, (uint8_t)*from);
    close(p.fd);
}

/* What only a whole value says. */
static void
make_lists(void)
{
    struct buf t = buf_limited(TEXT_MAX);
    struct buf tag = buf_limited(100);

    read_etag(&tag);
    buf_append(&t, bytes_str(GET "If-None-Match: "));
    fill(&t, "W/\"abc-1\", ", 500);
    buf_append(&t, buf_bytes(&tag));
    buf_append(&t, bytes_str(" \t\r\n\r\n"));
    make("the tag at the end of many", buf_bytes(&t));
    buf_reset(&t);
    buf_append(&t, bytes_str(GET "If-None-Match: "));
    buf_append(&t, buf_bytes(&tag));
    buf_append(&t, bytes_str(" x, \"a\"\r\n\r\n"));
    make("something behind the tag", buf_bytes(&t));
    buf_reset(&t);
    buf_append(&t, bytes_str(GET "If-Match: \"a\",,\t"));
    buf_append(&t, buf_bytes(&tag));
    buf_append(&t, bytes_str("\r\nIf-Range: \"a\", "));
    buf_append(&t, buf_bytes(&tag));
    buf_append(&t, bytes_str("\r\nRange: bytes=1-2\r\n\r\n"));
    make("a list in If-Range", buf_bytes(&t));
    buf_reset(&t);
    buf_append(&t, bytes_str(GET "If-Range: "));
    buf_append(&t, buf_bytes(&tag));
    buf_append(&t, bytes_str("\r\nRange: bytes=1-2"));
    fill(&t, ", 99999-", 700);
    buf_append(&t, bytes_str("\r\n\r\n"));
    make("many ranges behind the end", buf_bytes(&t));
    buf_reset(&t);
    buf_append(&t, bytes_str(GET "User-Agent: MSIE "));
    fill(&t, "x", 5000);
    buf_append(&t, bytes_str(" Opera\r\nRange: bytes=99-\r\n\r\n"));
    make("a browser with a long name", buf_bytes(&t));
    buf_free(&t);
    buf_free(&tag);
}

/* Opens a link to the relay, so that its first flight has been seen. */
static void
open_link(struct bytes flight, struct link *l)
{
    struct pollfd p = {.fd = dial(ports[1]), .events = POLLIN};
    struct buf out = buf_limited(LINK_OUT_MAX);
    uint8_t in[4096];
    struct bytes frame;
    ssize_t n;

    if (send(p.fd, flight.b, flight.len, 0) != (ssize_t)flight.len)
        die("cannot send");
    while (link_state(l) != LINK_OPEN) {
        n = poll(&p, 1, 10000) == 1 ? recv(p.fd, in, sizeof in, 0) : 0;
        if (n <= 0)
            die("the relay does not take its own link");
        link_feed(l, (struct bytes){in, (size_t)n});
        if (link_next(l, &out, &frame) != ERR_NOT_FOUND)
            die("the relay does not shake hands");
    }
    close(p.fd);
    buf_free(&out);
}

static void
make_flights(const char *link_text)
{
    struct buf flight = buf_limited(LIMIT_UPGRADE);
    struct link *l = NULL;
    struct uri u;

    if (uri_read(bytes_str(link_text), &u) != ERR_OK ||
        link_new_client(&u.relay_key, bytes_str("x"), &flight, &l) != ERR_OK)
        die("bad link");
    open_link(buf_bytes(&flight), l);
    make("a replayed first flight", buf_bytes(&flight));
    flight.b[40] = flight.b[40] == 'A' ? 'B' : 'A';
    make("a damaged first flight", buf_bytes(&flight));
    flight.b[40] = '!';
    make("a first flight with an odd letter", buf_bytes(&flight));
    link_free(l);
    buf_free(&flight);
}

static void
step(const struct probe *p, struct talk *t, uint64_t now)
{
    const struct probe_step *s = &p->steps[t->step];
    size_t len;

    if (t->step == PROBE_STEPS || s->text == NULL ||
        now - t->sent_ms < s->after_ms || t->end != END_OPEN)
        return;
    len = s->len != 0 ? s->len : strlen(s->text);
    /* a peer that has closed is what we are here to see */
    if (len != 0 && send(t->fd, s->text, len, MSG_NOSIGNAL) < 0 &&
        errno != EPIPE && errno != ECONNRESET)
        die("cannot send");
    t->sent_ms = now;
    t->step++;
}

static void
look(struct talk *t, uint64_t now)
{
    uint8_t in[4096];
    ssize_t n = recv(t->fd, in, sizeof in, 0);

    if (n > 0) {
        buf_append(&t->got, (struct bytes){in, (size_t)n});
        return;
    }
    if (n < 0 && errno == EAGAIN)
        return;
    t->end = n == 0 ? END_FIN : END_RST;
    t->end_ms = now - t->sent_ms;
    close(t->fd);
    t->fd = -1;
}

/* One step of the probes in wave; true while one of them is watched. */
static bool
one_round(const size_t *wave, size_t count, uint64_t start)
{
    struct pollfd fds[WAVE * SIDES];
    uint64_t now = now_ms();
    bool watching = false;

    for (size_t i = 0; i < count * SIDES; i++) {
        struct talk *t = &talks[wave[i / SIDES]][i % SIDES];
        const struct probe *p = &all[wave[i / SIDES]];
        unsigned watch = p->watch_ms != 0 ? p->watch_ms : WATCH_MS;

        fds[i] = (struct pollfd){.fd = -1, .events = POLLIN};
        step(p, t, now);
        if (t->end != END_OPEN || now - start > watch + CONNECT_MS)
            continue;
        fds[i].fd = t->fd;
        watching = true;
    }
    if (poll(fds, count * SIDES, 50) < 0)
        die("poll");
    now = now_ms();
    for (size_t i = 0; i < count * SIDES; i++)
        if (fds[i].fd >= 0 && fds[i].revents != 0)
            look(&talks[wave[i / SIDES]][i % SIDES], now);
    return watching;
}

/* Dials for all of a wave, watches them to the end and hangs up. */
static void
run_wave(const size_t *wave, size_t count)
{
    uint64_t start = now_ms();

    for (size_t i = 0; i < count * SIDES; i++)
        talks[wave[i / SIDES]][i % SIDES] =
            (struct talk){.fd = dial(ports[i % SIDES]),
                          .got = buf_limited(64 * 1024),
                          .sent_ms = now_ms()};
    while (one_round(wave, count, start))
        continue;
    for (size_t i = 0; i < count * SIDES; i++) {
        struct talk *t = &talks[wave[i / SIDES]][i % SIDES];

        if (t->fd >= 0)
            close(t->fd);
    }
}

/* The quick ones, some at a time, and then those that take long together. */
static void
run_all(void)
{
    size_t wave[WAVE];
    size_t count = 0;

    for (size_t i = 0; i < 2 * probe_count; i++) {
        bool slow = i >= probe_count;

        if (count == WAVE || i == probe_count) {
            run_wave(wave, count);
            count = 0;
        }
        if ((all[i % probe_count].watch_ms != 0) == slow)
            wave[count++] = i % probe_count;
    }
    run_wave(wave, count);
}

/* The times of day made alike. */
static void
blank_dates(struct buf *b)
{
    static const char field[] = "\r\nDate: ";
    enum { LEN = sizeof field - 1, DATE = 29 };

    for (size_t i = 0; i + LEN + DATE <= b->len; i++)
        if (memcmp(b->b + i, field, LEN) == 0)
            memset(b->b + i + LEN, '-', DATE);
}

static bool
same(const struct talk *a, const struct talk *b)
{
    uint64_t apart =
        a->end_ms > b->end_ms ? a->end_ms - b->end_ms : b->end_ms - a->end_ms;

    return bytes_equal(buf_bytes(&a->got), buf_bytes(&b->got)) &&
           a->end == b->end && apart <= SLACK_MS;
}

static void
print(const struct probe *p, const struct talk *t, bool good)
{
    printf("%-34s", p->name);
    for (int i = 0; i < SIDES; i++) {
        const char *status = "-";
        int len = 1;

        if (t[i].got.len > 12 && memcmp(t[i].got.b, "HTTP/", 5) == 0) {
            status = (const char *)t[i].got.b + 9;
            len = 3;
        } else if (t[i].got.len != 0) {
            status = "page";
            len = 4;
        }
        printf(" | %-4.*s %5zu bytes %-4s %6.2f s", len, status, t[i].got.len,
               end_names[t[i].end], (double)t[i].end_ms / 1000);
    }
    printf(" | %s\n", good ? "same" : "DIFFERS");
    for (int i = 0; i < SIDES && !good; i++)
        printf("    %s: %.*s\n", i == 0 ? "web server" : "relay",
               (int)(t[i].got.len < 2000 ? t[i].got.len : 2000),
               t[i].got.len == 0 ? "" : (const char *)t[i].got.b);
}

int
main(int argc, char **argv)
{
    unsigned passed = 0;

    if (argc != 4 || random_start() != ERR_OK)
        return 64;
    ports[0] = (uint16_t)strtoul(argv[1], NULL, 10);
    ports[1] = (uint16_t)strtoul(argv[2], NULL, 10);
    memcpy(all, probes, sizeof probes);
    make_random();
    make_long();
    make_lists();
    make_flights(argv[3]);
    probe_count = LISTED + made_count;
    run_all();
    for (size_t i = 0; i < probe_count; i++) {
        bool good;

        for (int k = 0; k < SIDES; k++)
            blank_dates(&talks[i][k].got);
        good = same(&talks[i][0], &talks[i][1]);
        print(&all[i], talks[i], good);
        passed += good ? 1U : 0U;
        for (int k = 0; k < SIDES; k++)
            buf_free(&talks[i][k].got);
    }
    printf("%u passed, %u failed\n", passed, (unsigned)probe_count - passed);
    return passed == probe_count ? 0 : 1;
}
