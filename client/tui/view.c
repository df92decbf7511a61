/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "view.h"

#include <string.h>
#include <time.h>

#include "base/text.h"
#include "json.h"

static const char *const kind_names[NOTICE_KINDS] = {
    [NOTICE_TEXT] = "text",
    [NOTICE_JOINED] = "joined",
    [NOTICE_REMOVED] = "removed",
    [NOTICE_LEFT] = "left",
    [NOTICE_YOU_JOINED] = "you_joined",
    [NOTICE_YOU_REMOVED] = "you_removed",
    [NOTICE_LOCKED_OUT] = "locked_out",
    [NOTICE_CASE] = "case",
    [NOTICE_CASE_CLAIMED] = "case_claimed",
    [NOTICE_CASE_RELEASED] = "case_released",
    [NOTICE_CASE_HANDED] = "case_handed",
    [NOTICE_CASE_CLOSED] = "case_closed",
    [NOTICE_CASE_REOPENED] = "case_reopened",
    [NOTICE_CASE_NOTE] = "case_note",
    [NOTICE_KNOCK] = "knock",
    [NOTICE_KNOCK_DECIDED] = "knock_decided",
    [NOTICE_ALARM] = "alarm",
    [NOTICE_BYE] = "bye",
    [NOTICE_CLAIM_LOST] = "claim_lost",
    [NOTICE_ON_ITS_WAY] = "on_its_way",
    [NOTICE_DELIVERED] = "delivered",
    [NOTICE_ASKED] = "asked",
    [NOTICE_KNOCKED] = "knocked",
    [NOTICE_DECLINED] = "declined",
    [NOTICE_CONFIRMED] = "confirmed",
    [NOTICE_CARD_RENEWED] = "card_renewed",
    [NOTICE_SYNCED] = "synced",
    [NOTICE_OFFLINE] = "offline",
    [NOTICE_ACT_DONE] = "act_done",
    [NOTICE_ACT_FAILED] = "act_failed",
};

uint32_t
view_case_number(const struct client *c, const struct client_id *id)
{
    struct client_case_info info;

    for (size_t i = 0; i < client_case_count(c); i++)
        if (client_case_info(c, i, &info) == ERR_OK &&
            memcmp(info.id.b, id->b, CLIENT_ID_LEN) == 0)
            return info.number;
    return 0;
}

static void
view_json(const struct printer *p,
          const struct client *c,
          const struct notice *n)
{
    struct json j = json_begin(p->out, kind_names[n->kind]);
    uint32_t number = view_case_number(c, &n->case_id);

    json_id(&j, "group", &n->group);
    if (n->seq != 0)
        json_number(&j, "seq", n->seq);
    json_number(&j, "at_ms", n->at_ms);
    if (n->act != 0)
        json_number(&j, "act", n->act);
    json_person(&j, "who", &n->who);
    json_person(&j, "by", &n->by);
    json_id(&j, "id", &n->id);
    json_id(&j, "case", &n->case_id);
    if (number != 0)
        json_number(&j, "number", number);
    if (n->text.len > 0)
        json_text(&j, "text", n->text);
    if (n->code_words[0] != '\0')
        json_text(&j, "code_words", bytes_str(n->code_words));
    if (n->code != CODE_NONE)
        json_number(&j, "code", (uint64_t)n->code);
    if (n->of != 0 || n->count != 0) {
        json_number(&j, "count", n->count);
        json_number(&j, "of", n->of);
    }
    if (n->kind == NOTICE_KNOCK_DECIDED)
        json_bool(&j, "approved", n->approved);
    json_end(&j);
}

static void
view_clock(FILE *f, uint64_t at_ms)
{
    time_t t = (time_t)(at_ms / 1000);
    struct tm tm;
    char text[32];

    if (localtime_r(&t, &tm) == NULL ||
        strftime(text, sizeof text, "%d.%m %H:%M", &tm) == 0)
        return;
    fprintf(f, "[%s] ", text);
}

/* "name#tag" as bytes for a sentence. */
static struct bytes
view_name(const struct printer *p,
          const struct notice_person *who,
          struct buf *out)
{
    char tag[8];

    if (who->self)
        return bytes_str(words_get(p->lang, WORD_YOU));
    if (who->name.len == 0)
        return bytes_str("-");
    if (bytes_all_zero(BYTES_OF(who->id.b)))
        return who->name; /* knocks: no member yet */
    snprintf(tag, sizeof tag, "#%02x%02x", who->tag[0], who->tag[1]);
    buf_append(out, who->name);
    buf_append(out, bytes_str(tag));
    return buf_bytes(out);
}

static void
view_text(const struct printer *p,
          const struct client *c,
          const struct notice *n)
{
    struct client_group_info g;
    struct buf safe = buf_limited((size_t)LIMIT_TEXT * 4);
    bool talk = client_group_find(c, &n->group, &g) == ERR_OK &&
                g.kind == CLIENT_CASE && g.asker && !n->who.self;

    view_clock(p->out, n->at_ms);
    if (talk) /* the desk speaks, not a person */
        print_text(p->out, n->who.name);
    else
        print_person(p, p->out, &n->who);
    fputs(": ", p->out);
    text_safe(&safe, n->text, TEXT_BLOCK, LIMIT_TEXT);
    for (size_t i = 0; i < safe.len; i++) {
        fputc(safe.b[i], p->out);
        if (safe.b[i] == '\n')
            fputs("    ", p->out);
    }
    fputc('\n', p->out);
    buf_free(&safe);
}

/* Which sentence, and which of its arguments come from where. */
enum view_arg {
    ARG_NONE,
    ARG_WHO,
    ARG_BY,
    ARG_TEXT,
    ARG_TITLE,
    ARG_CASE,
    ARG_CODE,
    ARG_ID,
    ARG_COUNT,
    ARG_OF
};
struct view_rule {
    enum word word;
    enum view_arg args[4];
};

static const struct view_rule rules[NOTICE_KINDS] = {
    [NOTICE_JOINED] = {WORD_JOINED, {ARG_WHO, ARG_BY}},
    [NOTICE_REMOVED] = {WORD_REMOVED, {ARG_WHO, ARG_BY}},
    [NOTICE_LEFT] = {WORD_LEFT, {ARG_WHO}},
    [NOTICE_YOU_JOINED] = {WORD_YOU_JOINED, {ARG_TITLE}},
    [NOTICE_YOU_REMOVED] = {WORD_YOU_REMOVED, {ARG_TITLE, ARG_BY}},
    [NOTICE_LOCKED_OUT] = {WORD_LOCKED_OUT, {ARG_TITLE}},
    [NOTICE_CASE] = {WORD_CASE, {ARG_CASE, ARG_TEXT}},
    [NOTICE_CASE_CLAIMED] = {WORD_CASE_CLAIMED, {ARG_CASE, ARG_WHO}},
    [NOTICE_CASE_RELEASED] = {WORD_CASE_RELEASED, {ARG_CASE, ARG_WHO}},
    [NOTICE_CASE_HANDED] = {WORD_CASE_HANDED, {ARG_CASE, ARG_WHO, ARG_BY}},
    [NOTICE_CASE_CLOSED] = {WORD_CASE_CLOSED, {ARG_CASE, ARG_WHO}},
    [NOTICE_CASE_REOPENED] = {WORD_CASE_REOPENED, {ARG_CASE, ARG_WHO}},
    [NOTICE_CASE_NOTE] = {WORD_CASE_NOTE, {ARG_CASE, ARG_WHO, ARG_TEXT}},
    [NOTICE_KNOCK] = {WORD_KNOCK, {ARG_WHO, ARG_CODE, ARG_TITLE, ARG_ID}},
    [NOTICE_KNOCK_DECIDED] = {WORD_KNOCK_DECLINED, {ARG_WHO, ARG_BY}},
    [NOTICE_BYE] = {WORD_BYE, {ARG_TEXT}},
    [NOTICE_CLAIM_LOST] = {WORD_CLAIM_LOST, {ARG_CASE, ARG_WHO}},
    [NOTICE_ASKED] = {WORD_ASKED, {ARG_TEXT}},
    [NOTICE_KNOCKED] = {WORD_KNOCKED, {ARG_CODE}},
    [NOTICE_DECLINED] = {WORD_DECLINED, {ARG_TEXT}},
    [NOTICE_CONFIRMED] = {WORD_CONFIRMED, {ARG_TITLE, ARG_COUNT, ARG_OF}},
};

static struct view_rule
view_rule_for(const struct client *c, const struct notice *n)
{
    struct view_rule rule = rules[n->kind];

    if (n->kind == NOTICE_KNOCK_DECIDED && n->approved)
        rule.word = WORD_KNOCK_APPROVED;
    if (n->kind == NOTICE_CASE_RELEASED &&
        bytes_all_zero(BYTES_OF(n->who.id.b)))
        rule.word = WORD_CASE_LEASE_OVER;
    else if (n->kind == NOTICE_CASE_RELEASED && n->who.name.len == 0)
        rule.word = WORD_CASE_FREE; /* whoever had it was removed */
    /* and not of a circle that one was removed from, where nothing is left */
    if (n->kind == NOTICE_CASE_CLAIMED && n->who.self &&
        view_case_number(c, &n->case_id) != 0)
        rule.word = WORD_CASE_CLAIMED_SELF;
    return rule;
}

static struct bytes
view_number(uint64_t v, struct buf *out)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    buf_append(out, bytes_str(text));
    return buf_bytes(out);
}

static struct bytes
view_case(const struct client *c, const struct client_id *id, struct buf *out)
{
    uint32_t number = view_case_number(c, id);

    return number != 0 ? view_number(number, out) : bytes_str("?");
}

static struct bytes
view_arg(const struct printer *p,
         const struct client *c,
         const struct notice *n,
         enum view_arg arg,
         struct buf *out)
{
    struct client_group_info g;

    switch (arg) {
    case ARG_WHO:
        return view_name(p, &n->who, out);
    case ARG_BY:
        return view_name(p, &n->by, out);
    case ARG_TEXT:
        return n->text;
    case ARG_TITLE:
        if (client_group_find(c, &n->group, &g) == ERR_OK)
            return g.title;
        return bytes_str("?");
    case ARG_CASE:
        return view_case(c, &n->case_id, out);
    case ARG_CODE:
        return bytes_str(n->code_words);
    case ARG_ID:
        buf_append(out, bytes_str(print_short(&n->id).s));
        return buf_bytes(out);
    case ARG_COUNT:
        return view_number(n->count, out);
    case ARG_OF:
        return view_number(n->of, out);
    case ARG_NONE:
        break;
    }
    return bytes_str("");
}

static void
view_sentence(const struct printer *p,
              const struct client *c,
              const struct notice *n)
{
    struct view_rule rule = view_rule_for(c, n);
    struct buf bufs[4];
    struct bytes args[4];

    for (size_t i = 0; i < 4; i++) {
        bufs[i] = buf_limited((size_t)LIMIT_TEXT * 2);
        args[i] = view_arg(p, c, n, rule.args[i], &bufs[i]);
    }
    fputs("-- ", p->out);
    print_words(p, p->out, rule.word, args, 4);
    for (size_t i = 0; i < 4; i++)
        buf_free(&bufs[i]);
}

static void
view_asked(const struct printer *p,
           const struct client *c,
           const struct notice *n)
{
    struct buf count = buf_limited(32);

    view_sentence(p, c, n);
    if (n->count > 0) {
        fputs("-- ", p->out);
        print_say1(p, p->out,
                   words_counted(p->lang, WORD_ASKED_READERS_ONE, n->count),
                   view_number(n->count, &count));
    }
    fputs("-- ", p->out);
    print_say(p, p->out, WORD_ASKED_NEXT);
    buf_free(&count);
}

void
view_notice(const struct printer *p,
            const struct client *c,
            const struct notice *n)
{
    if (p->json) {
        view_json(p, c, n);
        return;
    }
    switch (n->kind) {
    case NOTICE_TEXT:
        view_text(p, c, n);
        break;
    case NOTICE_ALARM:
    case NOTICE_OFFLINE:
        print_code(p, n->code);
        break;
    case NOTICE_ASKED:
        view_asked(p, c, n);
        break;
    case NOTICE_KNOCKED:
        view_sentence(p, c, n);
        fputs("-- ", p->out);
        print_say(p, p->out, WORD_KNOCKED_NEXT);
        break;
    case NOTICE_JOINED:
    case NOTICE_REMOVED:
    case NOTICE_LEFT:
    case NOTICE_YOU_JOINED:
    case NOTICE_YOU_REMOVED:
    case NOTICE_LOCKED_OUT:
    case NOTICE_CASE:
    case NOTICE_CASE_CLAIMED:
    case NOTICE_CASE_RELEASED:
    case NOTICE_CASE_HANDED:
    case NOTICE_CASE_CLOSED:
    case NOTICE_CASE_REOPENED:
    case NOTICE_CASE_NOTE:
    case NOTICE_KNOCK:
    case NOTICE_KNOCK_DECIDED:
    case NOTICE_BYE:
    case NOTICE_CLAIM_LOST:
    case NOTICE_DECLINED:
        view_sentence(p, c, n);
        break;
    case NOTICE_ON_ITS_WAY:
    case NOTICE_DELIVERED:
    case NOTICE_CONFIRMED:
    case NOTICE_CARD_RENEWED:
    case NOTICE_SYNCED:
    case NOTICE_ACT_DONE:
    case NOTICE_ACT_FAILED:
    case NOTICE_KINDS:
        break; /* said where it is waited for, or for programs only */
    }
    fflush(p->out);
}
