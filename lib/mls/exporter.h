/* SPDX-License-Identifier: Apache-2.0 */
/* MLS-Exporter (RFC 9420 section 8.5). */
#ifndef MLS_EXPORTER_H
#define MLS_EXPORTER_H

#include "labels.h"

/* ERR_TOO_LARGE: len over 255 * 32, or a label over MLS_LABEL_MAX. */
MUST_USE enum err mls_exporter(const struct mls_secret *exporter,
                               const char *label,
                               struct bytes context,
                               uint8_t *out,
                               size_t len);

#endif
