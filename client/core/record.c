/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record.h"

#include <string.h>

#include "channel.h"
#include "commits.h"
#include "envelope.h"
#include "groups.h"
#include "inbox.h"

/* Skipped, and counted; said once for each channel (D-10, E-04). */
static enum err
skip(struct client *c,
     struct group *g,
     enum notice_code code,
     const struct notice_person *who)
{
    g->dirty = true;
    g->channel.voids++;
    return inbox_alarm_once(c, g, code, who);
}

/* --- what was said ----------------------------------------------------------
 */

static enum err
tell_text(struct client *c,
          struct group *g,
          const struct heard *h,
          const struct notice_person *who)
{
    struct notice n = {.kind = NOTICE_TEXT,
                       .at_ms = h->at_ms,
                       .act = h->act,
                       .who = *who,
                       .text = h->content->text.text};

    memcpy(n.id.b, h->content->id, sizeof n.id.b);
    return turn_history(c, g, &n, false);
}

/* Once, in log order, for everybody alike. */
static enum err
tell(struct client *c, struct group *g, struct heard *h)
{
    const struct notice_person who = groups_person_at(g->mls, h->leaf);

    h->sender = who.id;
    h->epoch = g->epoch;
    h->at_ms = h->content->sent_ms < c->now.wall_ms ? h->content->sent_ms
                                                    : c->now.wall_ms;
    switch (h->content->kind) {
    case CONTENT_CONFIRM:
        return ERR_OK;
    case CONTENT_TEXT:
        return tell_text(c, g, h, &who);
    case CONTENT_KNOCK:
    case CONTENT_KNOCK_DECISION:
    case CONTENT_DESK:
    case CONTENT_CASE:
    case CONTENT_CASE_CLAIM:
    case CONTENT_CASE_RELEASE:
    case CONTENT_CASE_HANDOVER:
    case CONTENT_CASE_ANSWERED:
    case CONTENT_CASE_CLOSE:
    case CONTENT_CASE_REOPEN:
    case CONTENT_CASE_NOTE:
    case CONTENT_SNAPSHOT:
    case CONTENT_BYE:
        return hooks_content(c, g, h);
    case CONTENT_KINDS:
        break;
    }
    return ERR_INTERNAL;
}

/* --- our own
 * ------------------------------------------------------------------ */

static enum err
own_post(struct client *c, struct group *g, struct post *p)
{
    struct heard h = {.self = true,
                      .leaf = mls_group_own_leaf(g->mls),
                      .number = g->channel.last,
                      .act = p->act};
    struct content content;
    enum err e = ERR_OK;

    if (p->kind == POST_CONTENT) {
        arena_reset(&c->content_arena);
        e = content_read(buf_bytes(&p->content), &c->content_arena, &content);
        h.content = &content;
        if (e == ERR_OK)
            e = tell(c, g, &h);
    }
    if (e == ERR_OK)
        e = outbox_seen(c, g, p);
    return e;
}

static enum err
own_commit(struct client *c, struct group *g)
{
    bool counted = false;
    enum err e = commits_ours(c, g, &counted);

    if (e == ERR_OK && !counted)
        e = skip(c, g, CODE_ALARM_VOID_COMMIT, NULL);
    return e;
}

/* Sent from our leaf, and we do not remember: there is a copy of us, or we are
 * an old copy (F-04, F-05). Never send here again: a nonce might be used twice.
 */
static enum err
cloned(struct client *c, struct group *g, enum record_kind kind)
{
    enum err e = ERR_OK;

    if (!g->cloned) {
        g->cloned = true;
        g->dirty = true;
        e = inbox_alarm(c, g, CODE_ALARM_CLONE, NULL);
    }
    if (e == ERR_OK)
        e = outbox_drop(c, g, CODE_ALARM_CLONE);
    if (e == ERR_OK)
        e = commits_drop(c, g, CODE_ALARM_CLONE);
    (void)groups_turn(g, GROUP_DECIDED);
    if (e == ERR_OK && kind == RECORD_COMMIT) /* it leads where we cannot go */
        e = commits_lock_out(c, g, mls_group_own_leaf(g->mls));
    return e;
}

/* --- of others --------------------------------------------------------------
 */

/* Does the sender see the log that we see? Told once for each channel. */
static enum err
compare_heads(struct client *c,
              struct group *g,
              const struct content *content,
              const struct notice_person *who)
{
    struct channel *ch = &g->channel;

    /* a member cannot have known this record before it was written */
    if (content->head_number < ch->last &&
        channel_check(ch, content->head_number, content->head) !=
            CHANNEL_DIFFERS)
        return ERR_OK;
    return inbox_alarm_once(c, g, CODE_ALARM_HEAD, who);
}

static enum err
application(struct client *c, struct group *g, struct mls_staged *s)
{
    struct heard h = {.leaf = mls_staged_sender(s), .number = g->channel.last};
    const struct notice_person who = groups_person_at(g->mls, h.leaf);
    struct content content;
    enum err e, parsed;

    arena_reset(&c->content_arena);
    parsed = content_read(mls_staged_plaintext(s), &c->content_arena, &content);
    mls_group_merge(g->mls, s); /* its key is used up, whatever it said */
    g->dirty_messages = true;
    if (parsed != ERR_OK)
        return skip(c, g, CODE_ALARM_VOID_RECORD, &who);
    h.content = &content;
    e = compare_heads(c, g, &content, &who);
    if (e == ERR_OK)
        e = groups_heard(c, g, h.leaf);
    if (e == ERR_OK)
        e = tell(c, g, &h);
    return e;
}

static enum err
proposal(struct client *c, struct group *g, struct mls_staged *s)
{
    const struct notice_person who =
        groups_person_at(g->mls, mls_staged_sender(s));
    enum err e = commits_judge_proposal(g, s);

    if (e != ERR_OK) {
        mls_staged_free(s);
        return skip(c, g, CODE_ALARM_VOID_RECORD, &who);
    }
    mls_group_merge(g->mls, s);
    g->dirty_epoch = true;
    g->dirty_messages = true;
    commits_look(c, g);
    return ERR_OK;
}

static enum err
commit(struct client *c, struct group *g, struct mls_staged *s)
{
    const struct notice_person who =
        groups_person_at(g->mls, mls_staged_sender(s));
    bool counted = false;
    enum err e = commits_theirs(c, g, s, &counted);

    if (e == ERR_OK && !counted)
        e = skip(c, g, CODE_ALARM_VOID_COMMIT, &who);
    return e;
}

/* Takes s. */
static enum err
staged(struct client *c,
       struct group *g,
       enum record_kind kind,
       struct mls_staged *s)
{
    const bool private = mls_staged_wire_format(s) == MLS_WIRE_PRIVATE_MESSAGE;

    switch (mls_staged_kind(s)) {
    case MLS_STAGED_APPLICATION:
        if (private && kind == RECORD_MESSAGE)
            return application(c, g, s);
        break;
    case MLS_STAGED_PROPOSAL:
        if (private && kind == RECORD_MESSAGE)
            return proposal(c, g, s);
        break;
    case MLS_STAGED_COMMIT:
    case MLS_STAGED_REMOVED:
    case MLS_STAGED_LOCKED_OUT:
        if (private && kind == RECORD_COMMIT)
            return commit(c, g, s);
        break;
    case MLS_STAGED_SENT:
        break;
    }
    mls_staged_free(s);
    return skip(c, g, CODE_ALARM_VOID_RECORD, NULL);
}

/* Our commit under way, in another envelope: every member can make one, and it
 * counts for whoever reads it. */
static bool
is_pending(const struct group *g, enum record_kind kind, struct bytes message)
{
    struct buf ours = buf_limited(LIMIT_MLS_MESSAGE);
    bool is;

    if (g->pending == NULL || kind != RECORD_COMMIT)
        return false;
    is = envelope_open(&g->channel, kind, buf_bytes(&g->pending->record),
                       &ours) == ERR_OK &&
         bytes_equal(buf_bytes(&ours), message);
    buf_free(&ours);
    return is;
}

static enum err
foreign(struct client *c, struct group *g, const struct event_record *r)
{
    struct buf message = buf_limited(LIMIT_MLS_MESSAGE);
    struct mls_process in = {0}; /* no clock: all must judge alike */
    struct mls_staged *s = NULL;
    bool ours = false;
    enum err e;

    e = envelope_open(&g->channel, r->kind, r->bytes, &message);
    if (e == ERR_OK) {
        in.message = buf_bytes(&message);
        e = mls_group_process(g->mls, &in, &s);
        ours = e == ERR_TURN && is_pending(g, r->kind, in.message);
    }
    buf_free(&message);
    if (ours)
        return own_commit(c, g);
    if (e == ERR_OK)
        return staged(c, g, r->kind, s);
    if (e == ERR_MEMORY || e == ERR_INTERNAL)
        return e;
    if (e == ERR_TURN)
        return cloned(c, g, r->kind);
    return skip(c, g,
                r->kind == RECORD_COMMIT ? CODE_ALARM_VOID_COMMIT
                                         : CODE_ALARM_VOID_RECORD,
                NULL); /* every other reason makes it void */
}

/* Its time was over before we came: the head goes on, the text is gone, and we
 * say so. A commit that is gone leads where we cannot follow. */
static enum err
expired(struct client *c, struct group *g, const struct event_record *r)
{
    if (r->kind == RECORD_COMMIT)
        return commits_lock_out(c, g, mls_group_own_leaf(g->mls));
    return inbox_alarm_once(c, g, CODE_ALARM_GAP, NULL);
}

enum err
record_take(struct client *c, struct group *g, const struct event_record *r)
{
    uint8_t hash[LIMIT_ID];
    struct post *p;

    if (r->expired)
        memcpy(hash, r->bytes.b, sizeof hash);
    else
        channel_hash(r->bytes, hash);
    channel_advance(&g->channel, r->kind, hash);
    g->dirty = true;
    if (g->pending != NULL && memcmp(g->pending->hash, hash, sizeof hash) == 0)
        return own_commit(c, g);
    p = outbox_find(g, hash);
    if (p != NULL)
        return own_post(c, g, p);
    if (channel_remembers(&g->channel, hash))
        return skip(c, g, CODE_ALARM_VOID_RECORD, NULL); /* a replay of ours */
    if (r->expired)
        return expired(c, g, r);
    return foreign(c, g, r);
}
