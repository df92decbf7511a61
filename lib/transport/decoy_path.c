/* SPDX-License-Identifier: Apache-2.0 */
/* The path of a target, resolved as it comes in. Of what lies behind us only
 * the depth matters: a path that leads back to the root begins anew there. */
#include "decoy_parts.h"

#include <assert.h>
#include <string.h>

#include "http.h"

static const char index_name[] = "index.html";

static_assert(sizeof((struct decoy_path *)0)->segment > sizeof index_name - 1,
              "a longer name is told from it");

static bool
is(const struct decoy_path *path, const char *name)
{
    return path->len == strlen(name) &&
           memcmp(path->segment, name, path->len) == 0;
}

/* "." goes, ".." goes with the one before it; true: something is left. */
static bool
end_segment(struct decoy_path *path)
{
    if (is(path, "..")) {
        if (path->depth == 0)
            path->bad = true;
        else
            path->depth--;
        path->len = 0;
    } else if (is(path, ".")) {
        path->len = 0;
    }
    return path->len != 0;
}

static void
take(struct decoy_path *path, uint8_t c)
{
    if (c == '\0') {
        path->bad = true;
    } else if (c == '/') {
        if (end_segment(path) && path->depth < UINT16_MAX)
            path->depth++;
        path->len = 0;
    } else if (path->len < sizeof path->segment) {
        path->segment[path->len++] = c;
    }
}

void
decoy_path_step(struct decoy_path *path, uint8_t c)
{
    int digit;

    if (path->over)
        return;
    if (path->digits != 0) {
        digit = http_digit(c);
        path->bad |= digit < 0;
        path->code = (uint8_t)(path->code * 16 + (digit < 0 ? 0 : digit));
        if (--path->digits == 0)
            take(path, path->code);
    } else if (c == '%') {
        path->digits = 2;
        path->code = 0;
    } else if (c == '?' || c == '#') {
        path->over = true;
    } else {
        take(path, c);
    }
}

enum err
decoy_path_end(struct decoy_path *path, enum decoy_place *place)
{
    bool left = end_segment(path);

    path->bad |= path->digits != 0;
    *place = DECOY_NOWHERE;
    if (path->depth == 0 && !left)
        *place = DECOY_ROOT;
    else if (path->depth == 0 && is(path, index_name))
        *place = DECOY_INDEX;
    return path->bad ? ERR_MALFORMED : ERR_OK;
}
