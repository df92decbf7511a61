/* SPDX-License-Identifier: Apache-2.0 */
/* An intrusive doubly linked list. A node is inside its owner; the list owns
 * nothing. A zeroed node is in no list. */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue_node {
    struct queue_node *prev;
    struct queue_node *next;
};

struct queue {
    struct queue_node head; /* a ring through the head; init before use */
};

/* The struct that holds the node. */
#define QUEUE_OWNER(node, type, field)                                         \
    ((type *)(void *)((char *)(node)-offsetof(type, field)))

static inline void
queue_init(struct queue *q)
{
    q->head.prev = &q->head;
    q->head.next = &q->head;
}

static inline bool
queue_empty(const struct queue *q)
{
    return q->head.next == &q->head;
}

/* The node must be in no list. */
static inline void
queue_push(struct queue *q, struct queue_node *n)
{
    n->prev = q->head.prev;
    n->next = &q->head;
    q->head.prev->next = n;
    q->head.prev = n;
}

/* First node, NULL when empty. */
static inline struct queue_node *
queue_first(const struct queue *q)
{
    return queue_empty(q) ? NULL : q->head.next;
}

/* Last node, NULL when empty. */
static inline struct queue_node *
queue_last(const struct queue *q)
{
    return queue_empty(q) ? NULL : q->head.prev;
}

/* The node after n, NULL at the end. */
static inline struct queue_node *
queue_next(const struct queue *q, const struct queue_node *n)
{
    return n->next == &q->head ? NULL : n->next;
}

static inline bool
queue_linked(const struct queue_node *n)
{
    return n->next != NULL;
}

/* Takes the node out of whatever list it is in; no effect when in none. */
static inline void
queue_remove(struct queue_node *n)
{
    if (n->next == NULL)
        return;
    n->prev->next = n->next;
    n->next->prev = n->prev;
    n->prev = NULL;
    n->next = NULL;
}

#endif
