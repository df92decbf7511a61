/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "memory.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

size_t
bench_memory_used(void)
{
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
}

/* A field of /proc/self/status in bytes; 0 when it is not there. */
static size_t
status(const char *field)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[128];
    size_t kib = 0;

    if (f == NULL)
        return 0;
    while (fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, field, strlen(field)) == 0)
            (void)sscanf(line + strlen(field), ": %zu", &kib);
    (void)fclose(f);
    return kib * 1024;
}

size_t
bench_memory_watch(void)
{
    FILE *f;

    (void)malloc_trim(0);
    f = fopen("/proc/self/clear_refs", "w");
    if (f != NULL) {
        (void)fputs("5", f); /* proc(5): resets VmHWM */
        (void)fclose(f);
    }
    return status("VmRSS");
}

size_t
bench_memory_peak(size_t from)
{
    size_t peak = status("VmHWM");

    return peak > from ? peak - from : 0;
}
