/* SPDX-License-Identifier: Apache-2.0 */
/* Text from outside: checked as UTF-8, and shown only through text_safe(). */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"
#include "base/bytes.h"

/* True for well-formed UTF-8 (RFC 3629): shortest form, no surrogates, at most
 * U+10FFFF. */
bool text_is_utf8(struct bytes in);

/* True for well-formed UTF-8 that also has no control character (C0 other than
 * \n and \t, DEL, C1), no bidi control, no zero-width or invisible format
 * character, no tag character and no noncharacter. Allowed are variation
 * selectors, and where they mean something the joiner of emoji (U+200D) and the
 * non-joiner of Persian (U+200C): after a code point from U+0590 on that is no
 * joiner itself, so never between Latin, Greek or Cyrillic letters. What a
 * person types is refused unless this holds. */
bool text_is_clean(struct bytes in);

enum text_mode {
    TEXT_LINE, /* newline and tab become a space: always one line */
    TEXT_BLOCK /* newline stays, tab becomes spaces */
};

/* The one function through which outside text reaches a terminal, a file or a
 * log. Appends in to out so that what is appended is always clean, valid UTF-8:
 * control, bidi, zero-width, tag characters and noncharacters become U+FFFD, so
 * does each ill-formed byte; at most max_chars code points, then an ellipsis;
 * at most 4 combining marks and joiners in a row, the others are left out.
 * Errors stick in out; room for 4 * (max_chars + 1) bytes is always enough. */
void text_safe(struct buf *out,
               struct bytes in,
               enum text_mode mode,
               size_t max_chars);

#endif
