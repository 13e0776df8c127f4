#pragma once

#include "gk_base.h"

#pragma clang assume_nonnull begin

/// Threads kept warm for short parallel sections.
///
/// The calling thread works too and claims whatever the workers have not; it never waits for a worker that
/// has not started on something. Waiting spins briefly, then sleeps, so that a busy neighbour on the
/// machine costs little: a pool that notices its workers being descheduled runs alone for a while.
///
/// One section at a time: where two threads call with the same pool, the second does its work alone.
typedef struct gk_pool gk_pool;

/// A pool of `threads` including the caller's (clamped to 1 ... 256). Returns null where memory or threads
/// are refused. The caller owns the pool and calls `gk_pool_destroy`.
gk_pool *_Nullable gk_pool_create(int32_t threads);

/// Ends the workers and frees the pool. No call with it may be under way.
void gk_pool_destroy(gk_pool *_Nullable pool);

/// Threads including the caller's; 1 for null.
int32_t gk_pool_threads(const gk_pool *_Nullable pool);

/// Work on items `begin` ..< `end` as worker number `worker` (0 ..< threads; one call at a time each).
typedef void (*gk_pool_body)(void *_Nullable context, int64_t begin, int64_t end, int32_t worker);

/// Calls `body` until every item in 0 ..< `items` has been worked on, at least `grain` at a time but for
/// remainders, on all threads; returns when all are done. A null pool works on the calling thread.
void gk_pool_run(gk_pool *_Nullable pool, int64_t items, int64_t grain, gk_pool_body body, void *_Nullable context);

#pragma clang assume_nonnull end
