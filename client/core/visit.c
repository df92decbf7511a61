/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From a link to a Welcome: docs/PROTOCOL.md sections 5.1, 5.2 and 5.7. */
#include "visit.h"

#include <string.h>

#include "base/mem.h"

enum { KEY_PACKAGE_MAX = LETTER_KEY_PACKAGE_MAX };

enum err
visit_begin(struct visit *v, struct bytes link, enum uri_kind kind)
{
    struct uri uri;
    enum err e = uri_read(link, &uri);

    *v = (struct visit){.state = VISIT_FETCHING};
    if (e == ERR_OK && uri.kind != kind)
        e = ERR_USE;
    if (e != ERR_OK)
        return e;
    v->id = client_id_random();
    address_from_uri(&uri, &v->relay);
    memcpy(v->card, uri.card, sizeof v->card);
    memcpy(v->secret, uri.secret, sizeof v->secret);
    uri_wipe(&uri);
    for (size_t i = 0; i < VISIT_KEY_PACKAGES_MAX; i++)
        v->key_packages[i] = buf_limited(KEY_PACKAGE_MAX);
    return ERR_OK;
}

void
visit_wipe(struct visit *v)
{
    for (size_t i = 0; i < VISIT_KEY_PACKAGES_MAX; i++) {
        buf_free(&v->key_packages[i]);
        mls_key_package_secret_wipe(&v->secrets[i]);
    }
    parcel_free(&v->parcel);
    mem_wipe(v, sizeof *v);
}

void
visit_write(const struct visit *v, struct buf *out)
{
    address_write(&v->relay, out);
    buf_append(out, BYTES_OF(v->card));
    buf_append(out, BYTES_OF(v->secret));
    buf_u8(out, (uint8_t)v->state);
    buf_u8(out, (uint8_t)v->key_package_count);
    for (size_t i = 0; i < v->key_package_count; i++) {
        buf_opaque(out, buf_bytes(&v->key_packages[i]));
        buf_u8(out, v->used[i]);
        if (v->used[i])
            continue;
        buf_append(out, BYTES_OF(v->secrets[i].init.b));
        buf_append(out, BYTES_OF(v->secrets[i].encryption.b));
        buf_append(out, BYTES_OF(v->secrets[i].signature.b));
    }
}

static void
key_package_read(struct reader *r, struct visit *v, size_t i)
{
    buf_append(&v->key_packages[i], reader_opaque(r));
    v->used[i] = reader_u8(r) == 1;
    if (v->used[i])
        return;
    reader_copy(r, v->secrets[i].init.b, sizeof v->secrets[i].init.b);
    reader_copy(r, v->secrets[i].encryption.b,
                sizeof v->secrets[i].encryption.b);
    reader_copy(r, v->secrets[i].signature.b, sizeof v->secrets[i].signature.b);
}

enum err
visit_read(struct reader *r, struct visit *v)
{
    uint8_t state;

    for (size_t i = 0; i < VISIT_KEY_PACKAGES_MAX; i++)
        v->key_packages[i] = buf_limited(KEY_PACKAGE_MAX);
    address_read(r, &v->relay);
    reader_copy(r, v->card, sizeof v->card);
    reader_copy(r, v->secret, sizeof v->secret);
    state = reader_u8(r);
    if (state < VISIT_FETCHING || state > VISIT_WAITING)
        reader_fail(r);
    else
        v->state = (enum visit_state)state;
    v->key_package_count = reader_u8(r);
    if (v->key_package_count > VISIT_KEY_PACKAGES_MAX) {
        v->key_package_count = 0;
        reader_fail(r);
    }
    for (size_t i = 0; i < v->key_package_count; i++) {
        key_package_read(r, v, i);
        if (buf_end(&v->key_packages[i]) != ERR_OK)
            return buf_end(&v->key_packages[i]);
    }
    return ERR_OK;
}

enum err
visit_live(struct client *c, struct visit *v)
{
    struct request q = {.kind = REQUEST_CARD_GET};
    struct line *l = lines_find(c, &v->id);

    if (!lines_open(l))
        return ERR_OK;
    if (v->state != VISIT_FETCHING)
        return parcel_ask(c, &v->parcel, &v->id);
    if (lines_waiting(l, OP_CARD_GET, &v->id))
        return ERR_OK;
    memcpy(q.card_get.prefix, v->card, sizeof q.card_get.prefix);
    return lines_request(c, l, &q, OP_CARD_GET, &v->id, 0);
}

static enum notice_code
why_refused(enum refusal reason, bool *later)
{
    if (reason == REFUSED_NOT_FOUND)
        return CODE_LINK_UNKNOWN;
    *later = reason == REFUSED_RATE || reason == REFUSED_STORAGE;
    return *later ? CODE_RELAY_FULL : CODE_RELAY_REFUSED;
}

enum err
visit_card(struct client *c,
           const struct visit *v,
           const struct event *ev,
           enum card_purpose purpose,
           struct buf *plain,
           struct cards_opened *out,
           enum notice_code *code,
           bool *later)
{
    enum err e;

    *later = false;
    *code = CODE_RELAY_REFUSED;
    if (ev->kind == EVENT_REFUSED)
        *code = why_refused(ev->refused.reason, later);
    if (ev->kind != EVENT_CARD)
        return ERR_OK;
    e = cards_open(ev->card.card, v->card, v->secret, 0, c->now.wall_ms, plain,
                   out);
    if (e == ERR_MEMORY || e == ERR_INTERNAL)
        return e;
    if (e == ERR_EXPIRED)
        *code = CODE_LINK_EXPIRED;
    else if (e != ERR_OK || out->body.purpose != purpose)
        *code = CODE_CARD_BAD;
    else if (out->body.until_s != 0 &&
             out->body.until_s <= c->now.wall_ms / 1000)
        *code = CODE_LINK_EXPIRED;
    else
        *code = out->body.open ? CODE_NONE : CODE_LINK_REVOKED;
    return ERR_OK;
}

enum err
visit_key_packages(struct client *c,
                   struct visit *v,
                   struct bytes name,
                   size_t count)
{
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        buf_reset(&v->key_packages[i]);
        e = identity_key_package(name, c->now.wall_ms, &v->key_packages[i],
                                 &v->secrets[i]);
        v->used[i] = false;
        v->key_package_count = i + 1;
    }
    return e;
}

/* Is it a group of a kind that was asked for? */
static bool
right_kind(const struct mls_group *g, unsigned kinds)
{
    struct settings s;
    struct bytes data;

    if (!mls_group_extension(g, SETTINGS_EXTENSION, &data) ||
        settings_read(data, &s) != ERR_OK)
        return false;
    return (kinds >> s.kind & 1) != 0;
}

enum err
visit_welcome(struct client *c,
              struct visit *v,
              struct bytes welcome,
              unsigned kinds,
              struct mls_group **out)
{
    *out = NULL;
    for (size_t i = 0; i < v->key_package_count; i++) {
        struct mls_join in = {.welcome = welcome,
                              .key_package = buf_bytes(&v->key_packages[i]),
                              .secret = &v->secrets[i],
                              .now = c->now.wall_ms / 1000};
        enum err e;

        if (v->used[i])
            continue;
        e = mls_group_join(&in, out);
        if (e == ERR_MEMORY || e == ERR_INTERNAL)
            return e;
        if (e != ERR_OK) {
            *out = NULL;
            continue;
        }
        /* used once, whatever the group turns out to be (D-16) */
        v->used[i] = true;
        mls_key_package_secret_wipe(&v->secrets[i]);
        if (right_kind(*out, kinds))
            return ERR_OK;
        mls_group_free(*out);
        *out = NULL;
        return ERR_OK;
    }
    return ERR_OK;
}
