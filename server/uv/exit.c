/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Each exit code and its meaning. */
#include "exit.h"

#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>

#include "log.h"

static const struct {
    int code;
    const char *text;
} codes[] = {
    {EXIT_OK, "done, or an orderly stop"},
    {EXIT_WRONG, "doctor: something is wrong"},
    {EXIT_USAGE, "a word of the command line makes no sense"},
    {EXIT_BAD_DATA, "restore: this is no whole copy of a relay"},
    {EXIT_NO_INPUT, "a file or folder is not there"},
    {EXIT_UNAVAILABLE, "cannot listen; or no relay is running"},
    {EXIT_INTERNAL, "out of memory, or a fault of the program"},
    {EXIT_CREATE, "a file or folder cannot be made"},
    {EXIT_DISK, "the disk failed, the database is damaged, or not all could be "
                "printed"},
    {EXIT_BUSY, "another relay uses the data folder; try later"},
    {EXIT_PROTOCOL, "the running relay gave an answer that makes no sense"},
    {EXIT_DENIED, "only the relay's user and root may do this"},
    {EXIT_CONFIG, "a mistake in the configuration"},
};

void
exit_print(void)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        printf("  %3d  %s\n", codes[i].code, codes[i].text);
}

int
exit_printed(int code)
{
    errno = 0; /* an earlier write may have failed, and this one not */
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return code;
    log_line(LOG_OUTPUT, errno == 0 ? NULL : strerror(errno), 0);
    __fpurge(stdout); /* or the next call would try it again */
    clearerr(stdout);
    return EXIT_DISK;
}
