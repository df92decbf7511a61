/* SPDX-License-Identifier: Apache-2.0 */
/* The relay's side of the opening handshake (RFC 6455 section 4.2.1): a request
 * that comes in byte by byte, strictly read.
 *
 *     GET /path HTTP/1.1 CR LF   START, PATH, VERSION
 *     name: value CR LF          LINE, NAME, VALUE, LINE_END
 *     CR LF                      LAST, WHOLE */
#include "transport/ws.h"

#include <string.h>

#include "http.h"

enum state {
    STATE_START,
    STATE_PATH,
    STATE_VERSION,
    STATE_LINE,
    STATE_NAME,
    STATE_VALUE,
    STATE_LINE_END,
    STATE_LAST,
    STATE_WHOLE
};

/* The fields that count. */
enum field {
    FIELD_HOST,
    FIELD_UPGRADE,
    FIELD_CONNECTION,
    FIELD_VERSION,
    FIELD_KEY,
    FIELD_NEEDED, /* those before are */
    FIELD_ACCEPT = FIELD_NEEDED,
    FIELD_LENGTH,
    FIELD_ENCODING,
    FIELDS
};

static const char *const names[FIELDS] = {
    [FIELD_HOST] = "host",
    [FIELD_UPGRADE] = "upgrade",
    [FIELD_CONNECTION] = "connection",
    [FIELD_VERSION] = "sec-websocket-version",
    [FIELD_KEY] = "sec-websocket-key",
    [FIELD_ACCEPT] = "sec-websocket-accept",
    [FIELD_LENGTH] = "content-length",
    [FIELD_ENCODING] = "transfer-encoding",
};

void
ws_request_begin(struct ws_request_reader *r)
{
    *r = (struct ws_request_reader){.err = ERR_NOT_FOUND};
}

static enum err
go(struct ws_request_reader *r, enum state state)
{
    r->state = (uint8_t)state;
    return ERR_NOT_FOUND;
}

/* Words that stand there and no others. */
static enum err
on_word(struct ws_request_reader *r, uint8_t c, const char *word, enum state to)
{
    if (c != (uint8_t)word[r->at])
        return ERR_MALFORMED;
    if (word[++r->at] != '\0')
        return ERR_NOT_FOUND;
    r->at = 0;
    return go(r, to);
}

static enum err
on_path(struct ws_request_reader *r, uint8_t c)
{
    struct ws_request *q = &r->request;

    if (c == ' ')
        return go(r, STATE_VERSION);
    if (c <= 0x20 || c >= 0x7f)
        return ERR_MALFORMED;
    if (q->path_len < WS_PATH_MAX)
        q->path[q->path_len] = c;
    q->path_len++;
    return ERR_NOT_FOUND;
}

static enum err
on_name(struct ws_request_reader *r, uint8_t c)
{
    if (c == '\r' && r->state == STATE_LINE)
        return go(r, STATE_LAST);
    if (c == ':' && r->state == STATE_NAME) {
        r->field = 0;
        while (r->field < FIELDS && !http_text_is(&r->text, names[r->field]))
            r->field++;
        http_text_reset(&r->text);
        r->blanks = 0;
        r->found = false;
        return go(r, STATE_VALUE);
    }
    if (!http_is_token(c))
        return ERR_MALFORMED;
    http_text_add(&r->text, c);
    return go(r, STATE_NAME);
}

/* An element of a list is over, or a value that is none. */
static void
end_element(struct ws_request_reader *r)
{
    r->found |=
        (r->field == FIELD_UPGRADE && http_text_is(&r->text, "websocket")) ||
        (r->field == FIELD_CONNECTION && http_text_is(&r->text, "upgrade"));
}

static bool
is_base64(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* 16 bytes in base64: 22 characters and two '='. */
static bool
is_key(struct bytes v)
{
    if (v.len != WS_KEY_LEN || v.b[22] != '=' || v.b[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++)
        if (!is_base64(v.b[i]))
            return false;
    return true;
}

/* Items 2 to 6 of the section. */
static bool
value_is_good(struct ws_request_reader *r)
{
    switch ((enum field)r->field) {
    case FIELD_HOST:
        return r->text.len != 0;
    case FIELD_UPGRADE:
    case FIELD_CONNECTION:
        end_element(r);
        return r->found;
    case FIELD_VERSION:
        return http_text_is(&r->text, "13");
    case FIELD_KEY:
        if (!is_key(http_text_bytes(&r->text)))
            return false;
        memcpy(r->request.key, r->text.b, WS_KEY_LEN);
        return true;
    case FIELD_LENGTH:
        return http_text_is(&r->text, "0");
    case FIELD_ENCODING:
        return false;
    case FIELD_ACCEPT:
    case FIELDS:
        break;
    }
    return true;
}

static enum err
on_line_end(struct ws_request_reader *r, uint8_t c)
{
    unsigned bit = r->field < FIELDS ? 1U << r->field : 0;

    if (c != '\n' || (r->there & bit) != 0 || !value_is_good(r))
        return ERR_MALFORMED;
    r->there = (uint16_t)(r->there | bit);
    http_text_reset(&r->text);
    return go(r, STATE_LINE);
}

static enum err
on_value(struct ws_request_reader *r, uint8_t c)
{
    bool list = r->field == FIELD_UPGRADE || r->field == FIELD_CONNECTION;

    if (c == '\r')
        return go(r, STATE_LINE_END);
    if ((c < 0x20 && c != '\t') || c == 0x7f)
        return ERR_MALFORMED;
    if (c == ' ' || c == '\t') {
        if (r->text.len != 0)
            r->blanks++;
    } else if (c == ',' && list) {
        end_element(r);
        http_text_reset(&r->text);
        r->blanks = 0;
    } else {
        for (; r->blanks != 0; r->blanks--)
            http_text_add(&r->text, ' ');
        http_text_add(&r->text, c);
    }
    return ERR_NOT_FOUND;
}

static enum err
on_last(struct ws_request_reader *r, uint8_t c)
{
    const unsigned needed = (1U << FIELD_NEEDED) - 1;

    if (c != '\n' || (r->there & needed) != needed)
        return ERR_MALFORMED;
    r->state = STATE_WHOLE;
    return ERR_OK;
}

static enum err
read_byte(struct ws_request_reader *r, uint8_t c)
{
    switch ((enum state)r->state) {
    case STATE_START:
        return on_word(r, c, "GET /", STATE_PATH);
    case STATE_PATH:
        return on_path(r, c);
    case STATE_VERSION:
        return on_word(r, c, "HTTP/1.1\r\n", STATE_LINE);
    case STATE_LINE:
    case STATE_NAME:
        return on_name(r, c);
    case STATE_VALUE:
        return on_value(r, c);
    case STATE_LINE_END:
        return on_line_end(r, c);
    case STATE_LAST:
        return on_last(r, c);
    case STATE_WHOLE: /* nobody of ours speaks before the answer */
        break;
    }
    return ERR_MALFORMED;
}

enum err
ws_request_read(struct ws_request_reader *r, struct bytes in)
{
    enum err e = (enum err)r->err;

    for (size_t i = 0; i < in.len && (e == ERR_NOT_FOUND || e == ERR_OK); i++) {
        e = read_byte(r, in.b[i]);
        if (++r->len == LIMIT_UPGRADE && e == ERR_NOT_FOUND)
            e = ERR_TOO_LARGE;
    }
    r->err = (uint8_t)e;
    return e;
}
