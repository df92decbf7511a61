/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of extensions, RFC 9420 sections 13.4, 11.1, 12.1.8.1. A list travels
 * through this library as the content of its vector (without the length in
 * front), as received. */
#ifndef MLS_EXTENSION_H
#define MLS_EXTENSION_H

#include "base/buf.h"
#include "base/reader.h"
#include "credential.h"
#include "mls/types.h"

/* Reads "Extension extensions<V>" and gives its content; every entry must
 * parse and no type may come twice (13.4). */
struct bytes mls_extensions_read(struct reader *r);

/* Walks a list: false at the end. Start with {.rest = list}. */
bool mls_extensions_next(struct reader *r, struct mls_extension *out);

/* False when absent. */
bool mls_extensions_find(struct bytes list, uint16_t type, struct bytes *data);

/* Appends the content of a list (no length in front). */
void mls_extensions_write(const struct mls_extension *list,
                          size_t count,
                          struct buf *out);

/* True for the types that every client supports and never lists: 1 to 5
 * (sections 7.2 and 17.3). */
bool mls_extension_is_default(uint16_t type);

/* 0x0A0A, 0x1A1A .. 0xEAEA (section 13.5). */
bool mls_type_is_grease(uint16_t type);

/* True when the content of a vector of uint16 holds type. */
bool mls_types_hold(struct bytes types, uint16_t type);

/* Types, where many are asked for: as both lists may be a peer's, looking
 * through one for each entry of the other would cost their product. */
struct mls_type_set {
    uint32_t bits[(UINT16_MAX + 1) / 32];
};
/* The content of a vector of uint16. */
void mls_type_set_init(struct mls_type_set *s, struct bytes types);
/* False when it is there already. */
bool mls_type_set_add(struct mls_type_set *s, uint16_t type);
bool mls_type_set_has(const struct mls_type_set *s, uint16_t type);

/* RequiredCapabilities (11.1): contents of vectors of uint16, none longer than
 * there are types: each leaf is compared with them. */
struct mls_required_capabilities {
    struct bytes extensions;
    struct bytes proposals;
    struct bytes credentials;
};
MUST_USE enum err
mls_required_capabilities_read(struct bytes data,
                               struct mls_required_capabilities *out);

/* ExternalSender (12.1.8.1). */
struct mls_external_sender {
    struct sign_public signature_key;
    struct mls_credential credential;
};

/* The entry at index of the external_senders extension's data.
 * ERR_MALFORMED, ERR_NOT_FOUND past the end. */
MUST_USE enum err mls_external_sender_find(struct bytes data,
                                           uint32_t index,
                                           struct mls_external_sender *out);

/* No type stands there twice, and the bodies of those known extensions that may
 * stand in a GroupContext parse
 * (11.1, 12.1.8.1). ERR_MALFORMED. */
MUST_USE enum err mls_check_group_extensions(struct bytes list);

#endif
