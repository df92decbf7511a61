/* SPDX-License-Identifier: Apache-2.0 */
/* Relay to client: struct event to and from proto/relay.proto's Event.
 * docs/PROTOCOL.md section 3.3. */
#include "wire/event.h"

#include "check.h"
#include "wire.h"
#include "relay.pb-c.h"
#include "wire/limits.h"

/* An Event and whatever is inside it, for the time of one call. */
struct event_pb {
    Pristan__Event top;
    union {
        Pristan__HelloBack hello;
        Pristan__Appended appended;
        Pristan__Conflict conflict;
        Pristan__Records records;
        Pristan__More more;
        Pristan__Done done;
        Pristan__Card card;
        Pristan__Blob blob;
        Pristan__Refused refused;
    };
    struct arena *arena; /* for records */
};

typedef enum err event_fill(const struct event *in, struct event_pb *out);
typedef enum err
event_take(const Pristan__Event *in, struct arena *a, struct event *out);

static enum err
fill_hello(const struct event *in, struct event_pb *out)
{
    pristan__hello_back__init(&out->hello);
    out->hello.version = in->hello.version;
    out->hello.record_max = in->hello.record_max;
    out->hello.letter_max = in->hello.letter_max;
    out->hello.message_days = in->hello.message_days;
    out->top.hello = &out->hello;
    return ERR_OK;
}

static enum err
take_hello(const Pristan__Event *in, struct arena *a, struct event *out)
{
    (void)a;
    out->hello.version = in->hello->version;
    out->hello.record_max = in->hello->record_max;
    out->hello.letter_max = in->hello->letter_max;
    out->hello.message_days = in->hello->message_days;
    return ERR_OK;
}

static enum err
fill_appended(const struct event *in, struct event_pb *out)
{
    pristan__appended__init(&out->appended);
    out->appended.number = in->appended.number;
    out->appended.duplicate = in->appended.duplicate;
    out->top.appended = &out->appended;
    return ERR_OK;
}

static enum err
take_appended(const Pristan__Event *in, struct arena *a, struct event *out)
{
    (void)a;
    out->appended.number = in->appended->number;
    out->appended.duplicate = in->appended->duplicate != 0;
    return ERR_OK;
}

static enum err
fill_conflict(const struct event *in, struct event_pb *out)
{
    pristan__conflict__init(&out->conflict);
    out->conflict.commits = in->conflict.commits;
    out->conflict.last = in->conflict.last;
    out->top.conflict = &out->conflict;
    return ERR_OK;
}

static enum err
take_conflict(const Pristan__Event *in, struct arena *a, struct event *out)
{
    (void)a;
    out->conflict.commits = in->conflict->commits;
    out->conflict.last = in->conflict->last;
    return ERR_OK;
}

static void
fill_record(const struct event_record *in, Pristan__Record *out)
{
    pristan__record__init(out);
    out->number = in->number;
    out->kind = in->kind;
    out->expired = in->expired;
    out->bytes = wire_data(in->bytes);
}

static enum err
fill_records(const struct event *in, struct event_pb *out)
{
    size_t n = in->records.record_count;
    Pristan__Record *records = arena_new(out->arena, n * sizeof *records);
    Pristan__Record **list = arena_new(out->arena, n * sizeof *list);

    if (records == NULL || list == NULL)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        fill_record(&in->records.records[i], &records[i]);
        list[i] = &records[i];
    }
    pristan__records__init(&out->records);
    out->records.last = in->records.last;
    out->records.n_records = n;
    out->records.records = list;
    out->top.records = &out->records;
    return ERR_OK;
}

static enum err
take_records(const Pristan__Event *in, struct arena *a, struct event *out)
{
    size_t n = in->records->n_records;
    struct event_record *records;

    if (n > EVENT_RECORDS_MAX)
        return ERR_TOO_LARGE;
    records = arena_new(a, n * sizeof *records);
    if (records == NULL)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const Pristan__Record *r = in->records->records[i];

        records[i].number = r->number;
        records[i].kind = (enum record_kind)r->kind;
        records[i].expired = r->expired != 0;
        records[i].bytes = wire_bytes(r->bytes);
    }
    out->records.records = records;
    out->records.record_count = n;
    out->records.last = in->records->last;
    return ERR_OK;
}

static enum err
fill_more(const struct event *in, struct event_pb *out)
{
    pristan__more__init(&out->more);
    out->more.last = in->more.last;
    out->top.more = &out->more;
    return ERR_OK;
}

static enum err
take_more(const Pristan__Event *in, struct arena *a, struct event *out)
{
    (void)a;
    out->more.last = in->more->last;
    return ERR_OK;
}

static enum err
fill_done(const struct event *in, struct event_pb *out)
{
    (void)in;
    pristan__done__init(&out->done);
    out->top.done = &out->done;
    return ERR_OK;
}

static enum err
take_done(const Pristan__Event *in, struct arena *a, struct event *out)
{
    (void)in;
    (void)a;
    (void)out;
    return ERR_OK;
}

static enum err
fill_card(const struct event *in, struct event_pb *out)
{
    pristan__card__init(&out->card);
    out->card.card = wire_data(in->card.card);
    out->top.card = &out->card;
    return ERR_OK;
}

static enum err
take_card(const Pristan__Event *in, struct arena *a, struct event *out)
{
    (void)a;
    out->card.card = wire_bytes(in->card->card);
    return ERR_OK;
}

static enum err
fill_blob(const struct event *in, struct event_pb *out)
{
    pristan__blob__init(&out->blob);
    out->blob.blob = wire_data(in->blob.blob);
    out->top.blob = &out->blob;
    return ERR_OK;
}

static enum err
take_blob(const Pristan__Event *in, struct arena *a, struct event *out)
{
    (void)a;
    out->blob.blob = wire_bytes(in->blob->blob);
    return ERR_OK;
}

static enum err
fill_refused(const struct event *in, struct event_pb *out)
{
    pristan__refused__init(&out->refused);
    out->refused.reason = in->refused.reason;
    out->refused.retry_after_s = in->refused.retry_after_s;
    out->top.refused = &out->refused;
    return ERR_OK;
}

static enum err
take_refused(const Pristan__Event *in, struct arena *a, struct event *out)
{
    (void)a;
    out->refused.reason = (enum refusal)in->refused->reason;
    out->refused.retry_after_s = in->refused->retry_after_s;
    return ERR_OK;
}

static const struct row {
    Pristan__Event__BodyCase body;
    event_fill *fill;
    event_take *take;
} rows[EVENT_KINDS] = {
    [EVENT_HELLO] = {PRISTAN__EVENT__BODY_HELLO, fill_hello, take_hello},
    [EVENT_APPENDED] = {PRISTAN__EVENT__BODY_APPENDED, fill_appended,
                        take_appended},
    [EVENT_CONFLICT] = {PRISTAN__EVENT__BODY_CONFLICT, fill_conflict,
                        take_conflict},
    [EVENT_RECORDS] = {PRISTAN__EVENT__BODY_RECORDS, fill_records,
                       take_records},
    [EVENT_MORE] = {PRISTAN__EVENT__BODY_MORE, fill_more, take_more},
    [EVENT_DONE] = {PRISTAN__EVENT__BODY_DONE, fill_done, take_done},
    [EVENT_CARD] = {PRISTAN__EVENT__BODY_CARD, fill_card, take_card},
    [EVENT_BLOB] = {PRISTAN__EVENT__BODY_BLOB, fill_blob, take_blob},
    [EVENT_REFUSED] = {PRISTAN__EVENT__BODY_REFUSED, fill_refused,
                       take_refused},
};

enum err
event_write(const struct event *in, struct buf *out)
{
    enum err e = check_use(event_check(in));
    struct arena arena = arena_limited(WIRE_BUDGET_FIXED);
    struct event_pb pb = {.arena = &arena};

    if (e != ERR_OK)
        return e;
    pristan__event__init(&pb.top);
    pb.top.tag = in->tag;
    pb.top.body_case = rows[in->kind].body;
    e = rows[in->kind].fill(in, &pb);
    if (e == ERR_OK)
        e = wire_pack(&pb.top.base, LIMIT_FRAME, out);
    arena_free(&arena);
    return e;
}

enum err
event_read(struct bytes in, struct arena *a, struct event *out)
{
    const Pristan__Event *pb;
    ProtobufCMessage *m;
    enum err e;

    e = wire_unpack(&pristan__event__descriptor, in, LIMIT_FRAME, a, &m);
    if (e != ERR_OK)
        return e;
    pb = (const Pristan__Event *)(void *)m;
    *out = (struct event){.tag = pb->tag, .kind = EVENT_KINDS};
    for (size_t i = 0; i < EVENT_KINDS; i++)
        if (rows[i].body == pb->body_case) {
            out->kind = (enum event_kind)i;
            e = rows[i].take(pb, a, out);
        }
    return e != ERR_OK ? e : event_check(out);
}

/* Keeps all that is written but the record's bytes, which are announced by this
 * address and never looked at. */
static const uint8_t elsewhere;

struct head_only {
    ProtobufCBuffer base; /* first: protobuf-c hands this back */
    struct buf *out;
};

static void
head_append(ProtobufCBuffer *base, size_t len, const uint8_t *data)
{
    struct head_only *h = (struct head_only *)(void *)base;

    if (data != &elsewhere)
        buf_append(h->out, (struct bytes){data, len});
}

size_t
event_write_tag(uint32_t tag, uint8_t out[static EVENT_TAG_MAX])
{
    size_t len = 0;

    out[len++] = 1 << 3; /* field 1, a varint */
    for (; tag >= 0x80; tag >>= 7)
        out[len++] = (uint8_t)(tag | 0x80);
    out[len++] = (uint8_t)tag;
    return len;
}

enum err
event_write_record_head(uint64_t last,
                        uint64_t number,
                        enum record_kind kind,
                        size_t record_len,
                        struct buf *head)
{
    struct event_record record = {
        .number = number, .kind = kind, .bytes = {&elsewhere, record_len}};
    struct event in = {
        .tag = 1, .kind = EVENT_RECORDS, .records = {&record, 1, last}};
    struct head_only writer = {.base = {head_append}, .out = head};
    Pristan__Record record_pb;
    Pristan__Record *list = &record_pb;
    struct event_pb pb = {0};
    enum err e = check_use(event_check(&in));

    if (e != ERR_OK)
        return e;
    fill_record(&record, &record_pb);
    pristan__records__init(&pb.records);
    pb.records.last = last;
    pb.records.n_records = 1;
    pb.records.records = &list;
    pristan__event__init(&pb.top); /* a tag of 0 is not written */
    pb.top.body_case = PRISTAN__EVENT__BODY_RECORDS;
    pb.top.records = &pb.records;
    protobuf_c_message_pack_to_buffer(&pb.top.base, &writer.base);
    return buf_end(head);
}
