# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(frame fuzz_frame.c LINKS transport crypto)
