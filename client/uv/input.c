/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "input.h"

#include <unistd.h>

static void
on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
    struct input *in = h->data;

    (void)suggested;
    *out = uv_buf_init((char *)in->chunk, sizeof in->chunk);
}

static void
input_line(struct input *in)
{
    if (!in->overlong)
        in->got(in->to, buf_bytes(&in->line), false);
    in->overlong = false;
    buf_reset(&in->line);
}

static void
on_read(uv_stream_t *s, ssize_t got, const uv_buf_t *buf)
{
    struct input *in = s->data;

    (void)buf;
    for (ssize_t i = 0; i < got; i++) {
        if (in->chunk[i] == '\n')
            input_line(in);
        else if (in->line.len == INPUT_LINE_MAX)
            in->overlong = true;
        else
            buf_u8(&in->line, in->chunk[i]);
    }
    if (got < 0) {
        if (in->line.len > 0)
            input_line(in);
        in->got(in->to, (struct bytes){NULL, 0}, true);
    }
}

enum err
input_open(struct input *in,
           uv_loop_t *loop,
           void (*got)(void *to, struct bytes line, bool end),
           void *to)
{
    int status;

    in->got = got;
    in->to = to;
    in->line = buf_limited(INPUT_LINE_MAX);
    if (uv_guess_handle(STDIN_FILENO) == UV_TTY) {
        status = uv_tty_init(loop, &in->h.tty, STDIN_FILENO, 1);
    } else {
        status = uv_pipe_init(loop, &in->h.pipe, 0);
        if (status == 0)
            status = uv_pipe_open(&in->h.pipe, STDIN_FILENO);
    }
    if (status != 0)
        return ERR_DISK;
    in->h.handle.data = in;
    in->open = true;
    if (uv_read_start(&in->h.stream, on_alloc, on_read) != 0)
        return ERR_DISK;
    return ERR_OK;
}

static void
on_closed(uv_handle_t *h)
{
    struct input *in = h->data;

    buf_free(&in->line);
}

void
input_close(struct input *in)
{
    if (!in->open)
        return;
    in->open = false;
    uv_close(&in->h.handle, on_closed);
}
