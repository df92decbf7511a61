/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mls_crowd.h"

#include <stdio.h>

#include "base/mem.h"
#include "clock.h"

enum { PACKAGE_MAX = 4096 };

static void
make_person(struct mls_person *p, uint32_t number)
{
    struct sign_public unused;

    (void)snprintf(p->name, sizeof p->name, "user-%u", number);
    p->identity.credential = bytes_str(p->name);
    sign_generate(&p->identity.signature, &unused);
    p->package = buf_limited(PACKAGE_MAX);
    if (number == 0)
        return;
    bench_must(mls_key_package_new(&p->identity, CROWD_NOW - CROWD_DAY,
                                   CROWD_NOW + CROWD_DAY, false, &p->package,
                                   &p->secret),
               "key package");
}

void
mls_crowd_init(struct mls_crowd *c, uint32_t n)
{
    c->n = n;
    c->people = mem_new_array(n, sizeof *c->people);
    c->packages = mem_new_array(n, sizeof *c->packages);
    if (c->people == NULL || c->packages == NULL) {
        bench_must(ERR_MEMORY, "crowd");
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        make_person(&c->people[i], i);
        if (i > 0)
            c->packages[i - 1] = buf_bytes(&c->people[i].package);
    }
}

void
mls_crowd_free(struct mls_crowd *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        buf_free(&c->people[i].package);
        mls_key_package_secret_wipe(&c->people[i].secret);
        sign_secret_wipe(&c->people[i].identity.signature);
    }
    mem_free(c->people);
    mem_free(c->packages);
    *c = (struct mls_crowd){0};
}

struct mls_group *
mls_crowd_create(const struct mls_crowd *c)
{
    struct mls_group *g = NULL;

    bench_must(mls_group_create(&c->people[0].identity, bytes_str("bench"),
                                NULL, 0, CROWD_NOW - CROWD_DAY,
                                CROWD_NOW + CROWD_DAY, &g),
               "create");
    return g;
}
