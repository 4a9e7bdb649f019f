/* ammeter-backend 1 (docs/backend-protocol.md) for a program in C. What derives is linked to it. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "derive.h"
#include "sha256.h"

static struct work work;

void fail(const char *why) {
    printf("error %s\n", why);
    exit(1);
}

static void *room(uint64_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        fail("no memory");
    return memory;
}

static void read_value(const char *name, uint8_t value[32]) {
    char word[16], digits[65];
    unsigned byte;
    if (scanf("%15s %64s", word, digits) != 2 || strcmp(word, name) || strlen(digits) != 64)
        fail("a root or share line was expected");
    for (int i = 0; i < 32; i++) {
        if (sscanf(digits + 2 * i, "%2x", &byte) != 1)
            fail("hexadecimal digits were expected");
        value[i] = (uint8_t)byte;
    }
}

static void load(void) {
    free(work.roots), free(work.shares), free(work.preimages), free(work.hashes);
    if (scanf("%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64, &work.payments, &work.children,
              &work.first, &work.index_size, &work.has_shares) != 5 || work.index_size > 4)
        fail("load needs five numbers");
    work.pairs = work.payments * work.children;
    work.roots = room(work.payments, ROOT);
    work.shares = room(work.has_shares ? work.pairs : 0, SHARE);
    work.preimages = room(work.pairs, 32);
    work.hashes = room(work.pairs, 32);
    for (uint64_t p = 0; p < work.payments; p++) {
        read_value("root", work.roots + ROOT * p);
        for (uint64_t c = 0; work.has_shares && c < work.children; c++)
            read_value("share", work.shares + SHARE * (p * work.children + c));
    }
    puts("loaded");
}

static int64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void digest_outputs(struct sha256 *digest) {
    sha256_update(digest, work.preimages, 32 * work.pairs);
    sha256_update(digest, work.hashes, 32 * work.pairs);
}

static void say_hex(const uint8_t value[32]) {
    putchar(' ');
    for (int i = 0; i < 32; i++)
        printf("%02x", value[i]);
}

static void run(uint32_t calls, uint32_t counter) {
    int64_t wall = 0, cpu = 0;
    struct sha256 digest;
    uint8_t value[32];
    sha256_init(&digest);
    for (uint32_t call = 0; call < calls; call++) {
        int64_t wall_start = now(CLOCK_MONOTONIC), cpu_start = now(CLOCK_THREAD_CPUTIME_ID);
        derive(&work, counter + call);
        cpu += now(CLOCK_THREAD_CPUTIME_ID) - cpu_start;
        wall += now(CLOCK_MONOTONIC) - wall_start;
        digest_outputs(&digest);
    }
    sha256_final(&digest, value);
    printf("ran %" PRId64 " %" PRId64, wall, cpu);
    say_hex(value);
    putchar('\n');
}

static void digest_again(uint32_t calls) {
    struct sha256 digest;
    uint8_t value[32];
    sha256_init(&digest);
    while (calls--)
        digest_outputs(&digest);
    sha256_final(&digest, value);
    printf("digested");
    say_hex(value);
    putchar('\n');
}

static void show(uint64_t first, uint64_t count) {
    if (first + count > work.pairs)
        fail("fewer pairs than that");
    for (uint64_t place = first; place < first + count; place++) {
        printf("pair %" PRIu64, place);
        say_hex(work.preimages + 32 * place);
        say_hex(work.hashes + 32 * place);
        putchar('\n');
    }
}

int main(int argc, char **argv) {
    char word[16];
    uint32_t one, two;
    printf("ammeter-backend 1\nhash sha256\n%s\nready\n", introduce(argc > 1 ? argv[1] : ""));
    fflush(stdout);
    while (scanf("%15s", word) == 1) {
        if (!strcmp(word, "load"))
            load();
        else if (!strcmp(word, "run") && scanf("%" SCNu32 "%" SCNu32, &one, &two) == 2)
            run(one, two);
        else if (!strcmp(word, "digest") && scanf("%" SCNu32, &one) == 1)
            digest_again(one);
        else if (!strcmp(word, "show") && scanf("%" SCNu32 "%" SCNu32, &one, &two) == 2)
            show(one, two);
        else
            fail("an unknown request");
        fflush(stdout);
    }
}
