# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(ws_frame fuzz_ws_frame.c LINKS transport crypto)
