/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A printer whose output ends in memory. */
#ifndef TESTS_TUI_CAPTURE_H
#define TESTS_TUI_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "tui/print.h"

struct capture {
    struct printer p;
    char *text;
    size_t len;
};

static inline void
capture_open(struct capture *c, enum lang lang, bool json)
{
    FILE *f = open_memstream(&c->text, &c->len);

    c->p = (struct printer){f, f, lang, json};
}

/* What was printed; to be freed by capture_free(). */
static inline const char *
capture_text(struct capture *c)
{
    fflush(c->p.out);
    return c->text;
}

static inline void
capture_free(struct capture *c)
{
    fclose(c->p.out);
    free(c->text);
}

#endif
