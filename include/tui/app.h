/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One command on its way, as a driver carries it out:
 *
 *     app_begin -> SYNCING --in step--> run --act--> ACTING --done--> SETTLING
 *       --client_idle--> DONE             \--nothing to wait for-----> DONE
 *                                          \--follow, chat----------> STAYING
 *
 * What stays does not wait for a relay that is not there, nor ends for it.
 *
 * The driver gives it every notice of a stored batch, and a turn afterwards. */
#ifndef TUI_APP_H
#define TUI_APP_H

#include "tui/commands.h"
#include "tui/options.h"
#include "tui/print.h"

/* History for the view: rows with seq > after, oldest first, at most limit;
 * each is handed to row(). The driver gives the store's function. */
typedef void app_row(void *to, uint64_t seq, struct bytes value);
typedef enum err app_page(void *store,
                          const struct client_id *group,
                          uint64_t after,
                          uint32_t limit,
                          app_row *row,
                          void *to);

enum app_state {
    APP_SYNCING,
    APP_ACTING,
    APP_WAITING, /* for somebody's answer: --wait */
    APP_SETTLING,
    APP_STAYING,
    APP_DONE
};

enum { APP_TOLD_MAX = 8 };

struct app {
    const struct options *o;
    const struct command *command;
    struct printer p;
    struct client *client;
    app_page *page;
    void *store;
    struct client_now now;
    enum app_state state;
    enum exit_code exit;
    uint64_t begun_ms;   /* monotonic */
    uint64_t give_up_ms; /* monotonic; UINT64_MAX never */
    uint64_t act;
    void (*done)(struct app *a); /* prints what was done; may be NULL */
    struct client_id group;      /* that the command is about; zero: none */
    struct client_id subject;    /* person, case, knock, link or text */
    struct buf text;             /* a link, or a name, that `done` prints */
    uint32_t number;             /* of a case */
    size_t typed;                /* acts of a chat that have not ended */
    uint64_t shown_seq;          /* the last history row that was shown */
    struct app_told { /* rows that were shown when they came, before */
        struct client_id group; /* the history was */
        uint64_t seq;
    } told[APP_TOLD_MAX];
    size_t told_count;
    bool in_step;
    enum notice_code trouble; /* gravest OFFLINE since all was in step */
    bool locked_out;
};

/* Checks what can be checked before a profile is opened. EXIT_DONE or a code
 * after one line of explanation. */
enum exit_code app_init(struct app *a, const struct options *o);

void app_begin(struct app *a,
               struct client *client,
               app_page *page,
               void *store,
               struct client_now now);
void app_notice(struct app *a, const struct notice *n);
void app_turn(struct app *a, struct client_now now);

/* A line typed by the person (chat); len 0 and end true: end of input. */
void
app_line(struct app *a, struct bytes line, bool end, struct client_now now);

/* True when lines are wanted from standard input. */
bool app_wants_lines(const struct app *a);

/* When app_turn() is needed at the latest; UINT64_MAX never. */
uint64_t app_deadline(const struct app *a);

void app_free(struct app *a);

/* --- for commands ------------------------------------------------------- */

/* The act has begun when e is ERR_OK; otherwise the command fails with what e
 * means. done is called when the act is. */
void app_acting(struct app *a,
                enum err e,
                uint64_t act,
                void (*done)(struct app *a));

/* Ends with a sentence on standard error (argument may be empty). */
void
app_fail(struct app *a, enum exit_code exit, enum word w, struct bytes arg);

/* Ends well. */
void app_finish(struct app *a);

/* The same, after what was typed in a chat has left: as long as the relay takes
 * one act after another with less than 5 s between, else EXIT_QUEUED. */
void app_settle(struct app *a);

/* The text argument i, checked: false after app_fail() when it is empty, longer
 * than max bytes or not clean. "-" reads standard input. */
bool app_text(struct app *a, int i, size_t max, struct bytes *out);

/* The same for text that is there already. */
bool app_clean(struct app *a, struct bytes text, size_t max);

/* The group meant by --group, or the only one; false after app_fail(). */
bool app_group(struct app *a, struct client_group_info *out);

#endif
