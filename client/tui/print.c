/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tui/print.h"

#include <string.h>

#include "base/text.h"

enum { TEXT_CHARS = 8192, SHORT_ID_BYTES = 4 };

void
print_raw(FILE *f, struct bytes text)
{
    fwrite(text.b, 1, text.len, f);
    fputc('\n', f);
}

void
print_text(FILE *f, struct bytes text)
{
    struct buf safe = buf_limited((size_t)LIMIT_TEXT * 4);

    text_safe(&safe, text, TEXT_LINE, TEXT_CHARS);
    fwrite(safe.b, 1, safe.len, f);
    buf_free(&safe);
}

/* Prints the template up to the next argument; gives what comes after it, and
 * which argument, or -1 at the end. */
static const char *
print_to_hole(FILE *f, const char *template, int *arg)
{
    const char *hole = strchr(template, '{');

    if (hole == NULL) {
        fputs(template, f);
        *arg = -1;
        return template + strlen(template);
    }
    fwrite(template, 1, (size_t)(hole - template), f);
    *arg = hole[1] - '0';
    return hole + 3;
}

void
print_words(const struct printer *p,
            FILE *f,
            enum word word,
            const struct bytes *args,
            size_t arg_count)
{
    const char *rest = words_get(p->lang, word);
    int arg;

    for (;;) {
        rest = print_to_hole(f, rest, &arg);
        if (arg < 0)
            break;
        if ((size_t)arg < arg_count)
            print_text(f, args[arg]);
    }
    fputc('\n', f);
}

void
print_prompt(const struct printer *p, FILE *f, enum word word)
{
    fputs(words_get(p->lang, word), f);
    fflush(f);
}

void
print_say(const struct printer *p, FILE *f, enum word word)
{
    print_words(p, f, word, NULL, 0);
}

void
print_say1(const struct printer *p, FILE *f, enum word word, struct bytes arg)
{
    print_words(p, f, word, &arg, 1);
}

void
print_person(const struct printer *p, FILE *f, const struct notice_person *who)
{
    if (who->self) {
        fputs(words_get(p->lang, WORD_YOU), f);
        return;
    }
    print_text(f, who->name);
    fprintf(f, "#%02x%02x", who->tag[0], who->tag[1]);
}

struct print_short_id
print_short(const struct client_id *id)
{
    struct print_short_id out = {{0}};

    for (size_t i = 0; i < SHORT_ID_BYTES; i++)
        snprintf(out.s + 2 * i, 3, "%02x", id->b[i]);
    return out;
}

static const struct {
    enum notice_code code;
    enum word word;
} code_words[] = {
    {CODE_NOT_THIS_RELAY, WORD_NOT_THIS_RELAY},
    {CODE_RELAY_UNREACHABLE, WORD_RELAY_UNREACHABLE},
    {CODE_RELAY_REFUSED, WORD_RELAY_REFUSED},
    {CODE_RELAY_FULL, WORD_RELAY_FULL},
    {CODE_LINK_REVOKED, WORD_CODE_REVOKED},
    {CODE_LINK_EXPIRED, WORD_CODE_EXPIRED},
    {CODE_LINK_UNKNOWN, WORD_CODE_UNKNOWN},
    {CODE_CARD_BAD, WORD_CARD_BAD},
    {CODE_NOT_ALLOWED, WORD_NOT_ADMIN},
    {CODE_NOT_MEMBER, WORD_NOT_MEMBER},
    {CODE_NO_SUCH, WORD_NO_SUCH},
    {CODE_CASE_TAKEN, WORD_CASE_TAKEN},
    {CODE_CASE_NOT_YOURS, WORD_CASE_NOT_YOURS},
    {CODE_CASE_CLOSED, WORD_CASE_IS_CLOSED},
    {CODE_CASE_NO_KEYS, WORD_CASE_NO_KEYS},
    {CODE_LOCKED_OUT, WORD_STATE_LOCKED_OUT},
    {CODE_ALARM_GAP, WORD_ALARM_GAP},
    {CODE_ALARM_HEAD, WORD_ALARM_HEAD},
    {CODE_ALARM_ROLLBACK, WORD_ALARM_ROLLBACK},
    {CODE_ALARM_NOT_STORED, WORD_ALARM_NOT_STORED},
    {CODE_ALARM_CLONE, WORD_ALARM_CLONE},
    {CODE_ALARM_VOID_COMMIT, WORD_ALARM_VOID_COMMIT},
    {CODE_ALARM_VOID_RECORD, WORD_ALARM_VOID_RECORD},
};

enum word
print_code_word(enum notice_code code)
{
    for (size_t i = 0; i < sizeof code_words / sizeof *code_words; i++)
        if (code_words[i].code == code)
            return code_words[i].word;
    return WORD_INTERNAL;
}

void
print_code(const struct printer *p, enum notice_code code)
{
    char name[16];

    snprintf(name, sizeof name, "C%03u", (unsigned)code);
    fprintf(p->err, "%s: ", name);
    print_say1(p, p->err, print_code_word(code), bytes_str(name));
}
