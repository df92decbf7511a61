# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(decoy fuzz_decoy.c LINKS transport crypto
             DICT http MAX_LEN 12000)
