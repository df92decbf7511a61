/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The watches of a session in the order of their tags: it may have hundreds,
 * and each request and each page looks for one. */
#include "core.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_CAP = 2 };

static_assert(CORE_WATCHES <= UINT16_MAX / 2, "watch_cap doubles");

/* Where the tag is, or would be. */
static size_t
place_of(const struct session *s, uint32_t tag)
{
    size_t from = 0;
    size_t to = s->watch_count;

    while (from < to) {
        size_t mid = from + (to - from) / 2;

        if (s->watches[mid]->tag < tag)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

struct watch *
watch_by_tag(const struct session *s, uint32_t tag)
{
    size_t at = place_of(s, tag);

    return at < s->watch_count && s->watches[at]->tag == tag ? s->watches[at]
                                                             : NULL;
}

static enum err
resize(struct session *s, size_t cap)
{
    struct watch **w =
        mem_grow(s->watches, s->watch_cap * sizeof(struct watch *),
                 cap * sizeof(struct watch *));

    if (w == NULL)
        return ERR_MEMORY;
    s->watches = w;
    s->watch_cap = (uint16_t)cap;
    return ERR_OK;
}

/* Room for one more. */
static enum err
grow(struct session *s)
{
    if (s->watch_count < s->watch_cap)
        return ERR_OK;
    return resize(s, s->watch_cap == 0 ? FIRST_CAP : (size_t)s->watch_cap * 2);
}

/* What many watches took is not kept by a session that has few: the bound of
 * all together (CORE_WATCHES_EASY) counts those that there are. */
static void
shrink(struct session *s)
{
    if (s->watch_count == 0) {
        mem_free(s->watches);
        s->watches = NULL;
        s->watch_cap = 0;
    } else if (s->watch_cap > FIRST_CAP && s->watch_count <= s->watch_cap / 4) {
        (void)resize(s, s->watch_cap / 2); /* else the next time */
    }
}

enum err
watches_add(struct session *s, struct watch *w)
{
    size_t at = place_of(s, w->tag);

    if (grow(s) != ERR_OK)
        return ERR_MEMORY;
    memmove(s->watches + at + 1, s->watches + at,
            (s->watch_count - at) * sizeof(struct watch *));
    s->watches[at] = w;
    s->watch_count++;
    return ERR_OK;
}

void
watches_take(struct session *s, const struct watch *w)
{
    size_t at = place_of(s, w->tag);

    assert(at < s->watch_count && s->watches[at] == w);
    s->watch_count--;
    memmove(s->watches + at, s->watches + at + 1,
            (s->watch_count - at) * sizeof(struct watch *));
    shrink(s);
}
