/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where the profile is, and how it is opened: passphrase by prompt or
 * descriptor, or the key beside it for somebody with nothing to remember. */
#ifndef UV_UNLOCK_H
#define UV_UNLOCK_H

#include "client_store/profile.h"
#include "tui/options.h"
#include "tui/print.h"

enum { UNLOCK_PATH_MAX = 1024 };

/* --profile, or $PRISTAN_PROFILE, or $XDG_DATA_HOME/pristan, or
 * ~/.local/share/pristan. EXIT_DONE or a code after a sentence. */
enum exit_code unlock_folder(const struct options *o,
                             const struct printer *p,
                             char out[static UNLOCK_PATH_MAX]);

/* Opens the profile; makes one when there is none and create is set. EXIT_DONE
 * or a code after a sentence. */
enum exit_code unlock_profile(const struct options *o,
                              const struct printer *p,
                              const char *folder,
                              bool create,
                              struct profile **out);

/* The exit code and sentence for a store's error. */
enum exit_code
unlock_failed(const struct printer *p, const char *folder, enum err e);

#endif
