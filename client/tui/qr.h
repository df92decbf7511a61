/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A QR code for a terminal of 24 lines: two modules a character. The one door
 * to libqrencode. */
#ifndef TUI_QR_H
#define TUI_QR_H

#include <stdio.h>

#include "base/bytes.h"
#include "base/err.h"

/* text must be of the alphanumeric set (0-9 A-Z $%*+-./: and space), as the QR
 * spelling of a link is. On a terminal dark on light, whatever its colours;
 * elsewhere without colours, for paper: what is printed is dark.
 * ERR_TOO_LARGE, ERR_MEMORY. */
MUST_USE enum err qr_print(FILE *f, struct bytes text);

#endif
