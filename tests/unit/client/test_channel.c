/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"
#include "support/failing.h"

#include <string.h>

#include "client/core/channel.h"
#include "client/core/envelope.h"
#include "client/core/identity.h"
#include "crypto/hash.h"
#include "crypto/random.h"

static const struct settings circle = {.kind = GROUP_CIRCLE,
                                       .title = {(const uint8_t *)"t", 1}};

static struct mls_group *
a_group(void)
{
    struct mls_group *g;

    assert_ok(random_start());
    assert_ok(identity_create_group(bytes_str("Anna"), &circle,
                                    UINT64_C(1767225600000), &g));
    return g;
}

static void
hash_of(uint8_t n, uint8_t out[static LIMIT_ID])
{
    memset(out, n, LIMIT_ID);
}

/* The id, as the relay computes it from what a reader and a writer send. */
static void
capabilities(void **state)
{
    struct mls_group *g = a_group();
    uint8_t read_hash[LIMIT_ID], id[LIMIT_ID];
    struct channel ch, again;
    struct request q;
    struct place place;
    struct bytes token;

    (void)state;
    assert_ok(channel_begin(g, &ch));
    channel_place(&ch, &place);
    channel_append(&ch, &q);
    assert_int_equal(place.kind, PLACE_CHANNEL);
    token = BYTES_OF(place.read_token);
    hash_id("pristan token", &token, 1, read_hash);
    assert_memory_equal(read_hash, q.append.read_hash, LIMIT_ID);
    {
        const struct bytes parts[2] = {BYTES_OF(read_hash),
                                       BYTES_OF(place.other_hash)};

        hash_id("pristan channel", parts, 2, id);
    }
    assert_memory_equal(id, ch.id, LIMIT_ID);
    assert_memory_not_equal(ch.read_token, ch.write_token, LIMIT_ID);
    assert_ok(channel_begin(g, &again));
    assert_memory_equal(&ch, &again, sizeof ch);
    mls_group_free(g);
}

/* h_i = H(h_{i-1} || number || kind || H(bytes)), computed by hand. */
static void
heads(void **state)
{
    struct mls_group *g = a_group();
    uint8_t hash[LIMIT_ID], want[LIMIT_ID];
    const uint8_t number[8] = {0, 0, 0, 0, 0, 0, 0, 1};
    const uint8_t kind = RECORD_COMMIT;
    struct channel ch;

    (void)state;
    assert_ok(channel_begin(g, &ch));
    hash_of(7, hash);
    {
        const struct bytes parts[4] = {
            BYTES_OF(ch.head), BYTES_OF(number), {&kind, 1}, BYTES_OF(hash)};

        hash_id("pristan head", parts, 4, want);
    }
    assert_int_equal(channel_check(&ch, 0, ch.head), CHANNEL_FITS);
    assert_int_equal(channel_check(&ch, 1, ch.head), CHANNEL_DIFFERS);
    channel_advance(&ch, RECORD_COMMIT, hash);
    assert_memory_equal(ch.head, want, sizeof want);
    assert_int_equal(ch.last, 1);
    assert_int_equal(ch.commits, 1);
    channel_advance(&ch, RECORD_MESSAGE, hash);
    assert_int_equal(ch.commits, 1);
    assert_int_equal(channel_check(&ch, 1, want), CHANNEL_FITS);
    want[0] ^= 1;
    assert_int_equal(channel_check(&ch, 1, want), CHANNEL_DIFFERS);
    for (size_t i = 0; i < CHANNEL_HEADS; i++)
        channel_advance(&ch, RECORD_MESSAGE, hash);
    assert_int_equal(channel_check(&ch, 1, want), CHANNEL_TOO_OLD);
    assert_int_equal(channel_check(&ch, 2, want), CHANNEL_TOO_OLD);
    assert_int_equal(channel_check(&ch, 3, want), CHANNEL_DIFFERS);
    mls_group_free(g);
}

/* Kind and order change the head. */
static void
heads_differ(void **state)
{
    struct mls_group *g = a_group();
    uint8_t one[LIMIT_ID], two[LIMIT_ID];
    struct channel a, b;

    (void)state;
    hash_of(1, one);
    hash_of(2, two);
    assert_ok(channel_begin(g, &a));
    b = a;
    channel_advance(&a, RECORD_MESSAGE, one);
    channel_advance(&b, RECORD_COMMIT, one);
    assert_memory_not_equal(a.head, b.head, LIMIT_ID);
    assert_ok(channel_begin(g, &a));
    b = a;
    channel_advance(&a, RECORD_MESSAGE, one);
    channel_advance(&a, RECORD_MESSAGE, two);
    channel_advance(&b, RECORD_MESSAGE, two);
    channel_advance(&b, RECORD_MESSAGE, one);
    assert_memory_not_equal(a.head, b.head, LIMIT_ID);
    mls_group_free(g);
}

static void
own(void **state)
{
    struct channel ch = {0};
    uint8_t hash[LIMIT_ID];

    (void)state;
    for (unsigned i = 0; i < CHANNEL_OWN + 3; i++) {
        hash_of((uint8_t)i, hash);
        assert_false(channel_remembers(&ch, hash));
        channel_remember(&ch, hash);
        assert_true(channel_remembers(&ch, hash));
    }
    hash_of(2, hash);
    assert_false(channel_remembers(&ch, hash)); /* the oldest make room */
    hash_of(3, hash);
    assert_true(channel_remembers(&ch, hash));
}

static void
stored(void **state)
{
    struct mls_group *g = a_group();
    struct buf row = buf_limited(64 * 1024);
    struct channel ch, again;
    uint8_t hash[LIMIT_ID];

    (void)state;
    assert_ok(channel_begin(g, &ch));
    for (unsigned i = 0; i < 3 * CHANNEL_HEADS; i++) {
        struct reader r;

        hash_of((uint8_t)(i % 200), hash);
        channel_advance(&ch, i % 7 == 0 ? RECORD_COMMIT : RECORD_MESSAGE, hash);
        if (i % 3 == 0)
            channel_remember(&ch, hash);
        buf_reset(&row);
        channel_write(&ch, &row);
        assert_ok(buf_end(&row));
        r = (struct reader){.rest = buf_bytes(&row)};
        channel_read(&r, &again);
        assert_ok(reader_end(&r));
        assert_ok(channel_derive(g, &again));
        assert_memory_equal(&ch, &again, sizeof ch);
    }
    for (size_t len = 0; len < row.len; len++) { /* cut short: malformed */
        struct reader r = {.rest = bytes_slice(buf_bytes(&row), 0, len)};

        channel_read(&r, &again);
        assert_err(reader_end(&r), ERR_MALFORMED);
    }
    buf_free(&row);
    mls_group_free(g);
}

/* --- envelopes -------------------------------------------------------------
 */

static void
sizes(void **state)
{
    static const size_t edges[][2] = {{0, 1024},
                                      {1024 - 44, 1024},
                                      {1024 - 43, 4096},
                                      {4096 - 44, 4096},
                                      {4096 - 43, 16384},
                                      {16384 - 44, 16384},
                                      {16384 - 43, 65536},
                                      {65536 - 44, 65536},
                                      {65536 - 43, 262144},
                                      {LIMIT_MLS_MESSAGE, 262144}};
    struct mls_group *g = a_group();
    struct buf message = buf_limited(LIMIT_RECORD);
    struct channel ch;

    (void)state;
    assert_ok(channel_begin(g, &ch));
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        struct buf record = buf_limited(LIMIT_RECORD);
        struct buf back = buf_limited(LIMIT_MLS_MESSAGE);

        buf_reset(&message);
        buf_zero(&message, edges[i][0]);
        assert_ok(
            envelope_seal(&ch, RECORD_MESSAGE, buf_bytes(&message), &record));
        assert_int_equal(record.len, edges[i][1]);
        assert_ok(
            envelope_open(&ch, RECORD_MESSAGE, buf_bytes(&record), &back));
        assert_bytes(buf_bytes(&back), buf_bytes(&message));
        buf_free(&record);
        buf_free(&back);
    }
    buf_reset(&message);
    buf_zero(&message, LIMIT_MLS_MESSAGE + 1);
    assert_err(
        envelope_seal(&ch, RECORD_MESSAGE, buf_bytes(&message), &message),
        ERR_TOO_LARGE);
    buf_free(&message);
    mls_group_free(g);
}

static void
refused(void **state)
{
    struct mls_group *g = a_group();
    struct buf record = buf_limited(LIMIT_RECORD);
    struct buf out = buf_limited(LIMIT_RECORD);
    struct channel ch, other;

    (void)state;
    assert_ok(channel_begin(g, &ch));
    assert_ok(envelope_seal(&ch, RECORD_MESSAGE, bytes_str("hello"), &record));
    assert_err(envelope_open(&ch, RECORD_COMMIT, buf_bytes(&record), &out),
               ERR_AUTH);
    other = ch;
    other.id[31] ^= 1;
    assert_err(envelope_open(&other, RECORD_MESSAGE, buf_bytes(&record), &out),
               ERR_AUTH);
    other = ch;
    other.envelope_key.b[0] ^= 1;
    assert_err(envelope_open(&other, RECORD_MESSAGE, buf_bytes(&record), &out),
               ERR_AUTH);
    for (size_t i = 0; i < record.len; i += 41) {
        record.b[i] ^= 0x10;
        assert_err(envelope_open(&ch, RECORD_MESSAGE, buf_bytes(&record), &out),
                   ERR_AUTH);
        record.b[i] ^= 0x10;
    }
    for (size_t len = 0; len < record.len; len += 13)
        assert_err(envelope_open(&ch, RECORD_MESSAGE,
                                 bytes_slice(buf_bytes(&record), 0, len), &out),
                   ERR_MALFORMED);
    assert_int_equal(out.len, 0);
    buf_free(&record);
    buf_free(&out);
    mls_group_free(g);
}

/* What a member may put inside with the right key: other padding, another size.
 */
static void
bad_padding(void **state)
{
    struct mls_group *g = a_group();
    struct channel ch;
    uint8_t aad[18 + LIMIT_ID + 1], record[4096];
    struct buf out = buf_limited(LIMIT_RECORD);

    (void)state;
    assert_ok(channel_begin(g, &ch));
    memcpy(aad, "Pristan envelope 1", 18);
    memcpy(aad + 18, ch.id, LIMIT_ID);
    aad[18 + LIMIT_ID] = RECORD_MESSAGE;
    for (unsigned way = 0; way < 3; way++) {
        size_t size = way == 2 ? 4096 : 1024;
        struct bytes plain = {record + 24, size - 40};

        memset(record, 0, sizeof record);
        record[24 + 3] = 5; /* length 5 */
        if (way == 0)
            record[size - 17] = 1; /* not zero at the end */
        if (way == 1)
            record[24] = 1; /* a length beyond the end */
        aead_xseal(&ch.envelope_key, record, BYTES_OF(aad), plain, record + 24);
        assert_err(envelope_open(&ch, RECORD_MESSAGE,
                                 (struct bytes){record, size}, &out),
                   ERR_MALFORMED);
    }
    buf_free(&out);
    mls_group_free(g);
}

static enum err
seal_and_open(void *context)
{
    struct buf record = buf_limited(LIMIT_RECORD);
    struct buf out = buf_limited(LIMIT_RECORD);
    enum err e;

    e = envelope_seal(context, RECORD_MESSAGE, bytes_str("hello"), &record);
    if (e == ERR_OK)
        e = envelope_open(context, RECORD_MESSAGE, buf_bytes(&record), &out);
    buf_free(&record);
    buf_free(&out);
    return e;
}

static void
no_memory(void **state)
{
    struct mls_group *g = a_group();
    struct channel ch;

    (void)state;
    assert_ok(channel_begin(g, &ch));
    assert_true(every_allocation_fails(seal_and_open, &ch) > 0);
    mls_group_free(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capabilities), cmocka_unit_test(heads),
        cmocka_unit_test(heads_differ), cmocka_unit_test(own),
        cmocka_unit_test(stored),       cmocka_unit_test(sizes),
        cmocka_unit_test(refused),      cmocka_unit_test(bad_padding),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests_name("client channel", tests, NULL, NULL);
}
