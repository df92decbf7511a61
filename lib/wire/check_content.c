/* SPDX-License-Identifier: Apache-2.0 */
/* The range of every field of letters and contents: docs/PROTOCOL.md section
 * 3.4, and the remarks in proto/content.proto. */
#include "check.h"

#include "wire/limits.h"

typedef enum err letter_rule(const struct letter *in);
typedef enum err content_rule(const struct content *in);

static enum err
first_of(enum err a, enum err b)
{
    return a != ERR_OK ? a : b;
}

static enum err
must(bool holds)
{
    return holds ? ERR_OK : ERR_MALFORMED;
}

/* Letters, digits and hyphens: the alphabet of BCP 47. */
static enum err
check_language(struct bytes in)
{
    enum err e = check_len(in, 0, LETTER_LANGUAGE_MAX);

    for (size_t i = 0; e == ERR_OK && i < in.len; i++) {
        uint8_t c = in.b[i];

        e = must((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                 (c >= '0' && c <= '9') || c == '-');
    }
    return e;
}

static enum err
check_urgency(enum urgency u)
{
    return must(u >= URGENCY_NORMAL && u <= URGENCY_NOW);
}

static enum err
check_key_packages(const struct bytes *list, size_t count, size_t min)
{
    enum err e = must(count >= min);

    if (count > LETTER_KEY_PACKAGES_MAX)
        return ERR_TOO_LARGE;
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = check_len(list[i], 1, LETTER_KEY_PACKAGE_MAX);
    return e;
}

static enum err
check_letter_knock(const struct letter *in)
{
    enum err e = check_text(in->knock.name, 1, LIMIT_NAME);

    e = first_of(e, check_text(in->knock.reason, 0, LIMIT_TEXT));
    return first_of(
        e, check_len(in->knock.key_package, 1, LETTER_KEY_PACKAGE_MAX));
}

static enum err
check_letter_ask(const struct letter *in)
{
    enum err e = check_text(in->ask.text, 1, LIMIT_TEXT);

    e = first_of(e, check_language(in->ask.language));
    e = first_of(e, check_urgency(in->ask.urgency));
    return first_of(e, check_key_packages(in->ask.key_packages,
                                          in->ask.key_package_count, 1));
}

static enum err
check_letter_welcome(const struct letter *in)
{
    if (in->welcome.blob_count > LETTER_WELCOME_BLOBS_MAX)
        return ERR_TOO_LARGE;
    if (in->welcome.blob_count > 0)
        return must(in->welcome.welcome.len == 0);
    return check_len(in->welcome.welcome, 1, WIRE_WELCOME_MAX);
}

static enum err
check_letter_talk(const struct letter *in)
{
    return check_text(in->talk.text, 1, LIMIT_TEXT);
}

static enum err
check_letter_declined(const struct letter *in)
{
    return check_text(in->declined.reason, 0, LIMIT_TEXT);
}

static letter_rule *const letter_rules[LETTER_KINDS] = {
    [LETTER_KNOCK] = check_letter_knock,
    [LETTER_ASK] = check_letter_ask,
    [LETTER_WELCOME] = check_letter_welcome,
    [LETTER_TALK] = check_letter_talk,
    [LETTER_DECLINED] = check_letter_declined,
};

enum err
letter_check(const struct letter *in)
{
    if ((unsigned)in->kind >= LETTER_KINDS)
        return ERR_MALFORMED;
    return letter_rules[in->kind](in);
}

static enum err
check_nothing(const struct content *in)
{
    (void)in;
    return ERR_OK;
}

static enum err
check_content_text(const struct content *in)
{
    return check_text(in->text.text, 1, LIMIT_TEXT);
}

static enum err
check_knock(const struct content *in)
{
    return check_len(in->knock.letter, 1, LIMIT_LETTER);
}

static enum err
check_desk(const struct content *in)
{
    return check_text(in->desk.title, 0, LIMIT_TITLE);
}

static enum err
check_case(const struct content_case *c, size_t key_packages_min)
{
    enum err e = check_text(c->text, 1, LIMIT_TEXT);

    e = first_of(e, check_language(c->language));
    e = first_of(e, check_urgency(c->urgency));
    e = first_of(e, check_key_packages(c->key_packages, c->key_package_count,
                                       key_packages_min));
    return first_of(e, must(c->arrived_ms <= WIRE_NUMBER_MAX));
}

static enum err
check_case_new(const struct content *in)
{
    return check_case(&in->case_new, 1);
}

static enum err
check_case_state(const struct content_case *c)
{
    if (c->state < CASE_NEW || c->state > CASE_CLOSED)
        return ERR_MALFORMED;
    if (c->state == CASE_CLAIMED && bytes_all_zero(BYTES_OF(c->claimer)))
        return ERR_MALFORMED;
    return must(c->lease_ms <= WIRE_NUMBER_MAX);
}

/* CLAIM, RELEASE, ANSWERED, REOPEN */
static enum err
check_on_case(const struct content *in)
{
    return must(in->on_case.text.len == 0 &&
                bytes_all_zero(BYTES_OF(in->on_case.to)));
}

static enum err
check_handover(const struct content *in)
{
    return must(in->on_case.text.len == 0 &&
                !bytes_all_zero(BYTES_OF(in->on_case.to)));
}

static enum err
check_close(const struct content *in)
{
    return first_of(check_text(in->on_case.text, 0, LIMIT_TEXT),
                    must(bytes_all_zero(BYTES_OF(in->on_case.to))));
}

static enum err
check_note(const struct content *in)
{
    return first_of(check_text(in->on_case.text, 1, LIMIT_TEXT),
                    must(bytes_all_zero(BYTES_OF(in->on_case.to))));
}

/* A case that has been claimed as often as it had key packages has none left.
 */
static enum err
check_snapshot(const struct content *in)
{
    enum err e = ERR_OK;

    if (in->snapshot.case_count > CONTENT_CASES_MAX)
        return ERR_TOO_LARGE;
    if (in->snapshot.epoch > WIRE_NUMBER_MAX ||
        in->snapshot.number > WIRE_NUMBER_MAX)
        return ERR_MALFORMED;
    if (in->snapshot.has_desk)
        e = check_text(in->snapshot.title, 0, LIMIT_TITLE);
    for (size_t i = 0; e == ERR_OK && i < in->snapshot.case_count; i++)
        e = first_of(check_case(&in->snapshot.cases[i], 0),
                     check_case_state(&in->snapshot.cases[i]));
    return e;
}

static enum err
check_bye(const struct content *in)
{
    return check_text(in->bye.text, 0, LIMIT_TEXT);
}

static content_rule *const content_rules[CONTENT_KINDS] = {
    [CONTENT_CONFIRM] = check_nothing,
    [CONTENT_TEXT] = check_content_text,
    [CONTENT_KNOCK] = check_knock,
    [CONTENT_KNOCK_DECISION] = check_nothing,
    [CONTENT_DESK] = check_desk,
    [CONTENT_CASE] = check_case_new,
    [CONTENT_CASE_CLAIM] = check_on_case,
    [CONTENT_CASE_RELEASE] = check_on_case,
    [CONTENT_CASE_HANDOVER] = check_handover,
    [CONTENT_CASE_ANSWERED] = check_on_case,
    [CONTENT_CASE_CLOSE] = check_close,
    [CONTENT_CASE_REOPEN] = check_on_case,
    [CONTENT_CASE_NOTE] = check_note,
    [CONTENT_SNAPSHOT] = check_snapshot,
    [CONTENT_BYE] = check_bye,
};

enum err
content_check(const struct content *in)
{
    if ((unsigned)in->kind >= CONTENT_KINDS || in->sent_ms > WIRE_NUMBER_MAX ||
        in->head_number > WIRE_NUMBER_MAX)
        return ERR_MALFORMED;
    return content_rules[in->kind](in);
}
