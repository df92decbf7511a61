/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The people of a benchmark: n identities "user-0" on, and the key packages
 * of all but the first, who creates the group. */
#ifndef BENCH_MLS_CROWD_H
#define BENCH_MLS_CROWD_H

#include "base/buf.h"
#include "mls/group.h"

struct mls_person {
    char name[24];
    struct mls_identity identity;
    struct mls_key_package_secret secret;
    struct buf package;
};

struct mls_crowd {
    struct mls_person *people;
    struct bytes *packages; /* of people[1], people[2], ... */
    uint32_t n;
};

/* Seconds since 1970 that all benchmarks live in, and the lifetime of what is
 * made in them. */
enum { CROWD_NOW = 1700000000, CROWD_DAY = 86400 };

void mls_crowd_init(struct mls_crowd *c, uint32_t n);
void mls_crowd_free(struct mls_crowd *c);

/* A group of people[0] alone. */
struct mls_group *mls_crowd_create(const struct mls_crowd *c);

#endif
