/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A name that leads to several places, without a resolver: preloaded, it stands
 * before the C library's getaddrinfo(). What NAME is called has the addresses
 * of ADDRESSES, in that order, with spaces between. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_LEN = 512 };

typedef int resolver(const char *node,
                     const char *service,
                     const struct addrinfo *hints,
                     struct addrinfo **res);

static resolver *
real(void)
{
    void *found = dlsym(RTLD_NEXT, "getaddrinfo");
    resolver *r;

    memcpy(&r, &found, sizeof r);
    return r;
}

int
getaddrinfo(const char *node,
            const char *service,
            const struct addrinfo *hints,
            struct addrinfo **res)
{
    const char *name = getenv("NAME");
    char text[TEXT_LEN];
    char *save = NULL;
    int e = EAI_NONAME;

    if (name == NULL || node == NULL || strcmp(node, name) != 0)
        return real()(node, service, hints, res);
    snprintf(text, sizeof text, "%s", getenv("ADDRESSES"));
    for (char *one = strtok_r(text, " ", &save); one != NULL;
         one = strtok_r(NULL, " ", &save)) {
        e = real()(one, service, hints, res);
        if (e != 0)
            break;
        while (*res != NULL)
            res = &(*res)->ai_next;
    }
    return e;
}
