# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(link fuzz_link.c LINKS transport crypto)
