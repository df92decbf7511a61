/* SPDX-License-Identifier: Apache-2.0 */
/* Client to relay: struct request to and from proto/relay.proto's Request.
 * docs/PROTOCOL.md section 3.2. */
#include "wire/request.h"

#include <string.h>

#include "base/mem.h"

#include "check.h"
#include "wire.h"
#include "relay.pb-c.h"

/* A Request and whatever is inside it, for the time of one call. */
struct request_pb {
    Pristan__Request top;
    Pristan__Place place;
    union {
        Pristan__Hello hello;
        Pristan__Append append;
        Pristan__Read read;
        Pristan__Watch watch;
        Pristan__Credit credit;
        Pristan__Unwatch unwatch;
        Pristan__Leave leave;
        Pristan__Empty empty;
        Pristan__CardPut card_put;
        Pristan__CardGet card_get;
        Pristan__BlobPut blob_put;
        Pristan__BlobGet blob_get;
        Pristan__Ping ping;
    };
    uint64_t numbers[REQUEST_EMPTY_MAX];
};

typedef void request_fill(const struct request *in, struct request_pb *out);
typedef void
request_take(const Pristan__Request *in, struct request *out, enum err *e);

static void
fill_hello(const struct request *in, struct request_pb *out)
{
    pristan__hello__init(&out->hello);
    out->hello.version = in->hello.version;
    out->top.hello = &out->hello;
}

static void
take_hello(const Pristan__Request *in, struct request *out, enum err *e)
{
    (void)e;
    out->hello.version = in->hello->version;
}

static void
fill_append(const struct request *in, struct request_pb *out)
{
    pristan__append__init(&out->append);
    out->append.write_token = wire_data(BYTES_OF(in->append.write_token));
    out->append.read_hash = wire_data(BYTES_OF(in->append.read_hash));
    out->append.kind = in->append.kind;
    out->append.expect_commits = in->append.expect_commits;
    out->append.record = wire_data(in->append.record);
    out->top.append = &out->append;
}

static void
take_append(const Pristan__Request *in, struct request *out, enum err *e)
{
    wire_fixed(e, in->append->write_token, out->append.write_token, LIMIT_ID);
    wire_fixed(e, in->append->read_hash, out->append.read_hash, LIMIT_ID);
    out->append.kind = (enum record_kind)in->append->kind;
    out->append.expect_commits = in->append->expect_commits;
    out->append.record = wire_bytes(in->append->record);
}

static void
fill_place(const struct place *in, Pristan__Place *out)
{
    pristan__place__init(out);
    out->kind = in->kind;
    out->read_token = wire_data(BYTES_OF(in->read_token));
    if (in->kind == PLACE_CHANNEL)
        out->other_hash = wire_data(BYTES_OF(in->other_hash));
}

static void
take_place(const Pristan__Place *in, struct place *out, enum err *e)
{
    if (in == NULL) {
        *e = ERR_MALFORMED;
        return;
    }
    out->kind = (enum place_kind)in->kind;
    wire_fixed(e, in->read_token, out->read_token, LIMIT_ID);
    if (out->kind == PLACE_CHANNEL)
        wire_fixed(e, in->other_hash, out->other_hash, LIMIT_ID);
    else if (in->other_hash.len != 0)
        *e = ERR_MALFORMED;
}

static void
fill_read(const struct request *in, struct request_pb *out)
{
    pristan__read__init(&out->read);
    fill_place(&in->read.place, &out->place);
    out->read.place = &out->place;
    out->read.after = in->read.after;
    out->read.credit = in->read.credit;
    out->top.read = &out->read;
}

static void
take_read(const Pristan__Request *in, struct request *out, enum err *e)
{
    take_place(in->read->place, &out->read.place, e);
    out->read.after = in->read->after;
    out->read.credit = in->read->credit;
}

static void
fill_watch(const struct request *in, struct request_pb *out)
{
    pristan__watch__init(&out->watch);
    fill_place(&in->watch.place, &out->place);
    out->watch.place = &out->place;
    out->watch.after = in->watch.after;
    out->watch.credit = in->watch.credit;
    out->top.watch = &out->watch;
}

static void
take_watch(const Pristan__Request *in, struct request *out, enum err *e)
{
    take_place(in->watch->place, &out->watch.place, e);
    out->watch.after = in->watch->after;
    out->watch.credit = in->watch->credit;
}

static void
fill_credit(const struct request *in, struct request_pb *out)
{
    pristan__credit__init(&out->credit);
    out->credit.watch = in->credit.watch;
    out->credit.credit = in->credit.credit;
    out->top.credit = &out->credit;
}

static void
take_credit(const Pristan__Request *in, struct request *out, enum err *e)
{
    (void)e;
    out->credit.watch = in->credit->watch;
    out->credit.credit = in->credit->credit;
}

static void
fill_unwatch(const struct request *in, struct request_pb *out)
{
    pristan__unwatch__init(&out->unwatch);
    out->unwatch.watch = in->unwatch.watch;
    out->top.unwatch = &out->unwatch;
}

static void
take_unwatch(const Pristan__Request *in, struct request *out, enum err *e)
{
    (void)e;
    out->unwatch.watch = in->unwatch->watch;
}

static void
fill_leave(const struct request *in, struct request_pb *out)
{
    pristan__leave__init(&out->leave);
    out->leave.mailbox = wire_data(BYTES_OF(in->leave.mailbox));
    out->leave.letter = wire_data(in->leave.letter);
    out->top.leave = &out->leave;
}

static void
take_leave(const Pristan__Request *in, struct request *out, enum err *e)
{
    wire_fixed(e, in->leave->mailbox, out->leave.mailbox, LIMIT_ID);
    out->leave.letter = wire_bytes(in->leave->letter);
}

static void
fill_empty(const struct request *in, struct request_pb *out)
{
    pristan__empty__init(&out->empty);
    out->empty.read_token = wire_data(BYTES_OF(in->empty.read_token));
    memcpy(out->numbers, in->empty.numbers, sizeof out->numbers);
    out->empty.n_numbers = in->empty.number_count;
    out->empty.numbers = out->numbers;
    out->top.empty = &out->empty;
}

static void
take_empty(const Pristan__Request *in, struct request *out, enum err *e)
{
    size_t n = in->empty->n_numbers;

    wire_fixed(e, in->empty->read_token, out->empty.read_token, LIMIT_ID);
    if (n > REQUEST_EMPTY_MAX) {
        *e = ERR_TOO_LARGE;
        return;
    }
    for (size_t i = 0; i < n; i++)
        out->empty.numbers[i] = in->empty->numbers[i];
    out->empty.number_count = n;
}

static void
fill_card_put(const struct request *in, struct request_pb *out)
{
    pristan__card_put__init(&out->card_put);
    out->card_put.card = wire_data(in->card_put.card);
    out->top.card_put = &out->card_put;
}

static void
take_card_put(const Pristan__Request *in, struct request *out, enum err *e)
{
    (void)e;
    out->card_put.card = wire_bytes(in->card_put->card);
}

static void
fill_card_get(const struct request *in, struct request_pb *out)
{
    pristan__card_get__init(&out->card_get);
    out->card_get.prefix = wire_data(BYTES_OF(in->card_get.prefix));
    out->top.card_get = &out->card_get;
}

static void
take_card_get(const Pristan__Request *in, struct request *out, enum err *e)
{
    wire_fixed(e, in->card_get->prefix, out->card_get.prefix,
               sizeof out->card_get.prefix);
}

static void
fill_blob_put(const struct request *in, struct request_pb *out)
{
    pristan__blob_put__init(&out->blob_put);
    out->blob_put.blob = wire_data(in->blob_put.blob);
    out->top.blob_put = &out->blob_put;
}

static void
take_blob_put(const Pristan__Request *in, struct request *out, enum err *e)
{
    (void)e;
    out->blob_put.blob = wire_bytes(in->blob_put->blob);
}

static void
fill_blob_get(const struct request *in, struct request_pb *out)
{
    pristan__blob_get__init(&out->blob_get);
    out->blob_get.hash = wire_data(BYTES_OF(in->blob_get.hash));
    out->top.blob_get = &out->blob_get;
}

static void
take_blob_get(const Pristan__Request *in, struct request *out, enum err *e)
{
    wire_fixed(e, in->blob_get->hash, out->blob_get.hash, LIMIT_ID);
}

static void
fill_ping(const struct request *in, struct request_pb *out)
{
    (void)in;
    pristan__ping__init(&out->ping);
    out->top.ping = &out->ping;
}

static void
take_nothing(const Pristan__Request *in, struct request *out, enum err *e)
{
    (void)in;
    (void)out;
    (void)e;
}

static const struct row {
    Pristan__Request__BodyCase body;
    request_fill *fill;
    request_take *take;
} rows[REQUEST_KINDS] = {
    [REQUEST_HELLO] = {PRISTAN__REQUEST__BODY_HELLO, fill_hello, take_hello},
    [REQUEST_APPEND] = {PRISTAN__REQUEST__BODY_APPEND, fill_append,
                        take_append},
    [REQUEST_READ] = {PRISTAN__REQUEST__BODY_READ, fill_read, take_read},
    [REQUEST_WATCH] = {PRISTAN__REQUEST__BODY_WATCH, fill_watch, take_watch},
    [REQUEST_CREDIT] = {PRISTAN__REQUEST__BODY_CREDIT, fill_credit,
                        take_credit},
    [REQUEST_UNWATCH] = {PRISTAN__REQUEST__BODY_UNWATCH, fill_unwatch,
                         take_unwatch},
    [REQUEST_LEAVE] = {PRISTAN__REQUEST__BODY_LEAVE, fill_leave, take_leave},
    [REQUEST_EMPTY] = {PRISTAN__REQUEST__BODY_EMPTY, fill_empty, take_empty},
    [REQUEST_CARD_PUT] = {PRISTAN__REQUEST__BODY_CARD_PUT, fill_card_put,
                          take_card_put},
    [REQUEST_CARD_GET] = {PRISTAN__REQUEST__BODY_CARD_GET, fill_card_get,
                          take_card_get},
    [REQUEST_BLOB_PUT] = {PRISTAN__REQUEST__BODY_BLOB_PUT, fill_blob_put,
                          take_blob_put},
    [REQUEST_BLOB_GET] = {PRISTAN__REQUEST__BODY_BLOB_GET, fill_blob_get,
                          take_blob_get},
    [REQUEST_PING] = {PRISTAN__REQUEST__BODY_PING, fill_ping, take_nothing},
};

enum err
request_write(const struct request *in, struct buf *out)
{
    enum err e = check_use(request_check(in));
    struct request_pb pb;

    if (e != ERR_OK)
        return e;
    pristan__request__init(&pb.top);
    pb.top.tag = in->tag;
    pb.top.body_case = rows[in->kind].body;
    rows[in->kind].fill(in, &pb);
    e = wire_pack(&pb.top.base, LIMIT_FRAME, out);
    mem_wipe(&pb, sizeof pb);
    return e;
}

enum err
request_read(struct bytes in, struct arena *a, struct request *out)
{
    const Pristan__Request *pb;
    ProtobufCMessage *m;
    enum err e;

    e = wire_unpack(&pristan__request__descriptor, in, LIMIT_FRAME, a, &m);
    if (e != ERR_OK)
        return e;
    pb = (const Pristan__Request *)(void *)m;
    *out = (struct request){.tag = pb->tag, .kind = REQUEST_KINDS};
    for (size_t i = 0; i < REQUEST_KINDS; i++)
        if (rows[i].body == pb->body_case) {
            out->kind = (enum request_kind)i;
            rows[i].take(pb, out, &e);
        }
    return e != ERR_OK ? e : request_check(out);
}
