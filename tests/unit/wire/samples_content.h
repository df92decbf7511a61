/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One sample of each kind of letter and content, as known.py has them. */
#ifndef TESTS_UNIT_WIRE_SAMPLES_CONTENT_H
#define TESTS_UNIT_WIRE_SAMPLES_CONTENT_H

#include "wire/content.h"
#include "wire_test.h"

static inline struct reply_to
sample_reply(void)
{
    struct reply_to r;

    memset(r.mailbox, 'C', LIMIT_ID);
    memset(r.hpke_key, 'D', LIMIT_ID);
    return r;
}

static inline struct letter
sample_letter(enum letter_kind kind)
{
    struct letter l = {.kind = kind};

    memset(l.id, 'K', sizeof l.id);
    switch (kind) {
    case LETTER_KNOCK:
        l.knock.name = bytes_str("Ann");
        l.knock.reason = bytes_str("let me in");
        l.knock.key_package = bytes_str("kp1");
        l.knock.reply = sample_reply();
        memset(l.knock.mac, 'A', LETTER_MAC_LEN);
        break;
    case LETTER_ASK:
        l.ask.text = bytes_str("help");
        l.ask.language = bytes_str("ru");
        l.ask.urgency = URGENCY_TODAY;
        l.ask.key_packages[0] = bytes_str("kp1");
        l.ask.key_packages[1] = bytes_str("kp2");
        l.ask.key_package_count = 2;
        l.ask.reply = sample_reply();
        memset(l.ask.mac, 'B', LETTER_MAC_LEN);
        break;
    case LETTER_WELCOME:
        l.welcome.blob_count = 2;
        memset(l.welcome.blobs[0].hash, 'A', LIMIT_ID);
        memset(l.welcome.blobs[0].key, 'B', LIMIT_ID);
        memset(l.welcome.blobs[1].hash, 'C', LIMIT_ID);
        memset(l.welcome.blobs[1].key, 'D', LIMIT_ID);
        break;
    case LETTER_TALK:
        l.talk.text = bytes_str("hello");
        l.talk.reply = sample_reply();
        break;
    case LETTER_DECLINED:
        l.declined.reason = bytes_str("no room");
        break;
    case LETTER_KINDS:
        break;
    }
    return l;
}

static inline struct content_case
sample_case(void)
{
    struct content_case c = {
        .text = bytes_str("help"),
        .language = bytes_str("ru"),
        .urgency = URGENCY_NOW,
        .key_packages = {bytes_str("kp1"), bytes_str("kp2")},
        .key_package_count = 2,
        .reply = sample_reply(),
        .arrived_ms = 1700000000000};

    memset(c.id, 'I', CONTENT_ID_LEN);
    return c;
}

static inline struct content_case
sample_case_state(void)
{
    struct content_case c = sample_case();

    c.state = CASE_CLAIMED;
    memset(c.claimer, 'J', CONTENT_ID_LEN);
    c.lease_ms = 1700000900000;
    c.claims = 1;
    c.number = 4;
    return c;
}

static inline void
sample_on_case(struct content *c)
{
    memset(c->on_case.case_id, 'I', CONTENT_ID_LEN);
    if (c->kind == CONTENT_CASE_HANDOVER)
        memset(c->on_case.to, 'J', CONTENT_ID_LEN);
    if (c->kind == CONTENT_CASE_CLOSE)
        c->on_case.text = bytes_str("bye");
    if (c->kind == CONTENT_CASE_NOTE)
        c->on_case.text = bytes_str("note");
}

/* cases points to a static case. */
static inline struct content
sample_content(enum content_kind kind)
{
    static struct content_case one;
    struct content c = {
        .kind = kind, .sent_ms = 1700000000001, .head_number = 300};

    memset(c.id, 'K', sizeof c.id);
    memset(c.head, 'J', sizeof c.head);
    switch (kind) {
    case CONTENT_TEXT:
        c.text.text = bytes_str("hi");
        memset(c.text.reply_to, 'K', CONTENT_ID_LEN);
        break;
    case CONTENT_KNOCK:
        c.knock.letter = bytes_str("letter");
        memset(c.knock.link, 'J', CONTENT_ID_LEN);
        break;
    case CONTENT_KNOCK_DECISION:
        memset(c.knock_decision.knock, 'I', CONTENT_ID_LEN);
        c.knock_decision.approved = true;
        break;
    case CONTENT_DESK:
        memset(c.desk.card_key, 'A', LIMIT_ID);
        memset(c.desk.secret, 'I', sizeof c.desk.secret);
        c.desk.title = bytes_str("Desk");
        c.desk.open = true;
        break;
    case CONTENT_CASE:
        c.case_new = sample_case();
        break;
    case CONTENT_CASE_CLAIM:
    case CONTENT_CASE_RELEASE:
    case CONTENT_CASE_HANDOVER:
    case CONTENT_CASE_ANSWERED:
    case CONTENT_CASE_CLOSE:
    case CONTENT_CASE_REOPEN:
    case CONTENT_CASE_NOTE:
        sample_on_case(&c);
        break;
    case CONTENT_SNAPSHOT:
        one = sample_case_state();
        c.snapshot.cases = &one;
        c.snapshot.case_count = 1;
        c.snapshot.epoch = 3;
        c.snapshot.number = 12;
        c.snapshot.has_desk = true;
        memset(c.snapshot.card_key, 'A', LIMIT_ID);
        memset(c.snapshot.secret, 'I', sizeof c.snapshot.secret);
        c.snapshot.title = bytes_str("Desk");
        break;
    case CONTENT_BYE:
        c.bye.text = bytes_str("bye");
        break;
    case CONTENT_CONFIRM:
    case CONTENT_KINDS:
        break;
    }
    return c;
}

#endif
