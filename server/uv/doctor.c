/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Looks at everything that keeps a relay from being one, and says what to do
 * about it. */
#include "doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "command.h"
#include "exit.h"
#include "json.h"

enum { TEXT_MAX = 1024, STATUS_MAX = 4096 };

static const char *const verdicts[] = {"ok", "warning", "WRONG"};
static const char *const words[] = {"ok", "warning", "wrong"};

static void
say_json(const char *check,
         enum doctor_verdict verdict,
         const char *text,
         const char *advice)
{
    struct buf out = buf_limited(4 * TEXT_MAX);

    json_open(&out, NULL, '{');
    json_number(&out, "v", 1);
    json_text(&out, "check", bytes_str(check));
    json_text(&out, "verdict", bytes_str(words[verdict]));
    json_text(&out, "text", bytes_str(text));
    if (advice != NULL)
        json_text(&out, "advice", bytes_str(advice));
    json_close(&out, '}');
    printf("%.*s\n", (int)out.len, (const char *)out.b);
    buf_free(&out);
}

void
doctor_say(struct doctor *d,
           const char *check,
           enum doctor_verdict verdict,
           const char *advice,
           const char *format,
           ...)
{
    char text[TEXT_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (verdict > d->worst)
        d->worst = verdict;
    if (d->config->json)
        say_json(check, verdict, text, advice);
    else
        printf("%-8s %-9s %s%s%s\n", verdicts[verdict], check, text,
               advice == NULL ? "" : ": ", advice == NULL ? "" : advice);
}

/* A number of the running relay's status; 0 when it is not there. */
static uint64_t
number_of(const char *json, const char *name)
{
    const char *at = strstr(json, name);

    return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10);
}

static void
ask_running(struct doctor *d)
{
    char status[STATUS_MAX] = "";
    size_t len = 0;
    ssize_t n;
    struct ask a;
    int code = EXIT_OK;
    enum ask_result r = ask_open(d->config, "status json", NULL, &a, &code);

    d->denied = r == ASK_DENIED;
    if (r == ASK_ANSWERED) {
        d->running = true;
        while (len + 1 < sizeof status &&
               (n = ask_read(&a, (uint8_t *)status + len,
                             sizeof status - 1 - len)) > 0)
            len += (size_t)n;
        d->handed = strstr(status, "\"handed\":true") != NULL;
        d->full = strstr(status, "\"full\":true") != NULL;
        d->damaged = number_of(status, "\"damaged\":");
        d->clock_ahead_h = number_of(status, "\"clock_ahead_h\":");
        d->clock_behind_h = number_of(status, "\"clock_behind_h\":");
    }
    ask_close(&a);
    if (d->running && d->full)
        doctor_say(
            d, "relay", DOCTOR_WRONG,
            "raise space-mib, get more disk, or wait for things to expire",
            "it is running, but refuses writers: there is no room");
    else if (d->running)
        doctor_say(d, "relay", DOCTOR_OK, NULL, "it is running");
    else if (d->denied && access(d->config->control, F_OK) == 0)
        doctor_say(d, "relay", DOCTOR_WARNING,
                   "run this as the relay's user or as root",
                   "its socket %s is there, but refuses you",
                   d->config->control);
    else if (d->foreign || d->denied)
        doctor_say(d, "relay", DOCTOR_WARNING,
                   "run this as the relay's user or as root",
                   "if one is running, it does not answer you");
    else
        doctor_say(d, "relay", DOCTOR_WARNING,
                   "start it; the rest is checked without it",
                   "none is running here");
}

/* The files that settings came from, or where none was found. */
static void
say_files(struct doctor *d)
{
    const struct config *c = d->config;
    char names[TEXT_MAX] = "";
    size_t len = 0;

    for (size_t i = 0; i < c->file_count && len < sizeof names; i++)
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s",
                                i == 0 ? "" : ", ", c->files[i]);
    if (c->file_count > 0)
        doctor_say(d, "config", DOCTOR_OK, NULL,
                   "no mistakes; files read: %zu (%s)", c->file_count, names);
    else
        doctor_say(d, "config", DOCTOR_OK, NULL,
                   "no mistakes; no configuration file was found, neither %s "
                   "nor one in %s.d/",
                   c->file, c->file);
}

int
command_doctor(struct config *c)
{
    struct doctor d = {.config = c};

    say_files(&d);
    doctor_page(&d);
    doctor_folder(&d);
    ask_running(&d);
    if (!d.foreign) { /* else nothing is known of them */
        doctor_database(&d);
        doctor_key(&d);
    }
    doctor_disk(&d);
    doctor_clock(&d);
    doctor_limits(&d);
    /* else who has it may be the relay */
    if ((!d.foreign && !d.denied) || d.running)
        doctor_port(&d);
    doctor_reach(&d);
    return d.worst == DOCTOR_WRONG ? EXIT_WRONG : EXIT_OK;
}
