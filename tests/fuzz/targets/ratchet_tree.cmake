# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(ratchet_tree fuzz_ratchet_tree.c LINKS mls crypto)
