/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "foreign.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool
tidies_memory(pid_t pid)
{
    static const char *const names[] = {"kdamond", "khugepaged", "kcompactd",
                                        "kswapd", "ksmd"};
    char path[64];
    char name[32] = "";
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    f = fopen(path, "r");
    if (f == NULL)
        return false;
    if (fgets(name, sizeof name, f) == NULL)
        name[0] = 0;
    fclose(f);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool
look(pid_t pid)
{
    pid_t session = getsid(pid);

    if (session == 0) /* a thread of the kernel */
        return tidies_memory(pid);
    return session != getsid(0);
}

bool
foreign_is(struct foreign *f, pid_t pid)
{
    size_t at = (size_t)pid % FOREIGN_KNOWN;

    if (pid == 0) /* nobody has it */
        return false;
    if (f->known[at].pid != pid) {
        f->known[at].pid = pid;
        f->known[at].foreign = look(pid);
    }
    return f->known[at].foreign;
}
