/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Buffers that end at a guard page. */
#include "support/guard.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/check.h"

struct area {
    size_t page;
    size_t len; /* of the pages that may be used */
};

/* No bytes need one page too: the pointer must still be a real one. */
static struct area
area_of(size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (struct area){page, len / page * page + page};
}

uint8_t *
guard_new(size_t len)
{
    struct area a = area_of(len);
    uint8_t *p = mmap(NULL, a.len + a.page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        fail_msg("no memory for a guarded buffer");
    assert_int_equal(mprotect(p + a.len, a.page, PROT_NONE), 0);
    return p + a.len - len;
}

void
guard_free(const uint8_t *p, size_t len)
{
    struct area a = area_of(len);
    uintptr_t start = (uintptr_t)p + len - a.len;

    assert_int_equal(munmap((void *)start, a.len + a.page), 0);
}

struct bytes
guard_copy(struct bytes in)
{
    struct area a = area_of(in.len);
    uint8_t *p = guard_new(in.len);

    if (in.len > 0)
        memcpy(p, in.b, in.len);
    assert_int_equal(mprotect(p + in.len - a.len, a.len, PROT_READ), 0);
    return (struct bytes){p, in.len};
}
