# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(noise_handshake fuzz_noise_handshake.c LINKS transport crypto)
