/* SPDX-License-Identifier: Apache-2.0 */
/* A staged change: what it is and what it will do. */
#include <assert.h>

#include "base/mem.h"
#include "group_context.h"
#include "group_private.h"

struct mls_staged *
mls_staged_new(const struct mls_group *g, enum mls_staged_kind kind)
{
    struct mls_staged *s = mem_new(sizeof *s);

    if (s == NULL)
        return NULL;
    s->kind = kind;
    s->from = g->ratchets;
    s->authenticated_data = buf_limited(MLS_LIMIT_BYTES);
    s->plain = buf_limited(MLS_LIMIT_BYTES);
    return s;
}

enum err
mls_staged_reserve_items(struct mls_staged *s, size_t count)
{
    assert(s->items == NULL);
    s->items = mem_new_array(count, sizeof *s->items);
    if (s->items == NULL)
        return ERR_MEMORY;
    for (size_t i = 0; i < count; i++)
        s->items[i].credential = buf_limited(MLS_LIMIT_BYTES);
    s->item_count = count;
    return ERR_OK;
}

void
mls_staged_free(struct mls_staged *s)
{
    if (s == NULL)
        return;
    buf_free(&s->authenticated_data);
    buf_free(&s->plain);
    mls_secret_step_wipe(&s->step);
    mls_pending_free(s->pending);
    mls_group_free(s->next);
    for (size_t i = 0; i < s->item_count; i++)
        buf_free(&s->items[i].credential);
    mem_free(s->items);
    mem_wipe_free(s, sizeof *s);
}

enum mls_staged_kind
mls_staged_kind(const struct mls_staged *s)
{
    return s->kind;
}

enum mls_sender_type
mls_staged_sender_type(const struct mls_staged *s)
{
    return s->sender.type;
}

struct mls_leaf_index
mls_staged_sender(const struct mls_staged *s)
{
    return (struct mls_leaf_index){s->sender.index};
}

enum mls_wire_format
mls_staged_wire_format(const struct mls_staged *s)
{
    return s->wire_format;
}

struct bytes
mls_staged_authenticated_data(const struct mls_staged *s)
{
    return buf_bytes(&s->authenticated_data);
}

struct bytes
mls_staged_plaintext(const struct mls_staged *s)
{
    return s->text;
}

size_t
mls_staged_change_count(const struct mls_staged *s)
{
    return s->item_count;
}

struct mls_change
mls_staged_change(const struct mls_staged *s, size_t i)
{
    struct mls_change c;

    assert(i < s->item_count);
    c = s->items[i].change;
    c.credential = buf_bytes(&s->items[i].credential);
    return c;
}

const struct mls_group *
mls_staged_group(const struct mls_staged *s)
{
    return s->kind == MLS_STAGED_COMMIT ? s->next : NULL;
}

bool
mls_staged_changes_epoch(const struct mls_staged *s)
{
    return s->kind == MLS_STAGED_PROPOSAL || s->kind == MLS_STAGED_COMMIT ||
           s->kind == MLS_STAGED_REMOVED;
}
