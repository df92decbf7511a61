/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "support/check.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/encoding.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "support/failing.h"
#include "transport/uri.h"

enum { MAX = 4096 };

/* A short string into an array that is long enough. */
static void
put(char *out, const char *text)
{
    memcpy(out, text, strlen(text) + 1);
}

static struct uri
sample(enum uri_kind kind)
{
    struct uri u;

    memset(&u, 0, sizeof u); /* also what is between the fields */
    u.kind = kind;
    memset(u.relay_key.b, 'R', DH_LEN);
    if (kind != URI_RELAY) {
        memset(u.card, 'C', sizeof u.card);
        memset(u.secret, 'S', sizeof u.secret);
    }
    put(u.endpoints[0].host, "203.0.113.7");
    u.endpoints[0].port = 443;
    u.endpoint_count = 1;
    return u;
}

static void
write_text(const struct uri *u, enum uri_spelling spelling, struct buf *out)
{
    buf_reset(out);
    assert_ok(uri_write(u, spelling, out));
}

static enum err
read_str(const char *text)
{
    struct uri u;

    return uri_read(bytes_str(text), &u);
}

/* The text of a body to which the check is added here. */
static void
spell(const char *hex, struct buf *out)
{
    struct arena a = arena_limited(MAX);
    struct buf body = buf_limited(MAX);
    uint8_t hash[HASH_LEN];
    struct bytes in = unhex(&a, hex);

    hash_id("pristan link", &in, 1, hash);
    buf_append(&body, in);
    buf_append(&body, (struct bytes){hash, 2});
    buf_reset(out);
    buf_append(out, bytes_str("pristan:"));
    encoding_base64url(out, buf_bytes(&body));
    assert_ok(buf_end(out));
    buf_free(&body);
    arena_free(&a);
}

static enum err
read_body(const char *hex)
{
    struct buf text = buf_limited(MAX);
    struct uri u;
    enum err e;

    spell(hex, &text);
    e = uri_read(buf_bytes(&text), &u);
    buf_free(&text);
    return e;
}

#define KEY    "5252525252525252525252525252525252525252525252525252525252525252"
#define CARD   "43434343434343434343434343434343"
#define SECRET "53535353535353535353535353535353"

static void
the_body_is_as_written_down(void **state)
{
    struct buf want = buf_limited(MAX);
    struct buf got = buf_limited(MAX);
    struct uri u = sample(URI_ASK);

    (void)state;
    spell("13" KEY CARD SECRET "84cb00710701bb", &want);
    write_text(&u, URI_TEXT, &got);
    assert_bytes(buf_bytes(&got), buf_bytes(&want));
    u = sample(URI_RELAY);
    put(u.endpoints[0].host, "2001:db8::1");
    put(u.endpoints[1].host, "relay.example");
    u.endpoints[1].port = 80;
    u.endpoint_count = 2;
    spell("11" KEY "9020010db8000000000000000000000001"
          "01bb"
          "0d72656c61792e6578616d706c65"
          "0050",
          &want);
    write_text(&u, URI_TEXT, &got);
    assert_bytes(buf_bytes(&got), buf_bytes(&want));
    buf_free(&want);
    buf_free(&got);
}

/* A front that speaks TLS, for each kind of host, there and back. */
static void
tls_is_a_bit_of_the_type(void **state)
{
    struct buf want = buf_limited(MAX);
    struct buf got = buf_limited(MAX);
    struct uri u = sample(URI_RELAY);
    struct uri back;

    (void)state;
    put(u.endpoints[1].host, "2001:db8::1");
    put(u.endpoints[2].host, "relay.example");
    u.endpoint_count = 3;
    for (size_t i = 0; i < 3; i++) {
        u.endpoints[i].port = 443;
        u.endpoints[i].tls = true;
    }
    spell("11" KEY "c4cb00710701bb"
          "d020010db8000000000000000000000001"
          "01bb"
          "4d72656c61792e6578616d706c65"
          "01bb",
          &want);
    write_text(&u, URI_TEXT, &got);
    assert_bytes(buf_bytes(&got), buf_bytes(&want));
    assert_ok(uri_read(buf_bytes(&got), &back));
    assert_memory_equal(&back, &u, sizeof u);
    spell("11" KEY "4001bb", &want); /* a name without a letter */
    assert_err(uri_read(buf_bytes(&want), &back), ERR_MALFORMED);
    buf_free(&want);
    buf_free(&got);
}

static void
both_spellings_are_read(void **state)
{
    struct buf text = buf_limited(MAX);

    (void)state;
    for (unsigned k = URI_RELAY; k <= URI_RETURN; k++)
        for (unsigned s = URI_TEXT; s <= URI_QR; s++) {
            struct uri in = sample((enum uri_kind)k);
            struct uri u;

            write_text(&in, (enum uri_spelling)s, &text);
            assert_ok(uri_read(buf_bytes(&text), &u));
            assert_memory_equal(&u, &in, sizeof u);
        }
    buf_free(&text);
}

/* A link with an address fits a QR code of 23 half lines: design section 6. */
static void
a_link_is_short(void **state)
{
    struct uri u = sample(URI_ASK);
    struct buf text = buf_limited(MAX);

    (void)state;
    write_text(&u, URI_TEXT, &text);
    assert_true(text.len <= 110);
    write_text(&u, URI_QR, &text);
    for (size_t i = 0; i < text.len; i++) /* the alphanumeric mode of QR */
        assert_non_null(
            strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:", text.b[i]));
    buf_free(&text);
}

static void
other_ways_to_hand_it_over(void **state)
{
    struct uri in = sample(URI_JOIN);
    struct buf text = buf_limited(MAX);
    struct buf other = buf_limited(MAX);
    struct uri u;

    (void)state;
    write_text(&in, URI_TEXT, &text);
    /* white space around, a web address before, capital letters in the scheme
     */
    buf_append(&other, bytes_str(" \t\r\n"));
    buf_append(&other, buf_bytes(&text));
    buf_append(&other, bytes_str("\n "));
    assert_ok(uri_read(buf_bytes(&other), &u));
    assert_memory_equal(&u, &in, sizeof u);
    buf_reset(&other);
    buf_append(&other, bytes_str("HTTPS://any.example/some/page?x#"));
    buf_append(&other, bytes_slice(buf_bytes(&text), 8, text.len));
    assert_ok(uri_read(buf_bytes(&other), &u));
    assert_memory_equal(&u, &in, sizeof u);
    text.b[0] = 'P';
    assert_ok(uri_read(buf_bytes(&text), &u));
    /* typed from a telephone, in small letters */
    write_text(&in, URI_QR, &text);
    for (size_t i = 0; i < text.len; i++)
        if (text.b[i] >= 'A' && text.b[i] <= 'Z')
            text.b[i] = (uint8_t)(text.b[i] - 'A' + 'a');
    assert_ok(uri_read(buf_bytes(&text), &u));
    assert_memory_equal(&u, &in, sizeof u);
    buf_free(&text);
    buf_free(&other);
}

static void
foreign_links_are_not_ours(void **state)
{
    static const char *const foreign[] = {
        "",
        "   ",
        "pristan",
        "https://example.org/",
        "https://example.org/#",
        "https://example.org/#section-2",
        "https://example.org/page#a-rather-long-name-of-a-section-here",
        "http://example.org/#EVJSUlJSUlJSUlJSUlJSUlJSUlJSUlJS",
        "simplex:/contact#abc",
        "mailto:someone@example.org",
        "hello",
    };

    (void)state;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        assert_err(read_str(foreign[i]), ERR_MALFORMED);
}

static void
a_page_without_end_is_not_read(void **state)
{
    struct buf text = buf_limited(2 * MAX);
    struct uri u;

    (void)state;
    buf_append(&text, bytes_str("pristan:"));
    while (text.len <= MAX)
        buf_u8(&text, 'A');
    assert_err(uri_read(buf_bytes(&text), &u), ERR_MALFORMED);
    text.len = MAX;
    assert_err(uri_read(buf_bytes(&text), &u), ERR_AUTH);
    buf_free(&text);
}

/* Every cut and every single wrong character is noticed, in both spellings, and
 * behind a web address unless hardly anything is left. */
static void
what_was_mistyped_or_cut_is_noticed(void **state)
{
    struct uri in = sample(URI_ASK);
    struct buf text = buf_limited(MAX);
    struct uri u;
    unsigned passed = 0;

    (void)state;
    for (unsigned s = URI_TEXT; s <= URI_QR; s++) {
        write_text(&in, (enum uri_spelling)s, &text);
        for (size_t len = 8; len < text.len; len++)
            assert_err(uri_read(bytes_slice(buf_bytes(&text), 0, len), &u),
                       ERR_AUTH);
        for (size_t i = 8; i < text.len; i++) {
            uint8_t was = text.b[i];

            text.b[i] = was == 'A' ? 'B' : 'A';
            if (uri_read(buf_bytes(&text), &u) != ERR_AUTH)
                passed++;
            text.b[i] = '*';
            assert_err(uri_read(buf_bytes(&text), &u), ERR_AUTH);
            text.b[i] = was;
        }
    }
    assert_int_equal(passed, 0); /* one in 65,536 would */
    buf_free(&text);
}

static void
a_web_address_that_was_cut_is_noticed(void **state)
{
    struct uri in = sample(URI_ASK);
    struct buf text = buf_limited(MAX);
    struct buf web = buf_limited(MAX);
    struct uri u;

    (void)state;
    write_text(&in, URI_TEXT, &text);
    buf_append(&web, bytes_str("https://any.example/#"));
    buf_append(&web, bytes_slice(buf_bytes(&text), 8, text.len - 10));
    assert_err(uri_read(buf_bytes(&web), &u), ERR_AUTH);
    web.len = strlen("https://any.example/#") + 24;
    assert_err(uri_read(buf_bytes(&web), &u), ERR_AUTH);
    web.len--;
    assert_err(uri_read(buf_bytes(&web), &u), ERR_MALFORMED);
    buf_free(&text);
    buf_free(&web);
}

static void
later_versions_and_kinds_are_told(void **state)
{
    (void)state;
    assert_err(read_body("23" KEY CARD SECRET "84cb00710701bb"),
               ERR_UNSUPPORTED);
    assert_err(read_body("03" KEY CARD SECRET "84cb00710701bb"),
               ERR_UNSUPPORTED);
    assert_err(read_body("10" KEY "84cb00710701bb"), ERR_UNSUPPORTED);
    assert_err(read_body("15" KEY CARD SECRET "84cb00710701bb"),
               ERR_UNSUPPORTED);
    assert_err(read_body("21"), ERR_UNSUPPORTED);
}

/* The check holds, but a rule of the format does not. */
static void
bodies_that_break_a_rule_are_refused(void **state)
{
    static const char *const bad[] = {
        "11" KEY,                        /* no endpoint */
        "11" KEY "84cb00710701",         /* cut */
        "11" KEY "84cb0071070000",       /* port 0 */
        "11" KEY "0001bb",               /* a name of no length */
        "11" KEY "80cb00710701bb",       /* no such type */
        "11" KEY "ff01bb",               /* nor this */
        "11" KEY "0161002001bb",         /* bytes left over */
        "11" KEY "0241610050",           /* "Aa": names are in small letters */
        "11" KEY "0361006101bb",         /* a zero inside */
        "11" KEY "07312e322e332e3401bb", /* an address as a name */
        "11" KEY "032e616201bb",         /* ".ab" */
        "11" KEY "0361622e01bb",         /* "ab." */
        "11" KEY "042d61622e01bb",       /* "-ab." */
        "11" KEY "0361622d01bb",         /* "ab-" */
        "11" KEY "06612e30783766"
        "01bb", /* "a.0x7f" */
        "11" KEY "84010203040050"
        "84010203040050"
        "84010203040050"
        "84010203040050", /* four endpoints */
        "12" KEY CARD SECRET,
        "12" KEY CARD,
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_err(read_body(bad[i]), ERR_MALFORMED);
    assert_ok(read_body("11" KEY "02616101bb"));
    assert_ok(read_body("11" KEY "84010203040050"
                        "84010203040050"
                        "84010203040050"));
}

static enum err
write_host(const char *host, uint16_t port, char *back)
{
    struct uri in = sample(URI_RELAY);
    struct buf text = buf_limited(MAX);
    struct uri u;
    enum err e;

    memset(in.endpoints[0].host, 0, sizeof in.endpoints[0].host);
    memcpy(in.endpoints[0].host, host, strlen(host));
    in.endpoints[0].port = port;
    e = uri_write(&in, URI_TEXT, &text);
    if (e == ERR_OK) {
        assert_ok(uri_read(buf_bytes(&text), &u));
        assert_int_equal(u.endpoints[0].port, port);
        put(back, u.endpoints[0].host);
    }
    buf_free(&text);
    return e;
}

static void
hosts_are_names_or_addresses(void **state)
{
    static const struct {
        const char *host;
        const char *back; /* NULL: refused */
    } hosts[] = {
        {"localhost", "localhost"},
        {"Relay.Example", "relay.example"},
        {"127.0.0.1", "127.0.0.1"},
        {"::1", "::1"},
        {"2001:DB8:0:0::1", "2001:db8::1"},
        {"xn--80ak6aa92e.example", "xn--80ak6aa92e.example"},
        {"a_b.example", "a_b.example"},
        {"", NULL},
        {"1.2.3", NULL},
        {"1.2.3.4.5", NULL},
        {"300.1.1.1", NULL},
        {"[::1]", NULL},
        {"fe80::1%eth0", NULL},
        {"host/path", NULL},
        {"user@host", NULL},
        {"a..b", NULL},
        {"a.b.", NULL},
        {"-a.b", NULL},
        {"a b", NULL},
        {"\xd0\xbf.example", NULL},
    };
    char long_host[URI_HOST_MAX + 1];
    char back[URI_HOST_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        enum err e = write_host(hosts[i].host, 443, back);

        assert_err(e, hosts[i].back != NULL ? ERR_OK : ERR_USE);
        if (e == ERR_OK)
            assert_string_equal(back, hosts[i].back);
    }
    memset(long_host, 'a', URI_HOST_MAX);
    long_host[URI_HOST_MAX] = '\0';
    assert_ok(write_host(long_host, 1, back));
    assert_string_equal(back, long_host);
    assert_err(write_host("localhost", 0, back), ERR_USE);
}

static void
fields_out_of_range_are_refused(void **state)
{
    struct buf out = buf_limited(MAX);
    struct uri u = sample(URI_ASK);

    (void)state;
    u.kind = (enum uri_kind)0;
    assert_err(uri_write(&u, URI_TEXT, &out), ERR_USE);
    u.kind = (enum uri_kind)5;
    assert_err(uri_write(&u, URI_TEXT, &out), ERR_USE);
    u = sample(URI_ASK);
    u.endpoint_count = 0;
    assert_err(uri_write(&u, URI_TEXT, &out), ERR_USE);
    u.endpoint_count = URI_ENDPOINTS_MAX + 1;
    assert_err(uri_write(&u, URI_TEXT, &out), ERR_USE);
    u = sample(URI_ASK);
    memset(u.endpoints[0].host, 'a', sizeof u.endpoints[0].host); /* no end */
    assert_err(uri_write(&u, URI_TEXT, &out), ERR_USE);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

static void
nothing_of_a_bad_link_is_left(void **state)
{
    struct uri in = sample(URI_ASK);
    struct buf text = buf_limited(MAX);
    struct uri none;
    struct uri u;

    (void)state;
    memset(&none, 0, sizeof none);
    spell("13" KEY CARD SECRET "84cb0071070000", &text);
    assert_err(uri_read(buf_bytes(&text), &u), ERR_MALFORMED);
    assert_memory_equal(&u, &none, sizeof u);
    uri_wipe(&in);
    assert_memory_equal(&in, &none, sizeof in);
    buf_free(&text);
}

static enum err
write_and_read(void *context)
{
    struct uri in = sample(URI_ASK);
    struct buf text = buf_limited(MAX);
    struct uri u;
    enum err e = uri_write(&in, *(enum uri_spelling *)context, &text);

    if (e == ERR_OK)
        e = uri_read(buf_bytes(&text), &u);
    buf_free(&text);
    return e;
}

static void
every_failing_allocation_is_told(void **state)
{
    enum uri_spelling spelling = URI_TEXT;

    (void)state;
    assert_true(every_allocation_fails(write_and_read, &spelling) > 0);
    spelling = URI_QR;
    assert_true(every_allocation_fails(write_and_read, &spelling) > 0);
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
        cmocka_unit_test(the_body_is_as_written_down),
        cmocka_unit_test(tls_is_a_bit_of_the_type),
        cmocka_unit_test(both_spellings_are_read),
        cmocka_unit_test(a_link_is_short),
        cmocka_unit_test(other_ways_to_hand_it_over),
        cmocka_unit_test(foreign_links_are_not_ours),
        cmocka_unit_test(a_page_without_end_is_not_read),
        cmocka_unit_test(what_was_mistyped_or_cut_is_noticed),
        cmocka_unit_test(a_web_address_that_was_cut_is_noticed),
        cmocka_unit_test(later_versions_and_kinds_are_told),
        cmocka_unit_test(bodies_that_break_a_rule_are_refused),
        cmocka_unit_test(hosts_are_names_or_addresses),
        cmocka_unit_test(fields_out_of_range_are_refused),
        cmocka_unit_test(nothing_of_a_bad_link_is_left),
        cmocka_unit_test(every_failing_allocation_is_told),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
