/* SPDX-License-Identifier: Apache-2.0 */
/* Group state that MLS itself carries and authenticates: private-use extensions
 * (RFC 9420 section 17.3), in TLS presentation language. */
#ifndef WIRE_SETTINGS_H
#define WIRE_SETTINGS_H

#include "base/buf.h"
#include "base/limits.h"

enum {
    SETTINGS_EXTENSION = 0xf2a1,     /* in the GroupContext: struct settings */
    DISPLAY_NAME_EXTENSION = 0xf2a0, /* in a leaf: the name in UTF-8 */
    SETTINGS_ADMINS_MAX = 8,
    SETTINGS_CREDENTIAL_LEN = 16
};

enum group_kind {
    GROUP_CIRCLE = 1, /* closed: knock and be approved */
    GROUP_LOBBY = 2,  /* anyone with the link is let in */
    GROUP_CASE = 3    /* a volunteer and a newcomer */
};

/* struct {
 *     uint8 kind; opaque title<V>; uint32 expiry_s; uint8 history;
 *     opaque admins<V> (16 bytes each); opaque desk_title<V>; opaque case_id<V>
 * } */
struct settings {
    enum group_kind kind;
    struct bytes title; /* UTF-8, 1 .. LIMIT_TITLE */
    uint32_t expiry_s;  /* texts disappear so long after sending; 0 never */
    bool history;       /* new members get what was said before */
    uint8_t admins[SETTINGS_ADMINS_MAX][SETTINGS_CREDENTIAL_LEN];
    size_t admin_count;      /* 1 .. SETTINGS_ADMINS_MAX */
    struct bytes desk_title; /* CASE: the name under which one answers */
    struct bytes case_id;    /* CASE: 16 bytes */
};

/* ERR_USE for a value out of range, ERR_MEMORY, ERR_TOO_LARGE. */
MUST_USE enum err settings_write(const struct settings *in, struct buf *out);

/* Borrows from in. ERR_MALFORMED. */
MUST_USE enum err settings_read(struct bytes in, struct settings *out);

#endif
