# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(wire_event fuzz_wire_event.c LINKS wire)
