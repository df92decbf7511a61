/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The relay's state for a person, a program, and in one line. */
#include "state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "json.h"

enum { HOUR_S = 3600, DAY_H = 24, MIB_SHIFT = 20 };

__attribute__((format(printf, 3, 4))) static void
say(struct buf *out, const char *label, const char *format, ...)
{
    char text[256];
    char line[320];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)snprintf(line, sizeof line, "%-14s %s\n", label, text);
    buf_append(out, bytes_str(line));
}

/* Hours since the last clearing out; UINT64_MAX: there was none. */
static uint64_t
sweep_age_h(const struct state *s)
{
    uint64_t hour = s->now_s / HOUR_S;

    if (s->counters.sweep_hour == 0)
        return UINT64_MAX;
    return hour > s->counters.sweep_hour ? hour - s->counters.sweep_hour : 0;
}

void
state_write_text(const struct state *s, struct buf *out)
{
    const struct relay_counters *c = &s->counters;
    uint64_t hours = s->uptime_s / HOUR_S;

    say(out, "version:", "%s", PRISTAN_VERSION);
    say(out, "up:", "%" PRIu64 " d %" PRIu64 " h %" PRIu64 " min",
        hours / DAY_H, hours % DAY_H, s->uptime_s % HOUR_S / 60);
    say(out, "connections:", "%" PRIu64 " of at most %" PRIu64, c->conns,
        s->conn_max);
    say(out, "sessions:", "%" PRIu64, c->sessions);
    say(out, "watches:", "%" PRIu64, c->watches);
    say(out, "stored:", "%" PRIu64 " records, %" PRIu64 " letters since start",
        c->appended, c->letters);
    say(out, "refused:", "%" PRIu64 " requests since start", c->refused);
    say(out, "used:", "%" PRIu64 " MiB of %" PRIu64 " MiB (%" PRIu64 " %%)",
        s->used_bytes >> MIB_SHIFT, s->space_bytes >> MIB_SHIFT,
        s->space_bytes == 0 ? 0 : s->used_bytes * 100 / s->space_bytes);
    say(out, "free on disk:", "%" PRIu64 " MiB", s->free_bytes >> MIB_SHIFT);
    if (sweep_age_h(s) == UINT64_MAX)
        say(out, "cleared out:", "not yet");
    else
        say(out, "cleared out:", "%" PRIu64 " h ago", sweep_age_h(s));
    if (c->storage_full)
        say(out, "FULL:",
            "the last writer was refused, the next one who is not ends this; "
            "see R031 in the manual");
    if (c->damaged > 0)
        say(out, "DAMAGED:", "%" PRIu64 " rows; see R033 in the manual",
            c->damaged);
    if (c->clock_ahead_h > DAY_H)
        say(out, "CLOCK:", "%u hours ahead; see R034 in the manual",
            c->clock_ahead_h);
    if (c->clock_behind_h > 1)
        say(out, "CLOCK:", "%u hours behind; see R035 in the manual",
            c->clock_behind_h);
}

void
state_write_json(const struct state *s, struct buf *out)
{
    const struct relay_counters *c = &s->counters;

    json_open(out, NULL, '{');
    json_number(out, "v", 1);
    json_text(out, "version", bytes_str(PRISTAN_VERSION));
    json_number(out, "uptime_s", s->uptime_s);
    json_number(out, "connections", c->conns);
    json_number(out, "connections_max", s->conn_max);
    json_bool(out, "handed", s->handed);
    json_number(out, "sessions", c->sessions);
    json_number(out, "watches", c->watches);
    json_number(out, "appended", c->appended);
    json_number(out, "letters", c->letters);
    json_number(out, "refused", c->refused);
    json_number(out, "used_bytes", s->used_bytes);
    json_number(out, "space_bytes", s->space_bytes);
    json_number(out, "free_bytes", s->free_bytes);
    if (sweep_age_h(s) == UINT64_MAX)
        json_null(out, "sweep_age_h");
    else
        json_number(out, "sweep_age_h", sweep_age_h(s));
    json_bool(out, "full", c->storage_full);
    json_number(out, "damaged", c->damaged);
    json_number(out, "clock_ahead_h", c->clock_ahead_h);
    json_number(out, "clock_behind_h", c->clock_behind_h);
    json_close(out, '}');
    buf_u8(out, '\n');
}

void
state_write_line(const struct state *s, char *out, size_t size)
{
    const struct relay_counters *c = &s->counters;

    (void)snprintf(out, size,
                   "serving; connections %" PRIu64 ", sessions %" PRIu64
                   ", watches %" PRIu64 "%s%s",
                   c->conns, c->sessions, c->watches,
                   c->storage_full ? "; full: writers are refused" : "",
                   c->damaged > 0 ? "; damaged rows were found" : "");
}
