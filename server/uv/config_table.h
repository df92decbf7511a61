/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The one table of settings and the one of commands. Whoever prints help, an
 * example file, a manual page or a completion walks these. */
#ifndef UV_CONFIG_TABLE_H
#define UV_CONFIG_TABLE_H

#include "base/buf.h"

#include "config.h"

enum setting_kind {
    SETTING_TEXT,      /* char[CONFIG_PATH_MAX] */
    SETTING_NUMBER,    /* uint64_t, from min to max */
    SETTING_FD,        /* int */
    SETTING_SWITCH,    /* bool: yes or no; as an option it needs no value */
    SETTING_CHOICE,    /* unsigned: min plus the place in choices */
    SETTING_ENDPOINTS, /* struct config_endpoint[max], with a count */
    SETTING_METRICS    /* text: off, a loopback ADDR:PORT, or /PATH */
};

/* One setting. Its option is --name, its key name = in [section], its variable
 * PRISTAN_RELAY_NAME. */
struct setting {
    const char *name;
    const char *section; /* NULL: an option only */
    enum setting_kind kind;
    size_t at;       /* in struct config */
    size_t count_at; /* ENDPOINTS: where their number is */
    uint64_t min;
    uint64_t max;
    const char *const *choices; /* CHOICE: words up to NULL */
    const char *value;          /* how help calls the value; NULL: none */
    const char *standard;       /* NULL: depends, and depends says on what */
    const char *depends;
    bool reload;       /* SIGHUP takes it over; else a restart does */
    unsigned commands; /* options only: bits of the commands that know it */
    const char *help;  /* one sentence without its full stop */
};

struct command {
    const char *name;
    enum config_command command;
    const char *words; /* after the name, as help shows them */
    size_t word_min;
    size_t word_max;
    const char *help; /* one line */
    const char *more; /* the rest of its own --help */
};

const struct setting *config_settings(size_t *count);
const struct command *config_commands(size_t *count);
const struct setting *config_setting(const char *name, size_t len);

enum { COMMANDS_ALL = 0xffff };

/* --- config_value.c: text to value and back ------------------------------- */

/* value NULL: the option of a SWITCH. False: makes no sense, c is unchanged. */
bool config_put(struct config *c, const struct setting *s, const char *value);

/* Whether a list has one endpoint twice; port 0 is another each time. */
bool config_doubled(const struct config *c, const struct setting *s);

/* Forgets the endpoints of a list. */
void config_clear(struct config *c, const struct setting *s);

/* Appends what the setting has, each endpoint after a space. */
void
config_get(const struct config *c, const struct setting *s, struct buf *out);

/* What config_put() takes, as an error message says it: "a number from 1 to
 * 3650 (days)". */
void config_expects(const struct setting *s, char *out, size_t size);

/* --- config.c ---------------------------------------------------------------
 */

/* One mistake: counted, and one line on stderr (or in the log's form when a
 * service manager reads it). where is "--option", "FILE:12", or a variable. */
__attribute__((format(printf, 3, 4))) void
config_mistake(struct config *c, const char *where, const char *format, ...);

/* Sets from one source, which rules may refuse: a second time in one file, a
 * value that makes no sense. */
void config_set(struct config *c,
                const struct setting *s,
                const char *value,
                struct config_origin from,
                const char *where);

/* --- config_file.c, config_flags.c -----------------------------------------
 */

/* The one file and its drop-ins. ERR_NOT_FOUND, ERR_MALFORMED. */
MUST_USE enum err config_files(struct config *c);

void config_environment(struct config *c);

/* The words of the command line. Two passes: first what says which command and
 * which file, then, over the files, the settings. */
enum flags_pass { FLAGS_COMMAND, FLAGS_SETTINGS };
void
config_flags(int argc, char **argv, enum flags_pass pass, struct config *c);

/* PRISTAN_RELAY_MESSAGE_DAYS of message-days. */
void config_variable(const struct setting *s, char *out, size_t size);

/* "default", "FILE:12", "environment", "option". */
void config_origin_text(const struct config *c,
                        const struct setting *s,
                        char *out,
                        size_t size);

#endif
