/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a stranger sends to a relay, and what the web server says to it: a whole
 * connection, with as many requests as fit. The first byte chooses how the rest
 * is cut. Properties: the answers and the end are the same however the bytes
 * are cut; every answer is one of HTTP; a stranger's link keeps nothing. */
#include <assert.h>
#include <string.h>

#include "crypto/random.h"
#include "lib/transport/link_parts.h"

enum { OUT_MAX = 4 * 1024 * 1024 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct decoy_page page = {
    {(const uint8_t *)"<h1>It works!</h1>", 18}, 784111777};
static struct dh_secret secret; /* set once */
static struct dh_public pub;

struct talk {
    struct link *link;
    struct buf out;
    bool over; /* nothing more can be compared */
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (random_start() != ERR_OK)
        return 1;
    random_seed(1);
    dh_generate(&secret, &pub);
    return 0;
}

/* One request. How a body in chunks begins is looked at only in what has come
 * with its head, as nginx does it, so that one is the last to be compared. */
static void
answer(struct talk *t)
{
    const struct decoy_request request = t->link->shake->head.request;
    size_t before = t->out.len;
    enum err e;

    t->over = request.chunked;
    e = link_decoy(t->link, 0, &t->out);
    assert(e == ERR_OK);
    assert(link_state(t->link) == LINK_UPGRADING ||
           link_state(t->link) == LINK_CLOSED);
    assert(request.status < DECOY_STATUSES);
    assert(request.bare || (t->out.len > before + 50 &&
                            memcmp(t->out.b + before, "HTTP/1.1 ", 9) == 0));
    if (t->over)
        buf_truncate(&t->out, before);
}

static void
talk(struct talk *t, struct bytes in, uint32_t cut)
{
    struct bytes frame;
    size_t at = 0;
    enum err e;

    e = link_new_server(&secret, &pub, &page, &t->link);
    assert(e == ERR_OK);
    t->out = buf_limited(OUT_MAX);
    while (at < in.len && !t->over && link_state(t->link) == LINK_UPGRADING) {
        size_t len = cut == 0 ? in.len : 1 + cut % 97;

        cut = cut * 1664525U + (cut != 0 ? 1013904223U : 0); /* any numbers */
        link_feed(t->link, bytes_slice(in, at, len));
        at += len;
        do {
            e = link_next(t->link, &t->out, &frame);
            assert(e == ERR_NOT_FOUND);
            assert(link_held_len(t->link) == 0);
            if (link_state(t->link) == LINK_DECOY)
                answer(t);
            else
                break;
        } while (!t->over && link_state(t->link) == LINK_UPGRADING);
    }
}

static void
end(struct talk *t)
{
    link_free(t->link);
    buf_free(&t->out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct talk whole = {0};
    struct talk cut = {0};
    struct bytes in;

    if (size < 1)
        return 0;
    in = (struct bytes){data + 1, size - 1};
    talk(&whole, in, 0);
    talk(&cut, in, 1 + (uint32_t)data[0]);
    assert(whole.over == cut.over);
    assert(bytes_equal(buf_bytes(&whole.out), buf_bytes(&cut.out)));
    if (!whole.over)
        assert(link_state(whole.link) == link_state(cut.link));
    if (!whole.over && link_state(whole.link) == LINK_UPGRADING)
        assert(link_awaits(whole.link) == link_awaits(cut.link));
    end(&whole);
    end(&cut);
    return 0;
}
