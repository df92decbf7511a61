/* SPDX-License-Identifier: Apache-2.0 */
/* A link's life and its reading side: socket bytes, WebSocket messages, Noise
 * messages, frames. PROTOCOL.md section 2. */
#include "link_parts.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

static void
shake_free(struct link *l)
{
    if (l->shake == NULL)
        return;
    buf_free(&l->shake->text);
    link_shake_drop(l->shake);
    mem_wipe_free(l->shake, sizeof *l->shake);
    l->shake = NULL;
}

static void
rest_free(struct link *l)
{
    if (l->rest != NULL)
        mem_wipe_free(l->rest, sizeof *l->rest + l->rest->len);
    l->rest = NULL;
}

void
link_deafen(struct link *l)
{
    l->in = (struct bytes){0};
    rest_free(l);
    l->plain = (struct bytes){0};
    ws_reader_free(&l->ws);
    frame_reader_free(&l->frames);
}

/* All that holds memory or a secret, but for what belongs to the handshake. */
static void
stop(struct link *l)
{
    link_deafen(l);
    buf_free(&l->pending);
    noise_cipher_wipe(&l->send);
    noise_cipher_wipe(&l->recv);
}

enum err
link_step(struct link *l, enum link_event event)
{
    enum link_state to;
    enum err e = link_state_after(l->state, event, &to);

    if (e != ERR_OK)
        return e;
    l->state = to;
    switch (to) {
    case LINK_OPEN:
        shake_free(l);
        break;
    case LINK_CLOSING:
        buf_free(&l->pending);
        break;
    case LINK_DECOY:
        link_shake_drop(l->shake);
        break;
    case LINK_CLOSED:
    case LINK_FAILED:
        stop(l);
        shake_free(l);
        break;
    case LINK_UPGRADING:
    case LINK_SHAKING:
    case LINK_STATES:
        break;
    }
    return ERR_OK;
}

enum err
link_fault(struct link *l, enum err why)
{
    enum err e = link_step(l, LINK_FAULT);

    assert(e == ERR_OK);
    l->why = why;
    return why;
}

void
link_free(struct link *l)
{
    if (l == NULL)
        return;
    stop(l);
    shake_free(l);
    mem_wipe_free(l, sizeof *l);
}

enum link_state
link_state(const struct link *l)
{
    return l->state;
}

unsigned
link_tries(const struct link *l)
{
    return l->tries;
}

size_t
link_held_len(const struct link *l)
{
    return (l->shake == NULL ? 0 : l->shake->text.cap) + l->ws.message.cap +
           l->ws.control.cap + l->frames.partial.cap +
           (l->rest == NULL ? 0 : l->rest->len);
}

void
link_feed(struct link *l, struct bytes in)
{
    if (l->state == LINK_CLOSED || l->state == LINK_DECOY ||
        l->state == LINK_FAILED)
        return;
    assert(l->in.len == 0); /* link_next() was called to the end */
    l->in = in;
}

enum err
link_keep(struct link *l)
{
    if (l->state == LINK_FAILED)
        return l->why;
    if (l->in.len == 0 || l->rest != NULL)
        return ERR_OK;
    l->rest = mem_new(sizeof *l->rest + l->in.len);
    if (l->rest == NULL)
        return link_fault(l, ERR_MEMORY);
    l->rest->len = l->in.len;
    memcpy(l->rest->b, l->in.b, l->in.len);
    l->in.b = l->rest->b;
    return ERR_OK;
}

enum err
link_on_control(struct link *l, const struct ws_message *m, struct buf *out)
{
    bool answer = l->state != LINK_CLOSING;

    switch (m->opcode) {
    case WS_PING:
        if (answer)
            ws_frame_write(l->side, WS_PONG, (struct bytes){m->b, m->len}, out);
        break;
    case WS_CLOSE: /* RFC 6455 section 5.5.1: the status code goes back */
        if (answer)
            ws_frame_write(l->side, WS_CLOSE,
                           bytes_slice((struct bytes){m->b, m->len}, 0, 2),
                           out);
        if (buf_end(out) != ERR_OK)
            break;
        return link_step(l, LINK_THEIR_CLOSE);
    case WS_PONG:
    case WS_BINARY:
    case WS_TEXT:
    case WS_CONTINUATION:
        break;
    }
    return buf_end(out) == ERR_OK ? ERR_OK : ERR_MEMORY;
}

/* One WebSocket message is one Noise message, opened where it lies. */
static enum err
open_message(struct link *l, const struct ws_message *m)
{
    enum err e;

    if (m->len < AEAD_TAG_LEN)
        return ERR_MALFORMED;
    e = noise_cipher_decrypt(&l->recv, (struct bytes){0},
                             (struct bytes){m->b, m->len}, m->b);
    if (e != ERR_OK)
        return ERR_AUTH;
    l->plain = (struct bytes){m->b, m->len - AEAD_TAG_LEN};
    return ERR_OK;
}

/* OPEN and CLOSING: the next frame, if the next of WebSocket's ends it. */
static enum err
open_step(struct link *l, struct buf *out, struct bytes *frame)
{
    struct ws_message m;
    enum err e = frame_next(&l->frames, &l->plain, frame);

    if (e != ERR_NOT_FOUND)
        return e;
    e = ws_reader_step(&l->ws, &l->in, &m);
    if (e != ERR_OK)
        return e;
    if (m.opcode == WS_BINARY)
        e = open_message(l, &m);
    else
        e = link_on_control(l, &m, out);
    if (e != ERR_OK)
        return e;
    if (l->state == LINK_CLOSED)
        return ERR_NOT_FOUND;
    e = frame_next(&l->frames, &l->plain, frame);
    return e == ERR_NOT_FOUND ? ERR_BUSY : e;
}

enum err
link_step_next(struct link *l, struct buf *out, struct bytes *frame)
{
    enum err e = ERR_NOT_FOUND;

    switch (l->state) {
    case LINK_UPGRADING:
    case LINK_SHAKING:
        e = link_shake_next(l, out);
        if (e == ERR_NOT_FOUND && l->state == LINK_OPEN)
            e = open_step(l, out, frame);
        break;
    case LINK_OPEN:
    case LINK_CLOSING:
        e = open_step(l, out, frame);
        break;
    case LINK_FAILED:
        return l->why;
    case LINK_CLOSED:
    case LINK_DECOY:
    case LINK_STATES:
        break;
    }
    if (l->in.len == 0) /* and not before: a request's body may follow */
        rest_free(l);
    if (e == ERR_OK || e == ERR_NOT_FOUND || e == ERR_BUSY)
        return e;
    return link_fault(l, e);
}

enum err
link_next(struct link *l, struct buf *out, struct bytes *frame)
{
    enum err e;

    do
        e = link_step_next(l, out, frame);
    while (e == ERR_BUSY);
    return e;
}
