/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The event that comes a hundred times for each record, read without protobuf-c
 * and its arena: so that the generator, which plays all clients on one
 * processor, is not what limits the relay's rate. */
#ifndef BENCH_RELAY_LEAN_H
#define BENCH_RELAY_LEAN_H

#include "base/bytes.h"

struct lean_record {
    uint64_t number;
    struct bytes bytes; /* borrowed from the frame */
};

/* False: frame is anything else than RECORDS with one record that has not
 * expired, in the one spelling that docs/PROTOCOL.md allows; event_read() will
 * tell. */
bool lean_record_read(struct bytes frame, struct lean_record *out);

#endif
