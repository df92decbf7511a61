/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What may be written down about people: nothing. A line says what happened to
 * the relay itself, by a code that does not change; there is no function that
 * takes a peer, an id or a size. */
#ifndef UV_LOG_H
#define UV_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_code {
    LOG_STARTED = 1,       /* R001 */
    LOG_STOPPING = 2,      /* R002 */
    LOG_STOPPED = 3,       /* R003 */
    LOG_FOLDER = 10,       /* R010 cannot make or use the data folder */
    LOG_IN_USE = 11,       /* R011 another relay has the folder */
    LOG_FOREIGN = 12,      /* R012 not a database of ours, or of a later one */
    LOG_DAMAGED_OPEN = 13, /* R013 the database cannot be opened any more */
    LOG_KEY = 14,          /* R014 the key file is damaged or cannot be made */
    LOG_NO_ROOM = 15,      /* R015 no room on the disk to begin */
    LOG_LISTEN = 20,       /* R020 cannot listen */
    LOG_PAGE = 21,         /* R021 cannot read the web page */
    LOG_PUBLIC = 22,       /* R022 the link holds a guessed address */
    LOG_DISK = 30,         /* R030 the disk failed: stopping */
    LOG_FULL = 31,         /* R031 no room: writers are refused */
    LOG_ROOM_AGAIN = 32,   /* R032 */
    LOG_DAMAGED_ROW = 33,  /* R033 records whose check does not hold */
    LOG_CLOCK_AHEAD = 34,  /* R034 the clock is far ahead of the last sweep */
    LOG_CLOCK_BEHIND = 35, /* R035 */
    LOG_MEMORY = 40,       /* R040 */
    LOG_ACCEPT = 41        /* R041 connections cannot be accepted just now */
};

/* Writes one line to stderr. detail is about this machine (a path, a reason of
 * the system's) or NULL; number is left out when it is 0. */
void log_line(enum log_code code, const char *detail, uint64_t number);

#endif
