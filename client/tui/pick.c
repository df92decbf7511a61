/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "pick.h"

#include <string.h>
#include <unistd.h>

enum { ID_PREFIX_MIN = 4, LINK_MAX = 512 };

/* True when word, in hex, is the start of the id. */
static bool
pick_is_id(const char *word, const struct client_id *id)
{
    char hex[2 * CLIENT_ID_LEN + 1];
    size_t len = strlen(word);

    for (size_t i = 0; i < CLIENT_ID_LEN; i++)
        snprintf(hex + 2 * i, 3, "%02x", id->b[i]);
    return len >= ID_PREFIX_MIN && len < sizeof hex &&
           strncasecmp(word, hex, len) == 0;
}

static bool
pick_is_start(struct bytes word, struct bytes of)
{
    return word.len > 0 && bytes_equal(word, bytes_slice(of, 0, word.len));
}

/* How well a word names a thing: the whole name beats its start. */
static int
pick_fit(const char *word, struct bytes name, const struct client_id *id)
{
    struct bytes w = bytes_str(word);

    if (bytes_equal(w, name))
        return 3;
    if (pick_is_id(word, id))
        return 2;
    return pick_is_start(w, name) ? 1 : 0;
}

/* The i-th group, unless a later one goes on with the same conversation
 * (another volunteer answers now). */
static bool
pick_current(const struct app *a, size_t i, struct client_group_info *out)
{
    struct client_group_info later;

    if (client_group_info(a->client, i, out) != ERR_OK)
        return false;
    if (!out->asker)
        return true;
    for (size_t j = i + 1; j < client_group_count(a->client); j++)
        if (client_group_info(a->client, j, &later) == ERR_OK && later.asker &&
            memcmp(later.case_id.b, out->case_id.b, CLIENT_ID_LEN) == 0)
            return false;
    return true;
}

/* The conversation of a case that is ours, by the case's number. */
static bool
pick_conversation(const struct app *a,
                  const char *word,
                  struct client_group_info *out)
{
    struct client_case_info c;
    char number[16];

    for (size_t i = 0; i < client_case_count(a->client); i++) {
        if (client_case_info(a->client, i, &c) != ERR_OK)
            continue;
        snprintf(number, sizeof number, "%u", c.number);
        if (strcmp(word, number) == 0)
            return client_group_find(a->client, &c.conversation, out) == ERR_OK;
    }
    return false;
}

bool
pick_group_named(struct app *a, const char *word, struct client_group_info *out)
{
    struct client_group_info g;
    int best = 0;
    size_t ties = 0;

    if (pick_conversation(a, word, out))
        return true;
    for (size_t i = 0; i < client_group_count(a->client); i++) {
        int fit;

        if (!pick_current(a, i, &g))
            continue;
        fit = pick_fit(word, g.title, &g.id);
        if (fit > best) {
            best = fit;
            ties = 0;
        }
        if (fit != 0 && fit == best && ties++ == 0)
            *out = g;
    }
    if (best == 0)
        app_fail(a, EXIT_NOT_THERE, WORD_NO_SUCH_GROUP, bytes_str(word));
    else if (ties > 1)
        app_fail(a, EXIT_BAD_USAGE, WORD_WHICH_GROUP, bytes_str(""));
    return best != 0 && ties == 1;
}

/* Without --group: the only group; else the only one that is still alive; else
 * the only one that is not a conversation with a newcomer. */
bool
pick_group(struct app *a, struct client_group_info *out)
{
    size_t alive = 0, circles = 0, count = client_group_count(a->client);
    struct client_group_info g, circle = {0};

    if (a->o->group != NULL)
        return pick_group_named(a, a->o->group, out);
    for (size_t i = 0; i < count; i++) {
        if (!pick_current(a, i, &g))
            continue;
        if (count > 1 && (g.state == CLIENT_LEFT || g.state == CLIENT_OUT))
            continue;
        alive++;
        *out = g;
        if (g.kind != CLIENT_CASE || g.asker) {
            circles++;
            circle = g;
        }
    }
    if (alive != 1 && circles == 1)
        *out = circle;
    if (alive == 1 || circles == 1)
        return true;
    if (count == 0)
        app_fail(a, EXIT_NOT_THERE, WORD_NO_GROUPS, bytes_str(""));
    else
        app_fail(a, EXIT_BAD_USAGE, WORD_WHICH_GROUP, bytes_str(""));
    return false;
}

static bool
pick_person_fits(const char *word, const struct notice_person *who)
{
    const char *hash = strrchr(word, '#');
    struct bytes name = {(const uint8_t *)word,
                         hash != NULL ? (size_t)(hash - word) : strlen(word)};
    char tag[5];

    if (pick_is_id(word, &who->id))
        return true;
    if (hash != NULL) {
        snprintf(tag, sizeof tag, "%02x%02x", who->tag[0], who->tag[1]);
        if (strcasecmp(hash + 1, tag) != 0)
            return false;
    }
    return (hash != NULL && name.len == 0) || bytes_equal(name, who->name);
}

bool
pick_person(struct app *a,
            const struct client_id *group,
            const char *word,
            struct client_member *out)
{
    struct client_member m;
    size_t found = 0;

    for (size_t i = 0; client_group_member(a->client, group, i, &m) == ERR_OK;
         i++)
        if (pick_person_fits(word, &m.person)) {
            *out = m;
            found++;
        }
    if (found == 0)
        app_fail(a, EXIT_NOT_THERE, WORD_NO_SUCH_PERSON, bytes_str(word));
    else if (found > 1)
        app_fail(a, EXIT_BAD_USAGE, WORD_WHICH_PERSON, bytes_str(word));
    return found == 1;
}

/* One is what was meant; none and several are explained. */
static bool
pick_only(struct app *a, size_t found, enum word none, const char *word)
{
    if (found == 0)
        app_fail(a, EXIT_NOT_THERE, none, bytes_str(word));
    else if (found > 1)
        app_fail(a, EXIT_BAD_USAGE, WORD_WHICH_ONE, bytes_str(word));
    return found == 1;
}

/* How many cases fit; of any group when it is NULL. */
static size_t
pick_case_in(const struct app *a,
             const char *word,
             const struct client_id *group,
             struct client_case_info *out)
{
    struct client_case_info c;
    char number[16];
    size_t found = 0;

    for (size_t i = 0; i < client_case_count(a->client); i++) {
        if (client_case_info(a->client, i, &c) != ERR_OK ||
            (group != NULL && memcmp(group->b, c.group.b, CLIENT_ID_LEN) != 0))
            continue;
        snprintf(number, sizeof number, "%u", c.number);
        if (strcmp(word, number) != 0 && !pick_is_id(word, &c.id))
            continue;
        *out = c;
        found++;
    }
    return found;
}

bool
pick_case(struct app *a, const char *word, struct client_case_info *out)
{
    struct client_group_info g;
    size_t found = pick_case_in(a, word, NULL, out);

    if (found > 1 && a->o->group != NULL) {
        if (!pick_group_named(a, a->o->group, &g))
            return false;
        found = pick_case_in(a, word, &g.id, out);
    }
    return pick_only(a, found, WORD_NO_SUCH_CASE, word);
}

/* Two who knock may have one name, and one of them may have chosen it for that:
 * then only the id tells them apart. */
bool
pick_knock(struct app *a, const char *word, struct client_knock_info *out)
{
    struct client_knock_info k;
    size_t found = 0, count = client_knock_count(a->client);

    for (size_t i = 0; i < count; i++)
        if (client_knock_info(a->client, i, &k) == ERR_OK &&
            (word == NULL || bytes_equal(bytes_str(word), k.name) ||
             pick_is_id(word, &k.id))) {
            *out = k;
            found++;
        }
    return pick_only(a, found, count == 0 ? WORD_NO_KNOCKS : WORD_NO_SUCH_KNOCK,
                     word != NULL ? word : "");
}

bool
pick_link(struct app *a, const char *word, struct client_link_info *out)
{
    struct client_link_info l;
    size_t found = 0;

    for (size_t i = 0; i < client_link_count(a->client); i++)
        if (client_link_info(a->client, i, &l) == ERR_OK &&
            pick_is_id(word, &l.id)) {
            *out = l;
            found++;
        }
    return pick_only(a, found, WORD_NO_SUCH_LINK, word);
}

bool
pick_input(struct app *a, size_t max, struct bytes *out)
{
    uint8_t chunk[1024];
    ssize_t n;

    buf_reset(&a->text);
    while ((n = read(STDIN_FILENO, chunk, sizeof chunk)) > 0 &&
           a->text.len < max)
        buf_append(&a->text, (struct bytes){chunk, (size_t)n});
    *out = buf_bytes(&a->text);
    while (out->len > 0 && out->b[out->len - 1] == '\n')
        out->len--;
    if (out->len > 0)
        return true;
    app_fail(a, EXIT_BAD_DATA, WORD_TEXT_EMPTY, bytes_str(""));
    return false;
}

static bool
pick_link_refuse(struct app *a, enum err e)
{
    enum word w = WORD_BAD_LINK;

    if (e == ERR_AUTH)
        w = WORD_CUT_LINK;
    else if (e == ERR_UNSUPPORTED)
        w = WORD_LATER_LINK;
    app_fail(a, EXIT_BAD_DATA, w, bytes_str(""));
    return false;
}

bool
pick_link_text(struct app *a,
               const char *word,
               enum client_link_kind kind,
               struct bytes *out)
{
    static const enum word purposes[] = {
        [CLIENT_LINK_RELAY] = WORD_LINK_RELAY,
        [CLIENT_LINK_JOIN] = WORD_LINK_JOIN,
        [CLIENT_LINK_ASK] = WORD_LINK_ASK,
        [CLIENT_LINK_RETURN] = WORD_LINK_ASK,
    };
    enum client_link_kind found;
    enum err e;

    *out = bytes_str(word);
    if (strcmp(word, "-") == 0 && !pick_input(a, LINK_MAX, out))
        return false;
    e = client_link_kind(*out, &found);
    if (e != ERR_OK)
        return pick_link_refuse(a, e);
    if (found == kind || kind == CLIENT_LINK_RELAY)
        return true;
    app_fail(a, EXIT_BAD_DATA, WORD_WRONG_KIND_OF_LINK,
             bytes_str(words_get(a->p.lang, purposes[found])));
    return false;
}
