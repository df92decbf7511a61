/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials, RFC 9420 section 5.3. */
#include "credential.h"

/* Certificate certificates<V>, each an opaque<V>: walked for its form. */
static struct bytes
read_certificates(struct reader *r)
{
    struct bytes all = reader_opaque(r);
    struct reader each = {.rest = all};

    while (reader_more(&each))
        reader_opaque(&each);
    if (reader_end(&each) != ERR_OK)
        reader_fail(r);
    return all;
}

void
mls_credential_read(struct reader *r, struct mls_credential *out)
{
    const uint8_t *begin = r->rest.b;
    size_t before = r->rest.len;

    out->type = reader_u16(r);
    if (out->type == MLS_CREDENTIAL_BASIC) {
        out->identity = reader_opaque(r);
    } else if (out->type == MLS_CREDENTIAL_X509) {
        out->identity = read_certificates(r);
    } else {
        out->identity = (struct bytes){0};
        reader_fail(r);
    }
    out->raw = (struct bytes){begin, before - r->rest.len};
    if (reader_check(r) != ERR_OK)
        *out = (struct mls_credential){0};
}

void
mls_credential_write_basic(struct bytes identity, struct buf *out)
{
    buf_u16(out, MLS_CREDENTIAL_BASIC);
    buf_opaque(out, identity);
}
