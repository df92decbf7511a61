/* SPDX-License-Identifier: Apache-2.0 */
/* Letters: struct letter to and from proto/content.proto's Letter.
 * docs/PROTOCOL.md section 3.4. */
#include "wire/letter.h"

#include "content.pb-c.h"
#include "check.h"
#include "parts.h"
#include "wire.h"
#include "wire/limits.h"

/* A Letter and whatever is inside it, for the time of one call. */
struct letter_pb {
    Pristan__Letter top;
    Pristan__ReplyTo reply;
    union {
        Pristan__LetterKnock knock;
        Pristan__LetterAsk ask;
        Pristan__LetterWelcome welcome;
        Pristan__LetterTalk talk;
        Pristan__LetterDeclined declined;
    };
    ProtobufCBinaryData key_packages[LETTER_KEY_PACKAGES_MAX];
    Pristan__BlobRef blobs[LETTER_WELCOME_BLOBS_MAX];
    Pristan__BlobRef *blob_list[LETTER_WELCOME_BLOBS_MAX];
};

typedef void letter_fill(const struct letter *in, struct letter_pb *out);
typedef void
letter_take(const Pristan__Letter *in, struct letter *out, enum err *e);

static void
fill_knock(const struct letter *in, struct letter_pb *out)
{
    pristan__letter_knock__init(&out->knock);
    parts_fill_reply(&in->knock.reply, &out->reply);
    out->knock.name = wire_data(in->knock.name);
    out->knock.reason = wire_data(in->knock.reason);
    out->knock.key_package = wire_data(in->knock.key_package);
    out->knock.reply = &out->reply;
    out->knock.mac = wire_data(BYTES_OF(in->knock.mac));
    out->top.knock = &out->knock;
}

static void
take_knock(const Pristan__Letter *in, struct letter *out, enum err *e)
{
    out->knock.name = wire_bytes(in->knock->name);
    out->knock.reason = wire_bytes(in->knock->reason);
    out->knock.key_package = wire_bytes(in->knock->key_package);
    parts_take_reply(in->knock->reply, &out->knock.reply, e);
    wire_fixed(e, in->knock->mac, out->knock.mac, LETTER_MAC_LEN);
}

static void
fill_ask(const struct letter *in, struct letter_pb *out)
{
    pristan__letter_ask__init(&out->ask);
    parts_fill_reply(&in->ask.reply, &out->reply);
    out->ask.text = wire_data(in->ask.text);
    out->ask.language = wire_data(in->ask.language);
    out->ask.urgency = in->ask.urgency;
    for (size_t i = 0; i < in->ask.key_package_count; i++)
        out->key_packages[i] = wire_data(in->ask.key_packages[i]);
    out->ask.n_key_packages = in->ask.key_package_count;
    out->ask.key_packages = out->key_packages;
    out->ask.reply = &out->reply;
    out->ask.mac = wire_data(BYTES_OF(in->ask.mac));
    out->top.ask = &out->ask;
}

static void
take_ask(const Pristan__Letter *in, struct letter *out, enum err *e)
{
    out->ask.text = wire_bytes(in->ask->text);
    out->ask.language = wire_bytes(in->ask->language);
    out->ask.urgency = (enum urgency)in->ask->urgency;
    out->ask.key_package_count =
        parts_take_list(in->ask->n_key_packages, in->ask->key_packages,
                        LETTER_KEY_PACKAGES_MAX, out->ask.key_packages, e);
    parts_take_reply(in->ask->reply, &out->ask.reply, e);
    wire_fixed(e, in->ask->mac, out->ask.mac, LETTER_MAC_LEN);
}

static void
fill_welcome(const struct letter *in, struct letter_pb *out)
{
    pristan__letter_welcome__init(&out->welcome);
    out->welcome.welcome = wire_data(in->welcome.welcome);
    for (size_t i = 0; i < in->welcome.blob_count; i++) {
        Pristan__BlobRef *b = &out->blobs[i];

        pristan__blob_ref__init(b);
        b->hash = wire_data(BYTES_OF(in->welcome.blobs[i].hash));
        b->key = wire_data(BYTES_OF(in->welcome.blobs[i].key));
        out->blob_list[i] = b;
    }
    out->welcome.n_blobs = in->welcome.blob_count;
    out->welcome.blobs = out->blob_list;
    out->top.welcome = &out->welcome;
}

static void
take_welcome(const Pristan__Letter *in, struct letter *out, enum err *e)
{
    size_t n = in->welcome->n_blobs;

    out->welcome.welcome = wire_bytes(in->welcome->welcome);
    if (n > LETTER_WELCOME_BLOBS_MAX) {
        *e = ERR_TOO_LARGE;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const Pristan__BlobRef *b = in->welcome->blobs[i];

        wire_fixed(e, b->hash, out->welcome.blobs[i].hash, LIMIT_ID);
        wire_fixed(e, b->key, out->welcome.blobs[i].key, LIMIT_ID);
    }
    out->welcome.blob_count = n;
}

static void
fill_talk(const struct letter *in, struct letter_pb *out)
{
    pristan__letter_talk__init(&out->talk);
    parts_fill_reply(&in->talk.reply, &out->reply);
    out->talk.text = wire_data(in->talk.text);
    out->talk.reply = &out->reply;
    out->top.talk = &out->talk;
}

static void
take_talk(const Pristan__Letter *in, struct letter *out, enum err *e)
{
    out->talk.text = wire_bytes(in->talk->text);
    parts_take_reply(in->talk->reply, &out->talk.reply, e);
}

static void
fill_declined(const struct letter *in, struct letter_pb *out)
{
    pristan__letter_declined__init(&out->declined);
    out->declined.reason = wire_data(in->declined.reason);
    out->top.declined = &out->declined;
}

static void
take_declined(const Pristan__Letter *in, struct letter *out, enum err *e)
{
    (void)e;
    out->declined.reason = wire_bytes(in->declined->reason);
}

static const struct row {
    Pristan__Letter__BodyCase body;
    letter_fill *fill;
    letter_take *take;
} rows[LETTER_KINDS] = {
    [LETTER_KNOCK] = {PRISTAN__LETTER__BODY_KNOCK, fill_knock, take_knock},
    [LETTER_ASK] = {PRISTAN__LETTER__BODY_ASK, fill_ask, take_ask},
    [LETTER_WELCOME] = {PRISTAN__LETTER__BODY_WELCOME, fill_welcome,
                        take_welcome},
    [LETTER_TALK] = {PRISTAN__LETTER__BODY_TALK, fill_talk, take_talk},
    [LETTER_DECLINED] = {PRISTAN__LETTER__BODY_DECLINED, fill_declined,
                         take_declined},
};

enum err
letter_write(const struct letter *in, struct buf *out)
{
    enum err e = check_use(letter_check(in));
    struct letter_pb pb;

    if (e != ERR_OK)
        return e;
    pristan__letter__init(&pb.top);
    pb.top.id = wire_data(BYTES_OF(in->id));
    pb.top.body_case = rows[in->kind].body;
    rows[in->kind].fill(in, &pb);
    return wire_pack(&pb.top.base, WIRE_LETTER_MAX, out);
}

enum err
letter_read(struct bytes in, struct arena *a, struct letter *out)
{
    const Pristan__Letter *pb;
    ProtobufCMessage *m;
    enum err e;

    e = wire_unpack(&pristan__letter__descriptor, in, WIRE_LETTER_MAX, a, &m);
    if (e != ERR_OK)
        return e;
    pb = (const Pristan__Letter *)(void *)m;
    *out = (struct letter){.kind = LETTER_KINDS};
    wire_fixed(&e, pb->id, out->id, sizeof out->id);
    for (size_t i = 0; i < LETTER_KINDS; i++)
        if (rows[i].body == pb->body_case) {
            out->kind = (enum letter_kind)i;
            rows[i].take(pb, out, &e);
        }
    return e != ERR_OK ? e : letter_check(out);
}
