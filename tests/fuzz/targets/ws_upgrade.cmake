# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(ws_upgrade fuzz_ws_upgrade.c LINKS transport crypto)
