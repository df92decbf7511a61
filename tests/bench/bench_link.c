/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* bench_link [--json]: what a connection costs apart from its socket.
 * Handshakes of both sides in units of one X25519 agreement, sealing and
 * opening of 1 KiB records in units of one ChaCha20-Poly1305 seal of 1 KiB of
 * the same run. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "crypto/random.h"
#include "memory.h"
#include "transport/link.h"
#include "unit.h"

enum {
    PAIRS = 200,
    RECORD_LEN = 1024,
    RECORDS = 2048,
    JOINED = 16, /* records that leave in one write */
    ROUNDS = 9,
    WIRE_MAX = 8 * 1024 * 1024
};

struct pair {
    struct link *client;
    struct link *relay;
    struct buf to_relay;
    struct buf to_client;
};

/* Per handshake, or per record. */
struct link_figures {
    struct bench_units units;
    struct bench_cost client_shake; /* in agreements */
    struct bench_cost relay_shake;
    struct bench_cost seal[2][2]; /* [from relay][joined], in seals */
    struct bench_cost open[2][2];
    double idle_bytes; /* memory of one open link without traffic */
};

struct relay_key {
    struct dh_secret secret;
    struct dh_public pub;
};

static const struct decoy_page no_page; /* nobody asks for it */

/* Reads all of in; the number of frames. */
static size_t
read_all(struct link *l, struct bytes in, struct buf *out)
{
    struct bytes frame;
    size_t count = 0;
    enum err e;

    link_feed(l, in);
    while ((e = link_next(l, out, &frame)) == ERR_OK)
        count++;
    bench_must(e == ERR_NOT_FOUND ? ERR_OK : e, "reading");
    return count;
}

static void
begin_clients(struct pair *p, const struct relay_key *key)
{
    for (int i = 0; i < PAIRS; i++)
        bench_must(link_new_client(&key->pub, bytes_str("relay.example:443"),
                                   &p[i].to_relay, &p[i].client),
                   "client");
}

static void
answer_clients(struct pair *p, const struct relay_key *key)
{
    for (int i = 0; i < PAIRS; i++) {
        bench_must(
            link_new_server(&key->secret, &key->pub, &no_page, &p[i].relay),
            "relay");
        (void)read_all(p[i].relay, buf_bytes(&p[i].to_relay), &p[i].to_client);
        bench_must(link_accept(p[i].relay, &p[i].to_client), "accept");
    }
}

static void
open_clients(struct pair *p)
{
    for (int i = 0; i < PAIRS; i++)
        (void)read_all(p[i].client, buf_bytes(&p[i].to_client), &p[i].to_relay);
}

static void
free_pairs(struct pair *p)
{
    for (int i = 0; i < PAIRS; i++) {
        link_free(p[i].client);
        link_free(p[i].relay);
        buf_free(&p[i].to_relay);
        buf_free(&p[i].to_client);
    }
}

/* One round of handshakes; microseconds of each side, and what stays. */
static void
shake_round(const struct relay_key *key,
            struct bench_samples *client,
            struct bench_samples *relay,
            double *idle_bytes)
{
    struct pair p[PAIRS] = {0};
    size_t before = bench_memory_used();
    double t[4];
    double unit;

    for (int i = 0; i < PAIRS; i++) {
        p[i].to_relay = buf_limited(LINK_OUT_MAX);
        p[i].to_client = buf_limited(LINK_OUT_MAX);
    }
    t[0] = bench_clock_us();
    begin_clients(p, key);
    t[1] = bench_clock_us();
    answer_clients(p, key);
    t[2] = bench_clock_us();
    open_clients(p);
    t[3] = bench_clock_us();
    unit = bench_unit_probe();
    bench_samples_add(client, (t[1] - t[0] + t[3] - t[2]) / PAIRS, unit);
    bench_samples_add(relay, (t[2] - t[1]) / PAIRS, unit);
    for (int i = 0; i < PAIRS; i++) {
        if (link_state(p[i].client) != LINK_OPEN ||
            link_state(p[i].relay) != LINK_OPEN)
            bench_must(ERR_TURN, "handshake");
        buf_free(&p[i].to_relay);
        buf_free(&p[i].to_client);
    }
    *idle_bytes = (double)(bench_memory_used() - before) / (2 * PAIRS);
    free_pairs(p);
}

/* RECORDS records from one end to the other, so many in one write. */
static void
send_round(struct link *from,
           struct link *to,
           int joined,
           struct bench_samples *seal,
           struct bench_samples *open)
{
    static const uint8_t record[RECORD_LEN] = "a record";
    struct bytes piece = BYTES_OF(record);
    struct buf wire = buf_limited(WIRE_MAX);
    struct buf back = buf_limited(LINK_OUT_MAX);
    double t[3];
    double unit;

    bench_must(buf_reserve(&wire, RECORDS * (RECORD_LEN + 1024)), "wire");
    t[0] = bench_clock_us();
    for (int i = 1; i <= RECORDS; i++) {
        bench_must(link_add(from, &piece, 1), "add");
        if (i % joined == 0)
            bench_must(link_flush(from, &wire), "flush");
    }
    t[1] = bench_clock_us();
    if (read_all(to, buf_bytes(&wire), &back) != RECORDS)
        bench_must(ERR_MALFORMED, "records are missing");
    t[2] = bench_clock_us();
    unit = bench_seal_probe();
    bench_samples_add(seal, (t[1] - t[0]) / RECORDS, unit);
    bench_samples_add(open, (t[2] - t[1]) / RECORDS, unit);
    buf_free(&wire);
    buf_free(&back);
}

/* from_relay and joined choose the figure. */
static void
measure_records(const struct relay_key *key, struct link_figures *f)
{
    struct pair p[PAIRS] = {0};

    for (int i = 0; i < PAIRS; i++) {
        p[i].to_relay = buf_limited(LINK_OUT_MAX);
        p[i].to_client = buf_limited(LINK_OUT_MAX);
    }
    begin_clients(p, key);
    answer_clients(p, key);
    open_clients(p);
    for (int way = 0; way < 4; way++) {
        struct bench_samples seal = {0};
        struct bench_samples open = {0};
        bool from_relay = (way & 1) != 0;
        bool joined = (way & 2) != 0;

        for (int round = 0; round < ROUNDS; round++)
            send_round(from_relay ? p[0].relay : p[0].client,
                       from_relay ? p[0].client : p[0].relay,
                       joined ? JOINED : 1, &seal, &open);
        f->seal[from_relay][joined] = bench_samples_median(&seal);
        f->open[from_relay][joined] = bench_samples_median(&open);
    }
    free_pairs(p);
}

static void
measure(struct link_figures *f)
{
    struct bench_samples client = {0};
    struct bench_samples relay = {0};
    struct bench_units before;
    struct bench_units after;
    struct relay_key key;

    dh_generate(&key.secret, &key.pub);
    bench_units_measure(&before);
    for (int round = 0; round < ROUNDS; round++)
        shake_round(&key, &client, &relay, &f->idle_bytes);
    f->client_shake = bench_samples_median(&client);
    f->relay_shake = bench_samples_median(&relay);
    measure_records(&key, f);
    bench_units_measure(&after);
    f->units = bench_units_mean(&before, &after);
    dh_secret_wipe(&key.secret);
}

static void
print_line(const char *what, struct bench_cost cost, const char *unit)
{
    printf("  %-46s %8.2f us %10.0f /s %7.2f %s\n", what, cost.us,
           1e6 / cost.us, cost.units, unit);
}

static void
print_table(const struct link_figures *f)
{
    static const char *const titles[2][2][2] = {
        {{"client seals 1 KiB, alone", "relay opens it"},
         {"client seals 1 KiB, 16 joined", "relay opens it"}},
        {{"relay seals 1 KiB, alone", "client opens it"},
         {"relay seals 1 KiB, 16 joined", "client opens it"}}};

    bench_units_print(&f->units);
    printf("\nupgrade and Noise NK handshake\n");
    print_line("client", f->client_shake, "x X25519");
    print_line("relay", f->relay_shake, "x X25519");
    printf("\nrecords\n");
    for (int from = 0; from < 2; from++)
        for (int joined = 0; joined < 2; joined++) {
            print_line(titles[from][joined][0], f->seal[from][joined], "seals");
            print_line(titles[from][joined][1], f->open[from][joined], "seals");
        }
    printf("\nmemory of an idle open link%30.0f bytes\n", f->idle_bytes);
}

static void
print_json(const struct link_figures *f)
{
    static const char *const ends[] = {"client", "relay"};

    printf("{\"bench\":\"link\",\"row\":\"unit\",\"x25519_us\":%.6g,"
           "\"seal_1k_us\":%.6g}\n",
           f->units.dh_us, f->units.seal_us);
    printf("{\"bench\":\"link\",\"row\":\"shake\",\"client_units\":%.6g,"
           "\"relay_units\":%.6g}\n",
           f->client_shake.units, f->relay_shake.units);
    for (int from = 0; from < 2; from++)
        for (int joined = 0; joined < 2; joined++)
            printf("{\"bench\":\"link\",\"row\":\"record\",\"from\":\"%s\","
                   "\"joined\":%d,\"seal_units\":%.6g,\"open_units\":%.6g}\n",
                   ends[from], joined ? JOINED : 1, f->seal[from][joined].units,
                   f->open[from][joined].units);
    printf("{\"bench\":\"link\",\"row\":\"idle\",\"bytes\":%.6g}\n",
           f->idle_bytes);
}

int
main(int argc, char **argv)
{
    struct link_figures f = {0};
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;

    if (argc > 1 && !json) {
        fprintf(stderr, "usage: bench_link [--json]\n");
        return 64;
    }
    if (random_start() != ERR_OK) {
        fprintf(stderr, "bench_link: libsodium or OpenSSL does not start\n");
        return 1;
    }
    measure(&f);
    if (!json)
        print_table(&f);
    print_json(&f);
    return 0;
}
