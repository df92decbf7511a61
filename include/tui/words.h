/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every sentence that the program says, in each language, side by side. A
 * sentence is whole: it is never built from pieces; {0} .. {3} are filled in by
 * print_*(). Why a table and not message catalogues: docs/decisions/0004. */
#ifndef TUI_WORDS_H
#define TUI_WORDS_H

#include <stdint.h>

enum lang { LANG_EN, LANG_RU, LANG_COUNT };

enum word {
    /* what happened */
    WORD_JOINED,
    WORD_REMOVED,
    WORD_LEFT,
    WORD_YOU_JOINED,
    WORD_YOU_REMOVED,
    WORD_LOCKED_OUT,
    WORD_CASE,
    WORD_CASE_CLAIMED,
    WORD_CASE_CLAIMED_SELF,
    WORD_CASE_RELEASED,
    WORD_CASE_LEASE_OVER,
    WORD_CASE_FREE,
    WORD_CASE_HANDED,
    WORD_CASE_CLOSED,
    WORD_CASE_REOPENED,
    WORD_CASE_NOTE,
    WORD_KNOCK,
    WORD_KNOCK_APPROVED,
    WORD_KNOCK_DECLINED,
    WORD_BYE,
    WORD_CLAIM_LOST,
    WORD_DELIVERED,
    WORD_ASKED,
    WORD_ASKED_READERS_ONE, /* words_counted() */
    WORD_ASKED_READERS_FEW,
    WORD_ASKED_READERS_MANY,
    WORD_ASKED_NEXT,
    WORD_KNOCKED,
    WORD_KNOCKED_NEXT,
    WORD_DECLINED,
    WORD_CONFIRMED,
    WORD_TRYING_ON,
    WORD_BACK,
    WORD_REMOVED_CONFIRMED,

    /* lists */
    WORD_NO_GROUPS,
    WORD_NO_LINKS,
    WORD_NO_KNOCKS,
    WORD_NO_CASES,
    WORD_NO_MESSAGES,
    WORD_GROUP_LINE,
    WORD_CIRCLE,
    WORD_LOBBY,
    WORD_CONVERSATION,
    WORD_STATE_PENDING,
    WORD_STATE_WAITING,
    WORD_STATE_LOCKED_OUT,
    WORD_STATE_LEFT,
    WORD_STATE_OUT,
    WORD_ADMIN,
    WORD_YOU,
    WORD_NOT_CONFIRMED,
    WORD_ONE_OWNER,
    WORD_KNOCK_LINE,
    WORD_CASE_READ,
    WORD_CASE_READ_CHAT,
    WORD_CASE_STATE_NEW,
    WORD_CASE_STATE_CLAIMED,
    WORD_CASE_STATE_CLOSED,
    WORD_URGENT_TODAY,
    WORD_URGENT_NOW,
    WORD_LINK_JOIN,
    WORD_LINK_ASK,
    WORD_LINK_RELAY,
    WORD_LINK_REVOKED,
    WORD_LINK_EXPIRED,
    WORD_LINK_USES,
    WORD_LINK_OPEN_ONE,
    WORD_LINK_OPEN_FEW,
    WORD_LINK_OPEN_MANY,
    WORD_CODE_TITLE,

    /* what was done */
    WORD_GROUP_MADE,
    WORD_JOIN_LINK,
    WORD_ASK_LINK,
    WORD_DESK_OPEN,
    WORD_DESK_CLOSED,
    WORD_LINK_GONE,
    WORD_APPROVED,
    WORD_DECLINED_DONE,
    WORD_SENT,
    WORD_REMOVED_DONE,
    WORD_LEAVING,
    WORD_LEFT_NOW,
    WORD_CLAIMED_DONE,
    WORD_RELEASED_DONE,
    WORD_HANDED_DONE,
    WORD_ANSWERED_DONE,
    WORD_NOTED_DONE,
    WORD_CLOSED_DONE,
    WORD_REOPENED_DONE,
    WORD_REFRESHED_DONE,
    WORD_WIPED,
    WORD_QUEUED,
    WORD_CHAT_HELP,
    WORD_PROFILE_MADE,
    WORD_PROFILE_MADE_KEY,
    WORD_ASK_PASSPHRASE,
    WORD_ASK_PASSPHRASE_NEW,
    WORD_ASK_PASSPHRASE_AGAIN,
    WORD_FROM_DESK,

    /* what went wrong, and what to do next */
    WORD_BAD_LINK,
    WORD_CUT_LINK,
    WORD_LATER_LINK,
    WORD_WRONG_KIND_OF_LINK,
    WORD_TEXT_NOT_CLEAN,
    WORD_TEXT_EMPTY,
    WORD_TEXT_LONG,
    WORD_NO_SUCH_GROUP,
    WORD_WHICH_GROUP,
    WORD_NO_SUCH_PERSON,
    WORD_WHICH_PERSON,
    WORD_WHICH_ONE,
    WORD_NO_SUCH_CASE,
    WORD_NO_SUCH_KNOCK,
    WORD_NO_SUCH_LINK,
    WORD_NOT_ADMIN,
    WORD_NOT_NOW,
    WORD_KNOCKED_ALREADY,
    WORD_NO_RELAY,
    WORD_PROFILE_BUSY,
    WORD_WRONG_PASSPHRASE,
    WORD_PASSPHRASES_DIFFER,
    WORD_PASSPHRASE_NEEDED,
    WORD_PROFILE_DAMAGED,
    WORD_PROFILE_LATER,
    WORD_PROFILE_FOLDER,
    WORD_DISK_FULL,
    WORD_DISK_ERROR,
    WORD_NOT_PRINTED,
    WORD_NO_MEMORY,
    WORD_INTERNAL,
    WORD_NO_NAME,
    WORD_TIMEOUT,

    WORD_NOT_THIS_RELAY,
    WORD_RELAY_UNREACHABLE,
    WORD_RELAY_REFUSED,
    WORD_RELAY_FULL,
    WORD_CODE_REVOKED,
    WORD_CODE_EXPIRED,
    WORD_CODE_UNKNOWN,
    WORD_CARD_BAD,
    WORD_NOT_MEMBER,
    WORD_NO_SUCH,
    WORD_CASE_TAKEN,
    WORD_CASE_NOT_YOURS,
    WORD_CASE_IS_CLOSED,
    WORD_CASE_NO_KEYS,
    WORD_ALARM_GAP,
    WORD_ALARM_HEAD,
    WORD_ALARM_ROLLBACK,
    WORD_ALARM_NOT_STORED,
    WORD_ALARM_CLONE,
    WORD_ALARM_VOID_COMMIT,
    WORD_ALARM_VOID_RECORD,
    WORD_COUNT
};

/* Never NULL. */
const char *words_get(enum lang lang, enum word word);

/* Of a sentence that is there three times, for one, for few and for many, in
 * this order: the one that goes with count. Russian has all three (1, 21; 2 to
 * 4, 22; 5 to 20), in English few and many are the same. */
enum word words_counted(enum lang lang, enum word one, uint64_t count);

/* From LC_ALL, LC_MESSAGES, LANG in that order: "ru", "uk", "be" and "kk" give
 * Russian, everything else English. */
enum lang words_guess(void);

/* "ru", "en"; false for anything else. */
int words_find(const char *name, enum lang *out);

#endif
