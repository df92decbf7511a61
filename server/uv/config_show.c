/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the settings are and where each comes from; the example file. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "config_table.h"
#include "exit.h"
#include "json.h"
#include "start.h"

enum { ORIGIN_LEN = CONFIG_PATH_MAX + 32, OUT_MAX = 256 * 1024 };

static void
show_json(const struct config *c, struct buf *out)
{
    size_t count;
    const struct setting *s = config_settings(&count);
    char origin[ORIGIN_LEN];

    json_open(out, NULL, '{');
    json_number(out, "v", 1);
    json_open(out, "settings", '[');
    for (size_t i = 0; i < count; i++) {
        struct buf value = buf_limited(2 * CONFIG_PATH_MAX);

        if (s[i].section == NULL)
            continue;
        config_get(c, &s[i], &value);
        config_origin_text(c, &s[i], origin, sizeof origin);
        json_open(out, NULL, '{');
        json_text(out, "section", bytes_str(s[i].section));
        json_text(out, "key", bytes_str(s[i].name));
        json_text(out, "value", buf_bytes(&value));
        json_text(out, "origin", bytes_str(origin));
        json_bool(out, "reload", s[i].reload);
        json_close(out, '}');
        buf_free(&value);
    }
    json_close(out, ']');
    json_close(out, '}');
    buf_u8(out, '\n');
}

static void
show_text(const struct config *c, struct buf *out)
{
    size_t count;
    const struct setting *s = config_settings(&count);
    const char *section = "";
    char origin[ORIGIN_LEN];

    for (size_t i = 0; i < count; i++) {
        struct buf value = buf_limited(2 * CONFIG_PATH_MAX);
        size_t start;

        if (s[i].section == NULL)
            continue;
        if (strcmp(section, s[i].section) != 0) {
            buf_append(out, bytes_str(*section == '\0' ? "[" : "\n["));
            buf_append(out, bytes_str(s[i].section));
            buf_append(out, bytes_str("]\n"));
            section = s[i].section;
        }
        start = out->len;
        config_get(c, &s[i], &value);
        if (value.len == 0)
            buf_u8(out, '#'); /* it depends: what is shown can be read again */
        buf_append(out, bytes_str(s[i].name));
        buf_append(out, bytes_str(" = "));
        buf_append(out, buf_bytes(&value));
        do {
            buf_u8(out, ' ');
        } while (out->err == ERR_OK && out->len - start < 44);
        config_origin_text(c, &s[i], origin, sizeof origin);
        buf_append(out, bytes_str("; "));
        buf_append(out, bytes_str(origin));
        if (value.len == 0) {
            buf_append(out, bytes_str(": "));
            buf_append(out, bytes_str(s[i].depends));
        }
        buf_u8(out, '\n');
        buf_free(&value);
    }
}

enum err
config_print(const struct config *c)
{
    struct buf out = buf_limited(OUT_MAX);
    enum err e;

    if (c->json)
        show_json(c, &out);
    else
        show_text(c, &out);
    e = buf_end(&out);
    if (e == ERR_OK)
        (void)fwrite(out.b, 1, out.len, stdout);
    buf_free(&out);
    return e;
}

/* A comment of lines that are not too long. */
static void
comment(const char *text)
{
    int at = 1;

    putchar('#');
    while (*text != '\0') {
        int len = (int)strcspn(text, " ");

        if (at > 1 && at + 1 + len > 79) {
            printf("\n#");
            at = 1;
        }
        printf(" %.*s", len, text);
        at += 1 + len;
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

void
config_print_example(void)
{
    size_t count;
    const struct setting *s = config_settings(&count);
    const char *section = "";
    char text[1024];
    char expected[256];

    comment("The relay's configuration. Every key stands here at its default; "
            "take the # before a key away to set it. pristan-relay "
            "--check-config tells every mistake. Keys marked [restart] are "
            "taken over when the relay starts, the others also on SIGHUP.");
    for (size_t i = 0; i < count; i++) {
        if (s[i].section == NULL)
            continue;
        if (strcmp(section, s[i].section) != 0)
            printf("\n[%s]\n", s[i].section);
        section = s[i].section;
        config_expects(&s[i], expected, sizeof expected);
        (void)snprintf(text, sizeof text, "%s. Takes %s.%s%s%s%s", s[i].help,
                       expected, s[i].standard == NULL ? " Default: " : "",
                       s[i].standard == NULL ? s[i].depends : "",
                       s[i].standard == NULL ? "." : "",
                       s[i].reload ? "" : " [restart]");
        putchar('\n');
        comment(text);
        if (s[i].standard == NULL)
            printf("#%s = %s\n", s[i].name, s[i].value);
        else
            printf("#%s = %s\n", s[i].name, s[i].standard);
    }
}

int
command_config(struct config *c)
{
    const char *what = c->word_count == 0 ? "show" : c->words[0];

    if (strcmp(what, "show") == 0)
        return config_print(c) == ERR_OK
                   ? EXIT_OK
                   : start_refuse(ERR_MEMORY, LOG_MEMORY, NULL, EXIT_INTERNAL);
    if (strcmp(what, "example") == 0) {
        config_print_example();
        return EXIT_OK;
    }
    if (strcmp(what, "check") == 0)
        return EXIT_OK; /* the mistakes were told when it was read */
    log_line(LOG_CONFIG,
             "config show, config example or config check is what there is", 0);
    return EXIT_USAGE;
}
