/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "unlock.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"

enum exit_code
unlock_folder(const struct options *o,
              const struct printer *p,
              char out[static UNLOCK_PATH_MAX])
{
    const char *given =
        o->profile != NULL ? o->profile : getenv("PRISTAN_PROFILE");
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    int len = -1;

    if (given != NULL && *given != '\0')
        len = snprintf(out, UNLOCK_PATH_MAX, "%s", given);
    else if (data != NULL &&
             *data == '/') /* a relative one counts for nothing */
        len = snprintf(out, UNLOCK_PATH_MAX, "%s/pristan", data);
    else if (home != NULL)
        len = snprintf(out, UNLOCK_PATH_MAX, "%s/.local/share/pristan", home);
    if (len > 0 && len < UNLOCK_PATH_MAX)
        return EXIT_DONE;
    fputs("pristan: ", p->err);
    print_say1(p, p->err, WORD_PROFILE_FOLDER, bytes_str("--profile?"));
    return EXIT_NO_CREATE;
}

enum exit_code
unlock_failed(const struct printer *p, const char *folder, enum err e)
{
    static const struct {
        enum err e;
        enum exit_code exit;
        enum word word;
    } rows[] = {
        {ERR_NOT_FOUND, EXIT_NOT_THERE, WORD_NO_GROUPS},
        {ERR_BUSY, EXIT_SETUP, WORD_PROFILE_BUSY},
        {ERR_AUTH, EXIT_NO_RIGHT, WORD_WRONG_PASSPHRASE},
        {ERR_MALFORMED, EXIT_SETUP, WORD_PROFILE_DAMAGED},
        {ERR_UNSUPPORTED, EXIT_SETUP, WORD_PROFILE_LATER},
        {ERR_DENIED, EXIT_NO_CREATE, WORD_PROFILE_FOLDER},
        {ERR_FULL, EXIT_DISK, WORD_DISK_FULL},
        {ERR_DISK, EXIT_DISK, WORD_DISK_ERROR},
        {ERR_USE, EXIT_NO_RIGHT, WORD_PASSPHRASE_NEEDED},
        {ERR_MEMORY, EXIT_BUG, WORD_NO_MEMORY},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].e == e) {
            fputs("pristan: ", p->err);
            print_say1(p, p->err, rows[i].word, bytes_str(folder));
            return rows[i].exit;
        }
    fputs("pristan: ", p->err);
    print_say1(p, p->err, WORD_INTERNAL, bytes_str(err_name(e)));
    return EXIT_BUG;
}

/* Up to a newline or the end, at most PROFILE_PASSPHRASE_MAX bytes. */
static bool
unlock_read_line(int fd, struct buf *out)
{
    char c;
    ssize_t n;

    while ((n = read(fd, &c, 1)) == 1 && c != '\n')
        buf_u8(out, (uint8_t)c);
    return n >= 0 && buf_end(out) == ERR_OK;
}

/* A line from the terminal that does not show it. */
static bool
unlock_prompt(const struct printer *p, enum word word, struct buf *out)
{
    struct termios before, quiet;
    bool ok;

    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return false;
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0)
        return false;
    print_prompt(p, p->err, word);
    ok = unlock_read_line(STDIN_FILENO, out);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', p->err);
    return ok;
}

static enum exit_code
unlock_refuse(const struct printer *p, enum word word)
{
    fputs("pristan: ", p->err);
    print_say(p, p->err, word);
    return EXIT_NO_RIGHT;
}

/* The passphrase of a profile that has one. */
static enum exit_code
unlock_ask(const struct options *o, const struct printer *p, struct buf *out)
{
    bool ok = false;

    if (o->passphrase_fd >= 0)
        ok = unlock_read_line(o->passphrase_fd, out);
    else if (isatty(STDIN_FILENO))
        ok = unlock_prompt(p, WORD_ASK_PASSPHRASE, out);
    return ok && out->len > 0 ? EXIT_DONE
                              : unlock_refuse(p, WORD_PASSPHRASE_NEEDED);
}

/* The passphrase of a new profile; empty: none. On a terminal it is asked
 * twice, but never of a newcomer, who has other worries. */
static enum exit_code
unlock_ask_new(const struct options *o,
               const struct printer *p,
               struct buf *out)
{
    struct buf again = buf_limited(PROFILE_PASSPHRASE_MAX);
    enum exit_code code = EXIT_DONE;

    if (o->passphrase_fd >= 0)
        return unlock_ask(o, p, out);
    if (o->no_passphrase || strcmp(o->command, "ask") == 0 ||
        !isatty(STDIN_FILENO))
        return EXIT_DONE;
    if (!unlock_prompt(p, WORD_ASK_PASSPHRASE_NEW, out) ||
        (out->len > 0 && !unlock_prompt(p, WORD_ASK_PASSPHRASE_AGAIN, &again)))
        code = unlock_refuse(p, WORD_PASSPHRASE_NEEDED);
    else if (!bytes_equal(buf_bytes(out), buf_bytes(&again)))
        code = unlock_refuse(p, WORD_PASSPHRASES_DIFFER);
    buf_free(&again);
    return code;
}

static enum exit_code
unlock_create(const struct options *o,
              const struct printer *p,
              const char *folder,
              struct profile **out)
{
    struct buf phrase = buf_limited(PROFILE_PASSPHRASE_MAX);
    struct profile_unlock unlock = {.method = PROFILE_KEY_FILE};
    enum exit_code code = unlock_ask_new(o, p, &phrase);
    enum err e;

    if (code == EXIT_DONE) {
        if (phrase.len > 0)
            unlock = (struct profile_unlock){.method = PROFILE_PASSPHRASE,
                                             .passphrase = buf_bytes(&phrase)};
        e = profile_create(folder, &unlock, out);
        if (e != ERR_OK)
            code = unlock_failed(p, folder, e);
        else if (!p->json)
            print_say(p, p->err,
                      phrase.len > 0 ? WORD_PROFILE_MADE
                                     : WORD_PROFILE_MADE_KEY);
    }
    buf_free(&phrase);
    return code;
}

enum exit_code
unlock_profile(const struct options *o,
               const struct printer *p,
               const char *folder,
               bool create,
               struct profile **out)
{
    struct buf phrase = buf_limited(PROFILE_PASSPHRASE_MAX);
    struct profile_unlock unlock = {.method = PROFILE_NONE};
    enum exit_code code = EXIT_DONE;
    enum err e = profile_probe(folder, &unlock.method);

    if (e == ERR_OK && unlock.method == PROFILE_NONE)
        return create ? unlock_create(o, p, folder, out)
                      : unlock_failed(p, folder, ERR_NOT_FOUND);
    if (e == ERR_OK && unlock.method == PROFILE_PASSPHRASE) {
        code = unlock_ask(o, p, &phrase);
        unlock.passphrase = buf_bytes(&phrase);
    }
    if (e == ERR_OK && code == EXIT_DONE)
        e = profile_open(folder, &unlock, out);
    if (e != ERR_OK)
        code = unlock_failed(p, folder, e);
    buf_free(&phrase);
    return code;
}
