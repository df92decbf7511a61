/* SPDX-License-Identifier: Apache-2.0 */
/* What MLS carries: struct content to and from proto/content.proto's Content.
 * docs/PROTOCOL.md section 3.4. */
#include "wire/content.h"

#include "check.h"
#include "content_case.h"
#include "parts.h"
#include "wire/limits.h"

/* A Content and whatever is inside it, for the time of one call. */
struct content_pb {
    Pristan__Content top;
    Pristan__Desk desk; /* also inside a snapshot */
    union {
        Pristan__Confirm confirm;
        Pristan__Text text;
        Pristan__Knock knock;
        Pristan__KnockDecision knock_decision;
        Pristan__OnCase on_case;
        Pristan__Snapshot snapshot;
        Pristan__Bye bye;
    };
    struct arena *arena; /* for cases */
};

typedef enum err content_fill(const struct content *in, struct content_pb *out);
typedef enum err
content_take(const Pristan__Content *in, struct arena *a, struct content *out);

static enum err
fill_confirm(const struct content *in, struct content_pb *out)
{
    (void)in;
    pristan__confirm__init(&out->confirm);
    out->top.confirm = &out->confirm;
    return ERR_OK;
}

static enum err
take_confirm(const Pristan__Content *in, struct arena *a, struct content *out)
{
    (void)in;
    (void)a;
    (void)out;
    return ERR_OK;
}

static enum err
fill_text(const struct content *in, struct content_pb *out)
{
    pristan__text__init(&out->text);
    out->text.text = wire_data(in->text.text);
    out->text.reply_to = wire_data_or_none(in->text.reply_to, CONTENT_ID_LEN);
    out->top.text = &out->text;
    return ERR_OK;
}

static enum err
take_text(const Pristan__Content *in, struct arena *a, struct content *out)
{
    enum err e = ERR_OK;

    (void)a;
    out->text.text = wire_bytes(in->text->text);
    wire_fixed_or_none(&e, in->text->reply_to, out->text.reply_to,
                       CONTENT_ID_LEN);
    return e;
}

static enum err
fill_knock(const struct content *in, struct content_pb *out)
{
    pristan__knock__init(&out->knock);
    out->knock.letter = wire_data(in->knock.letter);
    out->knock.link = wire_data(BYTES_OF(in->knock.link));
    out->top.knock = &out->knock;
    return ERR_OK;
}

static enum err
take_knock(const Pristan__Content *in, struct arena *a, struct content *out)
{
    enum err e = ERR_OK;

    (void)a;
    out->knock.letter = wire_bytes(in->knock->letter);
    wire_fixed(&e, in->knock->link, out->knock.link, CONTENT_ID_LEN);
    return e;
}

static enum err
fill_knock_decision(const struct content *in, struct content_pb *out)
{
    pristan__knock_decision__init(&out->knock_decision);
    out->knock_decision.knock = wire_data(BYTES_OF(in->knock_decision.knock));
    out->knock_decision.approved = in->knock_decision.approved;
    out->top.knock_decision = &out->knock_decision;
    return ERR_OK;
}

static enum err
take_knock_decision(const Pristan__Content *in,
                    struct arena *a,
                    struct content *out)
{
    enum err e = ERR_OK;

    (void)a;
    wire_fixed(&e, in->knock_decision->knock, out->knock_decision.knock,
               CONTENT_ID_LEN);
    out->knock_decision.approved = in->knock_decision->approved != 0;
    return e;
}

static enum err
fill_desk(const struct content *in, struct content_pb *out)
{
    pristan__desk__init(&out->desk);
    out->desk.card_key = wire_data(BYTES_OF(in->desk.card_key));
    out->desk.secret = wire_data(BYTES_OF(in->desk.secret));
    out->desk.title = wire_data(in->desk.title);
    out->desk.open = in->desk.open;
    out->top.desk = &out->desk;
    return ERR_OK;
}

static enum err
take_desk(const Pristan__Content *in, struct arena *a, struct content *out)
{
    enum err e = ERR_OK;

    (void)a;
    wire_fixed(&e, in->desk->card_key, out->desk.card_key, LIMIT_ID);
    wire_fixed(&e, in->desk->secret, out->desk.secret, sizeof out->desk.secret);
    out->desk.title = wire_bytes(in->desk->title);
    out->desk.open = in->desk->open != 0;
    return e;
}

static enum err
fill_case_new(const struct content *in, struct content_pb *out)
{
    return content_case_fill(&in->case_new, false, out->arena,
                             &out->top.case_new);
}

static enum err
take_case_new(const Pristan__Content *in, struct arena *a, struct content *out)
{
    (void)a;
    return content_case_take(in->case_new, false, &out->case_new);
}

/* All kinds on a case have the same message, so any member of the union does:
 * which one it is, body_case says. */
static enum err
fill_on_case(const struct content *in, struct content_pb *out)
{
    pristan__on_case__init(&out->on_case);
    out->on_case.case_id = wire_data(BYTES_OF(in->on_case.case_id));
    out->on_case.text = wire_data(in->on_case.text);
    out->on_case.to = wire_data_or_none(in->on_case.to, CONTENT_ID_LEN);
    out->top.claim = &out->on_case;
    return ERR_OK;
}

static enum err
take_on_case(const Pristan__Content *in, struct arena *a, struct content *out)
{
    enum err e = ERR_OK;

    (void)a;
    wire_fixed(&e, in->claim->case_id, out->on_case.case_id, CONTENT_ID_LEN);
    out->on_case.text = wire_bytes(in->claim->text);
    wire_fixed_or_none(&e, in->claim->to, out->on_case.to, CONTENT_ID_LEN);
    return e;
}

static enum err
fill_snapshot(const struct content *in, struct content_pb *out)
{
    size_t n = in->snapshot.case_count;
    Pristan__Case **list = arena_new(out->arena, (n + 1) * sizeof *list);
    enum err e = list != NULL ? ERR_OK : ERR_MEMORY;

    pristan__snapshot__init(&out->snapshot);
    for (size_t i = 0; e == ERR_OK && i < n; i++)
        e = content_case_fill(&in->snapshot.cases[i], true, out->arena,
                              &list[i]);
    out->snapshot.n_cases = n;
    out->snapshot.epoch = in->snapshot.epoch;
    out->snapshot.number = in->snapshot.number;
    out->snapshot.cases = list;
    if (in->snapshot.has_desk) {
        pristan__desk__init(&out->desk);
        out->desk.card_key = wire_data(BYTES_OF(in->snapshot.card_key));
        out->desk.secret = wire_data(BYTES_OF(in->snapshot.secret));
        out->desk.title = wire_data(in->snapshot.title);
        out->snapshot.desk = &out->desk;
    }
    out->top.snapshot = &out->snapshot;
    return e;
}

static enum err
take_snapshot_desk(const Pristan__Desk *in, struct content *out)
{
    enum err e = ERR_OK;

    out->snapshot.has_desk = in != NULL;
    if (in == NULL)
        return ERR_OK;
    wire_fixed(&e, in->card_key, out->snapshot.card_key, LIMIT_ID);
    wire_fixed(&e, in->secret, out->snapshot.secret,
               sizeof out->snapshot.secret);
    out->snapshot.title = wire_bytes(in->title);
    return in->open ? ERR_MALFORMED : e;
}

static enum err
take_snapshot(const Pristan__Content *in, struct arena *a, struct content *out)
{
    size_t n = in->snapshot->n_cases;
    struct content_case *cases;
    enum err e = take_snapshot_desk(in->snapshot->desk, out);

    if (n > CONTENT_CASES_MAX)
        return ERR_TOO_LARGE;
    cases = arena_new(a, (n + 1) * sizeof *cases);
    if (cases == NULL)
        return ERR_MEMORY;
    for (size_t i = 0; e == ERR_OK && i < n; i++)
        e = content_case_take(in->snapshot->cases[i], true, &cases[i]);
    out->snapshot.cases = cases;
    out->snapshot.case_count = n;
    out->snapshot.epoch = in->snapshot->epoch;
    out->snapshot.number = in->snapshot->number;
    return e;
}

static enum err
fill_bye(const struct content *in, struct content_pb *out)
{
    pristan__bye__init(&out->bye);
    out->bye.text = wire_data(in->bye.text);
    out->top.bye = &out->bye;
    return ERR_OK;
}

static enum err
take_bye(const Pristan__Content *in, struct arena *a, struct content *out)
{
    (void)a;
    out->bye.text = wire_bytes(in->bye->text);
    return ERR_OK;
}

static const struct row {
    Pristan__Content__BodyCase body;
    content_fill *fill;
    content_take *take;
} rows[CONTENT_KINDS] = {
    [CONTENT_CONFIRM] = {PRISTAN__CONTENT__BODY_CONFIRM, fill_confirm,
                         take_confirm},
    [CONTENT_TEXT] = {PRISTAN__CONTENT__BODY_TEXT, fill_text, take_text},
    [CONTENT_KNOCK] = {PRISTAN__CONTENT__BODY_KNOCK, fill_knock, take_knock},
    [CONTENT_KNOCK_DECISION] = {PRISTAN__CONTENT__BODY_KNOCK_DECISION,
                                fill_knock_decision, take_knock_decision},
    [CONTENT_DESK] = {PRISTAN__CONTENT__BODY_DESK, fill_desk, take_desk},
    [CONTENT_CASE] = {PRISTAN__CONTENT__BODY_CASE_NEW, fill_case_new,
                      take_case_new},
    [CONTENT_CASE_CLAIM] = {PRISTAN__CONTENT__BODY_CLAIM, fill_on_case,
                            take_on_case},
    [CONTENT_CASE_RELEASE] = {PRISTAN__CONTENT__BODY_RELEASE, fill_on_case,
                              take_on_case},
    [CONTENT_CASE_HANDOVER] = {PRISTAN__CONTENT__BODY_HANDOVER, fill_on_case,
                               take_on_case},
    [CONTENT_CASE_ANSWERED] = {PRISTAN__CONTENT__BODY_ANSWERED, fill_on_case,
                               take_on_case},
    [CONTENT_CASE_CLOSE] = {PRISTAN__CONTENT__BODY_CLOSE, fill_on_case,
                            take_on_case},
    [CONTENT_CASE_REOPEN] = {PRISTAN__CONTENT__BODY_REOPEN, fill_on_case,
                             take_on_case},
    [CONTENT_CASE_NOTE] = {PRISTAN__CONTENT__BODY_NOTE, fill_on_case,
                           take_on_case},
    [CONTENT_SNAPSHOT] = {PRISTAN__CONTENT__BODY_SNAPSHOT, fill_snapshot,
                          take_snapshot},
    [CONTENT_BYE] = {PRISTAN__CONTENT__BODY_BYE, fill_bye, take_bye},
};

enum err
content_write(const struct content *in, struct buf *out)
{
    enum err e = check_use(content_check(in));
    struct arena arena = arena_limited(WIRE_BUDGET_FIXED);
    struct content_pb pb = {.arena = &arena};

    if (e != ERR_OK)
        return e;
    pristan__content__init(&pb.top);
    pb.top.id = wire_data(BYTES_OF(in->id));
    pb.top.sent_ms = in->sent_ms;
    pb.top.head_number = in->head_number;
    pb.top.head = wire_data(BYTES_OF(in->head));
    pb.top.body_case = rows[in->kind].body;
    e = rows[in->kind].fill(in, &pb);
    if (e == ERR_OK)
        e = wire_pack(&pb.top.base, LIMIT_CONTENT, out);
    arena_free(&arena);
    return e;
}

enum err
content_read(struct bytes in, struct arena *a, struct content *out)
{
    const Pristan__Content *pb;
    ProtobufCMessage *m;
    enum err e;

    e = wire_unpack(&pristan__content__descriptor, in, LIMIT_CONTENT, a, &m);
    if (e != ERR_OK)
        return e;
    pb = (const Pristan__Content *)(void *)m;
    *out = (struct content){.kind = CONTENT_KINDS};
    wire_fixed(&e, pb->id, out->id, CONTENT_ID_LEN);
    out->sent_ms = pb->sent_ms;
    out->head_number = pb->head_number;
    wire_fixed(&e, pb->head, out->head, CONTENT_HEAD_LEN);
    for (size_t i = 0; e == ERR_OK && i < CONTENT_KINDS; i++)
        if (rows[i].body == pb->body_case) {
            out->kind = (enum content_kind)i;
            e = rows[i].take(pb, a, out);
        }
    return e != ERR_OK ? e : content_check(out);
}
