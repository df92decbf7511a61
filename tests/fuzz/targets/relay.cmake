# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(relay fuzz_relay.c LINKS relay relay_store transport wire crypto)
