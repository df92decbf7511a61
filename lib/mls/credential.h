/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials, RFC 9420 section 5.3. Basic is what our groups use; X.509 is
 * read and carried, not judged; any other type has no known form and fails. */
#ifndef MLS_CREDENTIAL_H
#define MLS_CREDENTIAL_H

#include "base/buf.h"
#include "base/reader.h"
#include "mls/types.h"

enum { MLS_CREDENTIAL_BASIC = 1, MLS_CREDENTIAL_X509 = 2 };

struct mls_credential {
    struct bytes raw; /* the whole as received */
    uint16_t type;
    struct bytes identity; /* basic: identity; x509: the certificates' bytes */
};

/* Sticky like all readers. Borrows. */
void mls_credential_read(struct reader *r, struct mls_credential *out);

/* A BasicCredential. Errors stick in out. */
void mls_credential_write_basic(struct bytes identity, struct buf *out);

#endif
