/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* mls_peer: one client of lib/mls, driven over stdin and stdout, one JSON
 * object on a line. The protocol is in README.md. Test-only. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "emit.h"
#include "peer.h"

static const struct {
    const char *name;
    peer_command *run;
} commands[] = {
    {"hello", peer_hello},
    {"configure", peer_configure},
    {"key_package", peer_key_package},
    {"create_group", peer_create_group},
    {"add", peer_add},
    {"reinit", peer_reinit},
    {"follow", peer_follow},
    {"remove", peer_remove},
    {"update", peer_update},
    {"commit", peer_commit},
    {"propose", peer_propose},
    {"merge", peer_merge_command},
    {"discard", peer_discard},
    {"process", peer_process},
    {"decrypt", peer_decrypt},
    {"encrypt", peer_encrypt},
    {"join", peer_join},
    {"group_info", peer_group_info},
    {"external_join", peer_external_join},
    {"export_secret", peer_export_secret},
    {"epoch_authenticator", peer_epoch_authenticator},
    {"info", peer_info},
    {"ratchet_tree", peer_ratchet_tree},
    {"psk", peer_add_psk},
    {"leave", peer_leave},
    {"quit", peer_quit},
};

static peer_command *
find_command(const struct request *q)
{
    const struct json *name = request_find(q, "cmd");

    if (name == NULL || name->kind != JSON_STRING)
        return NULL;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (bytes_equal(name->text, bytes_str(commands[i].name)))
            return commands[i].run;
    return NULL;
}

static void
begin_answer(const struct request *q, bool ok, struct buf *out)
{
    const struct json *id = q->root != NULL ? request_find(q, "id") : NULL;

    buf_reset(out);
    emit_object(out, NULL);
    if (id != NULL && id->kind == JSON_NUMBER)
        emit_number(out, "id", id->number);
    else if (id != NULL && id->kind == JSON_STRING)
        emit_text(out, "id", id->text);
    else
        emit_null(out, "id");
    emit_bool(out, "ok", ok);
}

static void
answer(struct peer *p, struct arena *a, struct bytes line, struct buf *out)
{
    struct request q = {.a = a, .root = json_parse(a, line)};
    peer_command *run;
    enum err e = ERR_USE;

    if (q.root != NULL && q.root->kind != JSON_OBJECT)
        q.root = NULL;
    begin_answer(&q, true, out);
    run = q.root != NULL ? find_command(&q) : NULL;
    p->now = (uint64_t)time(NULL);
    if (run != NULL)
        e = run(p, &q, out);
    if (e == ERR_OK)
        e = request_end(&q);
    if (e == ERR_OK)
        e = buf_end(out);
    if (e != ERR_OK) {
        begin_answer(&q, false, out);
        emit_text(out, "error", bytes_str(err_name(e)));
        if (run == NULL)
            emit_text(out, "wrong", bytes_str("cmd"));
        else if (q.wrong != NULL)
            emit_text(out, "wrong", bytes_str(q.wrong));
    }
    emit_object_end(out);
    buf_u8(out, '\n');
}

/* False when nobody listens any more. */
static bool
send_all(struct bytes in)
{
    while (in.len > 0) {
        ssize_t n = write(STDOUT_FILENO, in.b, in.len);

        if (n < 0 && errno != EINTR)
            return false;
        in = bytes_slice(in, n > 0 ? (size_t)n : 0, in.len);
    }
    return true;
}

/* All whole lines that are in the buffer. */
static bool
serve_lines(struct peer *p, struct arena *a, struct buf *in, struct buf *out)
{
    const uint8_t *end;

    while (!p->quit && in->len > 0 &&
           (end = memchr(in->b, '\n', in->len)) != NULL) {
        size_t len = (size_t)(end - in->b);

        if (len > 0) {
            answer(p, a, (struct bytes){in->b, len}, out);
            arena_reset(a);
            if (buf_end(out) != ERR_OK || !send_all(buf_bytes(out)))
                return false;
        }
        buf_consume(in, len + 1);
    }
    return !p->quit;
}

static bool
receive(struct buf *in)
{
    uint8_t piece[64 * 1024];
    ssize_t n;

    do
        n = read(STDIN_FILENO, piece, sizeof piece);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return false;
    buf_append(in, (struct bytes){piece, (size_t)n});
    return buf_end(in) == ERR_OK;
}

int
main(void)
{
    struct buf in = buf_limited(PEER_LINE_MAX);
    struct buf out = buf_limited(PEER_LINE_MAX);
    struct arena a = arena_limited(4 * PEER_LINE_MAX);
    struct peer *p;

    if (random_start() != ERR_OK)
        return 1;
    p = mem_new(sizeof *p);
    if (p == NULL)
        return 1;
    peer_init(p);
    while (receive(&in) && serve_lines(p, &a, &in, &out))
        continue;
    peer_wipe(p);
    mem_wipe_free(p, sizeof *p);
    arena_free(&a);
    buf_free(&in);
    buf_free(&out);
    return 0;
}
