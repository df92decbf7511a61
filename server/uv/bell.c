/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "bell.h"

#include <sys/eventfd.h>
#include <unistd.h>

static void
on_rung(uv_poll_t *p, int status, int events)
{
    struct bell *b = (struct bell *)(void *)p; /* the first member */
    uint64_t count;

    (void)status; /* an eventfd has no errors */
    (void)events;
    if (read(b->fd, &count, sizeof count) != sizeof count)
        return;
    /* before the look: who rings from here on rings anew */
    atomic_store(&b->rung, false);
    b->heard(b);
}

enum err
bell_open(struct bell *b, uv_loop_t *loop, bell_heard *heard)
{
    b->heard = heard;
    atomic_init(&b->rung, false);
    b->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (b->fd < 0 || uv_poll_init(loop, &b->poll, b->fd) != 0 ||
        uv_poll_start(&b->poll, UV_READABLE, on_rung) != 0)
        return ERR_MEMORY;
    return ERR_OK;
}

void
bell_ring(struct bell *b)
{
    const uint64_t one = 1;

    if (!atomic_exchange(&b->rung, true))
        (void)!write(b->fd, &one, sizeof one); /* cannot overflow from 0 */
}

bool
bell_is_rung(const struct bell *b)
{
    return atomic_load(&b->rung);
}

void
bell_close(struct bell *b)
{
    if (b->fd >= 0)
        close(b->fd);
    b->fd = -1;
}
