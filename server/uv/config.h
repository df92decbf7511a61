/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the operator wants: from the command line now, one table of keys. */
#ifndef UV_CONFIG_H
#define UV_CONFIG_H

#include "base/err.h"
#include "relay/relay.h"

#include "../store/store.h"

enum {
    CONFIG_LISTENS_MAX = 8,
    CONFIG_PATH_MAX = 4000,
    CONFIG_HOST_MAX = 63,
    CONFIG_PORT_DEFAULT = 8443
};

enum config_command {
    COMMAND_RUN,
    COMMAND_LINK,
    COMMAND_WHAT_I_KNOW,
    COMMAND_HELP,
    COMMAND_VERSION
};

struct config_endpoint {
    char host[CONFIG_HOST_MAX + 1]; /* IPv6 without brackets */
    uint16_t port;                  /* 0 when listening: the system picks */
};

struct config {
    enum config_command command;
    char data[CONFIG_PATH_MAX];
    char page_file[CONFIG_PATH_MAX]; /* empty: the page that is built in */
    struct config_endpoint listens[CONFIG_LISTENS_MAX];
    size_t listen_count;
    struct config_endpoint publics[CONFIG_LISTENS_MAX];
    size_t public_count;
    int ready_fd; /* -1: none */
    bool quiet;
    bool limit_local;
    enum relay_language language;
    uint64_t space_mib;
    uint64_t ballast_mib;
    uint32_t message_days;
    uint32_t commit_days;
    uint32_t letter_days;
    uint32_t blob_days;
};

/* Reads the command line over the defaults. On an error a line was printed to
 * stderr. ERR_USE. */
MUST_USE enum err config_read(int argc, char **argv, struct config *out);

/* The text of --help, to stdout. */
void config_print_help(void);

/* ADDR:PORT, NAME:PORT or [V6]:PORT. ERR_MALFORMED. */
MUST_USE enum err
config_read_endpoint(const char *text, struct config_endpoint *out);

#endif
