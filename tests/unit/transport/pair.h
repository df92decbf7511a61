/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A client's link and a relay's, and the bytes under way between them. */
#ifndef TESTS_UNIT_TRANSPORT_PAIR_H
#define TESTS_UNIT_TRANSPORT_PAIR_H

#include "cm.h"
#include "lib/transport/link_parts.h"

#define HOST "relay.example:8443"

static const struct decoy_page page = {{(const uint8_t *)"a page", 6}, 7};

struct pair {
    struct dh_secret secret;
    struct dh_public pub;
    struct link *client;
    struct link *relay;
    struct buf to_relay;
    struct buf to_client;
};

/* Feeds in steps of at most step bytes and takes no frame. The first error that
 * is not NOT_FOUND. */
static inline enum err
pair_feed(struct link *l, struct bytes in, size_t step, struct buf *out)
{
    struct bytes frame;
    enum err e = ERR_NOT_FOUND;

    for (size_t at = 0; at < in.len && e == ERR_NOT_FOUND; at += step) {
        link_feed(l, bytes_slice(in, at, step));
        e = link_next(l, out, &frame);
    }
    return e;
}

/* Both ends before the first byte has arrived. */
static inline void
pair_start(struct pair *p)
{
    *p = (struct pair){.to_relay = buf_limited(2 * LINK_OUT_MAX),
                       .to_client = buf_limited(2 * LINK_OUT_MAX)};
    dh_generate(&p->secret, &p->pub);
    assert_err(
        link_new_client(&p->pub, bytes_str(HOST), &p->to_relay, &p->client),
        ERR_OK);
    assert_err(link_new_server(&p->secret, &p->pub, &page, &p->relay), ERR_OK);
}

/* All that is under way arrives, without frames, in steps. */
static inline void
pair_pump(struct pair *p, size_t step)
{
    if (p->to_relay.len != 0)
        assert_err(
            pair_feed(p->relay, buf_bytes(&p->to_relay), step, &p->to_client),
            ERR_NOT_FOUND);
    buf_free(&p->to_relay);
    if (p->to_client.len != 0)
        assert_err(
            pair_feed(p->client, buf_bytes(&p->to_client), step, &p->to_relay),
            ERR_NOT_FOUND);
    buf_free(&p->to_client);
}

static inline void
pair_open_in_steps(struct pair *p, size_t step)
{
    pair_start(p);
    pair_pump(p, step);
    assert_int_equal(link_state(p->relay), LINK_SHAKING);
    assert_int_equal(link_state(p->client), LINK_UPGRADING);
    assert_err(link_accept(p->relay, &p->to_client), ERR_OK);
    assert_int_equal(link_state(p->relay), LINK_OPEN);
    pair_pump(p, step);
    assert_int_equal(link_state(p->client), LINK_OPEN);
}

static inline void
pair_open(struct pair *p)
{
    pair_open_in_steps(p, SIZE_MAX / 2);
}

static inline void
pair_free(struct pair *p)
{
    link_free(p->client);
    link_free(p->relay);
    buf_free(&p->to_relay);
    buf_free(&p->to_client);
}

#endif
