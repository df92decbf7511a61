/* SPDX-License-Identifier: Apache-2.0 */
/* Which code points take no place of their own but sit on the one before. */
#ifndef BASE_TEXT_MARKS_H
#define BASE_TEXT_MARKS_H

#include <stdbool.h>
#include <stdint.h>

/* True for the general categories Mn and Me of Unicode 14 and for the Hangul
 * vowels and finals that join the syllable before them. */
bool text_is_mark(uint32_t c);

#endif
