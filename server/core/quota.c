/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How fast a peer may write. How much a place may hold is the store's to judge.
 */
#include "core.h"

enum {
    /* commits of one session: a burst for a group being set up, then as fast as
     * anybody changes a group by hand */
    COMMITS_BURST = 256,
    COMMITS_PER_S = 4,
    KIB = 1024
};

/* A batch that is full is a matter of milliseconds. */
enum { SOON_S = 1 };

static bool
spend(struct relay *r,
      struct session *s,
      uint32_t tag,
      enum prefix_rate what,
      uint32_t amount,
      struct relay_now now)
{
    uint32_t wait = prefix_spend(s->prefix, what, amount, now.mono_ms);

    if (wait == 0)
        return true;
    session_refuse(r, s, tag, REFUSED_RATE, wait);
    return false;
}

bool
quota_write(struct relay *r,
            struct session *s,
            uint32_t tag,
            size_t len,
            struct relay_now now)
{
    uint32_t kib = (uint32_t)((len + KIB - 1) / KIB);

    if (r->batches[r->filling].arena.used + len > BATCH_BYTES_MAX) {
        session_refuse(r, s, tag, REFUSED_RATE, SOON_S);
        return false;
    }
    return spend(r, s, tag, PREFIX_WRITES, 1, now) &&
           spend(r, s, tag, PREFIX_BYTES, kib, now);
}

bool
quota_commit(struct relay *r,
             struct session *s,
             uint32_t tag,
             struct relay_now now)
{
    uint32_t wait;

    if (s->commits.at_ms == 0) {
        s->commits.at_ms = now.mono_ms;
        s->commits.room = (uint64_t)COMMITS_BURST * 1000;
    }
    wait = bucket_spend(&s->commits.at_ms, &s->commits.room, COMMITS_BURST,
                        COMMITS_PER_S, 1, now.mono_ms);
    if (wait == 0)
        return true;
    session_refuse(r, s, tag, REFUSED_RATE, wait);
    return false;
}

bool
quota_leave(struct relay *r,
            struct session *s,
            uint32_t tag,
            size_t len,
            struct relay_now now)
{
    return quota_write(r, s, tag, len, now) &&
           spend(r, s, tag, PREFIX_LEAVES, 1, now);
}
