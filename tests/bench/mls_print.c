/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mls_print.h"

#include <stdio.h>

/* "1.23", or "-" when there is nothing to say. */
static void
cell(int width, int digits, double value)
{
    if (value > 0)
        printf(" %*.*f", width, digits, value);
    else
        printf(" %*s", width, "-");
}

static double
quotient(double a, double b)
{
    return a > 0 && b > 0 ? a / b : 0;
}

/* Digits after the point so that small figures still say something. */
static int
digits_of(double value)
{
    return value < 10 ? 3 : value < 100 ? 2 : 1;
}

static void
print_time(const struct mls_figures *f, enum mls_row row)
{
    double ms = f->ours[row] / 1000;
    double units = f->in_units[row];
    double target = mls_row_target(row, f->n);

    printf("  %-28s", mls_rows[row].title);
    cell(10, digits_of(ms), ms);
    cell(10, units < 100 ? 2 : 0, units);
    cell(8, target < 10 ? 1 : 0, target);
    cell(7, 2, quotient(units, target));
    if (f->has_peer) {
        cell(10, digits_of(f->peers[row] / 1000), f->peers[row] / 1000);
        cell(8, 1, quotient(f->peers[row], f->ours[row]));
    }
    printf("\n");
}

static void
print_size(const struct mls_figures *f, enum mls_row row)
{
    double target = mls_row_target(row, f->n);
    int digits = row == ROW_WELCOME_PER_JOINER ? 1 : 0;

    printf("  %-34s", mls_rows[row].title);
    cell(12, digits, f->ours[row]);
    cell(10, 0, target);
    cell(7, 2, quotient(f->ours[row], target));
    if (f->has_peer) {
        cell(10, digits, f->peers[row]);
        cell(8, 2, quotient(f->peers[row], f->ours[row]));
    }
    printf("\n");
}

void
mls_print_table(const struct mls_figures *f)
{
    printf("\nN = %u\n", f->n);
    bench_units_print(&f->units);
    printf("\n  %-28s %10s %10s %8s %7s%s\n", "", "ms", "units", "target",
           "ratio", f->has_peer ? "  ts-mls ms  ts/ours" : "");
    for (unsigned row = 0; row < ROW_COUNT; row++)
        if (mls_rows[row].is_time)
            print_time(f, (enum mls_row)row);
    printf("\n  %-34s %12s %10s %7s%s\n", "", "bytes", "target", "ratio",
           f->has_peer ? "     ts-mls  ts/ours" : "");
    for (unsigned row = 0; row < ROW_COUNT; row++)
        if (!mls_rows[row].is_time)
            print_size(f, (enum mls_row)row);
}

void
mls_print_growth(const struct mls_figures *a, const struct mls_figures *b)
{
    printf("\ngrowth from N = %u to %u          ours   wanted\n", a->n, b->n);
    for (unsigned i = 0; i < ROW_COUNT; i++) {
        enum mls_row row = (enum mls_row)i;
        double wanted = mls_row_growth(row, a->n, b->n);
        double before = a->in_units[row];
        double after = b->in_units[row];

        if (wanted <= 0)
            continue;
        printf("  %-28s", mls_rows[row].title);
        cell(8, 2, quotient(after, before));
        cell(8, 2, wanted);
        printf("\n");
    }
}

static void
json_field(const char *name, double value)
{
    if (value > 0)
        printf(",\"%s\":%.6g", name, value);
}

void
mls_print_json(const struct mls_figures *f)
{
    printf("{\"bench\":\"mls\",\"n\":%u,\"row\":\"unit\"", f->n);
    json_field("x25519_us", f->units.dh_us);
    json_field("sign_us", f->units.sign_us);
    json_field("verify_us", f->units.verify_us);
    printf("}\n");
    for (unsigned i = 0; i < ROW_COUNT; i++) {
        enum mls_row row = (enum mls_row)i;
        bool time = mls_rows[row].is_time;
        double target = mls_row_target(row, f->n);
        double value = time ? f->in_units[row] : f->ours[row];

        printf("{\"bench\":\"mls\",\"n\":%u,\"row\":\"%s\"", f->n,
               mls_rows[row].key);
        if (time)
            json_field("ms", f->ours[row] / 1000);
        json_field(time ? "units" : "bytes", value);
        json_field("target", target);
        json_field("ratio", quotient(value, target));
        json_field(time ? "ts_ms" : "ts_bytes",
                   time ? f->peers[row] / 1000 : f->peers[row]);
        json_field("ts_over_ours", quotient(f->peers[row], f->ours[row]));
        printf("}\n");
    }
}
