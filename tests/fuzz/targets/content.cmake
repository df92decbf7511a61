# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(content fuzz_content.c LINKS wire)
