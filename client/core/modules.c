/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows, lines and times of the modules behind hooks.h. */
#include "modules.h"

#include <string.h>

#include "ask.h"
#include "desk.h"
#include "joins.h"
#include "links.h"

enum err
modules_line(struct client *c,
             const struct address *relay,
             const struct client_id *owner,
             struct line **out)
{
    return lines_get(c, relay, owner, out);
}

void
modules_release(struct client *c, const struct client_id *owner)
{
    struct line *l = lines_find(c, owner);

    if (l == NULL || groups_find(c, owner) != NULL || boxes_any(c, owner) ||
        mail_any(c, owner) || links_busy(c, owner) || desk_busy(c, owner) ||
        joins_busy(c, owner) || ask_busy(c, owner))
        return;
    lines_drop(c, l);
}

enum err
modules_write(struct client *c,
              char prefix,
              const struct client_id *id,
              struct buf *row)
{
    struct row_key key = row_key(prefix, id);
    enum err e = buf_end(row);

    if (e == ERR_OK)
        e = turn_write(c, row_key_bytes(&key), buf_bytes(row));
    buf_free(row);
    return e == ERR_TOO_LARGE ? ERR_INTERNAL : e;
}

enum err
modules_remove(struct client *c, char prefix, const struct client_id *id)
{
    struct row_key key = row_key(prefix, id);

    return turn_remove(c, row_key_bytes(&key));
}

void
modules_row(struct buf *out)
{
    buf_u8(out, MODULES_ROW_VERSION);
}

enum err
modules_row_read(struct reader *r, struct bytes in)
{
    *r = (struct reader){.rest = in};
    return reader_u8(r) == MODULES_ROW_VERSION ? ERR_OK : ERR_UNSUPPORTED;
}

void
modules_id_read(struct reader *r, struct client_id *out)
{
    reader_copy(r, out->b, sizeof out->b);
}

void
modules_id_write(struct buf *out, const struct client_id *id)
{
    buf_append(out, BYTES_OF(id->b));
}

bool
modules_mild(enum err e)
{
    return e != ERR_OK && e != ERR_MEMORY && e != ERR_INTERNAL;
}

uint64_t
modules_mono(const struct client *c, uint64_t wall_ms)
{
    if (wall_ms == CORE_NEVER)
        return CORE_NEVER;
    return wall_ms <= c->now.wall_ms
               ? c->now.mono_ms
               : c->now.mono_ms + (wall_ms - c->now.wall_ms);
}
