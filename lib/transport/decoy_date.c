/* SPDX-License-Identifier: Apache-2.0 */
/* IMF-fixdate, RFC 9110 section 5.6.7. */
#include "decoy_parts.h"

#include <string.h>

enum { DAY_S = 24 * 60 * 60, DAYS_400_YEARS = 146097 };

static const char day_names[] = "ThuFriSatSunMonTueWed"; /* 1.1.1970 first */
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30,
                                     31, 31, 30, 31, 30, 31};

static void
text(struct buf *out, const char *s)
{
    buf_append(out, bytes_str(s));
}

/* In decimal, at least width digits. */
static void
number(struct buf *out, uint64_t v, size_t width)
{
    uint8_t digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (uint8_t)('0' + v % 10);
        v /= 10;
    } while (v != 0 || sizeof digits - at < width);
    buf_append(out, (struct bytes){digits + at, sizeof digits - at});
}

static bool
is_leap(uint64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
void
decoy_date(struct buf *out, uint64_t unix_s)
{
    uint64_t s = unix_s;
    uint64_t days = s / DAY_S;
    uint64_t year = 1970 + days / DAYS_400_YEARS * 400;
    size_t weekday = (size_t)(days % 7);
    size_t month = 0;

    days %= DAYS_400_YEARS;
    for (; days >= (is_leap(year) ? 366U : 365U); year++)
        days -= is_leap(year) ? 366U : 365U;
    for (;; month++) {
        uint64_t len =
            month_days[month] + (month == 1 && is_leap(year) ? 1U : 0U);

        if (days < len)
            break;
        days -= len;
    }
    buf_append(out, bytes_slice(bytes_str(day_names), 3 * weekday, 3));
    text(out, ", ");
    number(out, days + 1, 2);
    text(out, " ");
    buf_append(out, bytes_slice(bytes_str(month_names), 3 * month, 3));
    text(out, " ");
    number(out, year, 4);
    text(out, " ");
    number(out, s / 3600 % 24, 2);
    text(out, ":");
    number(out, s / 60 % 60, 2);
    text(out, ":");
    number(out, s % 60, 2);
    text(out, " GMT");
}

/* Days from 1.1.1970 to the first of a year. */
static uint64_t
days_before(uint64_t year)
{
    uint64_t past = year - 1;

    return past * 365 + past / 4 - past / 100 + past / 400 - 719162;
}

/* Two to four digits at a place of the form. */
static bool
digits(struct bytes in, size_t at, size_t len, uint64_t *out)
{
    uint64_t v = 0;

    for (size_t i = at; i < at + len; i++) {
        if (in.b[i] < '0' || in.b[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(in.b[i] - '0');
    }
    *out = v;
    return true;
}

enum err
decoy_date_read(struct bytes in, uint64_t *unix_s)
{
    uint64_t day, year, hour, minute, second;
    size_t month = 0;
    uint64_t days;

    if (in.len != 29 || memcmp(in.b + 3, ", ", 2) != 0 ||
        memcmp(in.b + 25, " GMT", 4) != 0 || !digits(in, 5, 2, &day) ||
        !digits(in, 12, 4, &year) || !digits(in, 17, 2, &hour) ||
        !digits(in, 20, 2, &minute) || !digits(in, 23, 2, &second))
        return ERR_MALFORMED;
    while (month < 12 && memcmp(in.b + 8, month_names + 3 * month, 3) != 0)
        month++;
    if (month == 12 || year < 1970 || day < 1 || day > 31 || hour > 23 ||
        minute > 59 || second > 59)
        return ERR_MALFORMED;
    days = days_before(year) + day - 1;
    for (size_t i = 0; i < month; i++)
        days += month_days[i] + (i == 1 && is_leap(year) ? 1U : 0U);
    *unix_s = days * DAY_S + hour * 3600 + minute * 60 + second;
    return ERR_OK;
}
