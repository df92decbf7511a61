/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What one turn of the client leads to. The driver stores `writes` and
 * `history` in one transaction, then does the rest in this order: sends, dials,
 * hangups, notices. All borrowed from the core until client_release(). */
#ifndef CLIENT_BATCH_H
#define CLIENT_BATCH_H

#include "client/notice.h"

enum { CLIENT_KEY_MAX = 80 }; /* bytes of a row's key */

/* A row of state; the store seals the value, and binds it to its key. */
struct client_write {
    struct bytes key;   /* 1 .. CLIENT_KEY_MAX bytes, not secret by itself but
                         * holds ids: the store keeps only a keyed hash of it */
    struct bytes value; /* may be empty */
    bool remove;        /* value is ignored; no error when it is not there */
};

/* A row of history, read by pages by the view, never by the core. */
struct client_history {
    struct client_id group;
    uint64_t seq;        /* grows by one in each group */
    uint64_t expires_ms; /* since 1970; 0 never */
    struct bytes value;  /* notice_write() */
};

struct client_send {
    uint64_t session;
    struct bytes data;
};

/* Open a connection; answered by client_feed_connected() or _closed(). */
struct client_dial {
    uint64_t session;
    const char *host; /* name or address, no brackets */
    uint16_t port;
    bool tls;
};

struct client_batch {
    const struct client_write *writes;
    size_t write_count;
    const struct client_history *history;
    size_t history_count;
    const struct client_send *sends;
    size_t send_count;
    const struct client_dial *dials;
    size_t dial_count;
    const uint64_t *hangups; /* sessions to close; no _closed() comes back */
    size_t hangup_count;
    const struct notice *notices;
    size_t notice_count;
    uint64_t
        deadline_ms; /* feed a tick at this monotonic time; UINT64_MAX never */
};

#endif
