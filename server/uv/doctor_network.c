/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The port, the name, and whether the relay answers where its link says, with
 * its own key: a whole handshake, as a client makes one. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "transport/link.h"

#include "address.h"
#include "doctor.h"
#include "folder.h"

enum { PATIENCE_MS = 5000, WHERE_MAX = CONFIG_HOST_MAX + 16, PART_LEN = 4096 };

static uint64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Waits for the socket, until a moment. */
static bool
wait_for(int fd, short what, uint64_t until)
{
    struct pollfd p = {.fd = fd, .events = what};
    uint64_t now = now_ms();

    return now < until && poll(&p, 1, (int)(until - now)) == 1;
}

static struct addrinfo *
resolve(const struct config_endpoint *e, bool passive)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV |
                                               (passive ? AI_NUMERICHOST : 0)};
    struct addrinfo *list = NULL;
    char port[8];

    (void)snprintf(port, sizeof port, "%u", e->port);
    return getaddrinfo(e->host, port, &hints, &list) == 0 ? list : NULL;
}

/* 0: it could be had; else errno. */
static int
try_bind(const struct config_endpoint *e)
{
    struct addrinfo *a = resolve(e, true);
    int on = 1;
    int reason = 0;
    int fd;

    if (a == NULL)
        return EADDRNOTAVAIL;
    fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        freeaddrinfo(a);
        return errno;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, a->ai_addr, a->ai_addrlen) != 0)
        reason = errno;
    close(fd);
    freeaddrinfo(a);
    return reason;
}

static void
judge_port(struct doctor *d, const char *where, int reason)
{
    if (reason == EADDRINUSE && d->running)
        doctor_say(d, "port", DOCTOR_OK, NULL, "%s is listened at", where);
    else if (reason == EADDRINUSE)
        doctor_say(d, "port", DOCTOR_WRONG,
                   "stop what has it (ss -ltnp), or choose another port",
                   "%s is taken by something else", where);
    else if (reason == EACCES)
        doctor_say(d, "port", DOCTOR_WARNING,
                   "let the service manager hand the socket over, or choose a "
                   "port from 1024 on",
                   "%s may not be had by who asks", where);
    else if (reason != 0)
        doctor_say(d, "port", DOCTOR_WRONG, "see the key listen", "%s: %s",
                   where, strerror(reason));
    else if (d->running && d->handed)
        doctor_say(d, "port", DOCTOR_OK, NULL,
                   "the service manager's sockets are used instead of %s",
                   where);
    else if (d->running)
        doctor_say(d, "port", DOCTOR_WARNING,
                   "was listen changed since it started? Then restart it",
                   "the running relay does not listen at %s", where);
    else
        doctor_say(d, "port", DOCTOR_OK, NULL, "%s is free for the relay",
                   where);
}

void
doctor_port(struct doctor *d)
{
    const struct config *c = d->config;
    char where[WHERE_MAX];

    for (size_t i = 0; i < c->listen_count; i++) {
        config_write_endpoint(&c->listens[i], where, sizeof where);
        if (c->listens[i].port == 0)
            doctor_say(d, "port", DOCTOR_OK, NULL, "the system picks one");
        else
            judge_port(d, where, try_bind(&c->listens[i]));
    }
}

/* A connection, or -1 with errno. */
static int
connect_any(const struct addrinfo *list, uint64_t until)
{
    int reason = ETIMEDOUT;

    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        int fd =
            socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        socklen_t len = sizeof reason;

        if (fd < 0)
            continue;
        reason = connect(fd, a->ai_addr, a->ai_addrlen) == 0 ? 0 : errno;
        if (reason == EINPROGRESS) {
            reason = ETIMEDOUT;
            if (wait_for(fd, POLLOUT, until) &&
                getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &len) != 0)
                reason = errno;
        }
        if (reason == 0)
            return fd;
        close(fd);
    }
    errno = reason;
    return -1;
}

static bool
send_all(int fd, struct buf *out, uint64_t until)
{
    while (out->len > 0) {
        ssize_t n = send(fd, out->b, out->len, MSG_NOSIGNAL);

        if (n > 0)
            buf_consume(out, (size_t)n);
        else if (n < 0 && errno != EAGAIN)
            return false;
        else if (!wait_for(fd, POLLOUT, until))
            return false;
    }
    return true;
}

/* A name of Tor's: to look it up would tell a name server of it (RFC 7686). */
static bool
is_onion(const char *host)
{
    static const char onion[] = ".onion";
    size_t len = strlen(host);

    while (len > 0 && host[len - 1] == '.')
        len--;
    return len >= sizeof onion - 1 &&
           strncasecmp(host + len - (sizeof onion - 1), onion,
                       sizeof onion - 1) == 0;
}

/* Whether who is there has the key: true when the handshake is done. */
static bool
shake(int fd, struct link *l, struct buf *out, uint64_t until)
{
    uint8_t in[PART_LEN];
    struct bytes frame;

    while (link_state(l) != LINK_OPEN) {
        ssize_t n;

        if (!send_all(fd, out, until) || !wait_for(fd, POLLIN, until))
            return false;
        n = recv(fd, in, sizeof in, 0);
        if (n <= 0)
            return false;
        link_feed(l, (struct bytes){in, (size_t)n});
        while (link_next(l, out, &frame) == ERR_OK)
            continue; /* it says nothing before it was asked */
        if (link_state(l) == LINK_FAILED)
            return false;
    }
    return true;
}

static bool
has_key(int fd, const struct dh_public *key, const char *where, uint64_t until)
{
    struct buf out = buf_limited(LINK_OUT_MAX);
    struct link *l = NULL;
    bool ok = link_new_client(key, bytes_str(where), &out, &l) == ERR_OK &&
              shake(fd, l, &out, until);

    link_free(l);
    buf_free(&out);
    return ok;
}

/* What only a client can see, which speaks TLS. */
static const char by_client[] =
    "run pristan --profile check --no-passphrase group new Check --name me "
    "--relay LINK on another machine, with the link that pristan-relay link "
    "prints; 0 is well, 75: nobody answers, 76: it is not this relay; then "
    "pristan --profile check wipe --yes";

static const char by_tor[] =
    "run pristan --proxy socks5h://127.0.0.1:9050 --profile check "
    "--no-passphrase group new Check --name me --relay LINK where a tor runs, "
    "with the link that pristan-relay link prints; then pristan --profile "
    "check wipe --yes";

static void
reach_one(struct doctor *d,
          const struct config_endpoint *e,
          const struct dh_public *key)
{
    char where[WHERE_MAX];
    uint64_t until = now_ms() + PATIENCE_MS;
    struct addrinfo *list;
    int fd;

    config_write_endpoint(e, where, sizeof where);
    if (is_onion(e->host)) {
        doctor_say(
            d, "reach", DOCTOR_WARNING, by_tor,
            "%s is an onion service: it was not looked up, and not tried",
            where);
        return;
    }
    list = resolve(e, false);
    if (list == NULL) {
        doctor_say(d, "name", DOCTOR_WRONG,
                   "make a DNS record for it, or see the key public",
                   "%s has no address", e->host);
        return;
    }
    doctor_say(d, "name", DOCTOR_OK, NULL, "%s has an address", e->host);
    fd = connect_any(list, until);
    freeaddrinfo(list);
    if (fd < 0)
        doctor_say(d, "reach", d->running ? DOCTOR_WRONG : DOCTOR_WARNING,
                   d->running ? "see the firewall and the key public"
                              : "start the relay and ask again",
                   "nobody answers at %s, seen from this machine (%s)", where,
                   strerror(errno));
    else if (e->tls)
        doctor_say(d, "reach", DOCTOR_WARNING, by_client,
                   "somebody answers at %s; behind TLS it was not checked "
                   "whether the web server there passes clients on to this "
                   "relay",
                   where);
    else if (key == NULL)
        doctor_say(d, "reach", DOCTOR_WARNING, "see the key above",
                   "somebody answers at %s, but whether it is this relay "
                   "cannot be told",
                   where);
    else if (has_key(fd, key, where, until))
        doctor_say(d, "reach", DOCTOR_OK, NULL,
                   "this relay answers at %s, seen from this machine only",
                   where);
    else
        doctor_say(d, "reach", DOCTOR_WRONG,
                   "see what listens there and what the web server in front "
                   "passes on",
                   "something that is not this relay answers at %s", where);
    if (fd >= 0)
        close(fd);
}

static void
judge_address(struct doctor *d,
              const struct config *c,
              const struct config_endpoint *e,
              bool loaded)
{
    static const char advice[] =
        "set public = NAME:PORT, as it is seen from outside, reload, and hand "
        "out the link that pristan-relay invite prints then";
    enum address_doubt doubt = address_doubt(c, e, loaded);

    if (doubt == ADDRESS_PRIVATE)
        doctor_say(d, "link", DOCTOR_WARNING, advice,
                   "it holds %s, which nobody on the internet can reach",
                   e->host);
    else if (doubt == ADDRESS_GUESSED)
        doctor_say(d, "link", DOCTOR_WARNING, advice,
                   "it holds %s, which is a guess", e->host);
}

void
doctor_reach(struct doctor *d)
{
    struct config *c = mem_new(sizeof *c);
    struct dh_secret *secret = secret_new(sizeof *secret);
    struct dh_public key;
    bool loaded = d->config->public_count == 0;
    bool have_key;

    /* a name server that is silent must not hold us up for long */
    (void)setenv("RES_OPTIONS", "timeout:2 attempts:1", 0);
    if (c != NULL && secret != NULL) {
        *c = *d->config;
        have_key = folder_key(c->data, false, secret) == ERR_OK;
        if (have_key)
            dh_derive_public(secret, &key);
        if (address_load(c) != ERR_OK || c->public_count == 0)
            doctor_say(d, "reach", DOCTOR_WARNING, "set the key public",
                       "where people reach the relay is not known yet");
        for (size_t i = 0; i < c->public_count; i++)
            judge_address(d, c, &c->publics[i], loaded);
        for (size_t i = 0; i < c->public_count; i++)
            reach_one(d, &c->publics[i], have_key ? &key : NULL);
    }
    secret_free(secret);
    mem_free(c);
}
