// Worker pool: one section at a time, split into one range of items a thread; a thread that has finished
// its own range claims chunks of the others'. Workers enter a section by themselves and are counted while
// inside, so the caller waits only for those who have begun.

#include "gk_pool.h"
#include "platform.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum {
    max_threads = 256,
    chunks_per_range = 8,
    // A section open for workers, in `state`; below it the count of workers inside, above it the number of
    // the section.
    open_bit = 1 << 12,
    inside_mask = open_bit - 1,
    serial_step = open_bit << 1,
};

// Sections of decoding follow each other within tens of microseconds; a longer pause is worth a sleep.
static const int64_t worker_spin_ns = 100 * 1000;
static const int64_t caller_spin_ns = 40 * 1000;
// Where the caller waits for half of the time, other processes keep the workers from running, and working
// alone is faster. That is judged over this much time in sections; one long wait alone proves nothing, as a
// virtual processor is now and then taken away for milliseconds.
static const int64_t judged_ns = 16 * 1000 * 1000;
// Then the caller works alone, each time longer, before it tries again.
static const int64_t solo_least_ns = 20 * 1000 * 1000;
static const int64_t solo_most_ns = 320 * 1000 * 1000;

typedef struct {
    _Atomic int64_t next;
    int64_t end;
    char padding[112];
} range;

typedef struct {
    gk_pool *pool;
    pthread_t thread;
    int32_t index;
    char padding[108];
} worker;

struct gk_pool {
    _Atomic uint32_t state;
    char padding0[124];
    _Atomic int32_t sleepers;
    _Atomic bool caller_asleep;
    atomic_flag taken;
    atomic_bool ending;
    int32_t threads;
    gk_pool_body body;
    void *context;
    int64_t chunk;
    /// Time in sections since the last judgement, and how much of it the caller waited.
    int64_t shared_ns;
    int64_t waited_ns;
    int64_t solo_until;
    int64_t solo_span;
    pthread_mutex_t mutex;
    pthread_cond_t work;
    pthread_cond_t done;
    char padding1[128];
    range ranges[max_threads];
    worker workers[max_threads];
};

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void work(gk_pool *pool, int32_t index) {
    for (int32_t i = 0; i < pool->threads; i++) {
        range *r = &pool->ranges[(index + i) % pool->threads];
        while (atomic_load_explicit(&r->next, memory_order_relaxed) < r->end) {
            int64_t begin = atomic_fetch_add_explicit(&r->next, pool->chunk, memory_order_relaxed);
            if (begin >= r->end) break;
            int64_t end = begin + pool->chunk;
            // What would be left over is smaller than a chunk: ranges are whole chunks but for the last.
            pool->body(pool->context, begin, end < r->end ? end : r->end, index);
        }
    }
}

/// Enters the open section unless it is `last`; false when there is none.
static bool enter(gk_pool *pool, uint32_t *last) {
    uint32_t s = atomic_load_explicit(&pool->state, memory_order_acquire);
    while ((s & open_bit) != 0 && (s & ~(uint32_t)inside_mask) != *last) {
        if (atomic_compare_exchange_weak_explicit(
                &pool->state, &s, s + 1, memory_order_acquire, memory_order_acquire)) {
            *last = s & ~(uint32_t)inside_mask;
            return true;
        }
    }
    return false;
}

static void leave(gk_pool *pool) {
    uint32_t before = atomic_fetch_sub(&pool->state, 1);
    if ((before & inside_mask) == 1 && atomic_load(&pool->caller_asleep)) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_signal(&pool->done);
        pthread_mutex_unlock(&pool->mutex);
    }
}

static bool has_news(gk_pool *pool, uint32_t last) {
    uint32_t s = atomic_load(&pool->state);
    return ((s & open_bit) != 0 && (s & ~(uint32_t)inside_mask) != last) || atomic_load(&pool->ending);
}

static void *worker_main(void *argument) {
    worker *self = argument;
    gk_pool *pool = self->pool;
    uint32_t last = 0;
    while (!atomic_load_explicit(&pool->ending, memory_order_relaxed)) {
        int64_t start = now_ns();
        bool found = false;
        do {
            for (int i = 0; i < 64 && !found; i++) {
                found = has_news(pool, last);
                if (!found) gk_spin_hint();
            }
        } while (!found && now_ns() - start < worker_spin_ns);
        if (!found) {
            pthread_mutex_lock(&pool->mutex);
            atomic_fetch_add(&pool->sleepers, 1);
            while (!has_news(pool, last)) pthread_cond_wait(&pool->work, &pool->mutex);
            atomic_fetch_sub(&pool->sleepers, 1);
            pthread_mutex_unlock(&pool->mutex);
        }
        if (enter(pool, &last)) {
            work(pool, self->index);
            leave(pool);
        }
    }
    return NULL;
}

/// Returns when no worker is inside, with how long that took.
static int64_t wait_for_workers(gk_pool *pool) {
    for (int i = 0; i < 64; i++) {
        if ((atomic_load_explicit(&pool->state, memory_order_acquire) & inside_mask) == 0) return 0;
        gk_spin_hint();
    }
    int64_t start = now_ns(), now = start;
    while ((atomic_load_explicit(&pool->state, memory_order_acquire) & inside_mask) != 0) {
        for (int i = 0; i < 16; i++) gk_spin_hint();
        now = now_ns();
        if (now - start < caller_spin_ns) continue;
        // Asleep, this processor is free for the worker that another process keeps from running.
        pthread_mutex_lock(&pool->mutex);
        atomic_store(&pool->caller_asleep, true);
        while ((atomic_load(&pool->state) & inside_mask) != 0) pthread_cond_wait(&pool->done, &pool->mutex);
        atomic_store(&pool->caller_asleep, false);
        pthread_mutex_unlock(&pool->mutex);
        now = now_ns();
    }
    return now - start;
}

/// Decides, after a section of `spent` of which the caller waited `waited`, whether to go on sharing.
static void judge(gk_pool *pool, int64_t now, int64_t spent, int64_t waited) {
    pool->shared_ns += spent;
    pool->waited_ns += waited;
    if (pool->shared_ns < judged_ns) return;
    if (2 * pool->waited_ns > pool->shared_ns) {
        pool->solo_span = pool->solo_span == 0 ? solo_least_ns : 2 * pool->solo_span;
        if (pool->solo_span > solo_most_ns) pool->solo_span = solo_most_ns;
        pool->solo_until = now + pool->solo_span;
    } else {
        pool->solo_span = 0;
    }
    pool->shared_ns = 0;
    pool->waited_ns = 0;
}

void gk_pool_run(gk_pool *pool, int64_t items, int64_t grain, gk_pool_body body, void *context) {
    if (items <= 0) return;
    if (grain < 1) grain = 1;
    if (pool == NULL || pool->threads == 1 || items <= grain
        || atomic_flag_test_and_set_explicit(&pool->taken, memory_order_acquire)) {
        body(context, 0, items, 0);
        return;
    }
    if (pool->solo_until != 0) {
        if (now_ns() < pool->solo_until) {
            body(context, 0, items, 0);
            atomic_flag_clear_explicit(&pool->taken, memory_order_release);
            return;
        }
        pool->solo_until = 0;
    }
    int64_t begun = now_ns(), threads = pool->threads;
    int64_t share = (items + threads - 1) / threads;
    int64_t chunk = (share + chunks_per_range - 1) / chunks_per_range;
    if (chunk < grain) chunk = grain;
    share = (share + chunk - 1) / chunk * chunk;
    for (int64_t i = 0; i < threads; i++) {
        int64_t begin = i * share < items ? i * share : items;
        int64_t end = begin + share < items ? begin + share : items;
        atomic_store_explicit(&pool->ranges[i].next, begin, memory_order_relaxed);
        pool->ranges[i].end = end;
    }
    pool->body = body;
    pool->context = context;
    pool->chunk = chunk;
    uint32_t serial = (atomic_load_explicit(&pool->state, memory_order_relaxed) & ~(uint32_t)(serial_step - 1)) + serial_step;
    atomic_store(&pool->state, serial | open_bit);
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->work);
        pthread_mutex_unlock(&pool->mutex);
    }
    work(pool, 0);
    atomic_fetch_and(&pool->state, ~(uint32_t)open_bit);
    int64_t waited = wait_for_workers(pool), now = now_ns();
    judge(pool, now, now - begun, waited);
    atomic_flag_clear_explicit(&pool->taken, memory_order_release);
}

gk_pool *gk_pool_create(int32_t threads) {
    if (threads < 1) threads = 1;
    if (threads > max_threads) threads = max_threads;
    gk_pool *pool = NULL;
    if (posix_memalign((void **)&pool, 128, sizeof(gk_pool)) != 0) return NULL;
    *pool = (gk_pool){.threads = 1, .taken = ATOMIC_FLAG_INIT};
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    for (int32_t i = 1; i < threads; i++) {
        worker *w = &pool->workers[i];
        w->pool = pool;
        w->index = i;
        if (pthread_create(&w->thread, NULL, worker_main, w) != 0) {
            gk_pool_destroy(pool);
            return NULL;
        }
        pool->threads = i + 1;
    }
    return pool;
}

void gk_pool_destroy(gk_pool *pool) {
    if (pool == NULL) return;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->ending, true);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    for (int32_t i = 1; i < pool->threads; i++) pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

int32_t gk_pool_threads(const gk_pool *pool) { return pool == NULL ? 1 : pool->threads; }
