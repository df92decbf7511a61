/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One sample of each kind between client and relay, as known.py has them. */
#ifndef TESTS_UNIT_WIRE_SAMPLES_RELAY_H
#define TESTS_UNIT_WIRE_SAMPLES_RELAY_H

#include "wire/card.h"
#include "wire/event.h"
#include "wire_test.h"

static const char sample_card[CARD_MIN + 1] =
    "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

static inline struct place
sample_channel(void)
{
    struct place p = {.kind = PLACE_CHANNEL};

    memset(p.read_token, 'A', LIMIT_ID);
    memset(p.other_hash, 'B', LIMIT_ID);
    return p;
}

static inline struct place
sample_mailbox(void)
{
    struct place p = {.kind = PLACE_MAILBOX};

    memset(p.read_token, 'A', LIMIT_ID);
    return p;
}

static inline struct request
sample_request(enum request_kind kind)
{
    struct request r = {.tag = 7, .kind = kind};

    switch (kind) {
    case REQUEST_HELLO:
        r.hello.version = 1;
        break;
    case REQUEST_APPEND:
        memset(r.append.write_token, 'A', LIMIT_ID);
        memset(r.append.read_hash, 'B', LIMIT_ID);
        r.append.kind = RECORD_COMMIT;
        r.append.expect_commits = 300;
        r.append.record = bytes_str("record");
        break;
    case REQUEST_READ:
        r.read.place = sample_channel();
        r.read.after = 5;
        r.read.credit = 70000;
        break;
    case REQUEST_WATCH:
        r.watch.place = sample_mailbox();
        r.watch.credit = 1024;
        break;
    case REQUEST_CREDIT:
        r.credit.watch = 9;
        r.credit.credit = 4096;
        break;
    case REQUEST_UNWATCH:
        r.unwatch.watch = 9;
        break;
    case REQUEST_LEAVE:
        memset(r.leave.mailbox, 'C', LIMIT_ID);
        r.leave.letter = bytes_str("letter");
        break;
    case REQUEST_EMPTY:
        memset(r.empty.read_token, 'A', LIMIT_ID);
        r.empty.numbers[0] = 1;
        r.empty.numbers[1] = 300;
        r.empty.numbers[2] = 70000;
        r.empty.number_count = 3;
        break;
    case REQUEST_CARD_PUT:
        r.card_put.card = bytes_str(sample_card);
        break;
    case REQUEST_CARD_GET:
        memset(r.card_get.prefix, 'I', sizeof r.card_get.prefix);
        break;
    case REQUEST_BLOB_PUT:
        r.blob_put.blob = bytes_str("blob");
        break;
    case REQUEST_BLOB_GET:
        memset(r.blob_get.hash, 'D', LIMIT_ID);
        break;
    case REQUEST_PING:
    case REQUEST_KINDS:
        break;
    }
    return r;
}

static const uint8_t sample_hash[] = "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD";

/* records points into a static array. */
static inline struct event
sample_event(enum event_kind kind)
{
    static struct event_record records[2];
    struct event e = {.tag = 8, .kind = kind};

    switch (kind) {
    case EVENT_HELLO:
        e.hello.version = 1;
        e.hello.record_max = LIMIT_RECORD;
        e.hello.letter_max = LIMIT_LETTER;
        e.hello.message_days = 14;
        break;
    case EVENT_APPENDED:
        e.appended.number = 12;
        e.appended.duplicate = true;
        break;
    case EVENT_CONFLICT:
        e.conflict.commits = 2;
        e.conflict.last = 40;
        break;
    case EVENT_RECORDS:
        records[0] = (struct event_record){
            .number = 3, .kind = RECORD_MESSAGE, .bytes = bytes_str("one")};
        records[1] = (struct event_record){.number = 4,
                                           .kind = RECORD_COMMIT,
                                           .expired = true,
                                           .bytes = {sample_hash, LIMIT_ID}};
        e.records.records = records;
        e.records.record_count = 2;
        e.records.last = 9;
        break;
    case EVENT_MORE:
        e.more.last = 77;
        break;
    case EVENT_CARD:
        e.card.card = bytes_str(sample_card);
        break;
    case EVENT_BLOB:
        e.blob.blob = bytes_str("blob");
        break;
    case EVENT_REFUSED:
        e.refused.reason = REFUSED_RATE;
        e.refused.retry_after_s = 30;
        break;
    case EVENT_DONE:
    case EVENT_KINDS:
        break;
    }
    return e;
}

#endif
