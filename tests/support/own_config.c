/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/own_config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static const char prefix[] = "PRISTAN_RELAY_";

static void
forget_settings(void)
{
    char **to = environ;

    for (char **from = environ; from != NULL && *from != NULL; from++)
        if (strncmp(*from, prefix, sizeof prefix - 1) != 0)
            *to++ = *from;
    if (to != NULL)
        *to = NULL;
}

void
own_config(const char *folder, char path[OWN_CONFIG_LEN])
{
    int fd;

    (void)snprintf(path, OWN_CONFIG_LEN, "%s/empty.conf", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) /* without it the relay says what is wrong */
        (void)close(fd);
    forget_settings();
}
