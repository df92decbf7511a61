/* SPDX-License-Identifier: Apache-2.0 */
/* One head, read byte by byte and judged in the order in which nginx does: the
 * line, the fields, the method, the size of the body, the path. Where nginx
 * would run out of buffers is counted, without having any. */
#include "decoy_parts.h"

enum {
    /* bytes: client_header_buffer_size, large_client_header_buffers */
    FIRST_BUFFER = 1024,
    LARGE_BUFFER = 8 * 1024,
    LARGE_BUFFERS = 4
};

void
decoy_head_begin(struct decoy_head *h)
{
    *h = (struct decoy_head){.room = FIRST_BUFFER};
}

/* Says so, and that this is the last on this connection. */
static enum err
fail(struct decoy_head *h, enum decoy_status status)
{
    h->request.status = status;
    h->request.keep = false;
    return ERR_OK;
}

/* The same before it is known what would follow the head. */
static enum err
break_off(struct decoy_head *h, enum decoy_status status)
{
    h->request.body_len = 0;
    return fail(h, status);
}

/* What may follow the head. */
static enum decoy_status
judge_body(const struct decoy_said *said, struct decoy_request *out)
{
    if (said->coding == DECOY_PLAIN)
        return DECOY_OK;
    if (out->minor < 1)
        return DECOY_BAD;
    if (said->coding != DECOY_CHUNKED)
        return DECOY_CODING;
    if (decoy_said_has(said, DECOY_LENGTH))
        return DECOY_BAD; /* when as many bytes are past */
    out->chunked = true;
    return DECOY_OK;
}

static bool
stays(const struct decoy_head *h)
{
    const struct decoy_said *said = &h->said;

    if (h->method == DECOY_POST && said->old_agent)
        return false; /* keepalive_disable msie6 */
    switch ((enum decoy_connection)said->connection) {
    case DECOY_CLOSE:
        return false;
    case DECOY_KEEP:
        return true;
    case DECOY_BY_VERSION:
        break;
    }
    return h->request.minor >= 1;
}

/* The head is whole. */
static enum err
judge(struct decoy_head *h)
{
    struct decoy_request *out = &h->request;
    enum decoy_status body = DECOY_OK;

    if (!out->bare && out->minor >= 1 && !decoy_said_has(&h->said, DECOY_HOST))
        return break_off(h, DECOY_BAD);
    if (h->said.length_bad)
        return break_off(h, DECOY_BAD);
    if (!out->bare)
        body = judge_body(&h->said, out);
    if (body != DECOY_OK)
        return fail(h, body);
    if (h->method == DECOY_TRACE || h->method == DECOY_CONNECT)
        return fail(h, DECOY_METHOD);
    if (out->body_len > DECOY_BODY_MAX)
        return fail(h, DECOY_LARGE_BODY);
    out->keep = !out->bare && stays(h);
    out->status = h->method == DECOY_GET || h->method == DECOY_HEAD
                      ? DECOY_OK
                      : DECOY_METHOD;
    if (h->place == DECOY_NOWHERE)
        out->status = DECOY_NONE;
    out->found = out->bare ? DECOY_OK : decoy_condition(&h->said);
    return ERR_OK;
}

static enum err
end_start(struct decoy_head *h)
{
    enum decoy_place place;
    enum err e = decoy_path_end(&h->path, &place);

    if (h->request.bare && h->method != DECOY_GET) {
        h->request.head = false; /* HTTP/0.9 has nothing but GET */
        e = ERR_MALFORMED;
    }
    if (e != ERR_OK)
        return e;
    h->place = (uint8_t)place;
    h->in_fields = true;
    h->step = 0;
    http_text_reset(&h->name);
    return h->request.bare ? ERR_OK : ERR_NOT_FOUND;
}

/* nginx's present buffer is full. False: it takes no other. */
static bool
more_room(struct decoy_head *h)
{
    if (h->line == 0 && !h->in_fields) { /* empty lines are overwritten */
        h->room = FIRST_BUFFER;
        return true;
    }
    if (h->line >= LARGE_BUFFER || h->buffers == LARGE_BUFFERS)
        return false;
    h->buffers++;
    h->room = (uint16_t)(LARGE_BUFFER - h->line);
    return true;
}

static enum err
read_byte(struct decoy_head *h, const struct decoy_page *page, uint8_t c)
{
    enum err e;

    h->begun = true;
    h->room--;
    if (h->in_fields) {
        e = decoy_fields_step(h, page, c);
    } else {
        e = decoy_start_step(h, c);
        if (e == ERR_OK)
            e = end_start(h);
    }
    if (e == ERR_OK)
        return judge(h);
    if (e == ERR_MALFORMED)
        return break_off(h, DECOY_BAD);
    if (e == ERR_TOO_LARGE)
        return break_off(h, DECOY_LARGE_FIELDS);
    if (e == ERR_UNSUPPORTED)
        return break_off(h, DECOY_VERSION);
    h->line = h->step == 0 ? 0 : (uint16_t)(h->line + 1);
    if (e == ERR_NOT_FOUND && h->room == 0 && !more_room(h))
        return break_off(h, h->in_fields ? DECOY_LARGE_FIELDS
                                         : DECOY_LARGE_TARGET);
    return e;
}

enum err
decoy_head_read(struct decoy_head *h,
                const struct decoy_page *page,
                struct bytes *in)
{
    enum err e = ERR_NOT_FOUND;

    while (e == ERR_NOT_FOUND && in->len != 0) {
        e = read_byte(h, page, in->b[0]);
        *in = bytes_slice(*in, 1, in->len);
    }
    return e;
}
