/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "history.h"

#include <string.h>

#include "view.h"

enum { PAGE_ROWS = 200 };

struct history_walk {
    struct app *a;
    const struct client_id *group;
    uint64_t seen; /* highest sequence number of the page */
    uint32_t rows;
};

static bool
history_told(const struct history_walk *w, uint64_t seq)
{
    if (w->a->state != APP_SYNCING)
        return false; /* somebody wants to see it again */
    for (size_t i = 0; i < w->a->told_count; i++)
        if (w->a->told[i].seq == seq &&
            memcmp(w->a->told[i].group.b, w->group->b, CLIENT_ID_LEN) == 0)
            return true;
    return false;
}

static void
history_row(void *to, uint64_t seq, struct bytes value)
{
    struct history_walk *w = to;
    struct notice n;

    w->rows++;
    w->seen = seq;
    if (notice_read(value, &n) != ERR_OK)
        return; /* written by a later version: nothing that we could show */
    w->a->shown_seq = n.seq;
    if (history_told(w, seq))
        return;
    view_notice(&w->a->p, w->a->client, &n);
}

void
history_show(struct app *a, const struct client_group_info *g, uint32_t last)
{
    struct history_walk w = {.a = a, .group = &g->id};
    uint64_t after = g->last_seq > last ? g->last_seq - last : 0;

    do {
        w.rows = 0;
        if (a->page(a->store, &g->id, after, PAGE_ROWS, history_row, &w) !=
            ERR_OK) {
            app_fail(a, EXIT_DISK, WORD_PROFILE_DAMAGED, bytes_str(""));
            return;
        }
        after = w.seen;
    } while (w.rows == PAGE_ROWS);
    if (a->shown_seq == 0 && !a->p.json)
        print_say(&a->p, a->p.err, WORD_NO_MESSAGES);
}
