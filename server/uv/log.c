/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Log lines: a code, a sentence, nothing about anyone. */
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

static const struct {
    enum log_code code;
    unsigned level; /* as syslog: 3 error, 4 warning, 5 notice, 6 information */
    const char *text;
} lines[] = {
    {LOG_STARTED, 5, "started"},
    {LOG_STOPPING, 5, "stopping: what was accepted is being stored"},
    {LOG_STOPPED, 5, "stopped"},
    {LOG_RELOADED, 5, "the configuration was read again; taken over"},
    {LOG_RELOAD_REFUSED, 3,
     "the configuration has mistakes, told above; the old settings go on; "
     "mistakes:"},
    {LOG_NEEDS_RESTART, 4, "these settings changed too, but need a restart"},
    {LOG_STATUS, 5, "status"},
    {LOG_ASKED, 7, "asked through the control socket"},
    {LOG_SWEPT, 6, "what had expired was cleared out"},
    {LOG_FOLDER, 3,
     "the data folder cannot be used; see whether it is there, who owns it and "
     "whether the disk has room"},
    {LOG_IN_USE, 3,
     "another relay is using this data folder; stop that one, or name another "
     "folder with --data"},
    {LOG_FOREIGN, 3,
     "the database is of a later version, or no relay's; install that version, "
     "or look at what is in the folder"},
    {LOG_DAMAGED_OPEN, 3,
     "the database is damaged beyond opening; restore a backup into an empty "
     "folder"},
    {LOG_KEY, 3,
     "the relay's key cannot be read or made; see who owns it; if "
     "it is damaged take it from a backup, for without it every link is void"},
    {LOG_NO_ROOM, 3, "there is no room on the disk; free some, or get more"},
    {LOG_FOREIGN_LOG, 3,
     "relay.db-wal is missing, or not the log of the relay.db beside it, or of "
     "another time; nothing was changed; put the right one there, or restore a "
     "backup"},
    {LOG_UNFINISHED, 3, "a restore did not come to its end: restore again"},
    {LOG_NOT_PLAIN, 3,
     "a link, or no plain file, has the name of one of the relay's; nothing "
     "was followed or changed; put the file itself there"},
    {LOG_KEY_GONE, 3,
     "a relay has worked here, but its relay.key is gone; nothing was changed; "
     "put it back (a backup restored into an empty folder has it), or move the "
     "folder away to begin anew, with another link"},
    {LOG_LISTEN, 3,
     "cannot listen; see what has the port, or choose another with --listen"},
    {LOG_PAGE, 3,
     "the web page cannot be read, or is larger than 1 MiB; see the key "
     "web-page"},
    {LOG_PUBLIC, 4,
     "the link holds a guessed address; public = NAME:PORT (or --public) sets "
     "the right one"},
    {LOG_CONTROL, 4,
     "there is no control socket, so status and backup cannot ask; --control "
     "PATH names another place"},
    {LOG_METRICS, 4, "metrics cannot be offered; the key metrics says where"},
    {LOG_HANDED, 3,
     "the service manager handed over something that is no listening stream "
     "socket"},
    {LOG_NOTIFY, 4, "the service manager cannot be told"},
    {LOG_NOBODY, 3,
     "no relay answers at its control socket; start it, or name its folder "
     "with --data (the system's relay is asked as root)"},
    {LOG_OUTPUT, 3, "not all that was printed could be written"},
    {LOG_DENIED, 3,
     "the relay's folder or control socket refuses you; ask as root (sudo) or "
     "as the relay's user"},
    {LOG_DISK, 3,
     "the disk failed: nothing more is acknowledged, the relay stops; see the "
     "kernel's log and replace the disk"},
    {LOG_FULL, 4,
     "no room left: writers are refused, readers are served; raise space-mib, "
     "get more disk, or wait for things to expire"},
    {LOG_ROOM_AGAIN, 5, "there is room again"},
    {LOG_DAMAGED_ROW, 3,
     "damaged rows were found, the disk may be failing; the rest goes on; "
     "rows:"},
    {LOG_CLOCK_AHEAD, 4,
     "the clock is ahead of the last clearing out, which follows by a day each "
     "hour; if the clock is wrong, mend it now; hours:"},
    {LOG_CLOCK_BEHIND, 4,
     "the clock is behind the last clearing out, so nothing expires; set the "
     "clock; hours:"},
    {LOG_STALLED, 3,
     "the disk has not answered; the service manager's watchdog is not told "
     "that all is well; seconds:"},
    {LOG_COPIED, 5, "a copy was made"},
    {LOG_COPY_FAILED, 3, "no copy could be made"},
    {LOG_NOT_RESTORED, 3, "nothing was restored"},
    {LOG_MEMORY, 3, "out of memory; lower connections, or get more memory"},
    {LOG_ACCEPT, 4,
     "connections cannot be accepted just now; if this goes on raise "
     "LimitNOFILE"},
    {LOG_NO_USER, 3,
     "cannot become the relay's user; the key user names one of this system"},
    {LOG_ROOT, 4,
     "running as root, since root owns the data folder; the key user names "
     "somebody better"},
    {LOG_CONFINE, 3,
     "cannot confine itself; --no-sandbox runs without, at your risk"},
    {LOG_UNCONFINED, 4,
     "the relay is not confined: this kernel, or the service manager's filter "
     "of system calls, does not allow"},
    {LOG_NO_DESCRIPTORS, 3,
     "too few descriptors to run; raise LimitNOFILE= in the unit, or ulimit "
     "-Hn in the shell that starts it"},
    {LOG_FEW_DESCRIPTORS, 4,
     "far fewer descriptors than the key connections asks for, so there will "
     "be far fewer connections; raise LimitNOFILE= (ulimit -Hn), or set it "
     "lower"},
    {LOG_CIPHER, 3,
     "libsodium or OpenSSL does not start, is too old, or lacks a cipher; see "
     "whether both packages are whole and up to date"},
    {LOG_NOT_YET, 3,
     "the relay has not run here yet; start it, or name its folder with "
     "--data"},
    {LOG_CONFIG, 3, NULL},
    {LOG_PRIVATE, 4,
     "the link holds an address that nobody on the internet can reach; set "
     "public = NAME:PORT, as it is seen from outside, reload, and hand out the "
     "link then"},
    {LOG_OPEN_FOLDER, 4,
     "others of this machine may look into the data folder, in which is the "
     "relay's key; chmod 0700 it"},
};

void
log_level(unsigned level)
{
    (void)setlogmask(LOG_UPTO((int)level)); /* the C library keeps it for us */
}

const char *
log_sentence(enum log_code code)
{
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (lines[i].code == code)
            return lines[i].text;
    return NULL;
}

bool
log_next(size_t *at, enum log_code *code, unsigned *level)
{
    if (*at >= sizeof lines / sizeof *lines)
        return false;
    *code = lines[*at].code;
    *level = lines[*at].level;
    ++*at;
    return true;
}

void
log_line(enum log_code code, const char *detail, uint64_t number)
{
    const char *text = NULL;
    unsigned level = 6;

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (lines[i].code == code) {
            text = lines[i].text;
            level = lines[i].level;
        }
    }
    if ((setlogmask(0) & LOG_MASK((int)level)) == 0)
        return;
    if (getenv("JOURNAL_STREAM") != NULL) /* sd-daemon(3) */
        fprintf(stderr, "<%u>", level);
    fprintf(stderr, "pristan-relay: R%03d", (int)code);
    if (text != NULL)
        fprintf(stderr, " %s", text);
    if (number != 0)
        fprintf(stderr, " %llu", (unsigned long long)number);
    if (detail != NULL)
        fprintf(stderr, "%s%s", text != NULL ? ": " : " ", detail);
    fputc('\n', stderr);
}
