# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(key_package fuzz_key_package.c LINKS mls crypto)
