/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the operator wants. One table (config_table.c) has every setting: its
 * key in the file, its option, its variable in the environment, its default,
 * its limits and its help. An option beats the environment, that beats the
 * files, those beat the defaults; of several files the later one does. */
#ifndef UV_CONFIG_H
#define UV_CONFIG_H

#include <stddef.h>

#include "base/err.h"
#include "relay/relay.h"

#include "../store/store.h"

enum {
    CONFIG_LISTENS_MAX = 8,
    CONFIG_PUBLICS_MAX = 3,
    CONFIG_PATH_MAX = 4000,
    CONFIG_HOST_MAX = 63,
    CONFIG_PORT_WEB = 443,
    CONFIG_SETTINGS_MAX = 48,

    /* drop-ins beside the one file */
    CONFIG_FILES_MAX = 33
};

enum config_command {
    COMMAND_RUN,
    COMMAND_LINK,
    COMMAND_WHAT_I_KNOW,
    COMMAND_STATUS,
    COMMAND_METRICS,
    COMMAND_DOCTOR,
    COMMAND_BACKUP,
    COMMAND_RESTORE,
    COMMAND_CONFIG,
    COMMAND_HELP,
    COMMAND_VERSION
};

enum config_level {
    LEVEL_ERROR = 3, /* as syslog(3) */
    LEVEL_WARNING,
    LEVEL_NOTICE,
    LEVEL_INFO,
    LEVEL_DEBUG
};

struct config_endpoint {
    char host[CONFIG_HOST_MAX + 1]; /* IPv6 without brackets */
    uint16_t port;                  /* 0 when listening: the system picks */
    bool tls; /* wss://, of a public one: a front speaks TLS there */
};

/* Where a setting comes from. The higher beats the lower. */
enum {
    ORIGIN_DEFAULT = 0,
    ORIGIN_FILE = 1, /* and the files after it, in their order */
    ORIGIN_ENVIRONMENT = ORIGIN_FILE + CONFIG_FILES_MAX,
    ORIGIN_OPTION
};

struct config_origin {
    unsigned rank; /* as above */
    unsigned line; /* in the file; 0 elsewhere */
};

struct config {
    enum config_command command;
    const char *words[2]; /* of the command: "show"; a file. From argv. */
    size_t word_count;
    bool commanded; /* a command was named */
    bool help;      /* --help: of the command */
    bool check;     /* --check-config */
    bool json;
    bool quiet;
    bool limit_local;
    bool no_sandbox;
    int ready_fd; /* -1: none */

    char file[CONFIG_PATH_MAX]; /* --config; its drop-ins are in file.d */
    bool file_named;            /* then it has to be there */
    char data[CONFIG_PATH_MAX];
    const char *denied; /* the installed relay's folder, when nobody named data,
                         * there is none of one's own, and that one may not be
                         * looked into; or NULL */
    char control[CONFIG_PATH_MAX];   /* empty: where it belongs by default */
    char metrics[CONFIG_PATH_MAX];   /* "off", ADDR:PORT, or a path */
    char user[CONFIG_PATH_MAX];      /* empty: whoever owns data */
    char page_file[CONFIG_PATH_MAX]; /* empty: the page that is built in */
    struct config_endpoint listens[CONFIG_LISTENS_MAX];
    size_t listen_count;
    struct config_endpoint publics[CONFIG_LISTENS_MAX];
    size_t public_count;
    unsigned language; /* enum relay_language */
    unsigned level;    /* enum config_level */
    uint64_t connections;
    uint64_t space_mib;
    uint64_t ballast_mib;
    uint64_t channel_mib;
    uint64_t mailbox_mib;
    uint64_t blobs_mib;
    uint64_t message_days;
    uint64_t commit_days;
    uint64_t letter_days;
    uint64_t blob_days;

    struct config_origin origins[CONFIG_SETTINGS_MAX];
    char files[CONFIG_FILES_MAX][CONFIG_PATH_MAX]; /* those that were read */
    size_t file_count;
    unsigned mistakes;
};

/* Reads everything: the words of the command line, then files and environment.
 * Each mistake was told by a line on stderr, all of them, not only the first.
 *
 * ERR_USE        a word of the command line
 * ERR_MALFORMED  a file or the environment
 * ERR_NOT_FOUND  the file that --config names is not there
 * ERR_MEMORY */
MUST_USE enum err config_read(int argc, char **argv, struct config *out);

/* The text of --help, to stdout: of the program, or of c->command. */
void config_print_help(const struct config *c);

/* Every setting with where it comes from, to stdout; as one JSON object when
 * c->json. ERR_MEMORY. */
MUST_USE enum err config_print(const struct config *c);

/* A file with every key commented out at its default, to stdout. */
void config_print_example(void);

/* Settings in which the two differ: appended to changed (may be taken over
 * while the relay runs) or to restart (not), as a list of keys. */
void config_compare(const struct config *before,
                    const struct config *after,
                    struct buf *changed,
                    struct buf *restart);

/* ADDR:PORT, NAME:PORT or [V6]:PORT. ERR_MALFORMED. */
MUST_USE enum err
config_read_endpoint(const char *text, struct config_endpoint *out);

/* The other way; size at least CONFIG_HOST_MAX + 9. */
void
config_write_endpoint(const struct config_endpoint *e, char *out, size_t size);

#endif
