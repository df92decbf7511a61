/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Members of a group between whom letters travel, for the fuzz target of
 * mls_group_process(). Whatever happens to a member goes through scene_hear()
 * or scene_merge(), which assert what must always hold. */
#ifndef FUZZ_MLS_SCENE_H
#define FUZZ_MLS_SCENE_H

#include "lib/mls/group_private.h"
#include "mls_world.h"

enum {
    SCENE_PLACES = WORLD_MEMBERS + 1, /* the last begins outside */
    SCENE_LETTERS = 16,
    SCENE_SHOWN = 128
};

/* A text that a member has been shown, by what can be used once only. */
struct shown {
    uint64_t epoch;
    uint32_t leaf;
    uint32_t generation;
};

struct member {
    struct mls_group *g;    /* NULL: outside */
    struct mls_staged *own; /* a commit that waits to be decided, or NULL */
    struct shown shown[SCENE_SHOWN];
    size_t shown_count;
    bool tainted; /* has taken something that no honest member made: what is
                   * promised among honest members is not promised to it */
};

/* One MLSMessage, and the epoch that its maker was in. */
struct letter {
    struct buf message;
    size_t sender;
    uint64_t epoch;
    uint8_t confirmed[MLS_HASH_LEN];
    bool is_commit;
    bool clean; /* made by a member who is not tainted */
};

struct scene {
    struct member at[SCENE_PLACES];
    struct letter letters[SCENE_LETTERS]; /* a ring, oldest overwritten */
    size_t letter_count;                  /* ever */
    struct buf welcome;                   /* the last one; may be empty */
    bool welcome_clean;
};

/* A pre-shared key that everybody has. */
extern const struct mls_psk scene_psk;

/* Once for the process. */
void scene_prepare(void);

/* The same at the beginning of every input. */
void scene_begin(struct scene *s);
void scene_end(struct scene *s);

/* What the outsider gave out, and opens a Welcome with. */
struct bytes scene_key_package(void);
const struct mls_identity *scene_outsider(void);

/* An external_senders extension with the outsider in it. */
struct bytes scene_external_senders(void);

/* NULL when nothing was sent yet. */
const struct letter *scene_letter(const struct scene *s, size_t which);

/* A letter of message in the ring, its facts those of the sender now. */
struct letter *
scene_write(struct scene *s, size_t sender, struct bytes message);

/* Gives message to a member, who judges it and takes what it may. original is
 * the letter that it is, unchanged, or NULL. */
void scene_hear(struct scene *s,
                size_t who,
                struct bytes message,
                const struct letter *original);

/* Merges what the member made itself; what was stored before is what is there
 * after. */
void scene_merge(struct member *m, struct mls_staged *staged);

/* An own commit of this epoch counts. */
void scene_decide(struct scene *s, size_t who);

/* The member goes through its blobs. */
void scene_restart(struct scene *s, size_t who);

/* Outside, by a Welcome or by itself; nothing happens when already in. */
void scene_join(struct scene *s, struct bytes welcome, bool clean);
void scene_join_external(struct scene *s, struct bytes group_info, bool clean);

/* Members whose transcripts are the same have the same secrets. */
void scene_agree(const struct scene *s);

#endif
