/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lines typed by the person, from a terminal, pipe or file. */
#ifndef UV_INPUT_H
#define UV_INPUT_H

#include <assert.h>
#include <uv.h>

#include "base/buf.h"
#include "base/limits.h"

enum { INPUT_LINE_MAX = 16 * 1024 };
static_assert((int)INPUT_LINE_MAX > (int)LIMIT_TEXT, "a cut line is refused");

struct input {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tty_t tty;
        uv_pipe_t pipe;
    } h;
    uv_loop_t *loop;
    uv_fs_t file; /* instead of a handle when it is a file */
    struct buf line;
    bool open;
    bool is_file;
    /* one line without its end, cut at INPUT_LINE_MAX, which is more than any
     * text may have; end: no more will come */
    void (*got)(void *to, struct bytes line, bool end);
    void *to;
    uint8_t chunk[4096];
};

/* ERR_DISK when standard input cannot be read. */
MUST_USE enum err input_open(struct input *in,
                             uv_loop_t *loop,
                             void (*got)(void *to, struct bytes line, bool end),
                             void *to);
void input_close(struct input *in);

#endif
