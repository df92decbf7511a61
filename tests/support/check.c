/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Errors by name, bytes as hex. */
#include "support/check.h"

#include <string.h>

enum { SHOWN_MAX = 96 }; /* bytes of a long value that are printed */

void
check_err(enum err got, enum err want, const char *file, int line)
{
    if (got == want)
        return;
    print_error("%s, expected %s\n", err_name(got), err_name(want));
    _fail(file, line);
}

static void
print_bytes(const char *what, struct bytes in)
{
    print_error("%s %zu bytes: ", what, in.len);
    for (size_t i = 0; i < in.len && i < SHOWN_MAX; i++)
        print_error("%02x", (unsigned)in.b[i]);
    print_error(in.len > SHOWN_MAX ? "...\n" : "\n");
}

void
check_bytes(struct bytes got, struct bytes want, const char *file, int line)
{
    size_t at = 0;

    if (bytes_equal(got, want))
        return;
    while (at < got.len && at < want.len && got.b[at] == want.b[at])
        at++;
    print_bytes("got ", got);
    print_bytes("want", want);
    print_error("first difference at %zu\n", at);
    _fail(file, line);
}

static int
digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = NULL;

    if (c >= 'A' && c <= 'F')
        c = (char)(c - 'A' + 'a');
    if (c != '\0')
        at = strchr(digits, c);
    return at != NULL ? (int)(at - digits) : -1;
}

/* Writes at most max bytes; -1 when it is not hex or does not fit. */
static long
decode(const char *hex, uint8_t *out, size_t max)
{
    size_t len = 0;

    for (; *hex != '\0'; hex++) {
        int high;
        int low;

        if (*hex == ' ' || *hex == '\n')
            continue;
        high = digit(*hex++);
        low = high < 0 ? -1 : digit(*hex);
        if (low < 0 || len == max)
            return -1;
        out[len++] = (uint8_t)(high * 16 + low);
    }
    return (long)len;
}

struct bytes
check_unhex(struct arena *a, const char *hex, const char *file, int line)
{
    size_t max = strlen(hex) / 2;
    uint8_t *out = arena_new(a, max);
    long len = out != NULL ? decode(hex, out, max) : -1;

    if (len < 0) {
        print_error("not hex, or no memory: %.64s\n", hex);
        _fail(file, line);
    }
    return (struct bytes){out, (size_t)len};
}

void
check_unhex_into(
    uint8_t *out, size_t len, const char *hex, const char *file, int line)
{
    if (decode(hex, out, len) != (long)len) {
        print_error("not %zu bytes of hex: %.64s\n", len, hex);
        _fail(file, line);
    }
}

void
check_hex(struct bytes got, const char *hex, const char *file, int line)
{
    struct arena a = arena_limited(strlen(hex) + 64);

    check_bytes(got, check_unhex(&a, hex, file, line), file, line);
    arena_free(&a);
}
