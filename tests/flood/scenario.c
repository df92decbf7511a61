/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The list, and what all floods share. */
#include "scenario.h"

enum { KIB = 1024, MIB = 1024 * 1024 };

static const char *const limited[] = {"--limit-local", NULL};

static const struct scenario scenarios[] = {
    {.name = "slowloris",
     .row = "A-01",
     .what = "a byte of an upgrade request each second",
     .counts = "connections that the relay closed",
     .run = flood_slowloris,
     .size = 5000,
     .size_short = 300,
     .seconds_short = 12, /* so that the first ones are over time */
     .memory_each = 2048,
     .memory_fixed = 4 * MIB,
     .counts_least = 1,
     .life_max = 16000,
     .settle_ms = 15000},
    {.name = "half-open",
     .row = "A-01",
     .what = "connections that say nothing",
     .counts = "connections that the relay closed",
     .run = flood_half_open,
     .size = 5000,
     .size_short = 300,
     .seconds_short = 12, /* so that the first ones are over time */
     .memory_each = 2048,
     .memory_fixed = 4 * MIB,
     .counts_least = 1,
     .life_max = 16000,
     .settle_ms = 15000},
    {.name = "cable",
     .row = "A-02",
     .what = "sessions whose cable is pulled: no FIN, no answer",
     .counts = "sessions cut off",
     .run = flood_cable,
     .size = 1000,
     .size_short = 50,
     .memory_each = 4096,
     .memory_fixed = 16 * MIB, /* the database's pages, as time goes by */
     .settle_ms = 92000,
     .settle_from_ready = true},
    {.name = "slow-readers",
     .row = "A-03",
     .what = "watchers of a busy channel that read nothing",
     .counts = "records written to them",
     .run = flood_slow_readers,
     .size = 200,
     .size_short = 20,
     .memory_fixed = 128 * MIB,
     .settle_ms = 15000},
    {.name = "declared",
     .row = "A-04",
     .what = "frames of 65535 bytes of which 3 came",
     .counts = "such frames",
     .run = flood_declared,
     .size = 3000,
     .size_short = 200,
     .memory_each = 2048,
     .memory_fixed = 4 * MIB,
     .settle_ms = 15000},
    {.name = "halves",
     .row = "A-04",
     .what = "records of 256 KiB of which the end is missing",
     .counts = "such records",
     .run = flood_halves,
     .size = 1000,
     .size_short = 300,
     .counts_least = 100,
     .memory_fixed = 64 * MIB,
     .settle_ms = 15000},
    {.name = "handshakes",
     .row = "A-12",
     .what = "well-formed upgrades with a wrong key, from everywhere",
     .counts = "rejected handshakes",
     .run = flood_handshakes,
     .size = 64,
     .size_short = 16,
     .counts_least = 100,
     .memory_fixed = 8 * MIB,
     .settle_ms = 15000},
    {.name = "handshakes-one-place",
     .row = "A-12",
     .what = "the same from one coarse address",
     .counts = "rejected handshakes",
     .run = flood_connects,
     .size = 64,
     .size_short = 16,
     .options = limited,
     .memory_fixed = 8 * MIB,
     .settle_ms = 15000},
    {.name = "burst",
     .row = "A-13",
     .what = "idle sessions that all write at the same moment",
     .counts = "records acknowledged",
     .run = flood_burst,
     .size = 9000,
     .size_short = 500,
     .memory_each = 4096,
     .memory_fixed = 48 * MIB,
     .settle_ms = 15000,
     .told = true},
    {.name = "descriptors",
     .row = "A-14",
     .what = "more connections than the relay has descriptors for",
     .counts = "connections that were tried",
     .run = flood_descriptors,
     .size = 2000,
     .size_short = 600,
     .descriptors = 512,
     .memory_fixed = 8 * MIB,
     .settle_ms = 15000},
    {.name = "tiny",
     .row = "A-16",
     .what = "requests of few bytes, as fast as they are answered",
     .counts = "requests answered",
     .run = flood_tiny,
     .size = 20,
     .size_short = 4,
     .seconds_short = 13, /* until who says nothing is over time */
     .counts_least = 1000,
     .memory_fixed = 32 * MIB,
     .settle_ms = 15000},
    {.name = "rubbish",
     .row = "A-16",
     .what = "frames of 64 KiB full of empty fields, in good sessions",
     .counts = "sessions that were closed for it",
     .run = flood_rubbish,
     .size = 20,
     .size_short = 4,
     .counts_least = 10,
     .memory_fixed = 16 * MIB,
     .settle_ms = 15000},
    {.name = "watches",
     .row = "A-19",
     .what = "sessions with 256 watches each, made and ended again",
     .counts = "watches and ends",
     .run = flood_watches,
     .size = 200,
     .size_short = 20,
     .memory_each = 128 * KIB,
     .memory_fixed = 16 * MIB,
     .settle_ms = 15000},
    {.name = "resets",
     .row = "A-24",
     .what = "connections that are reset at any moment of their life",
     .counts = "resets",
     .run = flood_resets,
     .size = 64,
     .size_short = 16,
     .counts_least = 100,
     .memory_fixed = 16 * MIB,
     .settle_ms = 15000},
    {.name = "writers",
     .row = "B-16",
     .what = "writers that have 64 records under way each, at one place",
     .counts = "records acknowledged",
     .run = flood_writers,
     .size = 50,
     .size_short = 8,
     .options = limited,
     .memory_fixed = 64 * MIB,
     .settle_ms = 15000},
    {.name = "writers-everywhere",
     .row = "B-16",
     .what = "the same from many places, which is what the disk can do",
     .counts = "records acknowledged",
     .run = flood_writers,
     .size = 50,
     .size_short = 8,
     .told = true,
     .memory_fixed = 64 * MIB,
     .settle_ms = 15000},
    {.name = "letters",
     .row = "I-01",
     .what = "letters into mailboxes from one coarse address",
     .counts = "letters that were taken",
     .run = flood_letters,
     .size = 50,
     .size_short = 8,
     .options = limited,
     .memory_fixed = 32 * MIB,
     .settle_ms = 15000},
};

const struct scenario *
scenario_at(size_t i)
{
    return i < sizeof scenarios / sizeof *scenarios ? &scenarios[i] : NULL;
}

bool
flood_turn(struct flood *f, int wait_ms)
{
    loop_turn(&f->loop, wait_ms);
    atomic_store(&f->shared->life_max, f->loop.life_max);
    return atomic_load(&f->shared->phase) != FLOOD_STOP;
}

void
flood_ready(struct flood *f)
{
    atomic_store(&f->shared->ready, 1);
}

void
flood_add(struct flood *f, uint64_t n)
{
    (void)atomic_fetch_add(&f->shared->count, n);
}

uint32_t
flood_source(size_t i)
{
    return FLOOD_FROM + (uint32_t)(i / FLOOD_EACH) * 256;
}
