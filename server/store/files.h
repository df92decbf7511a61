/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names in folders, for whoever must have them durable. */
#ifndef STORE_FILES_H
#define STORE_FILES_H

#include "base/err.h"

/* Makes the names in a folder durable: syncs it. ERR_DISK. */
MUST_USE enum err file_folder_sync(const char *folder);

#endif
