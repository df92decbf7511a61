/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* bench_stranger [--json]: what strangers could learn from a stop-watch.
 * How long the relay's link takes to answer requests that get the same 404, as
 * medians, in units of the answer to an upgrade whose path cannot be ours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crypto/random.h"
#include "transport/link.h"

enum { KINDS = 5, SAMPLES = 4000, PATH_AT = 5 };

static const char *const names[KINDS] = {
    "an upgrade to a path that cannot be ours",
    "an upgrade to a path that could be ours",
    "a damaged first flight",
    "a replayed first flight",
    "a plain GET of a missing page",
};

static struct dh_secret secret;
static struct dh_public pub;
static double samples[KINDS][SAMPLES];

static void
must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_stranger: %s\n", what);
    exit(1);
}

/* A first flight, or what is nearly one. */
static void
make(int kind, struct buf *out)
{
    struct link *l = NULL;

    buf_reset(out);
    must(link_new_client(&pub, bytes_str("relay.example"), out, &l) == ERR_OK,
         "no request");
    link_free(l);
    if (kind == 0)
        memset(out->b + PATH_AT, '~', 64);
    else if (kind == 1)
        memset(out->b + PATH_AT, 'B', 64);
    else if (kind == 2)
        out->b[PATH_AT + 60] = out->b[PATH_AT + 60] == 'A' ? 'B' : 'A';
    else if (kind == 4) {
        buf_reset(out);
        buf_append(out, bytes_str("GET /missing HTTP/1.1\r\nHost: "
                                  "relay.example\r\n\r\n"));
    }
}

static double
answer(struct bytes request, struct buf *out)
{
    static const struct decoy_page page = {{(const uint8_t *)"page", 4}, 0};
    struct bytes frame;
    struct link *l = NULL;
    double from = bench_clock_us(), took;

    buf_reset(out);
    must(link_new_server(&secret, &pub, &page, &l) == ERR_OK, "no link");
    link_feed(l, request);
    must(link_next(l, out, &frame) == ERR_NOT_FOUND, "reading");
    link_refuse(l); /* what is seen as a replay; else of no effect */
    must(link_decoy(l, 0, out) == ERR_OK, "no answer");
    took = bench_clock_us() - from;
    must(out->len > 13 && memcmp(out->b, "HTTP/1.1 404 ", 13) == 0, "not 404");
    link_free(l);
    return took;
}

static int
compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

int
main(int argc, char **argv)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    struct buf request = buf_limited(LIMIT_UPGRADE);
    struct buf out = buf_limited(4096);
    double unit;

    must(random_start() == ERR_OK, "no random numbers");
    dh_generate(&secret, &pub);
    for (size_t i = 0; i < SAMPLES; i++) {
        for (int k = 0; k < KINDS; k++) { /* in turn: the machine changes */
            make(k, &request);
            samples[k][i] = answer(buf_bytes(&request), &out);
        }
    }
    for (int k = 0; k < KINDS; k++)
        qsort(samples[k], SAMPLES, sizeof samples[k][0], compare);
    unit = samples[0][SAMPLES / 2];
    for (int k = 0; k < KINDS; k++) {
        double median = samples[k][SAMPLES / 2];
        double spread = samples[k][SAMPLES * 3 / 4] - samples[k][SAMPLES / 4];

        if (json)
            printf("{\"bench\":\"stranger\",\"what\":\"%s\",\"ratio\":%.3f,"
                   "\"us\":%.1f,\"quartiles_us\":%.1f}\n",
                   names[k], median / unit, median, spread);
        else
            printf("%-42s %6.3f  (%.1f us, quartiles %.1f us apart)\n",
                   names[k], median / unit, median, spread);
    }
    buf_free(&request);
    buf_free(&out);
    return 0;
}
