/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Properties: any bytes come back from their text; a text that is understood is
 * the only one for its bytes, but for the case of hex and base32. */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "crypto/encoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void encoder(struct buf *out, struct bytes in);
typedef enum err decoder(struct buf *out, struct bytes in);

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static void
check_text(struct bytes in, struct bytes again, bool any_case)
{
    assert(in.len == again.len);
    for (size_t i = 0; i < in.len; i++)
        assert(in.b[i] == again.b[i] ||
               (any_case && lower(in.b[i]) == lower(again.b[i])));
}

static void
check(encoder *enc, decoder *dec, struct bytes in, bool any_case)
{
    struct buf text = buf_limited(2 * in.len);
    struct buf out = buf_limited(2 * in.len);

    enc(&text, in);
    assert(buf_end(&text) == ERR_OK);
    assert(dec(&out, buf_bytes(&text)) == ERR_OK);
    assert(bytes_equal(buf_bytes(&out), in));
    buf_reset(&text);
    buf_reset(&out);
    if (dec(&out, in) == ERR_OK) {
        enc(&text, buf_bytes(&out));
        assert(buf_end(&text) == ERR_OK);
        check_text(in, buf_bytes(&text), any_case);
    } else {
        assert(out.len == 0);
    }
    buf_free(&text);
    buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};

    check(encoding_hex, encoding_unhex, in, true);
    check(encoding_base32, encoding_unbase32, in, true);
    check(encoding_base64url, encoding_unbase64url, in, false);
    return 0;
}
