/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was changed on a machine is to be as it was, also when who changed it is
 * killed, by whatever signal: a process of ours that does nothing but outlive
 * us by a moment. */
#ifndef FLOOD_GUARD_H
#define FLOOD_GUARD_H

#include <sys/types.h>

/* From here on, when this process ends without guard_end(), text is written to
 * the file. Its pid, or 0: there can be none. */
pid_t guard_start(const char *file, const char *text);

/* It is not needed any more; 0 is allowed. */
void guard_end(pid_t guard);

/* What the guard does. */
void guard_write(const char *file, const char *text);

#endif
