/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Property: whatever comes, what is shown is clean, within its limit, one line
 * if one line was asked for, and does not change when it is shown again. */
#include <assert.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct bytes in, enum text_mode mode, size_t max_chars)
{
    struct buf once = buf_limited(4 * (max_chars + 1));
    struct buf twice = buf_limited(4 * (max_chars + 1));
    struct bytes shown;

    text_safe(&once, in, mode, max_chars);
    assert(buf_end(&once) == ERR_OK);
    shown = buf_bytes(&once);
    assert(text_is_clean(shown));
    for (size_t i = 0; mode == TEXT_LINE && i < shown.len; i++)
        assert(shown.b[i] >= 0x20);
    text_safe(&twice, shown, mode, max_chars + 1);
    assert(buf_end(&twice) == ERR_OK || twice.len >= once.len);
    assert(bytes_equal(bytes_slice(buf_bytes(&twice), 0, shown.len), shown));
    buf_free(&once);
    buf_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = {data, size};

    if (text_is_clean(in))
        assert(text_is_utf8(in));
    check(in, TEXT_LINE, size);
    check(in, TEXT_BLOCK, 4 * size);
    check(in, TEXT_BLOCK, 10);
    return 0;
}
