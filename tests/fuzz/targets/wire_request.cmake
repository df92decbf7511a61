# SPDX-License-Identifier: AGPL-3.0-or-later
pristan_fuzz(wire_request fuzz_wire_request.c LINKS wire)
