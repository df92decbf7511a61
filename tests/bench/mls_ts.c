/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mls_ts.h"

#include <stdio.h>
#include <stdlib.h>

/* The runner's lines are "key value": milliseconds or bytes. */
static void
take_line(struct mls_figures *f, const char *line)
{
    char key[64];
    double value;
    enum mls_row row;

    if (sscanf(line, "%63s %lf", key, &value) != 2)
        return;
    row = mls_row_find(key);
    if (row == ROW_COUNT)
        return;
    f->peers[row] = mls_rows[row].is_time ? value * 1000 : value;
    f->has_peer = true;
}

bool
mls_ts_available(void)
{
    return system("node '" BENCH_TS_RUNNER "' check") == 0;
}

bool
mls_ts_measure(struct mls_figures *f)
{
    char command[1024];
    char line[256];
    FILE *runner;

    (void)snprintf(command, sizeof command, "node '%s' %u", BENCH_TS_RUNNER,
                   f->n);
    runner = popen(command, "r");
    if (runner == NULL)
        return false;
    while (fgets(line, sizeof line, runner) != NULL)
        take_line(f, line);
    return pclose(runner) == 0;
}
