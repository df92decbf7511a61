/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* --json: one object per line on standard output, "v":1 first, fields only ever
 * added, English names. */
#ifndef TUI_JSON_H
#define TUI_JSON_H

#include <stdio.h>

#include "client/client.h"

/* An object that is being written; json_end() closes it and the line. */
struct json {
    FILE *f;
};
struct json json_begin(FILE *f, const char *kind);
void json_text(struct json *j, const char *name, struct bytes value);
void json_number(struct json *j, const char *name, uint64_t value);
void json_bool(struct json *j, const char *name, bool value);
/* In hex; left out when all zero. */
void json_id(struct json *j, const char *name, const struct client_id *id);
/* {"id","name","tag","self"}; left out when nobody. */
void
json_person(struct json *j, const char *name, const struct notice_person *who);
void json_end(struct json *j);

#endif
