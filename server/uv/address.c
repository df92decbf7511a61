/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where the relay can be reached. */
#include "address.h"

#include <stdio.h>
#include <string.h>

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
