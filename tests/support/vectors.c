/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Published test vectors. */
#include "support/vectors.h"

#include <stdio.h>

/* False when reading fails; the size is taken first, the files are plain. */
static bool
load_open(struct arena *a, FILE *f, struct bytes *out)
{
    long size;
    uint8_t *p;

    if (fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 ||
        fseek(f, 0, SEEK_SET) != 0)
        return false;
    p = arena_new(a, (size_t)size);
    if (p == NULL || fread(p, 1, (size_t)size, f) != (size_t)size)
        return false;
    *out = (struct bytes){p, (size_t)size};
    return true;
}

bool
vectors_load(struct arena *a, const char *path, struct bytes *out)
{
    FILE *f = fopen(path, "rb");
    bool ok;

    if (f == NULL)
        return false;
    ok = load_open(a, f, out);
    fclose(f);
    if (!ok)
        fail_msg("%s cannot be read", path);
    return true;
}

const struct json *
vectors_open_path(struct arena *a, const char *path)
{
    struct bytes in;
    const struct json *root;

    if (!vectors_load(a, path, &in)) {
        print_message("\n*** VECTORS ABSENT: %s\n*** NOTHING WAS TESTED HERE\n",
                      path);
        skip();
    }
    root = json_parse(a, in);
    if (root == NULL)
        fail_msg("%s is not JSON", path);
    return root;
}
