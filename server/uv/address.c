/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where the relay can be reached. */
#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <uv.h>

#include "transport/uri.h"

#include "folder.h"

static bool
is_wildcard(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

/* An address of this machine that others may reach; IPv4 first. */
static bool
find_own(char *out, size_t size)
{
    uv_interface_address_t *all;
    int count = 0;
    bool found = false;

    if (uv_interface_addresses(&all, &count) != 0)
        return false;
    for (int i = 0; i < count && !found; i++) {
        if (all[i].is_internal || all[i].address.address4.sin_family != AF_INET)
            continue;
        found = uv_ip4_name(&all[i].address.address4, out, size) == 0;
    }
    uv_free_interface_addresses(all, count);
    return found;
}

void
address_guess(struct config *c,
              const struct config_endpoint *listening,
              bool *guessed)
{
    struct config_endpoint *p = &c->publics[0];

    *guessed = false;
    if (c->public_count > 0)
        return;
    *p = *listening;
    if (p->host[0] == '\0') { /* a local socket: a web server is in front */
        (void)snprintf(p->host, sizeof p->host, "::");
        p->port = CONFIG_PORT_WEB;
    }
    if (is_wildcard(p->host)) {
        *guessed = true;
        if (!find_own(p->host, sizeof p->host))
            (void)snprintf(p->host, sizeof p->host, "127.0.0.1");
    }
    c->public_count = 1;
}

/* What no route of the internet leads to: RFC 6890 and what came after it. IPv4
 * as it is mapped into IPv6. */
static const struct {
    uint8_t b[5]; /* after the 96 bits of the mapping, for IPv4 */
    bool v4;
    uint8_t bits;
} nowhere[] = {
    {{0}, true, 8},
    {{10}, true, 8},
    {{100, 64}, true, 10},
    {{127}, true, 8},
    {{169, 254}, true, 16},
    {{172, 16}, true, 12},
    {{192, 0, 0}, true, 24},
    {{192, 0, 2}, true, 24},
    {{192, 168}, true, 16},
    {{198, 18}, true, 15},
    {{198, 51, 100}, true, 24},
    {{203, 0, 113}, true, 24},
    {{224}, true, 3},
    {{0x20, 0x01, 0x0d, 0xb8}, false, 32},
    {{0x3f, 0xff}, false, 20},
    {{0xfc}, false, 7},
    {{0xfe, 0x80}, false, 9}, /* link-local, and the site-local of once */
    {{0xff}, false, 8},
};

static bool
begins(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned rest = bits % 8;

    return memcmp(a, b, bits / 8) == 0 &&
           (rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0);
}

static bool
is_private(const char *host)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    uint8_t a[16] = {[10] = 0xff, [11] = 0xff};
    bool v4 = inet_pton(AF_INET, host, a + 12) == 1;

    if (!v4 && inet_pton(AF_INET6, host, a) != 1)
        return strcasecmp(host, "localhost") == 0;
    v4 = v4 || memcmp(a, mapped, sizeof mapped) == 0;
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
        if (nowhere[i].v4 == v4 &&
            begins(v4 ? a + 12 : a, nowhere[i].b, nowhere[i].bits))
            return true;
    return strcmp(host, "::1") == 0 || is_wildcard(host);
}

enum address_doubt
address_doubt(const struct config *c,
              const struct config_endpoint *p,
              bool loaded)
{
    char own[CONFIG_HOST_MAX + 1];

    if (is_private(p->host))
        return ADDRESS_PRIVATE;
    for (size_t i = 0; i < c->listen_count; i++)
        if (strcmp(c->listens[i].host, p->host) == 0)
            return ADDRESS_GOOD; /* somebody wrote it */
    if (loaded && find_own(own, sizeof own) && strcmp(own, p->host) == 0)
        return ADDRESS_GUESSED;
    return ADDRESS_GOOD;
}

/* A relay that starts again has nothing to write, so it can do so on a full
 * disk. */
static bool
is_saved(const struct config *c, struct bytes text)
{
    struct buf in = buf_limited(4096);
    bool same = folder_read(c->data, FOLDER_ADDRESS_FILE, &in) == ERR_OK &&
                bytes_equal(buf_bytes(&in), text);

    buf_free(&in);
    return same;
}

enum err
address_save(const struct config *c)
{
    struct buf out = buf_limited(4096);
    enum err e;

    for (size_t i = 0; i < c->public_count; i++) {
        char line[CONFIG_HOST_MAX + sizeof "wss://[]:65535"];

        config_write_endpoint(&c->publics[i], line, sizeof line);
        buf_append(&out, bytes_str(line));
        buf_u8(&out, '\n');
    }
    e = buf_end(&out);
    if (e == ERR_OK && !is_saved(c, buf_bytes(&out)))
        e = folder_write(c->data, FOLDER_ADDRESS_FILE, buf_bytes(&out));
    buf_free(&out);
    return e;
}

enum err
address_load(struct config *c)
{
    struct buf in = buf_limited(4096);
    char *line;
    char *rest = NULL;
    enum err e;

    if (c->public_count > 0)
        return ERR_OK;
    e = folder_read(c->data, FOLDER_ADDRESS_FILE, &in);
    buf_u8(&in, 0);
    if (e == ERR_OK)
        e = buf_end(&in);
    if (e == ERR_OK) {
        line = strtok_r((char *)in.b, "\n", &rest);
        while (e == ERR_OK && line != NULL &&
               c->public_count < URI_ENDPOINTS_MAX) {
            e = config_read_endpoint(line, &c->publics[c->public_count++]);
            line = strtok_r(NULL, "\n", &rest);
        }
    }
    buf_free(&in);
    return e;
}

enum err
address_link(const struct config *c,
             const struct dh_secret *secret,
             struct buf *out)
{
    struct uri u = {.kind = URI_RELAY, .endpoint_count = c->public_count};

    static_assert((int)CONFIG_HOST_MAX == (int)URI_HOST_MAX, "one limit");
    dh_derive_public(secret, &u.relay_key);
    for (size_t i = 0; i < c->public_count; i++) {
        memcpy(u.endpoints[i].host, c->publics[i].host,
               sizeof u.endpoints[i].host);
        u.endpoints[i].port = c->publics[i].port;
        u.endpoints[i].tls = c->publics[i].tls;
    }
    return uri_write(&u, URI_TEXT, out);
}
