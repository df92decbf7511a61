/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was changed on a machine is to be as it was, and what was made there is
 * to be gone, also when who did it is killed, by whatever signal: a process of
 * ours that does nothing but outlive us by a moment. */
#ifndef FLOOD_GUARD_H
#define FLOOD_GUARD_H

#include <stdbool.h>
#include <sys/types.h>

/* From here on, when this process ends without guard_end(), text is written to
 * the file. Its pid, or 0: there can be none. */
pid_t guard_start(const char *file, const char *text);

/* The same: the folder is removed, with the files in it. */
pid_t guard_folder(const char *folder);

/* It is not needed any more; 0 is allowed. */
void guard_end(pid_t guard);

/* What the guards do. Only files that are in the folder itself are removed, no
 * folder in it, and nothing that a symbolic link leads to. False: it is still
 * there. */
void guard_write(const char *file, const char *text);
bool guard_remove(const char *folder);

#endif
