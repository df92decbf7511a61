/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Published test vectors. */
#include "support/vectors.h"

#include <stdio.h>
#include <sys/stat.h>

static const char *
load_open(struct arena *a, FILE *f, struct bytes *out)
{
    struct stat s;
    uint8_t *p;

    if (fstat(fileno(f), &s) != 0 || !S_ISREG(s.st_mode))
        return "not a file";
    if (s.st_size > VECTORS_BUDGET)
        return "too large";
    p = arena_new(a, (size_t)s.st_size);
    if (p == NULL)
        return "no memory";
    if (fread(p, 1, (size_t)s.st_size, f) != (size_t)s.st_size)
        return "cannot be read";
    *out = (struct bytes){p, (size_t)s.st_size};
    return NULL;
}

const char *
vectors_load(struct arena *a, const char *path, struct bytes *out)
{
    FILE *f = fopen(path, "rb");
    const char *why;

    if (f == NULL)
        return "VECTORS ABSENT: cannot be opened";
    why = load_open(a, f, out);
    fclose(f);
    return why;
}
