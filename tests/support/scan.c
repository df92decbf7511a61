/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "scan.h"

#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A larger mapping is a sanitizer's shadow: it holds nothing of ours. */
#define LARGEST_MAPPING ((uintptr_t)1 << 32)

/* Reads what the sanitizer knows to be dead, on purpose. */
#define UNCHECKED __attribute__((noinline, no_sanitize("address", "undefined")))

enum {
    STACK_CLEARED = 256 * 1024,
    ASIDE_LEN = 1 << 20,
    ASIDE_ROOM = 64 * 1024
};

static _Alignas(4096) uint8_t aside_stack[ASIDE_LEN];

static void
add_half(struct scan *s, const char *name, const uint8_t *half)
{
    uint8_t any = 0;

    assert_true(s->count < SCAN_SECRETS);
    for (size_t i = 0; i < SCAN_LEN; i++) {
        any |= half[i];
        s->inverted[s->count][i] = half[i] ^ 0xff;
    }
    assert_int_not_equal(any, 0);
    s->name[s->count++] = name;
}

void
scan_add(struct scan *s, const char *name, const uint8_t *secret)
{
    add_half(s, name, secret);
    add_half(s, name, secret + SCAN_LEN);
}

UNCHECKED void
scan_clear_stack(void)
{
    volatile uint8_t space[STACK_CLEARED];

    for (size_t i = 0; i < sizeof space; i++)
        space[i] = 0;
}

struct aside {
    scan_work *work;
    void *context;
    enum err e;
};

/* Far from the top of the stack, which the end of the thread writes over. */
static void *
aside_run(void *argument)
{
    volatile uint8_t room[ASIDE_ROOM];
    struct aside *a = argument;

    room[0] = 0;
    a->e = a->work(a->context);
    room[sizeof room - 1] = room[0];
    return NULL;
}

UNCHECKED static void
aside_clear(void)
{
    for (size_t i = 0; i < sizeof aside_stack; i++)
        ((volatile uint8_t *)aside_stack)[i] = 0;
}

enum err
scan_aside(scan_work *work, void *context)
{
    struct aside a = {.work = work, .context = context};
    pthread_attr_t attributes;
    pthread_t thread;

    aside_clear();
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(
        pthread_attr_setstack(&attributes, aside_stack, sizeof aside_stack), 0);
    assert_int_equal(pthread_create(&thread, &attributes, aside_run, &a), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    return a.e;
}

/* By the first byte of a secret: whether any begins so. */
static void
fill_first(const struct scan *s, bool first[256])
{
    memset(first, 0, 256 * sizeof *first);
    for (size_t i = 0; i < s->count; i++)
        first[s->inverted[i][0] ^ 0xff] = true;
}

UNCHECKED static bool
is_at(const uint8_t *inverted, const volatile uint8_t *at)
{
    for (size_t i = 0; i < SCAN_LEN; i++)
        if (at[i] + inverted[i] != 0xff)
            return false;
    return true;
}

UNCHECKED static void
scan_mapping(const struct scan *s,
             const bool first[256],
             uintptr_t from,
             uintptr_t to,
             uintptr_t found[SCAN_SECRETS])
{
    for (uintptr_t at = from; at + SCAN_LEN <= to; at++) {
        const volatile uint8_t *p = (const volatile uint8_t *)at;

        if (!first[*p])
            continue;
        for (size_t i = 0; i < s->count; i++)
            if (is_at(s->inverted[i], p))
                found[i] = at;
    }
}

/* Where each secret is, 0 when nowhere. */
static void
scan(const struct scan *s, uintptr_t found[SCAN_SECRETS])
{
    FILE *maps = fopen("/proc/self/maps", "r");
    bool first[256];
    char line[512];

    assert_non_null(maps);
    memset(found, 0, SCAN_SECRETS * sizeof *found);
    fill_first(s, first);
    while (fgets(line, sizeof line, maps) != NULL) {
        uintptr_t from, to;
        char mode[8];

        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s", &from, &to, mode) ==
                3 &&
            strncmp(mode, "rw", 2) == 0 && to - from < LARGEST_MAPPING)
            scan_mapping(s, first, from, to, found);
    }
    fclose(maps);
}

void
scan_expect_all(const struct scan *s)
{
    uintptr_t found[SCAN_SECRETS];
    size_t missing = 0;

    scan(s, found);
    for (size_t i = 0; i < s->count; i++) {
        if (found[i] != 0)
            continue;
        print_error("%s is not in memory\n", s->name[i]);
        missing++;
    }
    assert_int_equal(missing, 0);
}

static const char *
place_of(uintptr_t at)
{
    uintptr_t here = (uintptr_t)&at, near = (uintptr_t)1 << 23;
    uintptr_t aside = (uintptr_t)aside_stack;

    if (at >= aside && at < aside + sizeof aside_stack)
        return "on the stack of what was done";
    return at > here - near && at < here + near ? "on the stack"
                                                : "on the heap or in a global";
}

void
scan_expect_none(const struct scan *s)
{
    uintptr_t found[SCAN_SECRETS];
    size_t left = 0;

    scan(s, found);
    for (size_t i = 0; i < s->count; i++) {
        if (found[i] == 0)
            continue;
        print_error("%s is still in memory, %s\n", s->name[i],
                    place_of(found[i]));
        left++;
    }
    assert_int_equal(left, 0);
}
