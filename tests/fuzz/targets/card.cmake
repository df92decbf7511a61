# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(card fuzz_card.c LINKS wire)
