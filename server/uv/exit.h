/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the program's end tells: the numbers of sysexits(3). */
#ifndef UV_EXIT_H
#define UV_EXIT_H

enum {
    EXIT_OK = 0,
    EXIT_WRONG = 1, /* doctor: something is wrong */
    EXIT_USAGE = 64,
    EXIT_BAD_DATA = 65,
    EXIT_NO_INPUT = 66,
    EXIT_UNAVAILABLE = 69,
    EXIT_INTERNAL = 70,
    EXIT_CREATE = 73,
    EXIT_DISK = 74,
    EXIT_BUSY = 75,
    EXIT_PROTOCOL = 76,
    EXIT_DENIED = 77,
    EXIT_CONFIG = 78
};

/* The list, as --help shows it. */
void exit_print(void);

/* Sends out what was printed. Gives code; or EXIT_DISK, and logs why, when some
 * of it since the last call could not be written to standard output. */
int exit_printed(int code);

#endif
