// Usage: kernel-check [name of the instruction set that must be found [part]]
//
// Prints how many comparisons were made and the largest error of each kind in shares of its limit. Exit status 1 where one
// is too large or the processor was taken for another.

#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

gk_isa check_sets[8];
int check_set_count;

static long comparisons, failures;
static double worst;

static void fail(const char *format, va_list arguments) {
    failures++;
    if (failures > 20) return;
    fprintf(stderr, "wrong: ");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void check_within(double error, double limit, const char *format, ...) {
    comparisons++;
    if (error / limit > worst) worst = error / limit;
    if (error <= limit) return;
    va_list arguments;
    va_start(arguments, format);
    fail(format, arguments);
    va_end(arguments);
    if (failures <= 20) fprintf(stderr, "    error %g, limit %g\n", error, limit);
}

void check_equal(const void *a, const void *b, size_t bytes, const char *format, ...) {
    comparisons++;
    if (memcmp(a, b, bytes) == 0) return;
    va_list arguments;
    va_start(arguments, format);
    fail(format, arguments);
    va_end(arguments);
}

typedef struct region { struct region *next; size_t bytes; } region;
static region *regions;

void *check_memory(size_t bytes) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), usable = (bytes + sizeof(region) + page - 1) / page * page;
    uint8_t *base = mmap(NULL, usable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED || mprotect(base + usable, page, PROT_NONE) != 0) {
        perror("memory");
        exit(2);
    }
    region *r = (region *)base;
    *r = (region){.next = regions, .bytes = usable + page};
    regions = r;
    uint8_t *start = base + usable - bytes;
    memset(start, 0xA5, bytes);
    return start;
}

void check_forget(void) {
    while (regions != NULL) {
        region *next = regions->next;
        munmap(regions, regions->bytes);
        regions = next;
    }
}

static uint64_t state = 1;

uint64_t random_bits(void) {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

int64_t random_below(int64_t end) { return (int64_t)(random_bits() >> 1) % end; }

float random_float(void) {
    float sum = -6;
    for (int i = 0; i < 12; i++) sum += (float)(random_bits() >> 40) / (float)(1 << 24);
    return sum;
}

float *random_floats(int64_t count, float scale) {
    float *x = check_memory((size_t)count * sizeof(float));
    for (int64_t i = 0; i < count; i++) x[i] = random_float() * scale;
    return x;
}

static const char *only;

static void part(const char *name, void (*body)(void)) {
    if (only != NULL && strcmp(only, name) != 0) return;
    long before = comparisons;
    worst = 0;
    body();
    check_forget();
    gk_isa_limit(GK_ISA_AMX);
    printf("  %-12s %8ld comparisons, largest error %.2f of its limit\n", name, comparisons - before, worst);
    fflush(stdout);
}

int main(int count, char **arguments) {
    gk_isa best = gk_isa_detected();
    const gk_isa arm[] = {GK_ISA_SCALAR, GK_ISA_NEON, GK_ISA_NEON_DOT, GK_ISA_NEON_I8MM};
    const gk_isa x86[] = {GK_ISA_SCALAR, GK_ISA_AVX2, GK_ISA_AVX512, GK_ISA_AMX};
    for (int i = 0; i < 4; i++) {
        gk_isa set = best <= GK_ISA_NEON_I8MM ? arm[i] : x86[i];
        if (set <= best) check_sets[check_set_count++] = set;
    }
    printf("%s, against plain C:\n", gk_isa_name(best));
    if (count > 1 && strcmp(arguments[1], gk_isa_name(best)) != 0) {
        fprintf(stderr, "wrong: the processor has %s, but %s was found\n", arguments[1], gk_isa_name(best));
        return 1;
    }
    if (count > 2) only = arguments[2];
    part("products", check_products);
    part("attention", check_attention);
    part("elementwise", check_elementwise);
    part("codes", check_codes);
    part("pool", check_pool);
    printf("%s: %ld comparisons, %ld wrong\n", gk_isa_name(best), comparisons, failures);
    return failures == 0 ? 0 : 1;
}
