/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cases as rows of the store (docs/STORAGE.md), TLS presentation language
 * behind a version byte. */
#include "cases.h"
#include "cases_private.h"

#include <string.h>

#include "base/mem.h"
#include "base/reader.h"

enum { ROW_VERSION = 1 };

enum err
cases_item_write(const struct cases_item *item, struct buf *out)
{
    const struct content_case *c = &item->c;

    buf_u8(out, ROW_VERSION);
    buf_append(out, BYTES_OF(c->id));
    buf_u32(out, c->number);
    buf_u8(out, (uint8_t)c->state);
    buf_append(out, BYTES_OF(c->claimer));
    buf_u64(out, c->lease_ms);
    buf_u32(out, c->claims);
    buf_u64(out, c->arrived_ms);
    buf_u8(out, (uint8_t)c->urgency);
    buf_opaque(out, c->text);
    buf_opaque(out, c->language);
    buf_append(out, BYTES_OF(c->reply.mailbox));
    buf_append(out, BYTES_OF(c->reply.hpke_key));
    buf_u64(out, item->at.epoch);
    buf_u64(out, item->at.number);
    buf_u8(out, item->settled);
    buf_u8(out, (uint8_t)c->key_package_count);
    for (size_t i = 0; i < c->key_package_count; i++)
        buf_opaque(out, c->key_packages[i]);
    return buf_end(out);
}

static struct cases_place
place_read(struct reader *r)
{
    struct cases_place at;

    at.epoch = reader_u64(r);
    at.number = reader_u64(r);
    return at;
}

static void
read_key_packages(struct reader *r, struct content_case *c)
{
    size_t count = reader_u8(r);

    if (count > LETTER_KEY_PACKAGES_MAX) {
        reader_fail(r);
        return;
    }
    c->key_package_count = count;
    for (size_t i = 0; i < count; i++)
        c->key_packages[i] = reader_opaque(r);
}

static enum err
item_read(struct bytes in,
          struct content_case *c,
          struct cases_place *at,
          bool *settled)
{
    struct reader r = {.rest = in};
    uint8_t version = reader_u8(&r);

    if (in.len > 0 && version != ROW_VERSION)
        return ERR_UNSUPPORTED;
    reader_copy(&r, c->id, sizeof c->id);
    c->number = reader_u32(&r);
    c->state = (enum case_state)reader_u8(&r);
    reader_copy(&r, c->claimer, sizeof c->claimer);
    c->lease_ms = reader_u64(&r);
    c->claims = reader_u32(&r);
    c->arrived_ms = reader_u64(&r);
    c->urgency = (enum urgency)reader_u8(&r);
    c->text = reader_opaque(&r);
    c->language = reader_opaque(&r);
    reader_copy(&r, c->reply.mailbox, sizeof c->reply.mailbox);
    reader_copy(&r, c->reply.hpke_key, sizeof c->reply.hpke_key);
    *at = place_read(&r);
    *settled = reader_u8(&r) == 1;
    read_key_packages(&r, c);
    if (c->state < CASE_NEW || c->state > CASE_CLOSED ||
        c->urgency < URGENCY_NORMAL || c->urgency > URGENCY_NOW)
        reader_fail(&r);
    return reader_end(&r);
}

enum err
cases_item_load(struct cases *cs, struct bytes in)
{
    struct content_case c = {0};
    struct cases_item *item;
    struct cases_place at;
    bool settled;
    enum err e;

    e = item_read(in, &c, &at, &settled);
    if (e != ERR_OK)
        return e;
    if (cases_find(cs, c.id) != NULL)
        return ERR_EXISTS;
    if (cs->count == CASES_MAX)
        return ERR_FULL;
    e = cases_item_new(&c, &item);
    if (e != ERR_OK)
        return e;
    item->at = at;
    item->settled = settled;
    item->dirty = false;
    if (c.number > cs->last_number)
        cs->last_number = c.number;
    cases_put_in(cs, item);
    return ERR_OK;
}

enum err
cases_write(const struct cases *cs, struct buf *out)
{
    buf_u8(out, ROW_VERSION);
    buf_u32(out, cs->last_number);
    buf_u64(out, cs->last.epoch);
    buf_u64(out, cs->last.number);
    buf_u8(out, cs->waiting);
    buf_u16(out, (uint16_t)cs->later_count);
    for (size_t i = 0; i < cs->later_count; i++) {
        const struct cases_event *ev = &cs->later[i];

        buf_u8(out, (uint8_t)ev->kind);
        buf_append(out, BYTES_OF(ev->case_id));
        buf_append(out, BYTES_OF(ev->sender));
        buf_append(out, BYTES_OF(ev->to));
        buf_u64(out, ev->sent_ms);
        buf_u8(out, ev->admin);
        buf_u64(out, ev->at.epoch);
        buf_u64(out, ev->at.number);
    }
    return buf_end(out);
}

static void
event_read(struct reader *r, struct cases_event *ev)
{
    uint8_t kind = reader_u8(r);

    if (kind > CONTENT_KINDS)
        reader_fail(r);
    else
        ev->kind = (enum content_kind)kind;
    reader_copy(r, ev->case_id, sizeof ev->case_id);
    reader_copy(r, ev->sender, sizeof ev->sender);
    reader_copy(r, ev->to, sizeof ev->to);
    ev->sent_ms = reader_u64(r);
    ev->admin = reader_u8(r) == 1;
    ev->at = place_read(r);
}

enum err
cases_load(struct cases *cs, struct bytes in)
{
    struct reader r = {.rest = in};
    uint8_t version = reader_u8(&r);
    uint32_t last = reader_u32(&r);
    struct cases_place place = place_read(&r);
    bool waiting = reader_u8(&r) == 1;
    size_t count = reader_u16(&r);
    struct cases_event *later;
    enum err e;

    if (in.len > 0 && version != ROW_VERSION)
        return ERR_UNSUPPORTED;
    if (reader_check(&r) != ERR_OK || count > CASES_LATER_MAX)
        return ERR_MALFORMED;
    later = mem_new_array(count, sizeof *later);
    if (later == NULL)
        return ERR_MEMORY;
    for (size_t i = 0; i < count; i++)
        event_read(&r, &later[i]);
    e = reader_end(&r);
    if (e != ERR_OK) {
        mem_free(later);
        return e;
    }
    mem_free(cs->later);
    cs->later = later;
    cs->later_count = count;
    cs->waiting = waiting;
    cs->last = place;
    cs->dirty = false;
    if (last > cs->last_number)
        cs->last_number = last;
    return ERR_OK;
}
