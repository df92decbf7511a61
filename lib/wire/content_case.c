/* SPDX-License-Identifier: Apache-2.0 */
#include "content_case.h"

#include "parts.h"

static void
fill_key_packages(const struct content_case *in,
                  ProtobufCBinaryData *list,
                  Pristan__Case *out)
{
    for (size_t i = 0; i < in->key_package_count; i++)
        list[i] = wire_data(in->key_packages[i]);
    out->n_key_packages = in->key_package_count;
    out->key_packages = list;
}

enum err
content_case_fill(const struct content_case *in,
                  bool with_state,
                  struct arena *a,
                  Pristan__Case **out)
{
    Pristan__Case *c = arena_new(a, sizeof *c);
    Pristan__ReplyTo *reply = arena_new(a, sizeof *reply);
    ProtobufCBinaryData *list =
        arena_new(a, LETTER_KEY_PACKAGES_MAX * sizeof *list);

    if (c == NULL || reply == NULL || list == NULL)
        return ERR_MEMORY;
    pristan__case__init(c);
    c->id = wire_data(BYTES_OF(in->id));
    c->text = wire_data(in->text);
    c->language = wire_data(in->language);
    c->urgency = in->urgency;
    fill_key_packages(in, list, c);
    parts_fill_reply(&in->reply, reply);
    c->reply = reply;
    c->arrived_ms = in->arrived_ms;
    if (with_state) {
        c->state = in->state;
        c->claimer = wire_data_or_none(in->claimer, CONTENT_ID_LEN);
        c->lease_ms = in->lease_ms;
        c->claims = in->claims;
        c->number = in->number;
    }
    *out = c;
    return ERR_OK;
}

enum err
content_case_take(const Pristan__Case *in,
                  bool with_state,
                  struct content_case *out)
{
    enum err e = ERR_OK;

    *out = (struct content_case){0};
    wire_fixed(&e, in->id, out->id, CONTENT_ID_LEN);
    out->text = wire_bytes(in->text);
    out->language = wire_bytes(in->language);
    out->urgency = (enum urgency)in->urgency;
    out->key_package_count =
        parts_take_list(in->n_key_packages, in->key_packages,
                        LETTER_KEY_PACKAGES_MAX, out->key_packages, &e);
    parts_take_reply(in->reply, &out->reply, &e);
    out->arrived_ms = in->arrived_ms;
    out->state = (enum case_state)in->state;
    wire_fixed_or_none(&e, in->claimer, out->claimer, CONTENT_ID_LEN);
    out->lease_ms = in->lease_ms;
    out->claims = in->claims;
    out->number = in->number;
    if (!with_state &&
        (in->state != 0 || in->claimer.len != 0 || in->lease_ms != 0 ||
         in->claims != 0 || in->number != 0))
        return ERR_MALFORMED;
    return e;
}
