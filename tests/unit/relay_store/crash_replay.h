/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From what crash_vfs.h wrote down to what a disk may look like: goes through
 * the steps once, and at each of them makes images of a crash just there. */
#ifndef RELAY_STORE_CRASH_REPLAY_H
#define RELAY_STORE_CRASH_REPLAY_H

#include "crash_vfs.h"

enum { REPLAY_LOOSE = 64 };

/* What the disk surely holds after the steps so far, and what it may. */
struct replay {
    const struct crash_disk *of;
    size_t at;                           /* steps taken */
    struct crash_file sure[CRASH_FILES]; /* content that was synced */
    size_t first_loose[CRASH_FILES];     /* step from which on a file's writes
                                          * are not */
    unsigned named[CRASH_NAMES];         /* surely, as in crash_name */
    size_t loose[REPLAY_LOOSE];          /* steps that change names and may be
                                          * lost, in their order */
    size_t loose_count;
    uint64_t random;
};

static inline uint64_t
replay_random(struct replay *r, uint64_t below)
{
    r->random ^= r->random << 13;
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return r->random % below;
}

static inline void
replay_start(struct replay *r, const struct crash_disk *of)
{
    *r = (struct replay){.of = of, .random = 1};
    for (unsigned i = 0; i < CRASH_NAMES; i++)
        r->named[i] = CRASH_FILES;
}

/* What is there before the first step is there surely. */
static inline void
replay_start_from(struct replay *r, const struct crash_disk *of)
{
    replay_start(r, of);
    for (unsigned i = 0; i < of->name_count; i++)
        r->named[i] = of->names[i].file;
    for (unsigned i = 0; i < of->file_count; i++)
        crash_put(&r->sure[i], of->files[i].b, of->files[i].len, 0);
}

static inline void
replay_end(struct replay *r)
{
    for (unsigned i = 0; i < CRASH_FILES; i++)
        free(r->sure[i].b);
}

/* Applies a change of content whole. */
static inline void
replay_apply(struct crash_file *f, const struct crash_step *s)
{
    if (s->kind == CRASH_WRITE)
        crash_put(f, s->bytes, s->len, (size_t)s->at);
    else if (s->kind == CRASH_TRUNCATE)
        crash_set_len(f, (size_t)s->at);
}

static inline void
replay_name(unsigned named[static CRASH_NAMES], const struct crash_step *s)
{
    named[s->name] = s->kind == CRASH_CREATE ? s->file : CRASH_FILES;
    if (s->kind == CRASH_RENAME)
        named[s->to] = s->file;
}

static inline bool
replay_same_folder(const struct replay *r, unsigned a, unsigned b)
{
    const char *one = r->of->names[a].path;
    const char *two = r->of->names[b].path;
    size_t len = (size_t)(strrchr(one, '/') - one) + 1;

    return strncmp(one, two, len) == 0 && strchr(two + len, '/') == NULL;
}

/* The changes of names in a folder are there for good. */
static inline void
replay_sync_folder(struct replay *r, unsigned name)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->loose_count; i++) {
        const struct crash_step *s = &r->of->steps[r->loose[i]];

        if (replay_same_folder(r, s->name, name))
            replay_name(r->named, s);
        else
            r->loose[kept++] = r->loose[i];
    }
    r->loose_count = kept;
}

/* Takes one more step. False: there are no more. */
static inline bool
replay_step(struct replay *r)
{
    const struct crash_step *s;

    if (r->at == r->of->step_count)
        return false;
    s = &r->of->steps[r->at++];
    if (s->kind == CRASH_SYNC) {
        for (size_t i = r->first_loose[s->file]; i < r->at; i++)
            if (r->of->steps[i].file == s->file)
                replay_apply(&r->sure[s->file], &r->of->steps[i]);
        r->first_loose[s->file] = r->at;
    } else if (s->kind == CRASH_SYNC_FOLDER) {
        replay_sync_folder(r, s->name);
    } else if (s->kind <= CRASH_RENAME) {
        if (r->loose_count == REPLAY_LOOSE)
            abort();
        r->loose[r->loose_count++] = r->at - 1;
    }
    return true;
}

/* How much of what was not synced is there. */
enum replay_mood {
    REPLAY_NOTHING,    /* all of it is lost */
    REPLAY_EVERYTHING, /* as after kill -9 */
    REPLAY_SOME,       /* each sector with one half */
    REPLAY_FEW,
    REPLAY_MOST,
    REPLAY_LATE, /* the later it came, the likelier it is there */
    REPLAY_MOODS
};

static inline bool
replay_survives(struct replay *r, enum replay_mood mood, size_t step)
{
    switch (mood) {
    case REPLAY_NOTHING:
        return false;
    case REPLAY_EVERYTHING:
        return true;
    case REPLAY_SOME:
        return replay_random(r, 2) == 0;
    case REPLAY_FEW:
        return replay_random(r, 10) == 0;
    case REPLAY_MOST:
        return replay_random(r, 10) != 0;
    case REPLAY_LATE:
        return step + 1 + replay_random(r, 8) > r->at;
    case REPLAY_MOODS:
        break;
    }
    return false;
}

/* Grows a file as a disk does that has noted the length but not the bytes. */
static inline void
replay_grow(struct replay *r, struct crash_file *f, size_t len)
{
    size_t from = f->len;
    bool rubbish = replay_random(r, 2) == 0;

    if (len <= from)
        return;
    crash_set_len(f, len);
    for (size_t i = from; rubbish && i < len; i++)
        f->b[i] = (uint8_t)replay_random(r, 256);
}

/* A write, sector by sector. */
static inline void
replay_write_some(struct replay *r,
                  enum replay_mood mood,
                  struct crash_file *f,
                  const struct crash_step *s,
                  size_t step)
{
    for (size_t done = 0; done < s->len;) {
        size_t at = (size_t)s->at + done;
        size_t n = CRASH_SECTOR - at % CRASH_SECTOR;

        if (n > s->len - done)
            n = s->len - done;
        if (replay_survives(r, mood, step)) {
            size_t whole = n;

            if (mood > REPLAY_EVERYTHING && replay_random(r, 16) == 0)
                whole = (size_t)replay_random(r, n); /* torn */
            replay_grow(r, f, at);
            crash_put(f, s->bytes + done, whole, at);
        }
        done += n;
    }
}

static inline void
replay_file(struct replay *r,
            enum replay_mood mood,
            unsigned file,
            struct crash_file *out)
{
    const struct crash_file *sure = &r->sure[file];

    if (sure->len > 0)
        crash_put(out, sure->b, sure->len, 0);
    for (size_t i = r->first_loose[file]; i < r->at; i++) {
        const struct crash_step *s = &r->of->steps[i];

        if (s->file != file)
            continue;
        if (s->kind == CRASH_WRITE)
            replay_write_some(r, mood, out, s, i);
        else if (s->kind == CRASH_TRUNCATE && replay_survives(r, mood, i))
            crash_set_len(out, (size_t)s->at);
    }
}

/* Which names are there: up to some change, or each change for itself. */
static inline void
replay_names(struct replay *r,
             enum replay_mood mood,
             unsigned named[static CRASH_NAMES])
{
    bool in_order = replay_random(r, 2) == 0;
    size_t until = replay_random(r, r->loose_count + 1);

    memcpy(named, r->named, sizeof r->named);
    for (size_t i = 0; i < r->loose_count; i++)
        if (mood == REPLAY_EVERYTHING ||
            (mood != REPLAY_NOTHING &&
             (in_order ? i < until : replay_random(r, 2) == 0)))
            replay_name(named, &r->of->steps[r->loose[i]]);
}

/* A crash here: fills crash_image. The same seed gives the same image. folder
 * stands for the live one in the names. */
static inline void
replay_crash(struct replay *r,
             enum replay_mood mood,
             uint64_t seed,
             const char *live,
             const char *folder)
{
    unsigned named[CRASH_NAMES];

    r->random = seed * 0x9e3779b97f4a7c15u + 1;
    replay_names(r, mood, named);
    crash_disk_free(&crash_image);
    for (unsigned i = 0; i < r->of->name_count; i++) {
        const char *path = r->of->names[i].path;
        char name[2 * CRASH_NAME];
        unsigned to;

        if (named[i] == CRASH_FILES)
            continue;
        if (strncmp(path, live, strlen(live)) == 0)
            (void)snprintf(name, sizeof name, "%s%s", folder,
                           path + strlen(live));
        else
            (void)snprintf(name, sizeof name, "%s", path);
        to = crash_new_file(&crash_image, name, false);
        replay_file(r, mood, named[i], &crash_image.files[to]);
    }
}

#endif
