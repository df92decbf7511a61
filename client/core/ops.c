/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests and their answers, by tag. */
#include "ops.h"

#include "base/mem.h"
#include "hooks.h"
#include "inbox.h"
#include "lines.h"
#include "outbox.h"

static struct op *
op_of(struct queue_node *n)
{
    return QUEUE_OWNER(n, struct op, node);
}

static void
op_free(struct op *op)
{
    queue_remove(&op->node);
    mem_free(op);
}

void
ops_clear(struct line *l)
{
    struct queue_node *n;

    while ((n = queue_first(&l->ops)) != NULL)
        op_free(op_of(n));
    l->op_count = 0;
}

static struct op *
op_by_tag(const struct line *l, uint32_t tag)
{
    struct queue_node *n;

    for (n = queue_first(&l->ops); n != NULL; n = queue_next(&l->ops, n))
        if (op_of(n)->tag == tag)
            return op_of(n);
    return NULL;
}

static uint32_t
next_tag(struct line *l)
{
    do
        l->last_tag++;
    while (l->last_tag == 0 || op_by_tag(l, l->last_tag) != NULL);
    return l->last_tag;
}

/* Encodes and adds to what the line has to send. */
static enum err
put_frame(struct client *c, struct line *l, const struct request *q)
{
    struct bytes frame;
    enum err e;

    buf_reset(&c->scratch);
    e = request_write(q, &c->scratch);
    if (e != ERR_OK)
        return e == ERR_MEMORY ? e : ERR_INTERNAL;
    frame = buf_bytes(&c->scratch);
    e = link_add(l->link, &frame, 1);
    if (e == ERR_FULL) {
        e = link_flush(l->link, &l->out);
        if (e == ERR_OK)
            e = link_add(l->link, &frame, 1);
    }
    return e == ERR_OK || e == ERR_MEMORY ? e : ERR_INTERNAL;
}

enum err
ops_request(struct client *c,
            struct line *l,
            struct request *q,
            int kind,
            const struct client_id *object,
            uint64_t detail)
{
    struct op *op;
    enum err e;

    if (l->op_count == LINES_OPS_MAX)
        return lines_fault(c, l, CODE_RELAY_UNREACHABLE);
    op = mem_new(sizeof *op);
    if (op == NULL)
        return ERR_MEMORY;
    q->tag = next_tag(l);
    op->tag = q->tag;
    op->kind = kind;
    op->object = *object;
    op->detail = detail;
    op->stays = q->kind == REQUEST_WATCH;
    e = put_frame(c, l, q);
    if (e != ERR_OK) {
        mem_free(op);
        return e;
    }
    queue_push(&l->ops, &op->node);
    l->op_count++;
    return ERR_OK;
}

enum err
lines_request(struct client *c,
              struct line *l,
              struct request *q,
              int kind,
              const struct client_id *object,
              uint64_t detail)
{
    if (!lines_open(l))
        return ERR_OK;
    return ops_request(c, l, q, kind, object, detail);
}

enum err
lines_credit(struct client *c,
             struct line *l,
             const struct op *watch,
             uint32_t credit)
{
    struct request q = {.kind = REQUEST_CREDIT};

    if (!lines_open(l))
        return ERR_OK;
    q.tag = next_tag(l); /* never answered */
    q.credit.watch = watch->tag;
    q.credit.credit = credit;
    return put_frame(c, l, &q);
}

struct op *
lines_watch(const struct line *l, int kind, const struct client_id *object)
{
    struct queue_node *n;

    for (n = queue_first(&l->ops); n != NULL; n = queue_next(&l->ops, n)) {
        struct op *op = op_of(n);

        if (op->stays && !op->closed && op->kind == kind &&
            client_id_equal(&op->object, object))
            return op;
    }
    return NULL;
}

enum err
lines_unwatch(struct client *c, struct line *l, struct op *watch)
{
    struct request q = {.kind = REQUEST_UNWATCH};

    watch->closed = true;
    q.unwatch.watch = watch->tag;
    return lines_request(c, l, &q, OP_UNWATCH, &watch->object, watch->tag);
}

bool
lines_waiting(const struct line *l, int kind, const struct client_id *object)
{
    struct queue_node *n;

    for (n = queue_first(&l->ops); n != NULL; n = queue_next(&l->ops, n)) {
        const struct op *op = op_of(n);

        if (!op->stays && !op->closed && op->kind == kind &&
            client_id_equal(&op->object, object))
            return true;
    }
    return false;
}

void
lines_ignore(struct line *l, int kind, const struct client_id *object)
{
    struct queue_node *n;

    for (n = queue_first(&l->ops); n != NULL; n = queue_next(&l->ops, n))
        if (op_of(n)->kind == kind &&
            client_id_equal(&op_of(n)->object, object))
            op_of(n)->closed = true;
}

static void
unwatched(struct line *l, uint32_t tag)
{
    struct op *watch = op_by_tag(l, tag);

    if (watch != NULL && watch->stays) {
        op_free(watch);
        l->op_count--;
    }
}

/* op is not in the list any more, unless it stays. */
static enum err
answer_op(struct client *c,
          struct line *l,
          const struct op *op,
          const struct event *ev)
{
    switch (op->kind) {
    case OP_HELLO:
        if (ev->kind != EVENT_HELLO)
            return lines_fault(c, l, CODE_RELAY_REFUSED);
        return lines_greeted(c, l);
    case OP_PING:
        return ERR_OK;
    case OP_UNWATCH:
        unwatched(l, (uint32_t)op->detail);
        return ERR_OK;
    case OP_APPEND:
        return outbox_event(c, l, op, ev);
    case OP_WATCH:
        return inbox_event(c, l, op, ev);
    default: /* an int: the modules number theirs themselves */
        return hooks_event(c, l, op, ev);
    }
}

/* The answer to one request, or a push on a watch. */
static enum err
answer(struct client *c, struct line *l, const struct event *ev)
{
    struct op *op = op_by_tag(l, ev->tag);
    struct op copy;

    if (op == NULL)
        return lines_fault(c, l, CODE_RELAY_REFUSED); /* nobody asked (E-18) */
    copy = *op;
    if (!op->stays || ev->kind == EVENT_REFUSED) {
        op_free(op);
        l->op_count--;
    }
    if (copy.closed)
        return ERR_OK; /* was on its way when we lost interest */
    copy.node = (struct queue_node){0};
    return answer_op(c, l, &copy, ev);
}

enum err
ops_answer(struct client *c, struct line *l, struct bytes frame)
{
    struct event ev;
    enum err e;

    arena_reset(&c->event_arena);
    e = event_read(frame, &c->event_arena, &ev);
    if (e != ERR_OK) /* also a frame that wants more memory than any should */
        return lines_fault(c, l, CODE_RELAY_REFUSED);
    return answer(c, l, &ev);
}
