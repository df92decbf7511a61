/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one table. The defaults suit a server with one core, 512 MiB of memory
 * and a disk of 10 GB. */
#include "config_table.h"

#include <string.h>

enum { DAYS_MAX = 3650, MIB_MAX = 64 * 1024 * 1024 };

#define AT(field)    offsetof(struct config, field)
#define BIT(command) (1u << COMMAND_##command)

static const char *const languages[] = {"en", "ru", NULL};
static const char *const levels[] = {"error", "warning", "notice",
                                     "info",  "debug",   NULL};

static const struct setting settings[] = {
    {.name = "data",
     .section = "relay",
     .kind = SETTING_TEXT,
     .at = AT(data),
     .value = "DIR",
     .depends = "$STATE_DIRECTORY, or /var/lib/pristan-relay for root and for "
                "whoever owns it, or ~/.local/state/pristan-relay",
     .help = "Folder for the key and the database, made if it is missing"},
    {.name = "control",
     .section = "relay",
     .kind = SETTING_TEXT,
     .at = AT(control),
     .value = "PATH",
     .depends = "control in $RUNTIME_DIRECTORY, or in the data folder",
     .help = "Socket through which status, what-i-know and backup ask the "
             "running relay"},
    {.name = "user",
     .section = "relay",
     .kind = SETTING_TEXT,
     .at = AT(user),
     .value = "NAME",
     .depends = "whoever owns the data folder",
     .help = "Started as root, become this user before any file is opened"},
    {.name = "log-level",
     .section = "relay",
     .kind = SETTING_CHOICE,
     .at = AT(level),
     .min = LEVEL_ERROR,
     .choices = levels,
     .value = "LEVEL",
     .standard = "notice",
     .reload = true,
     .help = "Say on standard error what is at least so important"},
    {.name = "language",
     .section = "relay",
     .kind = SETTING_CHOICE,
     .at = AT(language),
     .choices = languages,
     .value = "LANG",
     .standard = "en",
     .reload = true,
     .help = "Language of what-i-know"},
    {.name = "metrics",
     .section = "relay",
     .kind = SETTING_METRICS,
     .at = AT(metrics),
     .value = "WHERE",
     .standard = "off",
     .help = "Where to answer GET /metrics: off, a port of this machine "
             "(127.0.0.1:PORT or [::1]:PORT), or the path of a socket"},
    {.name = "listen",
     .section = "network",
     .kind = SETTING_ENDPOINTS,
     .at = AT(listens),
     .count_at = AT(listen_count),
     .max = CONFIG_LISTENS_MAX,
     .value = "ADDR:PORT",
     .standard = "[::]:8443",
     .help = "Where to listen, IPv6 in brackets; port 0 lets the system pick. "
             "Sockets that the service manager hands over are used instead"},
    {.name = "public",
     .section = "network",
     .kind = SETTING_ENDPOINTS,
     .at = AT(publics),
     .count_at = AT(public_count),
     .min = 1, /* no port 0 */
     .max = CONFIG_PUBLICS_MAX,
     .value = "[wss://]HOST:PORT",
     .depends = "what is listened at, or a guess at this machine's address",
     .reload = true,
     .help = "Where people reach the relay, for the link; with wss:// where a "
             "web server in front speaks TLS"},
    {.name = "web-page",
     .section = "network",
     .kind = SETTING_TEXT,
     .at = AT(page_file),
     .value = "FILE",
     .depends = "a dull page that is built in",
     .reload = true,
     .help = "HTML for whoever comes with a browser, at most 1 MiB"},
    {.name = "connections",
     .section = "network",
     .kind = SETTING_NUMBER,
     .at = AT(connections),
     .min = 16,
     .max = 1000000,
     .value = "N",
     .standard = "20000",
     .help = "At most so many connections at the same time"},
    {.name = "limit-local",
     .section = "network",
     .kind = SETTING_SWITCH,
     .at = AT(limit_local),
     .standard = "no",
     .help = "Limit connections from this machine like all others; not with a "
             "web server or Tor in front, which speaks for everybody"},
    {.name = "space-mib",
     .section = "storage",
     .kind = SETTING_NUMBER,
     .at = AT(space_mib),
     .min = 1,
     .max = MIB_MAX,
     .value = "MIB",
     .standard = "2048",
     .reload = true,
     .help = "Use at most so much of the disk"},
    {.name = "ballast-mib",
     .section = "storage",
     .kind = SETTING_NUMBER,
     .at = AT(ballast_mib),
     .max = MIB_MAX,
     .value = "MIB",
     .standard = "16",
     .help = "Held back so that a full disk can be emptied"},
    {.name = "channel-mib",
     .section = "storage",
     .kind = SETTING_NUMBER,
     .at = AT(channel_mib),
     .min = 1,
     .max = MIB_MAX,
     .value = "MIB",
     .standard = "64",
     .reload = true,
     .help = "At most so much in messages for one epoch of one group"},
    {.name = "mailbox-mib",
     .section = "storage",
     .kind = SETTING_NUMBER,
     .at = AT(mailbox_mib),
     .min = 1,
     .max = MIB_MAX,
     .value = "MIB",
     .standard = "4",
     .reload = true,
     .help = "At most so much in letters for one mailbox"},
    {.name = "blobs-mib",
     .section = "storage",
     .kind = SETTING_NUMBER,
     .at = AT(blobs_mib),
     .min = 1,
     .max = MIB_MAX,
     .value = "MIB",
     .standard = "512",
     .reload = true,
     .help = "At most so much in pieces of files, and never more than a "
             "quarter of space-mib"},
    {.name = "message-days",
     .section = "retention",
     .kind = SETTING_NUMBER,
     .at = AT(message_days),
     .min = 1,
     .max = DAYS_MAX,
     .value = "DAYS",
     .standard = "14",
     .reload = true,
     .help = "Keep messages so long"},
    {.name = "commit-days",
     .section = "retention",
     .kind = SETTING_NUMBER,
     .at = AT(commit_days),
     .min = 1,
     .max = DAYS_MAX,
     .value = "DAYS",
     .standard = "60",
     .reload = true,
     .help = "Keep changes of groups so long: a member who is away for longer "
             "needs a new invitation"},
    {.name = "letter-days",
     .section = "retention",
     .kind = SETTING_NUMBER,
     .at = AT(letter_days),
     .min = 1,
     .max = DAYS_MAX,
     .value = "DAYS",
     .standard = "3",
     .reload = true,
     .help = "Keep letters in mailboxes so long"},
    {.name = "blob-days",
     .section = "retention",
     .kind = SETTING_NUMBER,
     .at = AT(blob_days),
     .min = 1,
     .max = DAYS_MAX,
     .value = "DAYS",
     .standard = "7",
     .reload = true,
     .help = "Keep pieces of files so long"},

    /* what belongs to one call only */
    {.name = "config",
     .kind = SETTING_TEXT,
     .at = AT(file),
     .value = "FILE",
     .standard = "/etc/pristan/relay.conf",
     .commands = COMMANDS_ALL,
     .help = "Read this file and then FILE.d/*.conf"},
    {.name = "check-config",
     .kind = SETTING_SWITCH,
     .at = AT(check),
     .standard = "no",
     .commands = BIT(RUN) | BIT(CONFIG),
     .help = "Tell every mistake in the configuration and exit: 0, or 78"},
    {.name = "json",
     .kind = SETTING_SWITCH,
     .at = AT(json),
     .standard = "no",
     .commands = BIT(STATUS) | BIT(DOCTOR) | BIT(CONFIG) | BIT(LINK),
     .help = "Answer with one JSON object a line"},
    {.name = "quiet",
     .kind = SETTING_SWITCH,
     .at = AT(quiet),
     .standard = "no",
     .commands = BIT(RUN) | BIT(BACKUP) | BIT(RESTORE),
     .help = "Do not print the link and the addresses, or the progress"},
    {.name = "ready-fd",
     .kind = SETTING_FD,
     .at = AT(ready_fd),
     .min = 1,
     .max = 1023,
     .value = "N",
     .commands = BIT(RUN),
     .help = "Write \"ready\" to this descriptor once listening, and close it"},
    {.name = "no-sandbox",
     .kind = SETTING_SWITCH,
     .at = AT(no_sandbox),
     .standard = "no",
     .commands = BIT(RUN),
     .help = "Do not confine the relay to its folder and its sockets "
             "(Landlock, seccomp): for finding faults"},
    {.name = "help",
     .kind = SETTING_SWITCH,
     .at = AT(help),
     .standard = "no",
     .commands = COMMANDS_ALL,
     .help = "Show this, or the help of the command"},
};

static const struct command commands[] = {
    {"run", COMMAND_RUN, "", 0, 0,
     "Run the relay (what happens without a command)",
     "Stays in the foreground. SIGTERM and SIGINT stop it in an orderly way, "
     "SIGHUP reads the configuration again, SIGUSR1 logs one line of status."},
    {"link", COMMAND_LINK, "", 0, 0,
     "Print the relay's address as a link (also: invite)",
     "The link is not a secret: whoever has it can find the relay and be sure "
     "that it is the right one. Works while the relay runs and while it is "
     "stopped."},
    {"invite", COMMAND_LINK, "", 0, 0, NULL, NULL}, /* the same */
    {"what-i-know", COMMAND_WHAT_I_KNOW, "", 0, 0,
     "Say in plain words all that this relay holds",
     "Asks the running relay, or reads the database itself when none runs."},
    {"status", COMMAND_STATUS, "", 0, 0, "Show how the running relay is",
     "Exit code 0 when it runs, 69 when none does."},
    {"metrics", COMMAND_METRICS, "", 0, 0,
     "Print the running relay's metrics once",
     "OpenMetrics text, for a collector that reads files. They are the same as "
     "at the place that the key metrics names, which may be off."},
    {"doctor", COMMAND_DOCTOR, "", 0, 0,
     "Check configuration, folder, disk, clock, limits and reachability",
     "One line for each check with what to do. Exit code 0 when nothing is "
     "wrong (there may be warnings), 1 when something is."},
    {"backup", COMMAND_BACKUP, "FILE", 1, 1,
     "Write a copy of key and database to FILE, or - for standard output",
     "Safe while the relay runs. FILE appears only when it is whole, for its "
     "owner only: it holds the relay's key."},
    {"restore", COMMAND_RESTORE, "FILE", 1, 1,
     "Make a data folder from a copy; the relay must be stopped",
     "Refuses a folder that holds a relay already. FILE may be - for standard "
     "input."},
    {"config", COMMAND_CONFIG, "show|example|check", 0, 1,
     "Show the settings and where each comes from; print an example file",
     "show is what happens without a word. example prints a file with every "
     "key commented out at its default. check is --check-config."},
    {"help", COMMAND_HELP, "[COMMAND]", 0, 1, "Show this, or more on a command",
     ""},
    {"version", COMMAND_VERSION, "", 0, 0, "Show the version (also: --version)",
     ""},
};

static_assert(sizeof settings / sizeof *settings <= CONFIG_SETTINGS_MAX,
              "each has its origin");

const struct setting *
config_settings(size_t *count)
{
    *count = sizeof settings / sizeof *settings;
    return settings;
}

const struct command *
config_commands(size_t *count)
{
    *count = sizeof commands / sizeof *commands;
    return commands;
}

const struct setting *
config_setting(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strlen(settings[i].name) == len &&
            memcmp(settings[i].name, name, len) == 0)
            return &settings[i];
    return NULL;
}
