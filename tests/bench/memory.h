/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Memory of this process, as the C library and the kernel count it. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stddef.h>

/* Bytes that are allocated at present. */
size_t bench_memory_used(void);

/* Begins to watch: gives free memory back, forgets the old peak. Returns the
 * bytes that are resident now. */
size_t bench_memory_watch(void);

/* Bytes of resident memory by which the process has grown at most since the
 * watch began, when it returned from; 0 where the kernel does not tell. */
size_t bench_memory_peak(size_t from);

#endif
