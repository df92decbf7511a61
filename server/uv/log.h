/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What may be written down about people: nothing. A line says what happened to
 * the relay itself, by a code that does not change; there is no function that
 * takes a peer, an id or a size. */
#ifndef UV_LOG_H
#define UV_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_code {
    LOG_STARTED = 1,        /* R001 */
    LOG_STOPPING = 2,       /* R002 */
    LOG_STOPPED = 3,        /* R003 */
    LOG_RELOADED = 4,       /* R004 */
    LOG_RELOAD_REFUSED = 5, /* R005 mistakes: the old settings go on */
    LOG_NEEDS_RESTART = 6,  /* R006 changed keys that a reload leaves alone */
    LOG_STATUS = 7,         /* R007 SIGUSR1 */
    LOG_ASKED = 8,          /* R008 a command came through the control socket */
    LOG_SWEPT = 9,          /* R009 what had expired was cleared out */
    LOG_FOLDER = 10,        /* R010 cannot make or use the data folder */
    LOG_IN_USE = 11,        /* R011 another relay has the folder */
    LOG_FOREIGN = 12,       /* R012 not a database of ours, or a later one */
    LOG_DAMAGED_OPEN = 13,  /* R013 the database cannot be opened any more */
    LOG_KEY = 14,           /* R014 the key file is damaged, cannot be made */
    LOG_NO_ROOM = 15,       /* R015 no room on the disk to begin */
    LOG_FOREIGN_LOG = 16,   /* R016 relay.db-wal is gone, or from elsewhere */
    LOG_UNFINISHED = 17,    /* R017 a restore did not come to its end */
    LOG_NOT_PLAIN = 18,     /* R018 a link has the name of a file of ours */
    LOG_KEY_GONE = 19,      /* R019 a relay worked here, and its key is gone */
    LOG_LISTEN = 20,        /* R020 cannot listen */
    LOG_PAGE = 21,          /* R021 cannot read the web page */
    LOG_PUBLIC = 22,        /* R022 the link holds a guessed address */
    LOG_CONTROL = 23,       /* R023 no control socket */
    LOG_METRICS = 24,       /* R024 no place for metrics */
    LOG_HANDED = 25,        /* R025 a socket handed over is of no use */
    LOG_NOTIFY = 26,        /* R026 the service manager cannot be told */
    LOG_NOBODY = 27,        /* R027 no relay runs there */
    LOG_OUTPUT = 28,        /* R028 standard output did not take everything */
    LOG_DENIED = 29,        /* R029 folder or socket refuse who asks */
    LOG_DISK = 30,          /* R030 the disk failed: stopping */
    LOG_FULL = 31,          /* R031 no room: writers are refused */
    LOG_ROOM_AGAIN = 32,    /* R032 */
    LOG_DAMAGED_ROW = 33,   /* R033 records whose check does not hold */
    LOG_CLOCK_AHEAD = 34,   /* R034 the clock is far ahead of the last sweep */
    LOG_CLOCK_BEHIND = 35,  /* R035 */
    LOG_STALLED = 36,       /* R036 the store does not answer */
    LOG_COPIED = 37,        /* R037 a copy was made */
    LOG_COPY_FAILED = 38,   /* R038 */
    LOG_NOT_RESTORED = 39,  /* R039 nothing was restored, with the reason */
    LOG_MEMORY = 40,        /* R040 */
    LOG_ACCEPT = 41,        /* R041 connections cannot be accepted just now */
    LOG_NO_USER = 42,       /* R042 cannot become the user that is named */
    LOG_ROOT = 43,          /* R043 still root */
    LOG_CONFINE = 44,       /* R044 the kernel refuses to confine the relay */
    LOG_UNCONFINED = 45,    /* R045 this kernel cannot */
    LOG_NO_DESCRIPTORS = 46,  /* R046 too few descriptors to run at all */
    LOG_FEW_DESCRIPTORS = 47, /* R047 far fewer than connections asks for */
    LOG_CIPHER = 48,          /* R048 libsodium or OpenSSL cannot be used */
    LOG_NOT_YET = 49,         /* R049 no relay has run in the folder */
    LOG_CONFIG = 50,          /* R050 a mistake in words, files, environment */
    LOG_PRIVATE = 51,         /* R051 the link holds a private address */
    LOG_OPEN_FOLDER = 52      /* R052 others may look into the data folder */
};

/* What is less important than level (enum config_level, as syslog's) is left
 * out from now on. */
void log_level(unsigned level);

/* Writes one line to stderr. detail is about this machine (a path, a reason of
 * the system's) or NULL; number is left out when it is 0. */
void log_line(enum log_code code, const char *detail, uint64_t number);

/* The sentence of a code, for other ways to show it; NULL: none. */
const char *log_sentence(enum log_code code);

/* All codes in their order: *at starts at 0; false at the end. */
bool log_next(size_t *at, enum log_code *code, unsigned *level);

#endif
