/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A folder for one test, under the system's temporary one. Include
 * "support/check.h" first. */
#ifndef TESTS_UNIT_CLIENT_STORE_PLACE_H
#define TESTS_UNIT_CLIENT_STORE_PLACE_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client_store/profile.h"

enum { PLACE_MAX = 512 };

struct place {
    char folder[PLACE_MAX];  /* made, 0700 */
    char profile[PLACE_MAX]; /* inside it, not made */
};

static inline int
place_remove_one(const char *path,
                 const struct stat *st,
                 int type,
                 struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void
place_free(struct place *p)
{
    (void)nftw(p->folder, place_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline struct place
place_new(void)
{
    const char *tmp = getenv("TMPDIR");
    struct place p;

    (void)snprintf(p.folder, sizeof p.folder, "%s/pristan-test-XXXXXX",
                   tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(p.folder));
    (void)snprintf(p.profile, sizeof p.profile, "%.400s/profile", p.folder);
    return p;
}

/* The path of a file in the profile; good until the next call. */
static inline const char *
place_file(const struct place *p, const char *name)
{
    static char path[PLACE_MAX + 64];

    (void)snprintf(path, sizeof path, "%s/%s", p->profile, name);
    return path;
}

static inline unsigned
place_mode(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static inline bool
place_has(const struct place *p, const char *name)
{
    return access(place_file(p, name), F_OK) == 0;
}

/* Appends a file's bytes. */
static inline void
place_read(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    int c;

    assert_non_null(f);
    while ((c = fgetc(f)) != EOF)
        buf_u8(out, (uint8_t)c);
    fclose(f);
    assert_ok(buf_end(out));
}

static inline void
place_write(const char *path, struct bytes in)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(in.b, 1, in.len, f), in.len);
    assert_int_equal(fclose(f), 0);
}

#endif
