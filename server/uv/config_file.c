/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The file and its drop-ins. The library reads the lines of the INI format; who
 * hands them to it counts them, and sees what it lets pass: a section twice, a
 * line that is too long, a line that gives no value. */
#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config_table.h"

enum { LINES_MAX = 10000, SECTIONS_MAX = 16, WHERE_MAX = CONFIG_PATH_MAX + 16 };

struct source {
    struct config *c;
    FILE *file;
    const char *path;
    unsigned rank;
    unsigned line;
    bool wants; /* the line read last has to give a value */
    char where[WHERE_MAX];
    char sections[SECTIONS_MAX][64]; /* those that were begun */
    size_t section_count;
};

static bool
known_section(const char *name)
{
    size_t count;
    const struct setting *s = config_settings(&count);

    for (size_t i = 0; i < count; i++)
        if (s[i].section != NULL && strcmp(s[i].section, name) == 0)
            return true;
    return false;
}

static void
begin_section(struct source *s, const char *text)
{
    const char *end = strchr(text, ']');
    char name[64];

    if (end == NULL || (size_t)(end - text) >= sizeof name) {
        config_mistake(s->c, s->where, "a section begins with [name]");
        return;
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)(end - text), text);
    if (!known_section(name)) {
        config_mistake(s->c, s->where, "there is no section [%s]", name);
        return;
    }
    for (size_t i = 0; i < s->section_count; i++) {
        if (strcmp(s->sections[i], name) == 0) {
            config_mistake(s->c, s->where,
                           "the section [%s] is there already; put its keys "
                           "together",
                           name);
            return;
        }
    }
    if (s->section_count < SECTIONS_MAX)
        (void)snprintf(s->sections[s->section_count++], sizeof name, "%s",
                       name);
}

/* Skips the rest of a line. */
static void
skip(FILE *file)
{
    int ch;

    do {
        ch = getc(file);
    } while (ch != EOF && ch != '\n');
}

static void
unanswered(struct source *s)
{
    if (s->wants)
        config_mistake(s->c, s->where,
                       "this is no line of a configuration; write key = value");
    s->wants = false;
}

/* Hands the next line to the library. */
static char *
next_line(char *out, int size, void *stream)
{
    struct source *s = stream;
    size_t len;
    const char *text;

    unanswered(s);
    if (s->line >= LINES_MAX || fgets(out, size, s->file) == NULL) {
        if (s->line >= LINES_MAX)
            config_mistake(s->c, s->where, "the file is too long");
        return NULL;
    }
    s->line++;
    (void)snprintf(s->where, sizeof s->where, "%s:%u", s->path, s->line);
    len = strlen(out);
    if (len == 0 || (out[len - 1] != '\n' && !feof(s->file))) {
        config_mistake(s->c, s->where,
                       "the line is longer than %d characters, or binary",
                       size - 3);
        skip(s->file);
        (void)snprintf(out, (size_t)size, "\n");
    }
    text = out + strspn(out, " \t\r\n");
    if (s->line == 1 && strncmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    if (*text == '[')
        begin_section(s, text + 1);
    else
        s->wants = *text != '\0' && *text != '#' && *text != ';';
    return out;
}

/* The library has found a value. */
static int
on_value(void *user, const char *section, const char *name, const char *value)
{
    struct source *s = user;
    const struct setting *found = config_setting(name, strlen(name));

    s->wants = false;
    if (section[0] != '\0' && !known_section(section))
        return 1; /* told once, at its beginning */
    if (found == NULL || found->section == NULL)
        config_mistake(s->c, s->where, "there is no key %s", name);
    else if (strcmp(found->section, section) != 0)
        config_mistake(s->c, s->where, "the key %s belongs to the section [%s]",
                       name, found->section);
    else
        config_set(s->c, found, value, (struct config_origin){s->rank, s->line},
                   s->where);
    return 1;
}

/* One file that is open. */
static void
read_open(struct config *c, FILE *file, const char *path)
{
    struct source s = {.c = c, .file = file};
    struct stat st;

    if (fstat(fileno(file), &st) != 0 || !S_ISREG(st.st_mode)) {
        config_mistake(c, path, "this is not a file");
        return;
    }
    s.rank = ORIGIN_FILE + (unsigned)c->file_count;
    s.path = c->files[c->file_count++];
    (void)snprintf(c->files[s.rank - ORIGIN_FILE], CONFIG_PATH_MAX, "%s", path);
    (void)ini_parse_stream(next_line, &s, on_value, &s);
    unanswered(&s);
    if (ferror(file))
        config_mistake(c, path, "cannot be read: %s", strerror(errno));
}

/* must: it is a mistake that it is not there. */
static enum err
read_one(struct config *c, const char *path, bool must)
{
    FILE *file = fopen(path, "re");

    if (file == NULL && errno == ENOENT && !must)
        return ERR_OK;
    if (file == NULL) {
        int reason = errno;

        config_mistake(c, path, "cannot be opened: %s", strerror(reason));
        return reason == ENOENT ? ERR_NOT_FOUND : ERR_MALFORMED;
    }
    read_open(c, file, path);
    (void)fclose(file);
    return ERR_OK;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool
is_drop_in(const char *name)
{
    size_t len = strlen(name);

    return name[0] != '.' && len > 5 && len < 256 &&
           strcmp(name + len - 5, ".conf") == 0;
}

enum err
config_files(struct config *c)
{
    char names[CONFIG_FILES_MAX - 1][256];
    char path[CONFIG_PATH_MAX + 264];
    size_t count = 0;
    const struct dirent *entry;
    enum err e = read_one(c, c->file, c->file_named);
    DIR *folder;

    if (e != ERR_OK)
        return e;
    (void)snprintf(path, sizeof path, "%s.d", c->file);
    folder = opendir(path);
    if (folder == NULL) {
        if (errno != ENOENT && errno != ENOTDIR)
            config_mistake(c, path, "cannot be opened: %s", strerror(errno));
        return ERR_OK;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (!is_drop_in(entry->d_name))
            continue;
        if (count == CONFIG_FILES_MAX - 1) {
            config_mistake(c, path, "there are more than %d files in it",
                           CONFIG_FILES_MAX - 1);
            break;
        }
        (void)snprintf(names[count++], sizeof names[0], "%s", entry->d_name);
    }
    (void)closedir(folder);
    qsort(names, count, sizeof names[0], by_name);
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        (void)snprintf(path, sizeof path, "%s.d/%s", c->file, names[i]);
        e = read_one(c, path, true);
    }
    return e;
}
