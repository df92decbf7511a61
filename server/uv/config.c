/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Defaults, files, environment, options: in the order in which each beats the
 * one before. */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_table.h"
#include "folder.h"
#include "log.h"

static const char data_of_root[] = "/var/lib/pristan-relay";
static const char control_of_service[] = "/run/pristan-relay/control";

enum { MESSAGE_MAX = 1024, SOCKET_PATH_MAX = 107 };

void
config_mistake(struct config *c, const char *where, const char *format, ...)
{
    char text[MESSAGE_MAX];
    char line[MESSAGE_MAX + CONFIG_PATH_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->mistakes++;
    (void)snprintf(line, sizeof line, "%s: %s", where, text);
    for (char *p = line; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?'; /* of a file that is none, to a terminal */
    log_line(LOG_CONFIG, line, 0);
}

static size_t
place_of(const struct setting *s)
{
    size_t count;

    return (size_t)(s - config_settings(&count));
}

/* One value of a list may name several. */
static bool
put_all(struct config *c, const struct setting *s, const char *value)
{
    char one[CONFIG_HOST_MAX + 16];
    bool any = false;

    if (s->kind != SETTING_ENDPOINTS || value == NULL)
        return config_put(c, s, value);
    for (const char *p = value; *p != '\0';) {
        size_t len = strcspn(p, " ,");

        if (len >= sizeof one)
            return false;
        memcpy(one, p, len);
        one[len] = '\0';
        if (len > 0 && !config_put(c, s, one))
            return false;
        any = any || len > 0;
        p += len;
        p += strspn(p, " ,");
    }
    return any;
}

void
config_set(struct config *c,
           const struct setting *s,
           const char *value,
           struct config_origin from,
           const char *where)
{
    struct config_origin *origin = &c->origins[place_of(s)];
    char expected[256];
    bool again = origin->rank == from.rank;
    bool doubled;

    if (again && s->kind != SETTING_ENDPOINTS && from.line > 0) {
        config_mistake(c, where, "%s stands here twice; keep one (line %u)",
                       s->name, origin->line);
        return;
    }
    if (!again)
        config_clear(c, s);
    doubled = config_doubled(c, s);
    if (!put_all(c, s, value)) {
        config_expects(s, expected, sizeof expected);
        config_mistake(c, where, "%s must be %s, which '%s' is not", s->name,
                       expected, value == NULL ? "" : value);
        return;
    }
    if (!doubled && config_doubled(c, s))
        config_mistake(c, where, "%s has the same address twice; keep one (%s)",
                       s->name, value);
    *origin = from;
}

void
config_variable(const struct setting *s, char *out, size_t size)
{
    size_t at = 0;

    (void)snprintf(out, size, "PRISTAN_RELAY_%s", s->name);
    for (; out[at] != '\0'; at++) {
        if (out[at] == '-')
            out[at] = '_';
        else if (out[at] >= 'a' && out[at] <= 'z')
            out[at] = (char)(out[at] - 'a' + 'A');
    }
}

void
config_origin_text(const struct config *c,
                   const struct setting *s,
                   char *out,
                   size_t size)
{
    const struct config_origin *o = &c->origins[place_of(s)];
    char variable[64];

    if (o->rank == ORIGIN_DEFAULT) {
        (void)snprintf(out, size, "default");
    } else if (o->rank < ORIGIN_ENVIRONMENT) {
        (void)snprintf(out, size, "%s:%u", c->files[o->rank - ORIGIN_FILE],
                       o->line);
    } else if (o->rank == ORIGIN_ENVIRONMENT) {
        config_variable(s, variable, sizeof variable);
        (void)snprintf(out, size, "%s", variable);
    } else {
        (void)snprintf(out, size, "--%s", s->name);
    }
}

static bool
is_ours(const char *folder)
{
    struct stat st;

    return geteuid() == 0 ||
           (lstat(folder, &st) == 0 && st.st_uid == geteuid());
}

/* Where the data is when nobody says: what the service manager made, else what
 * is usual for root, for the service's user, and for people. */
static void
default_data(struct config *c)
{
    const char *state = getenv("STATE_DIRECTORY");
    const char *xdg = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    if (state != NULL && *state != '\0')
        (void)snprintf(c->data, sizeof c->data, "%s", state);
    else if (is_ours(data_of_root))
        (void)snprintf(c->data, sizeof c->data, "%s", data_of_root);
    else if (xdg != NULL && *xdg == '/')
        (void)snprintf(c->data, sizeof c->data, "%s/pristan-relay", xdg);
    else if (home != NULL)
        (void)snprintf(c->data, sizeof c->data, "%s/.local/state/pristan-relay",
                       home);
}

/* Who may not look into the installed relay's folder may have meant it. */
static void
find_denied(struct config *c)
{
    const struct setting *data = config_setting("data", 4);
    struct stat st;

    if (c->origins[place_of(data)].rank == ORIGIN_DEFAULT &&
        lstat(c->data, &st) != 0 && folder_denies(data_of_root))
        c->denied = data_of_root;
}

static void
set_defaults(struct config *c)
{
    size_t count;
    const struct setting *s = config_settings(&count);

    memset(c, 0, sizeof *c);
    c->ready_fd = -1;
    for (size_t i = 0; i < count; i++)
        if (s[i].standard != NULL)
            config_set(c, &s[i], s[i].standard, (struct config_origin){0, 0},
                       s[i].name);
    default_data(c);
}

/* $RUNTIME_DIRECTORY is one folder, or several with colons between. Whoever
 * asks the service's relay has no such variable, but the same folder. */
static void
default_control(struct config *c)
{
    const char *runtime = getenv("RUNTIME_DIRECTORY");
    struct stat st;
    int n;

    if (c->control[0] != '\0')
        return;
    if (runtime != NULL && *runtime == '/')
        n = snprintf(c->control, sizeof c->control, "%.*s/control",
                     (int)strcspn(runtime, ":"), runtime);
    else if (strcmp(c->data, data_of_root) == 0 &&
             lstat(control_of_service, &st) == 0 && S_ISSOCK(st.st_mode))
        n = snprintf(c->control, sizeof c->control, "%s", control_of_service);
    else
        n = snprintf(c->control, sizeof c->control, "%s/control", c->data);
    if (n < 0 || (size_t)n >= sizeof c->control)
        c->control[0] = '\0';
}

/* The same, of a setting that was read already. */
__attribute__((format(printf, 3, 4))) static void
mistake_in(struct config *c, const char *name, const char *format, ...)
{
    const struct setting *s = config_setting(name, strlen(name));
    char where[CONFIG_PATH_MAX + 32];
    char text[MESSAGE_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    config_origin_text(c, s, where, sizeof where);
    config_mistake(c, where, "%s %s", name, text);
}

/* What no single setting can know. */
static void
check_together(struct config *c)
{
    const struct setting *space = config_setting("space-mib", 9);

    if (c->data[0] == '\0')
        config_mistake(c, "data",
                       "there is no home folder to keep things in; name one "
                       "with --data DIR");
    if (c->metrics[0] == '/' && strlen(c->metrics) > SOCKET_PATH_MAX)
        mistake_in(c, "metrics",
                   "is too long: a socket's path has at most %d "
                   "characters",
                   (int)SOCKET_PATH_MAX);
    if (strlen(c->control) > SOCKET_PATH_MAX &&
        c->origins[place_of(config_setting("control", 7))].rank > 0)
        mistake_in(c, "control",
                   "is too long: a socket's path has at most %d "
                   "characters",
                   (int)SOCKET_PATH_MAX);
    if (c->ballast_mib >= c->space_mib)
        mistake_in(c,
                   c->origins[place_of(space)].rank > 0 ? "space-mib"
                                                        : "ballast-mib",
                   "makes no sense: ballast-mib (%" PRIu64
                   ") has to be smaller than space-mib (%" PRIu64 ")",
                   c->ballast_mib, c->space_mib);
}

enum err
config_read(int argc, char **argv, struct config *out)
{
    enum err e;

    set_defaults(out);
    config_flags(argc, argv, FLAGS_COMMAND, out);
    if (out->mistakes > 0)
        return ERR_USE;
    if (out->help || out->command == COMMAND_HELP ||
        out->command == COMMAND_VERSION)
        return ERR_OK;
    e = config_files(out);
    if (e == ERR_OK) {
        unsigned before;

        config_environment(out);
        before = out->mistakes;
        config_flags(argc, argv, FLAGS_SETTINGS, out);
        if (out->mistakes > before)
            e = ERR_USE;
        default_control(out);
        find_denied(out);
        check_together(out);
        if (e == ERR_OK && out->mistakes > 0)
            e = ERR_MALFORMED;
    }
    return e;
}

void
config_compare(const struct config *before,
               const struct config *after,
               struct buf *changed,
               struct buf *restart)
{
    size_t count;
    const struct setting *s = config_settings(&count);

    for (size_t i = 0; i < count; i++) {
        struct buf old = buf_limited(2 * CONFIG_PATH_MAX);
        struct buf new = buf_limited(2 * CONFIG_PATH_MAX);
        struct buf *out = s[i].reload ? changed : restart;

        config_get(before, &s[i], &old);
        config_get(after, &s[i], &new);
        if (s[i].section != NULL &&
            !bytes_equal(buf_bytes(&old), buf_bytes(&new))) {
            if (out->len > 0)
                buf_append(out, bytes_str(", "));
            buf_append(out, bytes_str(s[i].name));
        }
        buf_free(&old);
        buf_free(&new);
    }
}
