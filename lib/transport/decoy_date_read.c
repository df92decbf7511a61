/* SPDX-License-Identifier: Apache-2.0 */
/* Dates of RFC 9110 section 5.6.7 in all three forms, read as nginx reads them:
 * neither the name of the day nor what follows the time is looked at, nor are
 * more letters of a month than tell it from the others.
 *
 *     Sun, 06 Nov 1994 08:49:37 GMT
 *     Sunday, 06-Nov-94 08:49:37 GMT
 *     Sun Nov  6 08:49:37 1994 */
#include "decoy_parts.h"

enum { DAY_S = 24 * 60 * 60 };

enum form { FORM_FIX, FORM_OLD, FORM_C };

struct date {
    enum form form;
    bool bad;
    uint64_t year;
    uint64_t month; /* from 0 */
    uint64_t day;
    uint64_t hour;
    uint64_t minute;
    uint64_t second;
};

static uint8_t
take(struct bytes *in, struct date *d)
{
    uint8_t c;

    if (in->len == 0) {
        d->bad = true;
        return 0;
    }
    c = in->b[0];
    *in = bytes_slice(*in, 1, in->len);
    return c;
}

static void
skip(struct bytes *in, struct date *d, char needed)
{
    d->bad |= take(in, d) != (uint8_t)needed;
}

static uint64_t
number(struct bytes *in, struct date *d, size_t len)
{
    uint64_t v = 0;

    for (size_t i = 0; i < len; i++) {
        uint8_t c = take(in, d);

        d->bad |= c < '0' || c > '9';
        v = v * 10 + (uint64_t)(c & 0x0f);
    }
    return v;
}

/* Up to the first thing that counts. */
static void
skip_name(struct bytes *in, struct date *d)
{
    size_t at = 0;

    while (at < in->len && in->b[at] != ',' && in->b[at] != ' ')
        at++;
    if (at < in->len && in->b[at] == ' ')
        d->form = FORM_C;
    at++;
    while (at < in->len && in->b[at] == ' ')
        at++;
    *in = bytes_slice(*in, at, in->len);
}

static void
read_month(struct bytes *in, struct date *d)
{
    uint8_t a = take(in, d);
    uint8_t b = take(in, d);
    uint8_t c = take(in, d);

    switch (a) {
    case 'J':
        d->month = b == 'a' ? 0 : c == 'n' ? 5 : 6;
        break;
    case 'F':
        d->month = 1;
        break;
    case 'M':
        d->month = c == 'r' ? 2 : 4;
        break;
    case 'A':
        d->month = b == 'p' ? 3 : 7;
        break;
    case 'S':
        d->month = 8;
        break;
    case 'O':
        d->month = 9;
        break;
    case 'N':
        d->month = 10;
        break;
    case 'D':
        d->month = 11;
        break;
    default:
        d->bad = true;
    }
}

/* "06 Nov 1994" or "06-Nov-94" */
static void
read_day(struct bytes *in, struct date *d)
{
    char between;

    d->day = number(in, d, 2);
    d->form = in->len != 0 && in->b[0] == '-' ? FORM_OLD : FORM_FIX;
    between = d->form == FORM_OLD ? '-' : ' ';
    skip(in, d, between);
    read_month(in, d);
    skip(in, d, between);
    d->year = number(in, d, d->form == FORM_OLD ? 2 : 4);
    if (d->form == FORM_OLD)
        d->year += d->year < 70 ? 2000 : 1900;
}

/* "Nov  6" */
static void
read_day_c(struct bytes *in, struct date *d)
{
    read_month(in, d);
    (void)take(in, d);
    if (in->len != 0 && in->b[0] == ' ')
        (void)take(in, d);
    d->day = number(in, d, 1);
    if (in->len != 0 && in->b[0] != ' ')
        d->day = d->day * 10 + number(in, d, 1);
}

/* Seconds since 1970. A year that begins in March has its odd day at its end;
 * the day 0 is the one before the first. */
static uint64_t
seconds(const struct date *d)
{
    uint64_t year = d->month < 2 ? d->year - 1 : d->year;
    uint64_t month = d->month < 2 ? d->month + 10 : d->month - 2; /* March: 0 */
    uint64_t days = year * 365 + year / 4 - year / 100 + year / 400 +
                    (month * 153 + 2) / 5 + d->day;

    return (days - 719469) * DAY_S + d->hour * 3600 + d->minute * 60 +
           d->second;
}

enum err
decoy_date_read(struct bytes in, uint64_t *unix_s)
{
    struct date d = {.form = FORM_FIX};

    skip_name(&in, &d);
    if (d.form == FORM_C)
        read_day_c(&in, &d);
    else
        read_day(&in, &d);
    skip(&in, &d, ' ');
    d.hour = number(&in, &d, 2);
    skip(&in, &d, ':');
    d.minute = number(&in, &d, 2);
    skip(&in, &d, ':');
    d.second = number(&in, &d, 2);
    if (d.form == FORM_C) {
        skip(&in, &d, ' ');
        d.year = number(&in, &d, 4);
    }
    if (d.bad || d.hour > 23 || d.minute > 59 || d.second > 59 ||
        d.day > decoy_month_days(d.year, d.month) || d.year < 1970 ||
        (d.year == 1970 && d.day == 0))
        return ERR_MALFORMED;
    *unix_s = seconds(&d);
    return ERR_OK;
}
