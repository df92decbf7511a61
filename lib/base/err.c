/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the reasons, for logs and tests. */
#include "base/err.h"

#include <stddef.h>

static const char *const names[ERR_COUNT] = {
    [ERR_OK] = "OK",
    [ERR_MEMORY] = "MEMORY",
    [ERR_DISK] = "DISK",
    [ERR_FULL] = "FULL",
    [ERR_BUSY] = "BUSY",
    [ERR_INTERNAL] = "INTERNAL",
    [ERR_MALFORMED] = "MALFORMED",
    [ERR_TOO_LARGE] = "TOO_LARGE",
    [ERR_AUTH] = "AUTH",
    [ERR_TURN] = "TURN",
    [ERR_EPOCH] = "EPOCH",
    [ERR_NOT_FOUND] = "NOT_FOUND",
    [ERR_EXISTS] = "EXISTS",
    [ERR_CONFLICT] = "CONFLICT",
    [ERR_EXPIRED] = "EXPIRED",
    [ERR_DENIED] = "DENIED",
    [ERR_UNSUPPORTED] = "UNSUPPORTED",
    [ERR_USE] = "USE",
};

const char *
err_name(enum err e)
{
    size_t i = (size_t)e;

    return i < ERR_COUNT && names[i] != NULL ? names[i] : "UNKNOWN";
}
