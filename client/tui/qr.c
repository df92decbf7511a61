/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "qr.h"

#include <errno.h>
#include <qrencode.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { QR_TEXT_MAX = 400, QUIET = 1 };

/* 1 for a dark module, 0 for a light one and the quiet zone around. */
static int
qr_dark(const QRcode *code, int x, int y)
{
    if (x < 0 || y < 0 || x >= code->width || y >= code->width)
        return 0;
    return code->data[y * code->width + x] & 1;
}

static void
qr_rows(FILE *f, const QRcode *code)
{
    /* upper and lower module of one character, light is the foreground */
    static const char *const cells[2][2] = {{"\xe2\x96\x88", "\xe2\x96\x80"},
                                            {"\xe2\x96\x84", " "}};

    bool screen = isatty(fileno(f)) == 1;
    int light = screen ? 0 : 1; /* on paper what is printed is dark */

    for (int y = -QUIET; y < code->width + QUIET; y += 2) {
        fputs(screen ? "\x1b[97;40m" : "", f);
        for (int x = -QUIET; x < code->width + QUIET; x++)
            fputs(cells[qr_dark(code, x, y) ^ light]
                       [qr_dark(code, x, y + 1) ^ light],
                  f);
        fputs(screen ? "\x1b[0m\n" : "\n", f);
    }
}

enum err
qr_print(FILE *f, struct bytes text)
{
    char copy[QR_TEXT_MAX + 1];
    QRcode *code;

    if (text.len > QR_TEXT_MAX)
        return ERR_TOO_LARGE;
    memcpy(copy, text.b, text.len);
    copy[text.len] = '\0';
    code = QRcode_encodeString(copy, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    if (code == NULL)
        return errno == ERANGE ? ERR_TOO_LARGE : ERR_MEMORY;
    qr_rows(f, code);
    QRcode_free(code);
    return ERR_OK;
}
