/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SIGHUP: everything is read again, and taken over when all of it is right. */
#include <string.h>

#include "base/mem.h"

#include "address.h"
#include "confine.h"
#include "log.h"
#include "keeper.h"
#include "run.h"
#include "start.h"

enum { LIST_MAX = 4096 };

static void
list(struct buf *out, const char *name)
{
    if (out->len > 0)
        buf_append(out, bytes_str(", "));
    buf_append(out, bytes_str(name));
}

/* What usually counts from a reload on, and waits for a restart this time. */
struct waits {
    bool page;   /* it is where a confined relay may not look */
    bool public; /* it is no longer set, and only a start guesses */
};

/* Says what a reload took over and what it could not. */
static void
tell(const struct keeper *op, const struct config *new, struct waits w)
{
    struct buf changed = buf_limited(LIST_MAX);
    struct buf restart = buf_limited(LIST_MAX);
    struct buf ignored = buf_limited(LIST_MAX);

    config_compare(op->now, new, &changed, &ignored);
    buf_reset(&ignored);
    config_compare(op->started, new, &ignored, &restart);
    if (w.public)
        list(&restart, "public");
    if (w.page)
        list(&restart, "web-page");
    buf_u8(&changed, 0);
    buf_u8(&restart, 0);
    if (changed.err == ERR_OK)
        log_line(LOG_RELOADED,
                 changed.len > 1 ? (const char *)changed.b : "nothing changed",
                 0);
    if (restart.err == ERR_OK && restart.len > 1)
        log_line(LOG_NEEDS_RESTART, (const char *)restart.b, 0);
    buf_free(&changed);
    buf_free(&restart);
    buf_free(&ignored);
}

/* The addresses in the link, for whoever asks for it from now on. None is
 * guessed: a confined relay cannot look at the machine's interfaces, and what
 * was guessed at the start stands. */
static void
save_publics(const struct keeper *op, const struct config *new)
{
    struct config *c = mem_new(sizeof *c);

    if (c == NULL) {
        log_line(LOG_MEMORY, NULL, 0);
        return;
    }
    *c = *new;
    memcpy(c->data, op->started->data, sizeof c->data);
    if (c->public_count > 0 && address_save(c) != ERR_OK)
        log_line(LOG_FOLDER, c->data, 0);
    mem_free(c);
}

/* What has to wait stays as it is now. */
static struct waits
put_off(const struct keeper *op, struct config *new)
{
    struct buf page = buf_limited(START_PAGE_MAX);
    const struct config *now = op->now;
    struct waits w = {.public =
                          now->public_count > 0 && new->public_count == 0};

    w.page = new->page_file[0] != '\0' &&
             !confine_reads(op->started, new->page_file) &&
             start_page_read(new, &page) != ERR_OK;
    buf_free(&page);
    if (w.page)
        memcpy(new->page_file, now->page_file, sizeof new->page_file);
    if (w.public) {
        memcpy(new->publics, now->publics, sizeof new->publics);
        new->public_count = now->public_count;
    }
    return w;
}

static void
take_over(struct keeper *op,
          struct config *new,
          struct buf *page,
          struct waits w)
{
    struct relay_config rc;
    struct store_quota quota;
    struct config *old = op->now;

    run_configure(new, buf_bytes(page), &rc);
    if (relay_configure(op->server->relay, &rc) != ERR_OK)
        return; /* no setting can be 0 */
    start_quota(new, &quota);
    store_thread_set_quota(op->server->thread, &quota);
    buf_free(&op->page);
    op->page = *page;
    *page = buf_limited(START_PAGE_MAX);
    log_level(new->level);
    save_publics(op, new);
    tell(op, new, w);
    op->now = new;
    mem_free(old);
}

void
keeper_reload(struct keeper *op)
{
    struct config *new = mem_new(sizeof *new);
    struct buf page = buf_limited(START_PAGE_MAX);
    enum err e = ERR_MEMORY;
    struct waits w = {0};
    unsigned mistakes = 1;

    sd_notify_reloading(&op->notify);
    if (new != NULL)
        e = config_read(op->argc, op->argv, new);
    if (new != NULL &&new->mistakes > 0)
        mistakes = new->mistakes;
    if (e == ERR_OK)
        w = put_off(op, new);
    if (e == ERR_OK && start_page(new, &page) != 0)
        e = ERR_NOT_FOUND;
    if (e == ERR_OK && op->server->thread != NULL) {
        take_over(op, new, &page, w);
    } else {
        log_line(LOG_RELOAD_REFUSED, NULL, mistakes);
        mem_free(new);
    }
    buf_free(&page);
    keeper_ready(op);
}
