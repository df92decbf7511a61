/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Commands: coming into a group, looking at it, leaving it. */
#include <string.h>

#include "crypto/random.h"
#include "emit.h"
#include "peer.h"

enum {
    HOUR = 3600,                   /* seconds */
    PACKAGE_LIFE = 28 * 24 * HOUR, /* seconds */
    GROUP_ID_LEN = 16,
    LABEL_MAX = 256, /* bytes */
    EXPORT_MAX = 255 * 32
};

enum err
peer_hello(struct peer *p, struct request *q, struct buf *out)
{
    (void)p;
    (void)q;
    emit_number(out, "protocol", 1);
    emit_text(out, "library", bytes_str("pristan"));
    emit_number(out, "suite", MLS_SUITE);
    return ERR_OK;
}

static size_t
read_types(struct request *q, const char *name, uint16_t out[PEER_TYPES_MAX])
{
    size_t count = 0;

    for (const struct json *v = request_list(q, name); v != NULL; v = v->next)
        if (count < PEER_TYPES_MAX)
            out[count++] = (uint16_t)request_number_of(q, v, name);
        else
            q->wrong = name;
    return count;
}

static bool
names_x509(struct request *q)
{
    bool found = false;

    for (const struct json *v = request_list(q, "credentials"); v != NULL;
         v = v->next)
        found |=
            v->kind == JSON_STRING && bytes_equal(v->text, bytes_str("x509"));
    return found;
}

/* What is kept of the past is fixed in lib/mls, and so is not asked for here.
 */
enum err
peer_configure(struct peer *p, struct request *q, struct buf *out)
{
    (void)out;
    p->padding = (size_t)request_number(q, "padding", p->padding);
    p->storing = request_bool(q, "storing", p->storing);
    if (request_has(q, "extensions"))
        p->extension_type_count =
            read_types(q, "extensions", p->extension_types);
    if (request_has(q, "credentials"))
        p->x509 = names_x509(q);
    if (request_has(q, "proposals") || request_has(q, "keep_epochs") ||
        request_has(q, "keep_generations") || request_has(q, "max_forward"))
        return ERR_UNSUPPORTED;
    return request_end(q);
}

/* --- coming in ---------------------------------------------------------- */

enum err
peer_key_package(struct peer *p, struct request *q, struct buf *out)
{
    struct mls_identity who = peer_identity(p, q);
    uint64_t not_before = request_number(q, "not_before", p->now - HOUR);
    uint64_t not_after = request_number(q, "not_after", p->now + PACKAGE_LIFE);
    struct mls_key_package_view view;
    struct peer_package *k = &p->packages[p->package_next];
    enum err e = request_end(q);

    if (e != ERR_OK)
        return e;
    /* many are never used: the oldest makes room */
    p->package_next = (p->package_next + 1) % PEER_PACKAGES_MAX;
    buf_reset(&k->message);
    mls_key_package_secret_wipe(&k->secret);
    e = mls_key_package_new(&who, not_before, not_after, false, &k->message,
                            &k->secret);
    if (e == ERR_OK)
        e = mls_key_package_check(buf_bytes(&k->message), 0, &view);
    if (e != ERR_OK) {
        buf_free(&k->message);
        return e;
    }
    memcpy(k->ref, view.ref, sizeof k->ref);
    emit_hex(out, "key_package", buf_bytes(&k->message));
    emit_hex(out, "ref", BYTES_OF(k->ref));
    emit_hex(out, "signature_key", BYTES_OF(p->signature_public.b));
    return ERR_OK;
}

static enum err
enter_and_show(struct peer *p, struct mls_group *g, struct buf *out)
{
    struct peer_group *at;
    enum err e = peer_place(p, mls_group_id(g), &at);

    if (e != ERR_OK) {
        mls_group_free(g);
        return e;
    }
    e = peer_enter(p, at, g);
    if (e == ERR_OK)
        peer_show(at, out);
    return e;
}

enum err
peer_create_group(struct peer *p, struct request *q, struct buf *out)
{
    struct mls_identity who = peer_identity(p, q);
    struct mls_extension extensions[PEER_LIST_MAX];
    uint8_t id[GROUP_ID_LEN];
    struct bytes gid = BYTES_OF(id);
    struct mls_group *g;
    size_t count = 0;
    enum err e;

    random_bytes(id, sizeof id);
    if (request_has(q, "group"))
        gid = request_hex(q, "group");
    for (const struct json *v = request_list(q, "extensions"); v != NULL;
         v = v->next) {
        struct request x = request_inside(q, v);

        if (count == PEER_LIST_MAX)
            return ERR_FULL;
        extensions[count].type = (uint16_t)request_number(&x, "type", 0);
        extensions[count++].data = request_hex(&x, "data");
        q->wrong = x.wrong;
    }
    e = request_end(q);
    if (e == ERR_OK)
        e = mls_group_create(&who, gid, extensions, count, p->now - HOUR,
                             p->now + PACKAGE_LIFE, &g);
    return e == ERR_OK ? enter_and_show(p, g, out) : e;
}

enum err
peer_join(struct peer *p, struct request *q, struct buf *out)
{
    struct mls_join in = {
        .welcome = request_hex(q, "welcome"),
        .ratchet_tree = request_hex_or_empty(q, "ratchet_tree"),
        .psks = p->psk_views,
        .psk_count = p->psk_count,
        .now = p->now,
    };
    struct mls_group *g;
    struct peer_group *past = NULL;
    enum err e = request_end(q);

    if (request_has(q, "past")) { /* nothing but a group that follows it */
        past = peer_find_id(p, request_hex(q, "past"));
        in.past = past != NULL ? past->g : NULL;
        in.follows_past = true;
    }
    if (e != ERR_OK)
        return e;
    e = ERR_NOT_FOUND;
    for (size_t i = 0; e == ERR_NOT_FOUND && i < PEER_PACKAGES_MAX; i++) {
        struct peer_package *k = &p->packages[i];

        if (k->message.len == 0)
            continue;
        in.key_package = buf_bytes(&k->message);
        in.secret = &k->secret;
        e = mls_group_join(&in, &g);
        if (e == ERR_OK) {
            buf_free(&k->message);
            mls_key_package_secret_wipe(&k->secret);
        }
    }
    return e == ERR_OK ? enter_and_show(p, g, out) : e;
}

/* The old leaf, for resync: in the group that we have, or named. */
static enum err
find_old_leaf(struct peer *p, struct request *q, struct mls_external_join *in)
{
    struct peer_group *at = NULL;

    in->replace = request_bool(q, "resync", false);
    if (!in->replace)
        return ERR_OK;
    if (request_has(q, "leaf")) {
        in->old.v = (uint32_t)request_number(q, "leaf", 0);
        return ERR_OK;
    }
    if (peer_find(p, q, &at) != ERR_OK || at->g == NULL)
        return ERR_USE;
    in->old = mls_group_own_leaf(at->g);
    return ERR_OK;
}

/* Which keys go with an external commit. */
static size_t
read_psks(struct peer *p, struct request *q, struct mls_psk out[PEER_LIST_MAX])
{
    size_t count = 0;

    for (const struct json *v = request_list(q, "psks"); v != NULL;
         v = v->next) {
        const struct mls_psk *psk =
            peer_find_psk(p, request_hex_of(q, v, "psks"));

        if (psk == NULL || count == PEER_LIST_MAX)
            q->wrong = "psks";
        else
            out[count++] = *psk;
    }
    return count;
}

enum err
peer_external_join(struct peer *p, struct request *q, struct buf *out)
{
    struct mls_identity who = peer_identity(p, q);
    struct mls_external_join in = {
        .group_info = request_hex(q, "group_info"),
        .ratchet_tree = request_hex_or_empty(q, "ratchet_tree"),
        .who = &who,
        .authenticated_data = request_hex_or_empty(q, "aad"),
    };
    struct mls_psk psks[PEER_LIST_MAX];
    struct buf commit = buf_limited(PEER_MESSAGE_MAX);
    struct mls_group *g = NULL;
    struct peer_group *at;
    enum err e = find_old_leaf(p, q, &in);

    in.psks = psks;
    in.psk_count = read_psks(p, q, psks);
    if (e == ERR_OK)
        e = request_end(q);
    if (e == ERR_OK)
        e = mls_group_join_external(&in, &commit, &g);
    if (e == ERR_OK)
        e = peer_place(p, mls_group_id(g), &at);
    if (e == ERR_OK && request_bool(q, "hold", false)) {
        peer_discard_held(at);
        at->entering = g;
    } else if (e == ERR_OK) {
        e = peer_enter(p, at, g);
        if (e == ERR_OK)
            peer_show(at, out);
    } else {
        mls_group_free(g);
    }
    if (e == ERR_OK)
        emit_hex(out, "commit", buf_bytes(&commit));
    buf_free(&commit);
    return e;
}

/* --- looking ------------------------------------------------------------ */

static enum err
find_live(struct peer *p, struct request *q, struct peer_group **at)
{
    enum err e = peer_find(p, q, at);

    return e == ERR_OK && (*at)->g == NULL ? ERR_TURN : e;
}

static enum err
emit_tree(const struct mls_group *g, struct buf *out)
{
    struct buf tree = buf_limited(PEER_MESSAGE_MAX);
    enum err e = mls_group_ratchet_tree(g, &tree);

    if (e == ERR_OK)
        emit_hex(out, "ratchet_tree", buf_bytes(&tree));
    buf_free(&tree);
    return e;
}

enum err
peer_group_info(struct peer *p, struct request *q, struct buf *out)
{
    struct buf info = buf_limited(PEER_MESSAGE_MAX);
    struct peer_group *at;
    enum err e = find_live(p, q, &at);

    if (e == ERR_OK)
        e = mls_group_publish(at->g, request_bool(q, "tree", true), &info);
    if (e == ERR_OK) {
        emit_hex(out, "group", buf_bytes(&at->id));
        emit_hex(out, "group_info", buf_bytes(&info));
        e = emit_tree(at->g, out);
    }
    buf_free(&info);
    return e;
}

enum err
peer_ratchet_tree(struct peer *p, struct request *q, struct buf *out)
{
    struct peer_group *at;
    enum err e = find_live(p, q, &at);

    return e == ERR_OK ? emit_tree(at->g, out) : e;
}

enum err
peer_info(struct peer *p, struct request *q, struct buf *out)
{
    struct peer_group *at;
    enum err e = find_live(p, q, &at);

    if (e == ERR_OK)
        peer_show(at, out);
    return e;
}

enum err
peer_epoch_authenticator(struct peer *p, struct request *q, struct buf *out)
{
    uint8_t authenticator[MLS_HASH_LEN];
    struct peer_group *at;
    enum err e = find_live(p, q, &at);

    if (e != ERR_OK)
        return e;
    mls_group_epoch_authenticator(at->g, authenticator);
    emit_number(out, "epoch", mls_group_epoch(at->g));
    emit_hex(out, "epoch_authenticator", BYTES_OF(authenticator));
    return ERR_OK;
}

enum err
peer_export_secret(struct peer *p, struct request *q, struct buf *out)
{
    struct bytes label = request_text(q, "label");
    struct bytes context = request_hex_or_empty(q, "context");
    size_t len = (size_t)request_number(q, "length", 32);
    char name[LABEL_MAX] = {0};
    uint8_t secret[EXPORT_MAX];
    struct peer_group *at;
    enum err e = find_live(p, q, &at);

    if (e != ERR_OK)
        return e;
    if (label.len >= sizeof name || len > sizeof secret)
        return ERR_TOO_LARGE;
    memcpy(name, label.b, label.len);
    e = mls_group_export(at->g, name, context, secret, len);
    if (e == ERR_OK)
        emit_hex(out, "secret", (struct bytes){secret, len});
    return e;
}

/* --- the rest ----------------------------------------------------------- */

enum err
peer_add_psk(struct peer *p, struct request *q, struct buf *out)
{
    struct bytes id = request_hex(q, "psk_id");
    struct bytes secret = request_hex(q, "secret");
    size_t i = 0;
    enum err e = request_end(q);

    (void)out;
    if (e != ERR_OK)
        return e;
    while (i < p->psk_count && !bytes_equal(buf_bytes(&p->psks[i].id), id))
        i++;
    if (i == PEER_PSKS_MAX)
        return ERR_FULL;
    if (i == p->psk_count) {
        p->psk_count++;
        buf_append(&p->psks[i].id, id);
    }
    buf_reset(&p->psks[i].secret);
    buf_append(&p->psks[i].secret, secret);
    p->psk_views[i] = (struct mls_psk){buf_bytes(&p->psks[i].id),
                                       buf_bytes(&p->psks[i].secret)};
    return buf_end(&p->psks[i].secret);
}

enum err
peer_leave(struct peer *p, struct request *q, struct buf *out)
{
    struct peer_group *at;
    enum err e = peer_find(p, q, &at);

    (void)out;
    if (e == ERR_OK)
        peer_forget(at);
    return e;
}

enum err
peer_quit(struct peer *p, struct request *q, struct buf *out)
{
    (void)q;
    (void)out;
    p->quit = true;
    return ERR_OK;
}
