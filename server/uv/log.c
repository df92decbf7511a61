/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Log lines: a code, a sentence, nothing about anyone. */
#include "log.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    enum log_code code;
    int level; /* as syslog: 3 error, 4 warning, 5 notice, 6 information */
    const char *text;
} lines[] = {
    {LOG_STARTED, 5, "started"},
    {LOG_STOPPING, 5, "stopping: what was accepted is being stored"},
    {LOG_STOPPED, 5, "stopped"},
    {LOG_FOLDER, 3, "cannot use the data folder"},
    {LOG_IN_USE, 3, "another relay is using this data folder"},
    {LOG_FOREIGN, 3, "the database is not one of this program's version"},
    {LOG_DAMAGED_OPEN, 3, "the database is damaged and cannot be opened"},
    {LOG_KEY, 3, "the relay's key cannot be read or made"},
    {LOG_NO_ROOM, 3, "no room on the disk"},
    {LOG_LISTEN, 3, "cannot listen"},
    {LOG_PAGE, 3, "cannot read the web page"},
    {LOG_PUBLIC, 4,
     "the link holds a guessed address; --public HOST:PORT sets the right one"},
    {LOG_DISK, 3,
     "the disk failed: nothing more is acknowledged, the relay stops"},
    {LOG_FULL, 4, "no room left: writers are refused, readers are served"},
    {LOG_ROOM_AGAIN, 5, "there is room again"},
    {LOG_DAMAGED_ROW, 3, "damaged rows were found; the rest goes on; rows:"},
    {LOG_CLOCK_AHEAD, 4,
     "the clock is ahead of the last clearing out, which follows by a day each "
     "hour; if the clock is wrong, mend it now; hours:"},
    {LOG_CLOCK_BEHIND, 4,
     "the clock is behind the last clearing out: nothing expires; hours:"},
    {LOG_MEMORY, 3, "out of memory"},
    {LOG_ACCEPT, 4, "connections cannot be accepted just now"},
};

void
log_line(enum log_code code, const char *detail, uint64_t number)
{
    const char *text = "";
    int level = 6;

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (lines[i].code == code) {
            text = lines[i].text;
            level = lines[i].level;
        }
    }
    if (getenv("JOURNAL_STREAM") != NULL) /* sd-daemon(3) */
        fprintf(stderr, "<%d>", level);
    fprintf(stderr, "pristan-relay: R%03d %s", (int)code, text);
    if (number != 0)
        fprintf(stderr, " %llu", (unsigned long long)number);
    if (detail != NULL)
        fprintf(stderr, ": %s", detail);
    fputc('\n', stderr);
}
