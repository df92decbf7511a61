/* SPDX-License-Identifier: Apache-2.0 */
/* The range of every field between client and relay: docs/PROTOCOL.md sections
 * 3.2 and 3.3, and the remarks in proto/relay.proto. */
#include "check.h"

#include "base/text.h"
#include "wire/card.h"
#include "wire/limits.h"

enum { VERSION_MAX = 65535 };

typedef enum err request_rule(const struct request *in);
typedef enum err event_rule(const struct event *in);

static enum err
in_range(uint64_t v, uint64_t min, uint64_t max)
{
    return v >= min && v <= max ? ERR_OK : ERR_MALFORMED;
}

static enum err
first_of(enum err a, enum err b)
{
    return a != ERR_OK ? a : b;
}

enum err
check_len(struct bytes in, size_t min, size_t max)
{
    if (in.len > max)
        return ERR_TOO_LARGE;
    return in.len >= min ? ERR_OK : ERR_MALFORMED;
}

enum err
check_text(struct bytes in, size_t min, size_t max)
{
    enum err e = check_len(in, min, max);

    if (e == ERR_OK && !text_is_utf8(in))
        e = ERR_MALFORMED;
    return e;
}

static enum err
check_record_kind(enum record_kind kind)
{
    return in_range(kind, RECORD_MESSAGE, RECORD_COMMIT);
}

static enum err
check_place(const struct place *p)
{
    enum err e = in_range(p->kind, PLACE_CHANNEL, PLACE_MAILBOX);

    if (e == ERR_OK && p->kind == PLACE_MAILBOX &&
        !bytes_all_zero(BYTES_OF(p->other_hash)))
        e = ERR_MALFORMED;
    return e;
}

static enum err
no_fields(const struct request *in)
{
    (void)in;
    return ERR_OK;
}

static enum err
check_hello(const struct request *in)
{
    return in_range(in->hello.version, 1, VERSION_MAX);
}

static enum err
check_append(const struct request *in)
{
    enum err e = check_record_kind(in->append.kind);

    e = first_of(e, in_range(in->append.expect_commits, 0, WIRE_NUMBER_MAX));
    return first_of(e, check_len(in->append.record, 1, LIMIT_RECORD));
}

static enum err
check_read_or_watch(const struct request *in)
{
    enum err e = check_place(&in->read.place);

    e = first_of(e, in_range(in->read.after, 0, WIRE_NUMBER_MAX));
    return first_of(e, in_range(in->read.credit, 0, WIRE_CREDIT_MAX));
}

static enum err
check_credit(const struct request *in)
{
    enum err e = in_range(in->credit.watch, 1, UINT32_MAX);

    return first_of(e, in_range(in->credit.credit, 1, WIRE_CREDIT_MAX));
}

static enum err
check_unwatch(const struct request *in)
{
    return in_range(in->unwatch.watch, 1, UINT32_MAX);
}

static enum err
check_leave(const struct request *in)
{
    return check_len(in->leave.letter, 1, LIMIT_LETTER);
}

static enum err
check_empty(const struct request *in)
{
    enum err e = in_range(in->empty.number_count, 1, UINT64_MAX);

    if (in->empty.number_count > REQUEST_EMPTY_MAX)
        return ERR_TOO_LARGE;
    for (size_t i = 0; e == ERR_OK && i < in->empty.number_count; i++)
        e = in_range(in->empty.numbers[i], 1, WIRE_NUMBER_MAX);
    return e;
}

static enum err
check_card_put(const struct request *in)
{
    return check_len(in->card_put.card, CARD_MIN, CARD_MAX);
}

static enum err
check_blob_put(const struct request *in)
{
    return check_len(in->blob_put.blob, 1, LIMIT_BLOB);
}

static request_rule *const request_rules[REQUEST_KINDS] = {
    [REQUEST_HELLO] = check_hello,        [REQUEST_APPEND] = check_append,
    [REQUEST_READ] = check_read_or_watch, [REQUEST_WATCH] = check_read_or_watch,
    [REQUEST_CREDIT] = check_credit,      [REQUEST_UNWATCH] = check_unwatch,
    [REQUEST_LEAVE] = check_leave,        [REQUEST_EMPTY] = check_empty,
    [REQUEST_CARD_PUT] = check_card_put,  [REQUEST_CARD_GET] = no_fields,
    [REQUEST_BLOB_PUT] = check_blob_put,  [REQUEST_BLOB_GET] = no_fields,
    [REQUEST_PING] = no_fields,
};

enum err
request_check(const struct request *in)
{
    if (in->tag == 0 || (unsigned)in->kind >= REQUEST_KINDS)
        return ERR_MALFORMED;
    return request_rules[in->kind](in);
}

static enum err
check_hello_back(const struct event *in)
{
    enum err e = in_range(in->hello.version, 1, VERSION_MAX);

    e = first_of(e, in_range(in->hello.record_max, 1, LIMIT_RECORD));
    e = first_of(e, in_range(in->hello.letter_max, 1, LIMIT_LETTER));
    return first_of(e, in_range(in->hello.message_days, 0, WIRE_DAYS_MAX));
}

static enum err
check_appended(const struct event *in)
{
    return in_range(in->appended.number, 1, WIRE_NUMBER_MAX);
}

static enum err
check_conflict(const struct event *in)
{
    enum err e = in_range(in->conflict.last, 0, WIRE_NUMBER_MAX);

    return first_of(e, in_range(in->conflict.commits, 0, in->conflict.last));
}

static enum err
check_record(const struct event_record *r, uint64_t after, uint64_t last)
{
    enum err e = check_record_kind(r->kind);

    if (r->number <= after)
        return ERR_MALFORMED;
    e = first_of(e, in_range(r->number, 1, last));
    if (r->expired)
        return first_of(e, in_range(r->bytes.len, LIMIT_ID, LIMIT_ID));
    return first_of(e, check_len(r->bytes, 1, LIMIT_RECORD));
}

static enum err
check_records(const struct event *in)
{
    enum err e = in_range(in->records.last, 0, WIRE_NUMBER_MAX);
    uint64_t after = 0;

    if (in->records.record_count > EVENT_RECORDS_MAX)
        return ERR_TOO_LARGE;
    for (size_t i = 0; e == ERR_OK && i < in->records.record_count; i++) {
        const struct event_record *r = &in->records.records[i];

        e = check_record(r, after, in->records.last);
        after = r->number;
    }
    return e;
}

static enum err
check_more(const struct event *in)
{
    return in_range(in->more.last, 0, WIRE_NUMBER_MAX);
}

static enum err
check_done(const struct event *in)
{
    (void)in;
    return ERR_OK;
}

static enum err
check_card(const struct event *in)
{
    return check_len(in->card.card, CARD_MIN, CARD_MAX);
}

static enum err
check_blob(const struct event *in)
{
    return check_len(in->blob.blob, 1, LIMIT_BLOB);
}

static enum err
check_refused(const struct event *in)
{
    enum err e =
        in_range(in->refused.reason, REFUSED_NOT_FOUND, REFUSED_REASONS - 1);

    return first_of(
        e, in_range(in->refused.retry_after_s, 0, WIRE_RETRY_AFTER_S_MAX));
}

static event_rule *const event_rules[EVENT_KINDS] = {
    [EVENT_HELLO] = check_hello_back,  [EVENT_APPENDED] = check_appended,
    [EVENT_CONFLICT] = check_conflict, [EVENT_RECORDS] = check_records,
    [EVENT_MORE] = check_more,         [EVENT_DONE] = check_done,
    [EVENT_CARD] = check_card,         [EVENT_BLOB] = check_blob,
    [EVENT_REFUSED] = check_refused,
};

enum err
event_check(const struct event *in)
{
    if (in->tag == 0 || (unsigned)in->kind >= EVENT_KINDS)
        return ERR_MALFORMED;
    return event_rules[in->kind](in);
}
