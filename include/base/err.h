/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of reasons why something did not work. A reason is here only
 * because some caller does something different about it. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define MUST_USE __attribute__((warn_unused_result))

enum err {
    ERR_OK,

    /* ours */
    ERR_MEMORY,   /* an allocation failed, or a budget is used up */
    ERR_DISK,     /* reading or writing a store failed */
    ERR_FULL,     /* no room: disk, quota, or a table at its limit */
    ERR_BUSY,     /* held by another process */
    ERR_INTERNAL, /* a primitive that cannot fail did */

    /* the peer's, or whoever wrote the bytes */
    ERR_MALFORMED, /* does not parse, or breaks a rule of its format */
    ERR_TOO_LARGE, /* over a limit of limits.h */
    ERR_AUTH,      /* a signature, tag or proof does not hold */

    /* the moment's */
    ERR_TURN,        /* right thing, wrong state */
    ERR_EPOCH,       /* for another MLS epoch than the present one */
    ERR_NOT_FOUND,   /* no such thing here */
    ERR_EXISTS,      /* already there, already used, already seen */
    ERR_CONFLICT,    /* somebody else was first */
    ERR_EXPIRED,     /* was valid once */
    ERR_DENIED,      /* understood, but not allowed */
    ERR_UNSUPPORTED, /* a version, suite or kind that we do not speak */
    ERR_USE,         /* the caller's arguments make no sense */

    ERR_COUNT
};

/* A short English name for logs and tests, such as "MALFORMED"; never NULL. */
const char *err_name(enum err e);

#endif
