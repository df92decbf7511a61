# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(mls_process fuzz_mls_process.c LINKS mls crypto base)
