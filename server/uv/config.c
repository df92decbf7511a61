/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The command line: one row per option. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAYS_MAX = 3650, MIB_MAX = 64 * 1024 * 1024 };

typedef bool set_option(struct config *c, const char *value);

static bool
set_text(char *out, size_t size, const char *value)
{
    int n = snprintf(out, size, "%s", value);

    return n > 0 && (size_t)n < size;
}

static bool
set_number(uint64_t *out, const char *value, uint64_t min, uint64_t max)
{
    uint64_t v = 0;

    if (*value == '\0')
        return false;
    for (; *value >= '0' && *value <= '9'; value++) {
        v = v * 10 + (uint64_t)(*value - '0');
        if (v > max)
            return false;
    }
    *out = v;
    return *value == '\0' && v >= min;
}

static bool
set_days(uint32_t *out, const char *value)
{
    uint64_t v;

    if (!set_number(&v, value, 1, DAYS_MAX))
        return false;
    *out = (uint32_t)v;
    return true;
}

static bool
set_data(struct config *c, const char *value)
{
    return set_text(c->data, sizeof c->data, value);
}

static bool
set_listen(struct config *c, const char *value)
{
    return c->listen_count < CONFIG_LISTENS_MAX &&
           config_read_endpoint(value, &c->listens[c->listen_count++]) ==
               ERR_OK;
}

static bool
set_public(struct config *c, const char *value)
{
    struct config_endpoint *to = &c->publics[c->public_count];

    return c->public_count++ < 3 && config_read_endpoint(value, to) == ERR_OK &&
           to->port != 0;
}

static bool
set_message_days(struct config *c, const char *value)
{
    return set_days(&c->message_days, value);
}

static bool
set_commit_days(struct config *c, const char *value)
{
    return set_days(&c->commit_days, value);
}

static bool
set_letter_days(struct config *c, const char *value)
{
    return set_days(&c->letter_days, value);
}

static bool
set_blob_days(struct config *c, const char *value)
{
    return set_days(&c->blob_days, value);
}

static bool
set_space(struct config *c, const char *value)
{
    return set_number(&c->space_mib, value, 1, MIB_MAX);
}

static bool
set_ballast(struct config *c, const char *value)
{
    return set_number(&c->ballast_mib, value, 0, MIB_MAX);
}

static bool
set_page(struct config *c, const char *value)
{
    return set_text(c->page_file, sizeof c->page_file, value);
}

static bool
set_ready_fd(struct config *c, const char *value)
{
    uint64_t fd;

    if (!set_number(&fd, value, 1, 1023))
        return false;
    c->ready_fd = (int)fd;
    return true;
}

static bool
set_language(struct config *c, const char *value)
{
    bool ru = strcmp(value, "ru") == 0;

    c->language = ru ? RELAY_RUSSIAN : RELAY_ENGLISH;
    return ru || strcmp(value, "en") == 0;
}

static bool
set_limit_local(struct config *c, const char *value)
{
    (void)value;
    c->limit_local = true;
    return true;
}

static bool
set_quiet(struct config *c, const char *value)
{
    (void)value;
    c->quiet = true;
    return true;
}

static bool
set_help(struct config *c, const char *value)
{
    (void)value;
    c->command = COMMAND_HELP;
    return true;
}

static bool
set_version(struct config *c, const char *value)
{
    (void)value;
    c->command = COMMAND_VERSION;
    return true;
}

static const struct option {
    const char *name;
    const char *value; /* NULL: takes none */
    set_option *set;
    const char *help;
} options[] = {
    {"data", "DIR", set_data, "folder for key and database, made if missing"},
    {"listen", "ADDR:PORT", set_listen,
     "where to listen; may be given again; port 0 lets\n"
     "                       the system pick; IPv6 in brackets\n"
     "                       (default [::]:8443)"},
    {"public", "HOST:PORT", set_public,
     "where people reach the relay, for the link; up to 3"},
    {"message-days", "N", set_message_days, "keep messages so long (14)"},
    {"commit-days", "N", set_commit_days, "keep changes of groups (60)"},
    {"letter-days", "N", set_letter_days, "keep letters in mailboxes (3)"},
    {"blob-days", "N", set_blob_days, "keep pieces of files (7)"},
    {"space-mib", "N", set_space, "use at most so much of the disk (2048)"},
    {"ballast-mib", "N", set_ballast,
     "held back so that a full disk can be emptied (16)"},
    {"web-page", "FILE", set_page, "HTML for whoever comes with a browser"},
    {"limit-local", NULL, set_limit_local,
     "limit connections from this machine like all others"},
    {"ready-fd", "N", set_ready_fd,
     "write \"ready\" there once listening, and close it"},
    {"language", "en|ru", set_language, "of what-i-know"},
    {"quiet", NULL, set_quiet, "say nothing on standard output"},
    {"help", NULL, set_help, "show this"},
    {"version", NULL, set_version, "show the version"},
};

static const struct {
    const char *name;
    enum config_command command;
    const char *help;
} commands[] = {
    {"run", COMMAND_RUN, "run the relay (what happens without a command)"},
    {"link", COMMAND_LINK, "print the relay's address as a link"},
    {"what-i-know", COMMAND_WHAT_I_KNOW,
     "say in plain words all that this relay holds; while it is stopped"},
};

void
config_print_help(void)
{
    printf("Usage: pristan-relay [command] [options]\n\n"
           "A relay for Pristan: keeps sealed messages for groups it knows "
           "nothing about.\n\nCommands:\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        printf("  %-20s %s\n", commands[i].name, commands[i].help);
    printf("\nOptions:\n");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        char left[64];

        (void)snprintf(left, sizeof left, "--%s %s", options[i].name,
                       options[i].value == NULL ? "" : options[i].value);
        printf("  %-20s %s\n", left, options[i].help);
    }
    printf("\nExit codes: 0 ok, 64 usage, 66 no such file, 69 cannot listen, "
           "70 internal,\n73 cannot create, 74 disk error, 75 in use by "
           "another relay, 78 configuration.\n");
}

enum err
config_read_endpoint(const char *text, struct config_endpoint *out)
{
    const char *colon = strrchr(text, ':');
    const char *host = text;
    size_t len;
    uint64_t port;

    if (colon == NULL || colon == text)
        return ERR_MALFORMED;
    len = (size_t)(colon - text);
    if (*host == '[') {
        if (host[len - 1] != ']' || len < 3)
            return ERR_MALFORMED;
        host++;
        len -= 2;
    } else if (memchr(host, ':', len) != NULL) {
        return ERR_MALFORMED; /* IPv6 needs its brackets */
    }
    if (len > CONFIG_HOST_MAX || !set_number(&port, colon + 1, 0, UINT16_MAX))
        return ERR_MALFORMED;
    memcpy(out->host, host, len);
    out->host[len] = '\0';
    out->port = (uint16_t)port;
    return ERR_OK;
}

static void
set_defaults(struct config *c)
{
    const char *state = getenv("STATE_DIRECTORY"); /* systemd */
    const char *xdg = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    *c = (struct config){.ready_fd = -1,
                         .space_mib = 2048,
                         .ballast_mib = 16,
                         .message_days = 14,
                         .commit_days = 60,
                         .letter_days = 3,
                         .blob_days = 7};
    if (state != NULL && *state != '\0')
        (void)snprintf(c->data, sizeof c->data, "%s", state);
    else if (geteuid() == 0)
        (void)snprintf(c->data, sizeof c->data, "/var/lib/pristan-relay");
    else if (xdg != NULL && *xdg == '/')
        (void)snprintf(c->data, sizeof c->data, "%s/pristan-relay", xdg);
    else if (home != NULL)
        (void)snprintf(c->data, sizeof c->data, "%s/.local/state/pristan-relay",
                       home);
}

static enum err
complain(const char *what, const char *which)
{
    fprintf(stderr,
            "pristan-relay: %s: %s\n"
            "Try: pristan-relay --help\n",
            which, what);
    return ERR_USE;
}

/* One option; *i is moved on past its value. */
static enum err
read_option(int argc, char **argv, int *i, struct config *c)
{
    const char *name = argv[*i] + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
    const char *value = equals == NULL ? NULL : equals + 1;

    for (size_t k = 0; k < sizeof options / sizeof *options; k++) {
        const struct option *o = &options[k];

        if (strlen(o->name) != len || memcmp(o->name, name, len) != 0)
            continue;
        if (o->value == NULL && value != NULL)
            return complain("takes no value", argv[*i]);
        if (o->value != NULL && value == NULL) {
            if (*i + 1 >= argc)
                return complain("needs a value", argv[*i]);
            value = argv[++*i];
        }
        if (!o->set(c, value))
            return complain("makes no sense", argv[*i]);
        return ERR_OK;
    }
    return complain("no such option", argv[*i]);
}

static enum err
read_command(const char *word, struct config *c)
{
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
        if (strcmp(commands[k].name, word) == 0) {
            c->command = commands[k].command;
            return ERR_OK;
        }
    }
    return complain("no such command", word);
}

enum err
config_read(int argc, char **argv, struct config *out)
{
    bool commanded = false;
    enum err e = ERR_OK;

    set_defaults(out);
    for (int i = 1; e == ERR_OK && i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1] == '-' && argv[i][2] != '\0') {
            e = read_option(argc, argv, &i, out);
        } else if (!commanded && argv[i][0] != '-') {
            commanded = true;
            e = read_command(argv[i], out);
        } else {
            e = complain("what is this for?", argv[i]);
        }
    }
    if (e == ERR_OK && out->data[0] == '\0')
        e = complain("say where to keep things", "--data");
    if (e == ERR_OK && out->listen_count == 0) {
        out->listen_count = 1;
        (void)snprintf(out->listens[0].host, sizeof out->listens[0].host, "::");
        out->listens[0].port = CONFIG_PORT_DEFAULT;
    }
    return e;
}
