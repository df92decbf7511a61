/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* pristan: one command, one exit code. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "loop.h"
#include "net.h"
#include "unlock.h"

/* A closed 0, 1 or 2 would become the profile's file, and be written to. A
 * closed standard output stays one that takes nothing. */
static void
main_open_standard(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR) != fd)
            _exit(EXIT_BUG);
}

/* No core dump and no debugger may show keys (G-03, G-11); nobody else reads
 * our files; a closed pipe is an error, not a death. */
static void
main_harden(void)
{
    struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    umask(077);
    signal(SIGPIPE, SIG_IGN);
}

static enum exit_code
main_wipe(const struct options *o, const struct printer *p, const char *folder)
{
    enum err e;
    char answer[8] = "";

    if (!o->yes) {
        fprintf(p->err, "%s: wipe? yes/no: ", folder);
        if (fgets(answer, sizeof answer, stdin) == NULL ||
            strcmp(answer, "yes\n") != 0)
            return EXIT_BAD_USAGE;
    }
    e = profile_wipe(folder);
    if (e != ERR_OK)
        return unlock_failed(p, folder, e);
    print_say(p, p->out, WORD_WIPED);
    return EXIT_DONE;
}

static enum exit_code
main_command(const struct options *o)
{
    struct app app;
    struct profile *store = NULL;
    char folder[UNLOCK_PATH_MAX];
    enum exit_code code = app_init(&app, o);

    if (code == EXIT_DONE)
        code = unlock_folder(o, &app.p, folder);
    if (code == EXIT_DONE && strcmp(o->command, "wipe") == 0) {
        code = main_wipe(o, &app.p, folder);
    } else if (code == EXIT_DONE) {
        code = unlock_profile(o, &app.p, folder,
                              app.command->flags & COMMAND_CREATES, &store);
        if (code == EXIT_DONE)
            code = loop_run(&app, store, folder);
        profile_close(store);
    }
    app_free(&app);
    return code;
}

/* What was asked for and done, but cannot be read, was not done. */
static enum exit_code
main_printed(const struct options *o, enum exit_code code)
{
    const struct printer p = {stdout, stderr, o->lang, o->json};

    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return code;
    print_say(&p, p.err, WORD_NOT_PRINTED);
    return code == EXIT_DONE ? EXIT_DISK : code;
}

static enum exit_code
main_do(const struct options *o)
{
    if (o->version) {
        puts("pristan " PRISTAN_VERSION);
        return EXIT_DONE;
    }
    if (o->help || o->command == NULL) {
        options_help(o->lang);
        return o->help ? EXIT_DONE : EXIT_BAD_USAGE;
    }
    if (o->proxy != NULL &&
        net_read_proxy(o->proxy, &(struct sockaddr_storage){0}) != ERR_OK) {
        fputs(
            "pristan: --proxy or PRISTAN_PROXY is socks5h://ADDRESS:PORT, the "
            "address a number, IPv6 in brackets\n",
            stderr);
        return EXIT_BAD_USAGE;
    }
    if (random_start() != ERR_OK) {
        fputs("pristan: libsodium does not start\n", stderr);
        return EXIT_BUG;
    }
    return main_command(o);
}

int
main(int argc, char **argv)
{
    struct options o;
    enum exit_code code;

    main_open_standard();
    main_harden();
    code = options_read(argc, argv, &o);
    if (code == EXIT_DONE)
        code = main_printed(&o, main_do(&o));
    return (int)code;
}
