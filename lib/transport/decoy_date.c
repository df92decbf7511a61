/* SPDX-License-Identifier: Apache-2.0 */
/* IMF-fixdate, RFC 9110 section 5.6.7, as it is written. */
#include "decoy_parts.h"

enum { DAY_S = 24 * 60 * 60, DAYS_400_YEARS = 146097 };

static const char day_names[] = "ThuFriSatSunMonTueWed"; /* 1.1.1970 first */
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static void
text(struct buf *out, const char *s)
{
    buf_append(out, bytes_str(s));
}

void
decoy_number(struct buf *out, uint64_t v, size_t width)
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

uint64_t
decoy_month_days(uint64_t year, uint64_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};

    return days[month] + (month == 1 && is_leap(year) ? 1U : 0U);
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
        uint64_t len = decoy_month_days(year, month);

        if (days < len)
            break;
        days -= len;
    }
    buf_append(out, bytes_slice(bytes_str(day_names), 3 * weekday, 3));
    text(out, ", ");
    decoy_number(out, days + 1, 2);
    text(out, " ");
    buf_append(out, bytes_slice(bytes_str(month_names), 3 * month, 3));
    text(out, " ");
    decoy_number(out, year, 4);
    text(out, " ");
    decoy_number(out, s / 3600 % 24, 2);
    text(out, ":");
    decoy_number(out, s / 60 % 60, 2);
    text(out, ":");
    decoy_number(out, s % 60, 2);
    text(out, " GMT");
}
