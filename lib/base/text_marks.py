#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the rows of text_marks.c from Python's own copy of the Unicode
character database:  python3 lib/base/text_marks.py"""
import unicodedata

HANGUL = [(0x1160, 0x11FF), (0xD7B0, 0xD7FF)]


def mark(c):
    return unicodedata.category(chr(c)) in ("Mn", "Me") or any(
        a <= c <= b for a, b in HANGUL)


rows, start = [], None
for c in range(0x110001):
    is_mark = c < 0x110000 and mark(c)
    if is_mark and start is None:
        start = c
    elif not is_mark and start is not None:
        rows.append("{0x%04x, 0x%04x}" % (start, c - 1))
        start = None
for i in range(0, len(rows), 3):
    print("    " + ", ".join(rows[i:i + 3]) + ",")
