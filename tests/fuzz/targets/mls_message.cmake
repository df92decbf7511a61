# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(mls_message fuzz_mls_message.c LINKS mls crypto base)
