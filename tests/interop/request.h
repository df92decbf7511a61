/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One line of a driver, read with a sticky error: what is missing or of another
 * kind gives nothing, and request_end() tells at the end. */
#ifndef INTEROP_REQUEST_H
#define INTEROP_REQUEST_H

#include "support/json.h"

struct request {
    struct arena *a;
    const struct json *root; /* an object */
    const char *wrong;       /* the first member that was, or NULL */
};

/* The member called name, NULL when it is absent or null. */
const struct json *request_find(const struct request *q, const char *name);

bool request_has(const struct request *q, const char *name);

/* Required. */
struct bytes request_text(struct request *q, const char *name);
struct bytes request_hex(struct request *q, const char *name);

/* May be absent. */
struct bytes request_hex_or_empty(struct request *q, const char *name);
uint64_t
request_number(struct request *q, const char *name, uint64_t otherwise);
bool request_bool(struct request *q, const char *name, bool otherwise);

/* The elements of an array, or the value itself when it is none; NULL when
 * absent. Walk with ->next, which is NULL for a lone value. */
const struct json *request_list(struct request *q, const char *name);

/* An element as bytes or as a number; called name in an error. */
struct bytes
request_hex_of(struct request *q, const struct json *v, const char *name);
uint64_t
request_number_of(struct request *q, const struct json *v, const char *name);

/* The same request with one of its objects as the root. */
struct request request_inside(const struct request *q, const struct json *v);

/* ERR_USE when anything was wrong. */
MUST_USE enum err request_end(const struct request *q);

#endif
