/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests that wait for their answers on one line. */
#ifndef CLIENT_CORE_OPS_H
#define CLIENT_CORE_OPS_H

#include "core.h"

/* lines_request(), also while the line is GREETING. */
MUST_USE enum err ops_request(struct client *c,
                              struct line *l,
                              struct request *q,
                              int kind,
                              const struct client_id *object,
                              uint64_t detail);

/* One frame from the relay. */
MUST_USE enum err
ops_answer(struct client *c, struct line *l, struct bytes frame);

void ops_clear(struct line *l);

/* lines.c: the answer to HELLO has come. */
MUST_USE enum err lines_greeted(struct client *c, struct line *l);

#endif
