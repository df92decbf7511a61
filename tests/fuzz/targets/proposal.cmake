# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(proposal fuzz_proposal.c LINKS mls crypto)
