/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The commands. Each gives the program's exit code. */
#ifndef UV_COMMAND_H
#define UV_COMMAND_H

#include "crypto/dh.h"

#include "config.h"

/* argc and argv are read again on SIGHUP. */
int command_run(struct config *c, int argc, char **argv);
int command_link(struct config *c);
int command_what_i_know(struct config *c);
int command_status(struct config *c);
int command_metrics(struct config *c);
int command_doctor(struct config *c);
int command_backup(struct config *c);
int command_restore(struct config *c);
int command_config(struct config *c);

/* The link as a line on stdout, for whoever knows the key. */
int command_print_link(const struct config *c, const struct dh_secret *key);

#endif
