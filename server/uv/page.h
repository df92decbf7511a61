/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The page that a browser gets. */
#ifndef UV_PAGE_H
#define UV_PAGE_H

#include <stdint.h>

/* What is shown unless the operator has a page of their own: says nothing about
 * what else this port does, and is found on a great many other servers. */
extern const char page_default[];

/* When the page was last changed, Unix time, for Last-Modified and ETag: that
 * of its file, or for the built-in one ("" as file) of the key in the data
 * folder, so that it is not the same everywhere. 0 when there is no such file.
 */
uint64_t page_modified_s(const char *file, const char *data);

#endif
