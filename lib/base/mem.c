/* SPDX-License-Identifier: Apache-2.0 */
/* The only door to malloc and free in the house. */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

void *
mem_new(size_t size)
{
    if (!mem_allowed())
        return NULL;
    return calloc(1, size > 0 ? size : 1);
}

void *
mem_new_array(size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size)
        return NULL;
    return mem_new(count * size);
}

void *
mem_grow(void *p, size_t old_size, size_t new_size)
{
    void *fresh = mem_new(new_size);

    if (fresh == NULL)
        return NULL;
    if (p != NULL) {
        /* not realloc(): it may leave a copy behind that nobody wipes */
        memcpy(fresh, p, old_size < new_size ? old_size : new_size);
        mem_wipe_free(p, old_size);
    }
    return fresh;
}

void
mem_free(void *p)
{
    free(p);
}

void
mem_wipe_free(void *p, size_t size)
{
    mem_wipe(p, size);
    free(p);
}

void
mem_wipe(void *p, size_t size)
{
    if (p != NULL && size > 0)
        explicit_bzero(p, size);
}

void
mem_trim(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}
