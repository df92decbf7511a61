/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Runs a fuzz target over every file of the folders given as arguments, in the
 * order of their names, so that a corpus is an ordinary test in every build. A
 * folder without a file is a failure: nothing would have been tested. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Only some targets have one. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

/* The input is as long as the file, no byte more, so that the sanitizer sees
 * who reads behind it. */
static int
replay_open(FILE *f)
{
    long size;
    uint8_t *data;
    int ok;

    if (fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 ||
        fseek(f, 0, SEEK_SET) != 0)
        return 0;
    data = mem_new((size_t)size);
    if (data == NULL)
        return 0;
    ok = fread(data, 1, (size_t)size, f) == (size_t)size;
    if (ok)
        ok = LLVMFuzzerTestOneInput(data, (size_t)size) == 0;
    mem_free(data);
    return ok;
}

static int
replay_file(const char *folder, const char *name)
{
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f;
    int ok;

    if (len < 0 || (size_t)len >= sizeof path)
        return 0;
    f = fopen(path, "rb");
    if (f == NULL)
        return 0;
    ok = replay_open(f);
    fclose(f);
    if (!ok)
        fprintf(stderr, "FAILED %s\n", path);
    return ok;
}

static int
is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* How many files were replayed, or -1. */
static int
replay_folder(const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_input, alphasort);
    int ok = 1;

    if (count <= 0) {
        fprintf(stderr, "%s: no input to replay\n", folder);
        ok = 0;
    }
    for (int i = 0; i < count; i++) {
        ok = ok && replay_file(folder, entries[i]->d_name);
        mem_free(entries[i]);
    }
    mem_free(entries);
    return ok ? count : -1;
}

int
main(int argc, char **argv)
{
    int total = 0;

    if (LLVMFuzzerInitialize != NULL && LLVMFuzzerInitialize(&argc, &argv) != 0)
        return 1;
    if (argc < 2) {
        fprintf(stderr, "usage: %s folder...\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);

        if (count < 0)
            return 1;
        total += count;
    }
    printf("%d inputs\n", total);
    return 0;
}
