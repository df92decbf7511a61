/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is configured on this machine is not to count for the relay of a test.
 */
#ifndef SUPPORT_OWN_CONFIG_H
#define SUPPORT_OWN_CONFIG_H

enum { OWN_CONFIG_LEN = 512 };

/* For the child that becomes a relay: an empty file in the folder, whose path,
 * for --config, goes to path; and no settings in the environment. */
void own_config(const char *folder, char path[OWN_CONFIG_LEN]);

#endif
