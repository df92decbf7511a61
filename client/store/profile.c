/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The contract's checks, the same for both stores. */
#include "profile_impl.h"

static bool
is_time(uint64_t v)
{
    return v <= INT64_MAX;
}

static bool
write_is_valid(const struct client_write *w)
{
    return w->key.len >= 1 && w->key.len <= CLIENT_KEY_MAX &&
           (w->remove || w->value.len <= PROFILE_VALUE_MAX);
}

static bool
history_is_valid(const struct client_history *h)
{
    return h->seq >= 1 && is_time(h->seq) && is_time(h->expires_ms) &&
           h->value.len <= PROFILE_VALUE_MAX;
}

enum err
profile_commit(struct profile *s, const struct client_batch *b)
{
    for (size_t i = 0; i < b->write_count; i++)
        if (!write_is_valid(&b->writes[i]))
            return ERR_USE;
    for (size_t i = 0; i < b->history_count; i++)
        if (!history_is_valid(&b->history[i]))
            return ERR_USE;
    return s->ops->commit(s, b);
}

enum err
profile_next_row(struct profile *s, struct bytes *key, struct bytes *value)
{
    return s->ops->next_row(s, key, value);
}

enum err
profile_history(struct profile *s,
                const struct client_id *group,
                uint64_t after,
                uint64_t now_ms,
                size_t max,
                struct arena *a,
                struct profile_history_row **rows,
                size_t *count)
{
    struct profile_page page = {.group = group,
                                .after = after,
                                .now_ms = now_ms,
                                .max = max,
                                .arena = a};
    enum err e;

    if (max < 1 || max > PROFILE_PAGE_MAX || !is_time(after) ||
        !is_time(now_ms))
        return ERR_USE;
    page.rows = arena_new(a, max * sizeof *page.rows);
    if (page.rows == NULL)
        return ERR_MEMORY;
    e = s->ops->history(s, &page);
    *rows = page.rows;
    *count = page.count;
    return e;
}

enum err
profile_purge(struct profile *s, uint64_t now_ms)
{
    return s->ops->purge(s, now_ms);
}

enum err
profile_change_unlock(struct profile *s, const struct profile_unlock *unlock)
{
    return s->ops->change_unlock(s, unlock);
}

void
profile_close(struct profile *s)
{
    if (s != NULL)
        s->ops->close(s);
}
