# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(letter fuzz_letter.c LINKS wire)
