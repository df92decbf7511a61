/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Letters on their way: written down sealed, sent until the relay has them. The
 * same bytes each time, so that a repetition is nothing new. */
#include "mail.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "modules.h"

enum {
    MAIL_ROW_MAX = LIMIT_LETTER + MAIL_PIECES_MAX * (LIMIT_BLOB + 8) + 1024,
    MAIL_INLINE_MAX = 15000, /* bytes of a Welcome inside the letter */
    MAIL_PIECE_LEN = LIMIT_BLOB - AEAD_BOX_OVERHEAD,
    MAIL_RETRY_MS = 15000
};

static struct mail *
mail_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct mail, node);
}

static void
mail_end(struct mail *m)
{
    queue_remove(&m->node);
    buf_free(&m->sealed);
    for (size_t i = 0; i < MAIL_PIECES_MAX; i++)
        buf_free(&m->pieces[i]);
    mem_wipe_free(m, sizeof *m);
}

static struct mail *
mail_new(void)
{
    struct mail *m = mem_new(sizeof *m);

    if (m == NULL)
        return NULL;
    m->sealed = buf_limited(LIMIT_LETTER);
    for (size_t i = 0; i < MAIL_PIECES_MAX; i++)
        m->pieces[i] = buf_limited(LIMIT_BLOB);
    return m;
}

static struct mail *
mail_find(const struct client *c, const struct client_id *id)
{
    const struct queue *q = &c->hooks->mails;
    struct queue_node *n;

    for (n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (client_id_equal(&mail_of(n)->id, id))
            return mail_of(n);
    return NULL;
}

bool
mail_any(const struct client *c, const struct client_id *owner)
{
    const struct queue *q = &c->hooks->mails;
    struct queue_node *n;

    for (n = queue_first(q); n != NULL; n = queue_next(q, n))
        if (client_id_equal(&mail_of(n)->owner, owner))
            return true;
    return false;
}

static enum err
mail_write(struct client *c, const struct mail *m)
{
    struct buf row = buf_limited(MAIL_ROW_MAX);

    modules_row(&row);
    modules_id_write(&row, &m->owner);
    address_write(&m->relay, &row);
    buf_append(&row, BYTES_OF(m->mailbox));
    buf_u8(&row, (uint8_t)m->cookie_kind);
    modules_id_write(&row, &m->cookie);
    buf_opaque(&row, buf_bytes(&m->sealed));
    buf_u8(&row, (uint8_t)m->piece_count);
    for (size_t i = 0; i < m->piece_count; i++)
        buf_opaque(&row, buf_bytes(&m->pieces[i]));
    return modules_write(c, ROW_MAIL, &m->id, &row);
}

static enum err
mail_read(struct mail *m, struct bytes in)
{
    struct reader r;
    enum err e = modules_row_read(&r, in);

    modules_id_read(&r, &m->owner);
    address_read(&r, &m->relay);
    reader_copy(&r, m->mailbox, sizeof m->mailbox);
    m->cookie_kind = reader_u8(&r);
    modules_id_read(&r, &m->cookie);
    buf_append(&m->sealed, reader_opaque(&r));
    m->piece_count = reader_u8(&r);
    if (m->piece_count > MAIL_PIECES_MAX)
        m->piece_count = 0;
    for (size_t i = 0; i < m->piece_count; i++) {
        buf_append(&m->pieces[i], reader_opaque(&r));
        if (e == ERR_OK)
            e = buf_end(&m->pieces[i]);
    }
    if (e == ERR_OK)
        e = buf_end(&m->sealed);
    return e == ERR_OK ? reader_end(&r) : e;
}

enum err
mail_load(struct client *c, struct bytes id, struct bytes in)
{
    struct mail *m = mail_new();
    enum err e;

    if (m == NULL)
        return ERR_MEMORY;
    queue_push(&c->hooks->mails, &m->node);
    memcpy(m->id.b, id.b, sizeof m->id.b);
    e = mail_read(m, in);
    return e == ERR_TOO_LARGE ? ERR_MALFORMED : e;
}

/* PROTOCOL 5.2.6: cut, sealed each under a key of its own (H-12), named in the
 * letter by hash and key. */
static enum err
cut(struct mail *m, struct letter *letter)
{
    struct bytes rest = letter->welcome.welcome;

    if (rest.len <= MAIL_INLINE_MAX)
        return ERR_OK;
    for (size_t i = 0; rest.len > 0; i++) {
        struct bytes part = bytes_slice(rest, 0, MAIL_PIECE_LEN);
        struct aead_key key;
        struct bytes whole;
        uint8_t *space;

        if (i == MAIL_PIECES_MAX)
            return ERR_TOO_LARGE;
        space = buf_space(&m->pieces[i], part.len + AEAD_BOX_OVERHEAD);
        if (space == NULL)
            return ERR_MEMORY;
        random_bytes(key.b, sizeof key.b);
        aead_box_seal(&key, (struct bytes){NULL, 0}, part, space);
        whole = buf_bytes(&m->pieces[i]);
        hash_id("pristan blob", &whole, 1, letter->welcome.blobs[i].hash);
        memcpy(letter->welcome.blobs[i].key, key.b, sizeof key.b);
        aead_key_wipe(&key);
        m->piece_count = i + 1;
        rest = bytes_slice(rest, part.len, rest.len);
    }
    letter->welcome.blob_count = m->piece_count;
    letter->welcome.welcome = (struct bytes){NULL, 0};
    return ERR_OK;
}

/* The pieces first; the letter when all of them are durable. */
static enum err
push(struct client *c, struct line *l, struct mail *m)
{
    const uint32_t all = (1u << m->piece_count) - 1;
    struct request q = {.kind = REQUEST_BLOB_PUT};
    enum err e = ERR_OK;

    if (!lines_open(l) || m->not_before_ms > c->now.mono_ms)
        return ERR_OK;
    if (m->durable == all) {
        q.kind = REQUEST_LEAVE;
        memcpy(q.leave.mailbox, m->mailbox, sizeof q.leave.mailbox);
        q.leave.letter = buf_bytes(&m->sealed);
        return lines_waiting(l, OP_MAIL_LEAVE, &m->id)
                   ? ERR_OK
                   : lines_request(c, l, &q, OP_MAIL_LEAVE, &m->id, 0);
    }
    if (lines_waiting(l, OP_MAIL_BLOB, &m->id))
        return ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < m->piece_count; i++) {
        q.blob_put.blob = buf_bytes(&m->pieces[i]);
        if ((m->durable >> i & 1) == 0)
            e = lines_request(c, l, &q, OP_MAIL_BLOB, &m->id, i);
    }
    return e;
}

enum err
mail_leave(struct client *c, const struct mail_plan *in)
{
    struct mail *m = mail_new();
    struct line *l;
    enum err e = ERR_OK;

    if (m == NULL)
        return ERR_MEMORY;
    m->id = client_id_random();
    m->owner = *in->owner;
    m->relay = *in->relay;
    memcpy(m->mailbox, in->to->mailbox, sizeof m->mailbox);
    m->cookie_kind = in->cookie_kind;
    m->cookie = in->cookie;
    queue_push(&c->hooks->mails, &m->node);
    if (in->letter->kind == LETTER_WELCOME)
        e = cut(m, in->letter);
    if (e == ERR_OK)
        e = letters_seal(in->purpose, in->to, in->letter, &m->sealed);
    if (e == ERR_OK)
        e = modules_line(c, in->relay, in->owner, &l);
    if (e != ERR_OK) {
        mail_end(m);
        return e;
    }
    e = mail_write(c, m);
    return e == ERR_OK ? push(c, l, m) : e;
}

enum err
mail_drop_all(struct client *c, const struct client_id *owner)
{
    struct queue_node *n = queue_first(&c->hooks->mails);
    enum err e = ERR_OK;

    while (e == ERR_OK && n != NULL) {
        struct mail *m = mail_of(n);

        n = queue_next(&c->hooks->mails, n);
        if (!client_id_equal(&m->owner, owner))
            continue;
        e = modules_remove(c, ROW_MAIL, &m->id);
        mail_end(m);
    }
    return e;
}

enum err
mail_start(struct client *c)
{
    const struct queue *q = &c->hooks->mails;
    struct queue_node *n;
    struct line *l;
    enum err e = ERR_OK;

    for (n = queue_first(q); e == ERR_OK && n != NULL; n = queue_next(q, n))
        e = modules_line(c, &mail_of(n)->relay, &mail_of(n)->owner, &l);
    return e;
}

enum err
mail_live(struct client *c, struct line *l)
{
    const struct queue *q = &c->hooks->mails;
    struct queue_node *n;
    enum err e = ERR_OK;

    for (n = queue_first(q); e == ERR_OK && n != NULL; n = queue_next(q, n))
        if (client_id_equal(&mail_of(n)->owner, &l->owner))
            e = push(c, l, mail_of(n));
    return e;
}

/* It is with the relay, or never will be. */
static enum err
settle(struct client *c, struct mail *m, enum notice_code code)
{
    const struct client_id owner = m->owner;
    const struct client_id cookie = m->cookie;
    int kind = m->cookie_kind;
    enum err e = modules_remove(c, ROW_MAIL, &m->id);

    mail_end(m);
    if (e == ERR_OK)
        e = mail_settled(c, kind, &cookie, code);
    modules_release(c, &owner);
    return e;
}

/* What is full or busy now is asked again later: nothing is lost. */
static enum err
refused(struct client *c, struct mail *m, const struct event *ev)
{
    uint64_t wait_ms = ev->refused.retry_after_s * UINT64_C(1000);
    enum refusal why = ev->refused.reason;

    if (wait_ms > CORE_RETRY_MAX_S * UINT64_C(1000))
        wait_ms = CORE_RETRY_MAX_S * UINT64_C(1000);
    if (why != REFUSED_FULL && why != REFUSED_STORAGE && why != REFUSED_RATE)
        return settle(c, m, CODE_RELAY_REFUSED);
    m->not_before_ms = c->now.mono_ms + (wait_ms > 0 ? wait_ms : MAIL_RETRY_MS);
    return mail_delayed(c, m->cookie_kind, &m->cookie);
}

enum err
mail_event(struct client *c,
           struct line *l,
           const struct op *op,
           const struct event *ev)
{
    struct mail *m = mail_find(c, &op->object);

    if (m == NULL)
        return ERR_OK;
    if (ev->kind == EVENT_REFUSED)
        return refused(c, m, ev);
    if (op->kind == OP_MAIL_LEAVE)
        return ev->kind == EVENT_APPENDED ? settle(c, m, CODE_NONE) : ERR_OK;
    if (ev->kind == EVENT_DONE && op->detail < MAIL_PIECES_MAX)
        m->durable |= 1u << op->detail;
    return push(c, l, m);
}

uint64_t
mail_deadline(const struct client *c)
{
    const struct queue *q = &c->hooks->mails;
    struct queue_node *n;
    uint64_t due = CORE_NEVER;

    for (n = queue_first(q); n != NULL; n = queue_next(q, n)) {
        uint64_t at = mail_of(n)->not_before_ms;

        if (at > c->now.mono_ms && at < due)
            due = at;
        else if (at != 0 && at <= c->now.mono_ms &&
                 lines_open(lines_find(c, &mail_of(n)->owner)))
            due = c->now.mono_ms;
    }
    return due;
}

enum err
mail_tick(struct client *c)
{
    const struct queue *q = &c->hooks->mails;
    struct queue_node *n;
    enum err e = ERR_OK;

    for (n = queue_first(q); e == ERR_OK && n != NULL; n = queue_next(q, n)) {
        struct mail *m = mail_of(n);

        if (m->not_before_ms == 0 || m->not_before_ms > c->now.mono_ms)
            continue;
        m->not_before_ms = 0;
        e = push(c, lines_find(c, &m->owner), m);
    }
    return e;
}

void
mail_free(struct client *c)
{
    struct queue_node *n;

    while ((n = queue_first(&c->hooks->mails)) != NULL)
        mail_end(mail_of(n));
}
