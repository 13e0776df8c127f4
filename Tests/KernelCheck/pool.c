// The pool of threads: every item is worked on once, and what a section wrote is seen by the next one and by the caller,
// with more threads than processors, and with two callers.

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

typedef struct {
    const int64_t *source;
    int64_t *destination;
    int64_t items;
    int64_t added;
    /// Workers inside, by number: one call at a time each.
    atomic_int inside[256];
    atomic_int overlaps;
} section;

static void body(void *context, int64_t begin, int64_t end, int32_t worker) {
    section *s = context;
    if (atomic_fetch_add(&s->inside[worker], 1) != 0) atomic_fetch_add(&s->overlaps, 1);
    // Reads what other workers wrote in the section before.
    for (int64_t i = begin; i < end; i++) s->destination[i] += s->source[s->items - 1 - i] + s->added;
    atomic_fetch_sub(&s->inside[worker], 1);
}

/// Sections one after the other between two arrays, each with as many items as chance says.
static int64_t run_sections(gk_pool *pool, int sections, uint64_t seed) {
    enum { most = 700 };
    int64_t a[most], b[most], expected_a[most], expected_b[most], wrong = 0;
    for (int i = 0; i < most; i++) a[i] = b[i] = expected_a[i] = expected_b[i] = i;
    for (int n = 0; n < sections; n++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int64_t items = 1 + (int64_t)(seed >> 40) % most, grain = 1 + (int64_t)(seed >> 33) % 5;
        int64_t *from = n % 2 == 0 ? a : b, *to = n % 2 == 0 ? b : a, *e_from = n % 2 == 0 ? expected_a : expected_b;
        int64_t *e_to = n % 2 == 0 ? expected_b : expected_a;
        section s = {.source = from, .destination = to, .items = items, .added = n};
        gk_pool_run(pool, items, grain, body, &s);
        for (int64_t i = 0; i < items; i++) {
            e_to[i] += e_from[items - 1 - i] + n;
            // Keeps the numbers from overflowing.
            e_to[i] &= 0xffffffff;
            to[i] &= 0xffffffff;
        }
        wrong += memcmp(to, e_to, sizeof(a)) != 0;
        wrong += atomic_load(&s.overlaps) != 0;
        // Longer than workers wait awake, now and then.
        if (n % 97 == 0) nanosleep(&(struct timespec){.tv_nsec = 300 * 1000}, NULL);
    }
    return wrong;
}

typedef struct { gk_pool *pool; int64_t wrong; uint64_t seed; } caller;

static void *call(void *argument) {
    caller *c = argument;
    c->wrong = run_sections(c->pool, 400, c->seed);
    return NULL;
}

void check_pool(void) {
    static const int32_t threads[] = {1, 2, 3, 4, 8, 16, 33, 64};
    for (size_t n = 0; n < sizeof(threads) / sizeof(threads[0]); n++) {
        gk_pool *pool = gk_pool_create(threads[n]);
        check_within(gk_pool_threads(pool) - threads[n], 0.5, "a pool of %d threads", threads[n]);
        check_within((double)run_sections(pool, 1000, n), 0.5, "sections on %d threads", threads[n]);
        caller callers[3];
        pthread_t ids[3];
        for (int i = 0; i < 3; i++) {
            callers[i] = (caller){.pool = pool, .seed = (uint64_t)i + 77};
            pthread_create(&ids[i], NULL, call, &callers[i]);
        }
        for (int i = 0; i < 3; i++) {
            pthread_join(ids[i], NULL);
            check_within((double)callers[i].wrong, 0.5, "sections of three callers on %d threads", threads[n]);
        }
        gk_pool_destroy(pool);
    }
    // Made and ended while workers begin.
    for (int n = 0; n < 50; n++) {
        gk_pool *pool = gk_pool_create(2 + n % 7);
        check_within(n % 3 == 0 ? 0 : (double)run_sections(pool, n % 5, (uint64_t)n), 0.5, "pool number %d", n);
        gk_pool_destroy(pool);
    }
}
