/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lists.h"

#include <string.h>

#include "json.h"
#include "view.h"

static enum word
lists_kind_word(enum client_group_kind kind)
{
    switch (kind) {
    case CLIENT_CIRCLE:
        return WORD_CIRCLE;
    case CLIENT_LOBBY:
        return WORD_LOBBY;
    case CLIENT_CASE:
        break;
    }
    return WORD_CONVERSATION;
}

/* NULL when there is nothing to say about the state. */
static const char *
lists_state(const struct app *a, const struct client_group_info *g)
{
    enum lang lang = a->p.lang;

    switch (g->state) {
    case CLIENT_STABLE:
        return NULL;
    case CLIENT_PENDING:
        return words_get(lang,
                         g->asker ? WORD_STATE_WAITING : WORD_STATE_PENDING);
    case CLIENT_LOCKED_OUT:
        return words_get(lang, WORD_STATE_LOCKED_OUT);
    case CLIENT_LEFT:
        return words_get(lang, WORD_STATE_LEFT);
    case CLIENT_OUT:
        break;
    }
    return words_get(lang, WORD_STATE_OUT);
}

static void
lists_group_json(const struct app *a, const struct client_group_info *g)
{
    static const char *const states[] = {"stable", "pending", "locked_out",
                                         "left", "removed"};
    static const char *const kinds[] = {"", "circle", "lobby", "case"};
    struct json j = json_begin(a->p.out, "group");

    json_id(&j, "group", &g->id);
    json_text(&j, "title", g->title);
    json_text(&j, "type", bytes_str(kinds[g->kind]));
    json_text(&j, "state", bytes_str(states[g->state]));
    json_number(&j, "epoch", g->epoch);
    json_number(&j, "members", g->members);
    json_number(&j, "confirmed", g->confirmed);
    json_bool(&j, "admin", g->admin);
    json_number(&j, "knocks", g->knocks);
    json_number(&j, "open_cases", g->open_cases);
    json_end(&j);
}

static void
lists_group_line(const struct app *a, const struct client_group_info *g)
{
    char members[16];
    const char *state = lists_state(a, g);
    struct bytes args[4];

    snprintf(members, sizeof members, "%u", g->members);
    args[0] = bytes_str(print_short(&g->id).s);
    args[1] = g->title;
    args[2] = bytes_str(members);
    args[3] = bytes_str(words_get(a->p.lang, lists_kind_word(g->kind)));
    print_words(&a->p, a->p.out, WORD_GROUP_LINE, args, 4);
    if (state != NULL)
        fprintf(a->p.out, "          %s\n", state);
    if (g->admin && g->owners == 1 && g->kind != CLIENT_CASE && g->members > 1)
        fprintf(a->p.out, "          %s\n",
                words_get(a->p.lang, WORD_ONE_OWNER));
}

void
lists_groups(struct app *a)
{
    struct client_group_info g;
    size_t count = client_group_count(a->client);

    for (size_t i = 0; i < count; i++) {
        if (client_group_info(a->client, i, &g) != ERR_OK)
            continue;
        if (a->p.json)
            lists_group_json(a, &g);
        else
            lists_group_line(a, &g);
    }
    if (count == 0 && !a->p.json)
        print_say(&a->p, a->p.err, WORD_NO_GROUPS);
    app_finish(a);
}

static void
lists_member(const struct app *a, const struct client_member *m)
{
    if (a->p.json) {
        struct json j = json_begin(a->p.out, "member");

        json_person(&j, "who", &m->person);
        json_bool(&j, "admin", m->admin);
        json_bool(&j, "confirmed", m->confirmed);
        json_end(&j);
        return;
    }
    print_text(a->p.out, m->person.name);
    fprintf(a->p.out, "#%02x%02x", m->person.tag[0], m->person.tag[1]);
    if (m->person.self)
        fprintf(a->p.out, "  %s", words_get(a->p.lang, WORD_YOU));
    if (m->admin)
        fprintf(a->p.out, "  %s", words_get(a->p.lang, WORD_ADMIN));
    if (!m->confirmed && !m->person.self)
        fprintf(a->p.out, "  %s", words_get(a->p.lang, WORD_NOT_CONFIRMED));
    fputc('\n', a->p.out);
}

void
lists_members(struct app *a)
{
    struct client_group_info g;
    struct client_member m;

    if (!app_group(a, &g))
        return;
    for (size_t i = 0; client_group_member(a->client, &g.id, i, &m) == ERR_OK;
         i++)
        lists_member(a, &m);
    app_finish(a);
}

static void
lists_knock(const struct app *a, const struct client_knock_info *k)
{
    struct bytes args[4];
    struct print_short_id id = print_short(&k->id);

    if (a->p.json) {
        struct json j = json_begin(a->p.out, "knock");

        json_id(&j, "id", &k->id);
        json_id(&j, "group", &k->group);
        json_text(&j, "name", k->name);
        json_text(&j, "reason", k->reason);
        json_text(&j, "code_words", bytes_str(k->code_words));
        json_end(&j);
        return;
    }
    args[0] = bytes_str(id.s);
    args[1] = k->name;
    args[2] = bytes_str(k->code_words);
    args[3] = k->reason;
    print_words(&a->p, a->p.out, WORD_KNOCK_LINE, args, 4);
}

void
lists_knocks(struct app *a)
{
    struct client_knock_info k;
    size_t count = client_knock_count(a->client);

    for (size_t i = 0; i < count; i++)
        if (client_knock_info(a->client, i, &k) == ERR_OK)
            lists_knock(a, &k);
    if (count == 0 && !a->p.json)
        print_say(&a->p, a->p.err, WORD_NO_KNOCKS);
    app_finish(a);
}

static void
lists_case_json(const struct app *a, const struct client_case_info *c)
{
    static const char *const states[] = {"", "new", "claimed", "closed"};
    struct json j = json_begin(a->p.out, "request");

    json_number(&j, "number", c->number);
    json_id(&j, "case", &c->id);
    json_id(&j, "group", &c->group);
    json_text(&j, "state", bytes_str(states[c->state]));
    json_person(&j, "claimer", &c->claimer);
    json_bool(&j, "ours", c->ours);
    json_id(&j, "conversation", &c->conversation);
    json_text(&j, "text", c->text);
    json_text(&j, "language", c->language);
    json_number(&j, "urgency", c->urgency);
    json_number(&j, "arrived_ms", c->arrived_ms);
    json_number(&j, "lease_ms", c->lease_ms);
    json_end(&j);
}

/* "name#1a2b" of whoever has the case, or "you". */
static struct bytes
lists_claimer(const struct app *a,
              const struct client_case_info *c,
              struct buf *out)
{
    char tag[8];

    if (c->ours)
        return bytes_str(words_get(a->p.lang, WORD_YOU));
    snprintf(tag, sizeof tag, "#%02x%02x", c->claimer.tag[0],
             c->claimer.tag[1]);
    buf_append(out, c->claimer.name);
    buf_append(out, bytes_str(tag));
    return buf_bytes(out);
}

/* How the conversation is named to --group: by the number of its case, or by
 * its id when cases of several circles have that number. */
static void
lists_read_hint(const struct app *a, FILE *f, const struct client_case_info *c)
{
    enum word w = strcmp(a->command->name, "chat") == 0 ? WORD_CASE_READ_CHAT
                                                        : WORD_CASE_READ;
    struct client_case_info other;
    struct print_short_id id = print_short(&c->conversation);
    struct bytes args[2];
    char number[16];
    size_t same = 0;

    for (size_t i = 0; i < client_case_count(a->client); i++)
        if (client_case_info(a->client, i, &other) == ERR_OK &&
            other.number == c->number)
            same++;
    snprintf(number, sizeof number, "%u", c->number);
    args[0] = bytes_str(number);
    args[1] = bytes_str(same > 1 ? id.s : number);
    print_words(&a->p, f, w, args, 2);
}

/* A case whose newcomer talks with us. */
static bool
lists_is_talk(const struct app *a, const struct client_case_info *c)
{
    struct client_group_info g;

    return c->ours && c->state == CLIENT_CASE_CLAIMED &&
           client_group_find(a->client, &c->conversation, &g) == ERR_OK;
}

void
lists_talks(const struct app *a, const struct client_id *but)
{
    struct client_case_info c;

    for (size_t i = 0; !a->p.json && i < client_case_count(a->client); i++) {
        if (client_case_info(a->client, i, &c) != ERR_OK ||
            !lists_is_talk(a, &c) ||
            memcmp(c.conversation.b, but->b, CLIENT_ID_LEN) == 0)
            continue;
        fputs("-- ", a->p.err);
        lists_read_hint(a, a->p.err, &c);
    }
}

static void
lists_case(const struct app *a, const struct client_case_info *c)
{
    static const enum word states[] = {
        [CLIENT_CASE_NEW] = WORD_CASE_STATE_NEW,
        [CLIENT_CASE_CLAIMED] = WORD_CASE_STATE_CLAIMED,
        [CLIENT_CASE_CLOSED] = WORD_CASE_STATE_CLOSED};
    FILE *f = a->p.out;
    struct buf who = buf_limited(256);

    fprintf(f, "%3u  ", c->number);
    print_say1(&a->p, f, states[c->state], lists_claimer(a, c, &who));
    if (c->urgency > 1)
        fprintf(f, "     %s\n",
                words_get(a->p.lang, c->urgency == 2 ? WORD_URGENT_TODAY
                                                     : WORD_URGENT_NOW));
    fputs("     ", f);
    print_text(f, c->text);
    fputc('\n', f);
    if (lists_is_talk(a, c)) {
        fputs("     ", f);
        lists_read_hint(a, f, c);
    }
    buf_free(&who);
}

void
lists_cases(struct app *a)
{
    struct client_case_info c;
    size_t count = client_case_count(a->client);

    for (size_t i = 0; i < count; i++) {
        if (client_case_info(a->client, i, &c) != ERR_OK)
            continue;
        if (a->p.json)
            lists_case_json(a, &c);
        else
            lists_case(a, &c);
    }
    if (count == 0 && !a->p.json)
        print_say(&a->p, a->p.err, WORD_NO_CASES);
    app_finish(a);
}

static void
lists_link_state(const struct app *a, const struct client_link_info *l)
{
    char used[16], uses[16];
    struct bytes args[2];

    snprintf(used, sizeof used, "%u", l->used);
    snprintf(uses, sizeof uses, "%u", l->uses);
    args[0] = bytes_str(used);
    args[1] = bytes_str(uses);
    if (l->revoked)
        print_say(&a->p, a->p.out, WORD_LINK_REVOKED);
    else if (l->expires_ms != 0 && l->expires_ms < a->now.wall_ms)
        print_say(&a->p, a->p.out, WORD_LINK_EXPIRED);
    else
        print_words(&a->p, a->p.out,
                    l->uses == 0
                        ? words_counted(a->p.lang, WORD_LINK_OPEN_ONE, l->used)
                        : WORD_LINK_USES,
                    args, 2);
}

static void
lists_link_json(const struct app *a, const struct client_link_info *l)
{
    struct json j = json_begin(a->p.out, "link");

    json_id(&j, "id", &l->id);
    json_id(&j, "group", &l->group);
    json_text(&j, "type", bytes_str(l->ask ? "ask" : "join"));
    json_number(&j, "uses", l->uses);
    json_number(&j, "used", l->used);
    json_number(&j, "expires_ms", l->expires_ms);
    json_bool(&j, "revoked", l->revoked);
    json_end(&j);
}

void
lists_links(struct app *a)
{
    struct client_link_info l;
    size_t count = client_link_count(a->client);

    for (size_t i = 0; i < count; i++) {
        if (client_link_info(a->client, i, &l) != ERR_OK)
            continue;
        if (a->p.json) {
            lists_link_json(a, &l);
            continue;
        }
        fprintf(a->p.out, "%s  %s  ", print_short(&l.id).s,
                words_get(a->p.lang, l.ask ? WORD_LINK_ASK : WORD_LINK_JOIN));
        lists_link_state(a, &l);
    }
    if (count == 0 && !a->p.json)
        print_say(&a->p, a->p.err, WORD_NO_LINKS);
    app_finish(a);
}

void
lists_code(struct app *a)
{
    struct client_group_info g;
    struct buf code = buf_limited(256);
    enum client_script script =
        a->p.lang == LANG_RU ? CLIENT_CYRILLIC : CLIENT_LATIN;

    if (!app_group(a, &g))
        return;
    if (client_group_code(a->client, &g.id, script, &code) != ERR_OK) {
        app_fail(a, EXIT_NO_RIGHT, WORD_NOT_NOW, bytes_str(""));
    } else if (a->p.json) {
        struct json j = json_begin(a->p.out, "code");

        json_id(&j, "group", &g.id);
        json_number(&j, "epoch", g.epoch);
        json_text(&j, "code_words", buf_bytes(&code));
        json_end(&j);
        app_finish(a);
    } else {
        print_say(&a->p, a->p.err, WORD_CODE_TITLE);
        print_raw(a->p.out, buf_bytes(&code));
        app_finish(a);
    }
    buf_free(&code);
}
