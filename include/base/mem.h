/* SPDX-License-Identifier: Apache-2.0 */
/* The only door to malloc and free in the house. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* size zeroed bytes, to be ended with mem_free(); NULL when there is no
 * memory. size 0 gives a valid pointer to nothing. */
MUST_USE void *mem_new(size_t size);

/* The same for count items of size bytes; NULL when the product overflows. */
MUST_USE void *mem_new_array(size_t count, size_t size);

/* A block of new_size bytes that begins with the first min(old, new) bytes of
 * p (which may be NULL); the rest is zero. The old block is wiped and freed.
 * NULL when there is no memory, and then p is as it was. */
MUST_USE void *mem_grow(void *p, size_t old_size, size_t new_size);

/* Frees what the above gave; NULL is allowed. */
void mem_free(void *p);

/* Wipes size bytes, then frees. For anything that may have held a secret. */
void mem_wipe_free(void *p, size_t size);

/* Overwrites with zeros in a way that the compiler does not remove. */
void mem_wipe(void *p, size_t size);

#ifdef PRISTAN_HOOKS
/* Tests: lets the n-th allocation from now on fail (1 is the next one); 0
 * switches it off. */
void mem_fail_at(size_t n);

/* Tests: true when the failure asked for has happened. */
int mem_failed(void);

/* Counts one allocation; false when this is the one that has to fail. For the
 * few doors to a foreign allocator: secret_new(), and mem_new() itself. */
MUST_USE bool mem_allowed(void);
#else
MUST_USE static inline bool
mem_allowed(void)
{
    return true;
}
#endif

/* Gives what was freed back to the system, as far as the allocator can; takes
 * milliseconds after a burst. */
void mem_trim(void);

#endif
