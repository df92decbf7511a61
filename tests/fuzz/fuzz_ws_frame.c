/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* WebSocket frames. The first byte says whose they are and in which steps they
 * come. Properties: steps change nothing; memory follows what came; each
 * message that was read can be written and read again. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "transport/ws.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (random_start() != ERR_OK)
        return 1;
    random_seed(1);
    return 0;
}

/* What a reader made of the bytes. */
struct seen {
    struct hash_sha256 all;
    size_t count;
    enum err last;
};

static void
write_again(enum ws_side from, const struct ws_message *m)
{
    struct buf out = buf_limited(LIMIT_NOISE_MESSAGE + WS_HEAD_MAX);
    struct bytes payload = {m->b, m->len};
    struct ws_message again;
    struct ws_reader r;
    struct bytes rest;
    enum err e;

    ws_frame_write(from, m->opcode, payload, &out);
    rest = buf_bytes(&out);
    ws_reader_init(&r, from);
    e = ws_reader_next(&r, &rest, &again);
    assert(e == ERR_OK && rest.len == 0 && again.opcode == m->opcode);
    assert(bytes_equal((struct bytes){again.b, again.len}, payload));
    ws_reader_free(&r);
    buf_free(&out);
}

static void
read_all(enum ws_side from, struct bytes in, size_t step, struct seen *seen)
{
    struct ws_reader r;
    struct ws_message m;

    memset(seen, 0, sizeof *seen);
    hash_sha256_init(&seen->all);
    seen->last = ERR_NOT_FOUND;
    ws_reader_init(&r, from);
    for (size_t at = 0; at < in.len && seen->last == ERR_NOT_FOUND;
         at += step) {
        struct bytes rest = bytes_slice(in, at, step);

        while ((seen->last = ws_reader_next(&r, &rest, &m)) == ERR_OK) {
            uint8_t head[2] = {(uint8_t)m.opcode, (uint8_t)m.len};

            hash_sha256_update(&seen->all, BYTES_OF(head));
            hash_sha256_update(&seen->all, (struct bytes){m.b, m.len});
            seen->count++;
            if (step == SIZE_MAX / 2)
                write_again(from, &m);
        }
        assert(r.message.cap + r.control.cap <= 4 * in.len + 256);
    }
    ws_reader_free(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t digests[2][HASH_LEN];
    struct seen whole, cut;
    struct bytes in;
    enum ws_side from;

    if (size == 0)
        return 0;
    in = (struct bytes){data + 1, size - 1};
    from = data[0] % 2 == 0 ? WS_CLIENT : WS_SERVER;
    read_all(from, in, SIZE_MAX / 2, &whole);
    read_all(from, in, 1 + data[0] / 2U, &cut);
    hash_sha256_final(&whole.all, digests[0]);
    hash_sha256_final(&cut.all, digests[1]);
    assert(whole.count == cut.count && whole.last == cut.last);
    assert(memcmp(digests[0], digests[1], HASH_LEN) == 0);
    return 0;
}
