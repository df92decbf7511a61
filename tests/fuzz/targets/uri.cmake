# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(uri fuzz_uri.c LINKS transport crypto)
