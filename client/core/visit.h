/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What knocking and asking have in common: a link, its card, key packages, a
 * Welcome. */
#ifndef CLIENT_CORE_VISIT_H
#define CLIENT_CORE_VISIT_H

#include "cards.h"
#include "modules.h"

enum visit_state {
    VISIT_FETCHING = 1, /* the card */
    VISIT_SENDING,      /* the letter is written, not yet durable */
    VISIT_WAITING       /* for an answer */
};

enum { VISIT_KEY_PACKAGES_MAX = LETTER_KEY_PACKAGES_MAX };

struct visit {
    struct client_id id; /* of the letter, and of the line */
    struct address relay;
    uint8_t card[16];
    uint8_t secret[URI_SECRET_LEN];
    enum visit_state state;
    struct buf key_packages[VISIT_KEY_PACKAGES_MAX];
    struct mls_key_package_secret secrets[VISIT_KEY_PACKAGES_MAX];
    bool used[VISIT_KEY_PACKAGES_MAX]; /* its secret is gone */
    size_t key_package_count;
    struct parcel parcel;   /* not stored */
    uint64_t parcel_number; /* the letter that named it */
    uint64_t act;           /* not stored */
};

/* A link as a person gave it: ERR_MALFORMED when it is none, ERR_AUTH when it
 * is damaged, ERR_UNSUPPORTED of a later version, ERR_USE of another kind. */
MUST_USE enum err
visit_begin(struct visit *v, struct bytes link, enum uri_kind kind);
void visit_wipe(struct visit *v);

void visit_write(const struct visit *v, struct buf *out);
/* Through r, and e for memory. */
MUST_USE enum err visit_read(struct reader *r, struct visit *v);

/* Asks for the card, when that is what is missing. */
MUST_USE enum err visit_live(struct client *c, struct visit *v);

/* Judges the answer: CODE_NONE and out filled (the title borrows from plain),
 * or why nobody answers here. *later: nothing is decided, ask again. */
MUST_USE enum err visit_card(struct client *c,
                             const struct visit *v,
                             const struct event *ev,
                             enum card_purpose purpose,
                             struct buf *plain,
                             struct cards_opened *out,
                             enum notice_code *code,
                             bool *later);

/* count key packages with fresh identities of that name. */
MUST_USE enum err visit_key_packages(struct client *c,
                                     struct visit *v,
                                     struct bytes name,
                                     size_t count);

/* Tries a Welcome with those that are not used. *out NULL: it is not for us, or
 * not what it should be: kinds says which group kinds may come (bit of enum
 * group_kind). Marks the key package as used and wipes its secret. */
MUST_USE enum err visit_welcome(struct client *c,
                                struct visit *v,
                                struct bytes welcome,
                                unsigned kinds,
                                struct mls_group **out);

#endif
