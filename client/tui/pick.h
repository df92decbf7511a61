/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From what a person typed to what they mean. Each gives false after
 * app_fail() said what to do. */
#ifndef TUI_PICK_H
#define TUI_PICK_H

#include "tui/app.h"

/* --group: a title, the start of one, the start of an id in hex, or the number
 * of a case for the conversation with its newcomer; without it the only group
 * there is. A conversation that another volunteer went on with counts as one.
 */
bool pick_group(struct app *a, struct client_group_info *out);

/* The same, from a word. */
bool pick_group_named(struct app *a,
                      const char *word,
                      struct client_group_info *out);

/* name, name#tag, #tag, or the start of an id. */
bool pick_person(struct app *a,
                 const struct client_id *group,
                 const char *word,
                 struct client_member *out);

/* A small number, or the start of an id; --group says of which desk when the
 * number is of several. */
bool pick_case(struct app *a, const char *word, struct client_case_info *out);

/* The start of an id, or the name of who knocks if nobody else has it; without
 * a word the only one. */
bool pick_knock(struct app *a, const char *word, struct client_knock_info *out);

bool pick_link(struct app *a, const char *word, struct client_link_info *out);

/* A link of this kind (of any for CLIENT_LINK_RELAY, since each tells where its
 * relay is), given as an argument, or "-" for standard input; borrowed. */
bool pick_link_text(struct app *a,
                    const char *word,
                    enum client_link_kind kind,
                    struct bytes *out);

/* Up to max bytes of standard input without the newlines at the end, in
 * a->text. */
bool pick_input(struct app *a, size_t max, struct bytes *out);

#endif
