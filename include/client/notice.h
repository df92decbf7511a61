/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the client's core has to tell a person. A notice leaves with the batch,
 * after the batch is stored; those that belong to a conversation are also its
 * history, encoded by notice_write() into sealed rows. */
#ifndef CLIENT_NOTICE_H
#define CLIENT_NOTICE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"

enum {
    CLIENT_ID_LEN = 16
}; /* groups, messages, people, links, knocks, cases */

struct client_id {
    uint8_t b[CLIENT_ID_LEN];
};

enum notice_kind {
    /* part of a conversation's history */
    NOTICE_TEXT,         /* somebody said something: who, text, id */
    NOTICE_JOINED,       /* who is new; by whom */
    NOTICE_REMOVED,      /* who was removed; by whom */
    NOTICE_LEFT,         /* who went by themselves */
    NOTICE_YOU_JOINED,   /* this group is ours now */
    NOTICE_YOU_REMOVED,  /* by whom: nothing later can be read */
    NOTICE_LOCKED_OUT,   /* an admin's commit shut us out: ask to be re-added */
    NOTICE_CASE,         /* a new request at the desk: case, text */
    NOTICE_CASE_CLAIMED, /* case, who */
    NOTICE_CASE_RELEASED, /* case, who (nobody: the lease ran out) */
    NOTICE_CASE_HANDED,   /* case, who, to whom (in `by`: the giver) */
    NOTICE_CASE_CLOSED,
    NOTICE_CASE_REOPENED,
    NOTICE_CASE_NOTE,
    NOTICE_KNOCK, /* who wants in: text is the reason, code to compare */
    NOTICE_KNOCK_DECIDED, /* approved or not, by whom */
    NOTICE_ALARM,         /* the relay or a member lied: code says how */
    NOTICE_BYE,           /* the desk closed this conversation */

    /* of the moment */
    NOTICE_CLAIM_LOST, /* our claim came second: case, who has it */
    NOTICE_ON_ITS_WAY, /* our text is stored here, not yet at the relay */
    NOTICE_DELIVERED,  /* our text is durable at the relay: id */
    NOTICE_ASKED,      /* our request is with the desk: text is its title */
    NOTICE_KNOCKED,    /* our knock is with the door: code to compare */
    NOTICE_DECLINED,   /* our knock was declined */
    NOTICE_CONFIRMED,  /* so many of the members are in this epoch: count, of */
    NOTICE_CARD_RENEWED,
    NOTICE_SYNCED,     /* all that the relays had has been read: sent once after
                        * each (re)connect of a group or mailbox, `group` zero
                        * when every line is in step */
    NOTICE_OFFLINE,    /* a relay cannot be reached or hung up; or it is there,
                        * and did not take something: code */
    NOTICE_ACT_DONE,   /* the act with this number */
    NOTICE_ACT_FAILED, /* the act with this number: code says why */
    NOTICE_KINDS
};

/* Stable codes for alarms, failures and troubles; shown as "C012". Tests assert
 * codes, not texts. Never reuse a number. */
enum notice_code {
    CODE_NONE = 0,
    CODE_NOT_THIS_RELAY = 1, /* the relay is not the one in the link */
    CODE_RELAY_UNREACHABLE = 2,
    CODE_RELAY_REFUSED = 3, /* a request makes no sense to it */
    CODE_RELAY_FULL = 4,    /* quota or disk: nothing lost, tried again */
    CODE_LINK_REVOKED = 5,
    CODE_LINK_EXPIRED = 6,
    CODE_LINK_UNKNOWN = 7, /* the relay has no card for it */
    CODE_CARD_BAD = 8,     /* its card does not verify (E-14) */
    CODE_NOT_ALLOWED = 9,  /* only an admin may do that */
    CODE_NOT_MEMBER = 10,  /* removed or left */
    CODE_NO_SUCH = 11,     /* no such person, case, knock */
    CODE_CASE_TAKEN = 12,
    CODE_CASE_NOT_YOURS = 13,
    CODE_CASE_CLOSED = 14,
    CODE_CASE_NO_KEYS = 15, /* claimed too often: no key package is left */
    CODE_LOCKED_OUT = 16,
    CODE_ALARM_GAP = 20,        /* numbers are missing (E-01) */
    CODE_ALARM_HEAD = 21,       /* a member saw another history (E-03, E-06) */
    CODE_ALARM_ROLLBACK = 22,   /* the relay went backwards (E-09) */
    CODE_ALARM_NOT_STORED = 23, /* acknowledged, but not in the log (E-07) */
    CODE_ALARM_CLONE = 24, /* an own record that we do not remember (F-04) */
    CODE_ALARM_VOID_COMMIT = 25, /* a commit that breaks the rules, skipped */
    CODE_ALARM_VOID_RECORD = 26, /* garbage or a replay, skipped (E-04, E-21) */
    CODE_INTERNAL = 99
};

/* A person as others see them in one group. */
struct notice_person {
    struct client_id id; /* credential; all zero: nobody */
    struct bytes name;   /* UTF-8 as given: print through text_safe() only */
    uint8_t tag[2];      /* first bytes of a hash of the signature key */
    bool self;
};

struct notice {
    enum notice_kind kind;
    struct client_id group; /* zero: of none */
    uint64_t seq;           /* place in the group's history, from 1; 0: none */
    uint64_t at_ms;         /* the sender's clock (ours when there is none) */
    uint64_t act;           /* ACT_DONE, ACT_FAILED and what an act led to */
    struct notice_person who;
    struct notice_person by;
    struct client_id id; /* of the text, knock or link */
    struct client_id case_id;
    struct bytes text;   /* UTF-8 as given */
    char code_words[64]; /* KNOCK, KNOCKED: short code, else "" */
    enum notice_code code;
    uint32_t count; /* CONFIRMED; ASKED: how many can read, 0 unknown */
    uint32_t of;
    bool approved; /* KNOCK_DECIDED */
};

/* Is code a graver reason of an OFFLINE than the other? Somebody else in the
 * relay's place is graver than nobody, nobody than a relay that refuses;
 * CODE_NONE is the least. */
bool notice_graver(enum notice_code code, enum notice_code than);

/* History rows. notice_read() borrows from in. ERR_MEMORY, ERR_TOO_LARGE;
 * ERR_MALFORMED, ERR_UNSUPPORTED. */
MUST_USE enum err notice_write(const struct notice *in, struct buf *out);
MUST_USE enum err notice_read(struct bytes in, struct notice *out);

#endif
