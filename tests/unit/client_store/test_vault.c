/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

#include "client/store/vault.h"
#include "crypto/random.h"
#include "place.h"
#include "support/failing.h"

enum {
    AT_VERSION = 8,
    AT_METHOD = 9,
    AT_MEM = 10,
    AT_PASSES = 14,
    AT_SALT = 18,
    AT_SEALED = 34,
    AT_CHECKSUM = 138,
    SLOT_LEN = 170
};

static const struct profile_unlock key_file = {.method = PROFILE_KEY_FILE};

/* As cheap as is allowed, so that the tests end today. */
static struct profile_unlock
passphrase(const char *text)
{
    return (struct profile_unlock){.method = PROFILE_PASSPHRASE,
                                   .passphrase = bytes_str(text),
                                   .mem_kib = PROFILE_MEM_KIB_MIN,
                                   .passes = PROFILE_PASSES};
}

struct fixture {
    struct place place;
    struct folder folder;
    struct vault vault;
    uint8_t index[HASH_LEN]; /* stands for the vault's keys */
};

static void
setup(struct fixture *f)
{
    f->place = place_new();
    assert_ok(folder_open(f->place.profile, FOLDER_CREATE, &f->folder));
    assert_ok(vault_new(&f->vault));
    vault_index(&f->vault, "test", bytes_str("x"), f->index);
}

static void
teardown(struct fixture *f)
{
    vault_close(&f->vault);
    folder_close(&f->folder);
    place_free(&f->place);
}

/* Opens, and checks that the keys are those of the fixture. */
static enum err
reopen(struct fixture *f, const struct profile_unlock *u)
{
    struct vault v = {0};
    uint8_t index[HASH_LEN];
    enum err e = vault_open(&f->folder, u, &v);

    if (e == ERR_OK) {
        vault_index(&v, "test", bytes_str("x"), index);
        assert_memory_equal(index, f->index, sizeof index);
    }
    vault_close(&v);
    return e;
}

static void
a_passphrase_opens_what_it_closed(void **state)
{
    struct profile_unlock right = passphrase("лодка у причала");
    struct profile_unlock wrong = passphrase("лодка у причалa");
    enum profile_method method;
    struct fixture f;

    (void)state;
    setup(&f);
    assert_ok(vault_method(&f.folder, &method));
    assert_int_equal(method, PROFILE_NONE);
    assert_err(reopen(&f, &right), ERR_NOT_FOUND);
    assert_ok(vault_save(&f.vault, &f.folder, &right));
    assert_ok(vault_method(&f.folder, &method));
    assert_int_equal(method, PROFILE_PASSPHRASE);
    assert_int_equal(place_mode(place_file(&f.place, "vault")), 0600);
    assert_false(place_has(&f.place, "key"));
    assert_ok(reopen(&f, &right));
    assert_err(reopen(&f, &wrong), ERR_AUTH);
    assert_err(reopen(&f, &key_file), ERR_USE);
    teardown(&f);
}

static void
a_key_file_opens_what_it_closed(void **state)
{
    struct profile_unlock pass = passphrase("x");
    enum profile_method method;
    struct fixture f;

    (void)state;
    setup(&f);
    assert_ok(vault_save(&f.vault, &f.folder, &key_file));
    assert_ok(vault_method(&f.folder, &method));
    assert_int_equal(method, PROFILE_KEY_FILE);
    assert_int_equal(place_mode(place_file(&f.place, "key")), 0600);
    assert_ok(reopen(&f, &key_file));
    assert_err(reopen(&f, &pass), ERR_USE);
    place_write(place_file(&f.place, "key"),
                bytes_str("0123456789abcdef0123456789abcdef"));
    assert_err(reopen(&f, &key_file), ERR_AUTH);
    place_write(place_file(&f.place, "key"), bytes_str("too short"));
    assert_err(reopen(&f, &key_file), ERR_MALFORMED);
    place_write(place_file(&f.place, "key"),
                bytes_str("0123456789abcdef0123456789abcdef+"));
    assert_err(reopen(&f, &key_file), ERR_MALFORMED);
    assert_ok(folder_remove(&f.folder, "key"));
    assert_err(reopen(&f, &key_file), ERR_NOT_FOUND);
    teardown(&f);
}

static void
what_makes_no_slot(void **state)
{
    static uint8_t too_long[PROFILE_PASSPHRASE_MAX + 1];
    struct profile_unlock u;
    struct fixture f;

    (void)state;
    setup(&f);
    u = passphrase("");
    assert_err(vault_save(&f.vault, &f.folder, &u), ERR_USE);
    u.passphrase = BYTES_OF(too_long);
    assert_err(vault_check(&u), ERR_USE);
    u.passphrase.len--;
    assert_ok(vault_check(&u));
    u.mem_kib = PROFILE_MEM_KIB_MIN - 1;
    assert_err(vault_check(&u), ERR_USE);
    u.mem_kib = 4 * 1024 * 1024 + 1;
    assert_err(vault_check(&u), ERR_USE);
    u = passphrase("x");
    u.passes = PROFILE_PASSES - 1;
    assert_err(vault_check(&u), ERR_USE);
    u.passes = PROFILE_PASSES_MAX;
    assert_ok(vault_check(&u));
    u.passes = PROFILE_PASSES_MAX + 1;
    assert_err(vault_check(&u), ERR_USE);
    u.method = PROFILE_NONE;
    assert_err(vault_save(&f.vault, &f.folder, &u), ERR_USE);
    assert_false(place_has(&f.place, "vault"));
    teardown(&f);
}

static void
nothing_named_means_the_default(void **state)
{
    struct profile_unlock u = {.method = PROFILE_PASSPHRASE,
                               .passphrase = bytes_str("x")};
    struct buf slot = buf_limited(SLOT_LEN);
    struct fixture f;

    (void)state;
    setup(&f);
    assert_ok(vault_save(&f.vault, &f.folder, &u));
    place_read(place_file(&f.place, "vault"), &slot);
    assert_hex(bytes_slice(buf_bytes(&slot), AT_MEM, 8), "00040000 00000003");
    buf_free(&slot);
    teardown(&f);
}

/* One byte changed, the checksum made right again: what an attacker does. */
static enum err
with_byte(struct fixture *f,
          const struct buf *slot,
          const struct profile_unlock *u,
          size_t at,
          uint8_t value)
{
    struct buf bad = buf_limited(SLOT_LEN);
    enum err e;

    buf_append(&bad, buf_bytes(slot));
    assert_int_equal(bad.len, SLOT_LEN);
    bad.b[at] = value;
    hash_sha256((struct bytes){bad.b, AT_CHECKSUM}, bad.b + AT_CHECKSUM);
    place_write(place_file(&f->place, "vault"), buf_bytes(&bad));
    e = reopen(f, u);
    buf_free(&bad);
    return e;
}

/* G-01: a header with other costs than ours is refused, whether it is cheaper
 * than we allow or only different. */
static void
a_changed_header_is_refused(void **state)
{
    struct profile_unlock u = passphrase("x");
    struct buf slot = buf_limited(SLOT_LEN);
    struct fixture f;

    (void)state;
    setup(&f);
    assert_ok(vault_save(&f.vault, &f.folder, &u));
    place_read(place_file(&f.place, "vault"), &slot);
    assert_err(with_byte(&f, &slot, &u, 0, 'Q'), ERR_MALFORMED);
    assert_err(with_byte(&f, &slot, &u, AT_VERSION, 2), ERR_UNSUPPORTED);
    assert_err(with_byte(&f, &slot, &u, AT_METHOD, 0), ERR_MALFORMED);
    assert_err(with_byte(&f, &slot, &u, AT_METHOD, 3), ERR_MALFORMED);
    assert_err(with_byte(&f, &slot, &u, AT_METHOD, PROFILE_KEY_FILE),
               ERR_MALFORMED); /* a key file has no costs */
    assert_err(with_byte(&f, &slot, &u, AT_MEM + 1, 0), ERR_MALFORMED);
    assert_err(with_byte(&f, &slot, &u, AT_MEM, 0xff), ERR_MALFORMED);
    assert_err(with_byte(&f, &slot, &u, AT_PASSES + 3, 2), ERR_MALFORMED);
    assert_err(with_byte(&f, &slot, &u, AT_PASSES, 1), ERR_MALFORMED);
    assert_err(with_byte(&f, &slot, &u, AT_PASSES + 3, 4), ERR_AUTH);
    assert_err(
        with_byte(&f, &slot, &u, AT_SALT, (uint8_t)(slot.b[AT_SALT] ^ 1)),
        ERR_AUTH);
    assert_err(
        with_byte(&f, &slot, &u, AT_SEALED, (uint8_t)(slot.b[AT_SEALED] ^ 1)),
        ERR_AUTH);
    assert_ok(with_byte(&f, &slot, &u, AT_SEALED, slot.b[AT_SEALED]));
    buf_free(&slot);
    teardown(&f);
}

/* A flipped bit is damage, not a wrong passphrase: people must be told which.
 */
static void
damage_is_told_from_a_wrong_passphrase(void **state)
{
    struct buf slot = buf_limited(SLOT_LEN + 1);
    enum profile_method method;
    struct fixture f;

    (void)state;
    setup(&f);
    assert_ok(vault_save(&f.vault, &f.folder, &key_file));
    place_read(place_file(&f.place, "vault"), &slot);
    for (size_t i = 9; i < SLOT_LEN; i += 7) {
        slot.b[i] ^= 0x10;
        place_write(place_file(&f.place, "vault"), buf_bytes(&slot));
        assert_err(reopen(&f, &key_file), ERR_MALFORMED);
        assert_err(vault_method(&f.folder, &method), ERR_MALFORMED);
        slot.b[i] ^= 0x10;
    }
    for (size_t len = 0; len < SLOT_LEN; len += 13) {
        place_write(place_file(&f.place, "vault"),
                    bytes_slice(buf_bytes(&slot), 0, len));
        assert_err(reopen(&f, &key_file), ERR_MALFORMED);
    }
    buf_u8(&slot, 0);
    place_write(place_file(&f.place, "vault"), buf_bytes(&slot));
    assert_err(reopen(&f, &key_file), ERR_MALFORMED);
    buf_free(&slot);
    teardown(&f);
}

static void
another_way_to_unlock_replaces_the_first(void **state)
{
    struct profile_unlock one = passphrase("one");
    struct profile_unlock two = passphrase("two");
    struct fixture f;

    (void)state;
    setup(&f);
    assert_ok(vault_save(&f.vault, &f.folder, &key_file));
    assert_ok(vault_save(&f.vault, &f.folder, &one));
    assert_false(place_has(&f.place, "key")); /* it would open nothing now */
    assert_ok(reopen(&f, &one));
    assert_ok(vault_save(&f.vault, &f.folder, &two));
    assert_err(reopen(&f, &one), ERR_AUTH);
    assert_ok(reopen(&f, &two));
    assert_ok(vault_save(&f.vault, &f.folder, &key_file));
    assert_ok(vault_save(&f.vault, &f.folder, &key_file));
    assert_ok(reopen(&f, &key_file));
    teardown(&f);
}

static void
destroying_leaves_nothing_to_open(void **state)
{
    enum profile_method method;
    struct fixture f;

    (void)state;
    setup(&f);
    assert_ok(vault_save(&f.vault, &f.folder, &key_file));
    assert_ok(vault_destroy(&f.folder));
    assert_false(place_has(&f.place, "vault"));
    assert_false(place_has(&f.place, "key"));
    assert_ok(vault_method(&f.folder, &method));
    assert_int_equal(method, PROFILE_NONE);
    assert_ok(vault_destroy(&f.folder));
    teardown(&f);
}

static void
sealing_is_bound_and_never_the_same(void **state)
{
    struct buf one = buf_limited(256);
    struct buf two = buf_limited(256);
    struct buf back = buf_limited(256);
    struct vault other;
    struct fixture f;

    (void)state;
    setup(&f);
    assert_ok(vault_seal(&f.vault, bytes_str("ad"), bytes_str("hi"), &one));
    assert_ok(vault_seal(&f.vault, bytes_str("ad"), bytes_str("hi"), &two));
    assert_int_equal(one.len, 24 + 2 + 16);
    assert_memory_not_equal(one.b, two.b, one.len);
    assert_ok(vault_unseal(&f.vault, bytes_str("ad"), buf_bytes(&one), &back));
    assert_bytes(buf_bytes(&back), bytes_str("hi"));
    assert_err(vault_unseal(&f.vault, bytes_str("aD"), buf_bytes(&one), &back),
               ERR_AUTH);
    assert_ok(vault_new(&other));
    assert_err(vault_unseal(&other, bytes_str("ad"), buf_bytes(&one), &back),
               ERR_AUTH);
    vault_close(&other);
    for (size_t len = 0; len < one.len; len++)
        assert_err(vault_unseal(&f.vault, bytes_str("ad"),
                                bytes_slice(buf_bytes(&one), 0, len), &back),
                   ERR_AUTH);
    for (size_t i = 0; i < one.len; i++) {
        one.b[i] ^= 1;
        assert_err(
            vault_unseal(&f.vault, bytes_str("ad"), buf_bytes(&one), &back),
            ERR_AUTH);
        one.b[i] ^= 1;
    }
    buf_free(&one);
    buf_free(&two);
    buf_free(&back);
    teardown(&f);
}

static void
an_index_needs_the_key(void **state)
{
    uint8_t a[HASH_LEN];
    uint8_t b[HASH_LEN];
    struct vault other;
    struct fixture f;

    (void)state;
    setup(&f);
    vault_index(&f.vault, "test", bytes_str("y"), a);
    assert_memory_not_equal(a, f.index, sizeof a);
    vault_index(&f.vault, "tes", bytes_str("tx"), a);
    assert_memory_not_equal(a, f.index, sizeof a);
    assert_ok(vault_new(&other));
    vault_index(&other, "test", bytes_str("x"), b);
    assert_memory_not_equal(b, f.index, sizeof b);
    vault_close(&other);
    teardown(&f);
}

static enum err
save_and_open(void *context)
{
    struct fixture *f = context;
    struct vault v = {0};
    enum err e = vault_new(&v);

    if (e == ERR_OK)
        e = vault_save(&v, &f->folder, &key_file);
    vault_close(&v);
    if (e == ERR_OK)
        e = vault_open(&f->folder, &key_file, &v);
    vault_close(&v);
    return e;
}

static void
every_failing_allocation_is_told(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    assert_true(every_allocation_fails(save_and_open, &f) > 3);
    teardown(&f);
}

static int
start(void **state)
{
    (void)state;
    return random_start() == ERR_OK ? 0 : 1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_passphrase_opens_what_it_closed),
        cmocka_unit_test(a_key_file_opens_what_it_closed),
        cmocka_unit_test(what_makes_no_slot),
        cmocka_unit_test(nothing_named_means_the_default),
        cmocka_unit_test(a_changed_header_is_refused),
        cmocka_unit_test(damage_is_told_from_a_wrong_passphrase),
        cmocka_unit_test(another_way_to_unlock_replaces_the_first),
        cmocka_unit_test(destroying_leaves_nothing_to_open),
        cmocka_unit_test(sealing_is_bound_and_never_the_same),
        cmocka_unit_test(an_index_needs_the_key),
        cmocka_unit_test(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
