/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The page that a browser gets. */
#ifndef UV_PAGE_H
#define UV_PAGE_H

#include "base/bytes.h"

/* What is shown unless the operator has a page of their own: says nothing about
 * what else this port does. */
extern const char page_default[];

#endif
