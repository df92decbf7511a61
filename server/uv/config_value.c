/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The text of a setting to its value and back, by its kind. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config_table.h"

static void *
field(struct config *c, size_t at)
{
    return (char *)c + at;
}

static const void *
field_const(const struct config *c, size_t at)
{
    return (const char *)c + at;
}

static bool
read_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (*text == '\0')
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (v > (UINT64_MAX - 9) / 10)
            return false;
        v = v * 10 + (uint64_t)(*text - '0');
    }
    *out = v;
    return *text == '\0' && v >= min && v <= max;
}

enum err
config_read_endpoint(const char *text, struct config_endpoint *out)
{
    static const char wss[] = "wss://";
    bool tls = strncmp(text, wss, sizeof wss - 1) == 0;
    const char *host, *colon;
    struct in6_addr v6;
    size_t len;
    uint64_t port;

    if (tls)
        text += sizeof wss - 1;
    host = text;
    colon = strrchr(text, ':');
    if (colon == NULL || colon == text)
        return ERR_MALFORMED;
    len = (size_t)(colon - text);
    if (*host == '[') {
        if (host[len - 1] != ']' || len < 3)
            return ERR_MALFORMED;
        host++;
        len -= 2;
    } else if (memchr(host, ':', len) != NULL) {
        return ERR_MALFORMED; /* IPv6 needs its brackets */
    }
    if (len > CONFIG_HOST_MAX || !read_number(colon + 1, 0, UINT16_MAX, &port))
        return ERR_MALFORMED;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)host[i] <= ' ' || (unsigned char)host[i] >= 0x7f ||
            strchr("/?#@[]\"'\\", host[i]) != NULL)
            return ERR_MALFORMED;
    memcpy(out->host, host, len);
    out->host[len] = '\0';
    out->port = (uint16_t)port;
    out->tls = tls;
    if (*text == '[' && inet_pton(AF_INET6, out->host, &v6) != 1)
        return ERR_MALFORMED;
    return ERR_OK;
}

void
config_write_endpoint(const struct config_endpoint *e, char *out, size_t size)
{
    (void)snprintf(out, size,
                   strchr(e->host, ':') != NULL ? "%s[%s]:%u" : "%s%s:%u",
                   e->tls ? "wss://" : "", e->host, e->port);
}

static bool
put_text(char *out, const char *value)
{
    size_t len = strlen(value);

    if (len == 0 || len >= CONFIG_PATH_MAX || *value == '"' || *value == '\'')
        return false;
    memcpy(out, value, len + 1);
    return true;
}

static bool
put_switch(bool *out, const char *value)
{
    static const char *const yes[] = {"yes", "on", "true", "1"};
    static const char *const no[] = {"no", "off", "false", "0"};

    for (size_t i = 0; value != NULL && i < sizeof no / sizeof *no; i++) {
        if (strcmp(value, no[i]) == 0) {
            *out = false;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (value == NULL || strcmp(value, yes[i]) == 0) {
            *out = true;
            return true;
        }
    }
    return false;
}

static bool
put_choice(const struct setting *s, unsigned *out, const char *value)
{
    for (unsigned i = 0; s->choices[i] != NULL; i++) {
        if (strcmp(s->choices[i], value) == 0) {
            *out = (unsigned)s->min + i;
            return true;
        }
    }
    return false;
}

/* No name, which would have to be asked about. */
static bool
is_number(const char *host)
{
    struct in6_addr a;

    return inet_pton(AF_INET, host, &a) == 1 ||
           inet_pton(AF_INET6, host, &a) == 1;
}

/* One endpoint at the end of the list; without a lowest port it is one to
 * listen at. */
static bool
put_endpoint(struct config *c, const struct setting *s, const char *value)
{
    struct config_endpoint *list = field(c, s->at);
    size_t *count = field(c, s->count_at);
    struct config_endpoint e;

    if (*count >= s->max || config_read_endpoint(value, &e) != ERR_OK ||
        e.port < s->min)
        return false;
    if (s->min == 0 && (e.tls || !is_number(e.host)))
        return false;
    list[(*count)++] = e;
    return true;
}

static bool
is_same_host(const char *a, const char *b)
{
    struct in6_addr x, y;

    if (inet_pton(AF_INET6, a, &x) == 1 && inet_pton(AF_INET6, b, &y) == 1)
        return memcmp(&x, &y, sizeof x) == 0;
    return strcasecmp(a, b) == 0;
}

bool
config_doubled(const struct config *c, const struct setting *s)
{
    const struct config_endpoint *list;
    size_t count;

    if (s->kind != SETTING_ENDPOINTS)
        return false;
    list = field_const(c, s->at);
    count = *(const size_t *)field_const(c, s->count_at);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (list[i].port != 0 && list[i].port == list[j].port &&
                list[i].tls == list[j].tls &&
                is_same_host(list[i].host, list[j].host))
                return true;
    return false;
}

/* Never to the network: an address has to be a loopback one, as a number. */
static bool
put_metrics(char *out, const char *value)
{
    struct config_endpoint e;
    struct in_addr v4;

    if (strcmp(value, "off") == 0 || value[0] == '/')
        return put_text(out, value);
    if (config_read_endpoint(value, &e) != ERR_OK || e.tls || e.port == 0)
        return false;
    if (strcmp(e.host, "::1") != 0 && (inet_pton(AF_INET, e.host, &v4) != 1 ||
                                       (ntohl(v4.s_addr) >> 24) != 127))
        return false;
    return put_text(out, value);
}

bool
config_put(struct config *c, const struct setting *s, const char *value)
{
    uint64_t number;

    if (value == NULL && s->kind != SETTING_SWITCH)
        return false;
    switch (s->kind) {
    case SETTING_TEXT:
        return put_text(field(c, s->at), value);
    case SETTING_NUMBER:
        return read_number(value, s->min, s->max, &number) &&
               (memcpy(field(c, s->at), &number, sizeof number), true);
    case SETTING_FD:
        if (!read_number(value, s->min, s->max, &number))
            return false;
        *(int *)field(c, s->at) = (int)number;
        return true;
    case SETTING_SWITCH:
        return put_switch(field(c, s->at), value);
    case SETTING_CHOICE:
        return put_choice(s, field(c, s->at), value);
    case SETTING_ENDPOINTS:
        return put_endpoint(c, s, value);
    case SETTING_METRICS:
        return put_metrics(field(c, s->at), value);
    }
    return false;
}

void
config_clear(struct config *c, const struct setting *s)
{
    if (s->kind == SETTING_ENDPOINTS)
        *(size_t *)field(c, s->count_at) = 0;
}

static void
get_endpoints(const struct config *c, const struct setting *s, struct buf *out)
{
    const struct config_endpoint *list = field_const(c, s->at);
    const size_t *count = field_const(c, s->count_at);
    char text[CONFIG_HOST_MAX + 16];

    for (size_t i = 0; i < *count; i++) {
        config_write_endpoint(&list[i], text, sizeof text);
        if (i > 0)
            buf_u8(out, ' ');
        buf_append(out, bytes_str(text));
    }
}

static void
get_number(uint64_t v, struct buf *out)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRIu64, v);
    buf_append(out, bytes_str(text));
}

void
config_get(const struct config *c, const struct setting *s, struct buf *out)
{
    const void *at = field_const(c, s->at);

    switch (s->kind) {
    case SETTING_TEXT:
    case SETTING_METRICS:
        buf_append(out, bytes_str(at));
        return;
    case SETTING_NUMBER:
        get_number(*(const uint64_t *)at, out);
        return;
    case SETTING_FD:
        if (*(const int *)at >= 0)
            get_number((uint64_t) * (const int *)at, out);
        return;
    case SETTING_SWITCH:
        buf_append(out, bytes_str(*(const bool *)at ? "yes" : "no"));
        return;
    case SETTING_CHOICE:
        buf_append(out, bytes_str(s->choices[*(const unsigned *)at - s->min]));
        return;
    case SETTING_ENDPOINTS:
        get_endpoints(c, s, out);
        return;
    }
}

static void
expects_choice(const struct setting *s, char *out, size_t size)
{
    size_t at = 0;

    for (size_t i = 0; s->choices[i] != NULL && at < size; i++) {
        int n = snprintf(out + at, size - at, "%s%s",
                         i == 0                      ? ""
                         : s->choices[i + 1] == NULL ? " or "
                                                     : ", ",
                         s->choices[i]);

        at += n > 0 ? (size_t)n : 0;
    }
}

void
config_expects(const struct setting *s, char *out, size_t size)
{
    const char *unit = "";

    switch (s->kind) {
    case SETTING_TEXT:
        if (strcmp(s->value, "NAME") == 0)
            (void)snprintf(out, size, "the name of a user");
        else
            (void)snprintf(out, size,
                           "a path of at most %d characters, without quotes",
                           CONFIG_PATH_MAX - 1);
        return;
    case SETTING_NUMBER:
    case SETTING_FD:
        if (strcmp(s->value, "DAYS") == 0)
            unit = " (days)";
        else if (strcmp(s->value, "MIB") == 0)
            unit = " (MiB)";
        (void)snprintf(out, size, "a number from %" PRIu64 " to %" PRIu64 "%s",
                       s->min, s->max, unit);
        return;
    case SETTING_SWITCH:
        (void)snprintf(out, size, "yes or no");
        return;
    case SETTING_CHOICE:
        expects_choice(s, out, size);
        return;
    case SETTING_ENDPOINTS:
        (void)snprintf(out, size,
                       "%s, IPv6 in brackets, the port from %" PRIu64
                       " to 65535, at most %" PRIu64 " of them",
                       s->value, s->min, s->max);
        return;
    case SETTING_METRICS:
        (void)snprintf(out, size,
                       "off, 127.0.0.1:PORT, [::1]:PORT or the whole path of "
                       "a socket");
        return;
    }
}
