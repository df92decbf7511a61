/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An ordinary page of an ordinary web server. A page of our own making would be
 * a way to find all relays of the world by one search; this one is what many
 * servers say that were just set up. */
#include "page.h"

#include <stdio.h>
#include <sys/stat.h>

#include "config.h"

const char page_default[] = "<html><body><h1>It works!</h1></body></html>\n";

uint64_t
page_modified_s(const char *file, const char *data)
{
    char key[CONFIG_PATH_MAX + sizeof "/relay.key"];
    struct stat st;

    (void)snprintf(key, sizeof key, "%s/relay.key", data);
    if (stat(file[0] == '\0' ? key : file, &st) != 0 || st.st_mtime < 0)
        return 0;
    return (uint64_t)st.st_mtime;
}
