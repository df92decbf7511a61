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
    in->got(in->to, buf_bytes(&in->line), false);
    buf_reset(&in->line);
}

/* What was read into the chunk; got <= 0: there is no more. */
static void
input_take(struct input *in, ssize_t got)
{
    for (ssize_t i = 0; i < got; i++) {
        if (in->chunk[i] == '\n')
            input_line(in);
        else if (in->line.len < INPUT_LINE_MAX)
            buf_u8(&in->line, in->chunk[i]);
    }
    if (got <= 0) {
        if (in->line.len > 0)
            input_line(in);
        buf_free(&in->line);
        in->got(in->to, (struct bytes){NULL, 0}, true);
    }
}

static void
on_read(uv_stream_t *s, ssize_t got, const uv_buf_t *buf)
{
    (void)buf;
    if (got != 0) /* 0 of a stream: not now */
        input_take(s->data, got);
}

static void on_file_read(uv_fs_t *req);

static enum err
input_read_file(struct input *in)
{
    uv_buf_t to = uv_buf_init((char *)in->chunk, sizeof in->chunk);

    in->file.data = in;
    if (uv_fs_read(in->loop, &in->file, STDIN_FILENO, &to, 1, -1,
                   on_file_read) != 0)
        return ERR_DISK;
    return ERR_OK;
}

static void
on_file_read(uv_fs_t *req)
{
    struct input *in = req->data;
    ssize_t got = req->result;

    uv_fs_req_cleanup(req);
    if (in->open)
        input_take(in, got);
    if (!in->open)
        buf_free(&in->line);
    else if (got > 0 && input_read_file(in) != ERR_OK)
        input_take(in, -1);
}

/* A file, /dev/null and the like: libuv cannot wait for them as for a stream
 * and aborts. */
static bool
input_is_file(void)
{
    uv_handle_type type = uv_guess_handle(STDIN_FILENO);

    return type != UV_TTY && type != UV_NAMED_PIPE && type != UV_TCP;
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
    in->loop = loop;
    in->line = buf_limited(INPUT_LINE_MAX);
    in->is_file = input_is_file();
    if (in->is_file) {
        in->open = true;
        return input_read_file(in);
    }
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
    if (!in->is_file)
        uv_close(&in->h.handle, on_closed);
}
