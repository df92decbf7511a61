/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a broken-into relay can still reach: its own folder and the sockets that
 * are open. Landlock rules files, seccomp rules system calls. */
#ifndef UV_SANDBOX_H
#define UV_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { SANDBOX_PATHS_MAX = 16 };

struct sandbox {
    /* folders beneath which files may be read, written, made and removed */
    const char *writes[SANDBOX_PATHS_MAX];
    size_t write_count;
    /* folders and files that may be read; one that is not there is left out */
    const char *reads[SANDBOX_PATHS_MAX];
    size_t read_count;
};

/* No other file can be opened from now on, and with Landlock of version 4
 * (Linux 6.7) no TCP connection be made; what is open already stays.
 * Holds for this thread and those that it starts, so it comes before them.
 * PR_SET_NO_NEW_PRIVS must be set.
 *
 *  in_force  false: this kernel has no Landlock, or this is a sanitizer's build
 *
 * ERR_NOT_FOUND  a folder of writes is not there
 * ERR_DENIED     the kernel has it but refuses
 * landlock(7). */
MUST_USE enum err landlock_enter(const struct sandbox *s, bool *in_force);

/* Only the calls that the relay makes are left; those that only an intruder
 * makes (execve, ptrace, mount ...) kill the process, the rest fail with EPERM
 * or, where a library probes for them, ENOSYS. No memory becomes executable, no
 * process is made, new sockets are local ones. Holds for all threads.
 *
 *  in_force  false: this kernel has no seccomp, or this is a sanitizer's build
 *
 * ERR_DENIED  the kernel has it but refuses; ERR_MEMORY
 * seccomp(2). */
MUST_USE enum err seccomp_enter(bool *in_force);

#endif
