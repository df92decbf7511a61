# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(text fuzz_text.c LINKS base)
pristan_fuzz(reader fuzz_reader.c LINKS base)
pristan_fuzz(encoding fuzz_encoding.c LINKS base crypto)
