/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Everything that is printed goes through here, and outside text through
 * text_safe() (threats H-02 to H-07). Data to out, talk to err. */
#ifndef TUI_PRINT_H
#define TUI_PRINT_H

#include <stdio.h>

#include "client/client.h"
#include "tui/words.h"

struct printer {
    FILE *out;
    FILE *err;
    enum lang lang;
    bool json; /* one object per line on out instead of sentences */
};

/* One sentence and a newline to f; {0} .. {3} are replaced by the arguments,
 * each made safe and kept on one line. */
void print_words(const struct printer *p,
                 FILE *f,
                 enum word word,
                 const struct bytes *args,
                 size_t arg_count);

/* The same without newline and arguments: for prompts. */
void print_prompt(const struct printer *p, FILE *f, enum word word);

/* A sentence without arguments. */
void print_say(const struct printer *p, FILE *f, enum word word);

/* With one argument. */
void
print_say1(const struct printer *p, FILE *f, enum word word, struct bytes arg);

/* Text that is ours already, and a newline. */
void print_raw(FILE *f, struct bytes text);

/* Outside text on one line, no newline. */
void print_text(FILE *f, struct bytes text);

/* "name#1a2b", or the word for "you". */
void
print_person(const struct printer *p, FILE *f, const struct notice_person *who);

/* The first 4 bytes of an id in hex. */
struct print_short_id {
    char s[9];
};
struct print_short_id print_short(const struct client_id *id);

/* The sentence for a code, CODE_NONE and unknown codes included. */
enum word print_code_word(enum notice_code code);

/* "C012: sentence" on err. */
void print_code(const struct printer *p, enum notice_code code);

#endif
