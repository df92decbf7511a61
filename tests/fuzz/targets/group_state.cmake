# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(group_state fuzz_group_state.c LINKS mls crypto base)
