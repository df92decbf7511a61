/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "socks.h"

#include <arpa/inet.h>
#include <string.h>

#include "crypto/random.h"

enum {
    VERSION = 5,
    NAME_VERSION = 1,
    METHOD_NONE = 0,
    METHOD_NAME = 2,
    COMMAND_CONNECT = 1,
    TYPE_IPV4 = 1,
    TYPE_NAME = 3,
    TYPE_IPV6 = 4,
    NAME_LEN = 16
};

enum err
socks_start(struct socks *s, const char *host, uint16_t port)
{
    size_t len = strlen(host);

    *s = (struct socks){.port = port};
    if (len == 0 || len > SOCKS_HOST_MAX)
        return ERR_USE;
    memcpy(s->host, host, len);
    return ERR_OK;
}

void
socks_greet(struct buf *out)
{
    buf_u8(out, VERSION);
    buf_u8(out, 2); /* methods */
    buf_u8(out, METHOD_NONE);
    buf_u8(out, METHOD_NAME);
}

/* Nobody's name: letters, so that any proxy takes it. */
static void
write_word(struct buf *out)
{
    uint8_t r[NAME_LEN];

    random_bytes(r, sizeof r);
    buf_u8(out, NAME_LEN);
    for (size_t i = 0; i < sizeof r; i++)
        buf_u8(out, (uint8_t)('a' + r[i] % 16));
}

static void
write_name(struct buf *out)
{
    buf_u8(out, NAME_VERSION);
    write_word(out);
    write_word(out);
}

static void
write_connect(const struct socks *s, struct buf *out)
{
    uint8_t address[16];

    buf_u8(out, VERSION);
    buf_u8(out, COMMAND_CONNECT);
    buf_u8(out, 0);
    if (inet_pton(AF_INET, s->host, address) == 1) {
        buf_u8(out, TYPE_IPV4);
        buf_append(out, (struct bytes){address, 4});
    } else if (inet_pton(AF_INET6, s->host, address) == 1) {
        buf_u8(out, TYPE_IPV6);
        buf_append(out, (struct bytes){address, 16});
    } else {
        buf_u8(out, TYPE_NAME);
        buf_u8(out, (uint8_t)strlen(s->host));
        buf_append(out, bytes_str(s->host));
    }
    buf_u16(out, s->port);
}

/* How long the reply is, as far as that is known. */
static size_t
reply_wanted(const struct socks *s)
{
    if (s->state != SOCKS_CONNECT)
        return 2;
    if (s->reply_len < 5)
        return 5;
    switch (s->reply[3]) {
    case TYPE_IPV4:
        return 4 + 4 + 2;
    case TYPE_IPV6:
        return 4 + 16 + 2;
    default:
        return 4 + 1 + (size_t)s->reply[4] + 2;
    }
}

static enum err
on_method(struct socks *s, struct buf *out)
{
    if (s->reply[0] != VERSION)
        return ERR_MALFORMED;
    if (s->reply[1] == METHOD_NAME) {
        s->state = SOCKS_NAME;
        write_name(out);
    } else if (s->reply[1] == METHOD_NONE) {
        s->state = SOCKS_CONNECT;
        write_connect(s, out);
    } else {
        return ERR_DENIED;
    }
    return ERR_OK;
}

static enum err
on_name(struct socks *s, struct buf *out)
{
    if (s->reply[0] != NAME_VERSION)
        return ERR_MALFORMED;
    if (s->reply[1] != 0)
        return ERR_DENIED;
    s->state = SOCKS_CONNECT;
    write_connect(s, out);
    return ERR_OK;
}

static enum err
on_connect(struct socks *s, struct buf *out)
{
    uint8_t type = s->reply[3];

    (void)out;
    if (s->reply[0] != VERSION || s->reply[2] != 0 ||
        (type != TYPE_IPV4 && type != TYPE_NAME && type != TYPE_IPV6))
        return ERR_MALFORMED;
    if (s->reply[1] != 0)
        return ERR_DENIED;
    s->state = SOCKS_DONE;
    return ERR_OK;
}

typedef enum err on_reply(struct socks *s, struct buf *out);

static on_reply *const table[SOCKS_STATES] = {
    [SOCKS_METHOD] = on_method,
    [SOCKS_NAME] = on_name,
    [SOCKS_CONNECT] = on_connect,
};

enum err
socks_read(struct socks *s, struct bytes *in, struct buf *out)
{
    enum err e = ERR_OK;

    while (e == ERR_OK && s->state != SOCKS_DONE) {
        if (table[s->state] == NULL)
            return ERR_MALFORMED;
        while (in->len != 0 && s->reply_len < reply_wanted(s)) {
            s->reply[s->reply_len++] = in->b[0];
            *in = bytes_slice(*in, 1, in->len);
        }
        if (s->reply_len < reply_wanted(s))
            return ERR_NOT_FOUND;
        e = table[s->state](s, out);
        s->reply_len = 0;
        if (e == ERR_OK)
            e = buf_end(out);
    }
    if (e != ERR_OK)
        s->state = SOCKS_FAILED;
    return e;
}
