#pragma once

#include "gk_attention.h"

#include "platform.h"

enum {
    /// Queries (rows times heads that share a KV head) of one prefill tile, and keys of one step.
    GK_TILE_QUERIES = 96,
    GK_TILE_KEYS = 64,
};

/// Whether a cache can be read: type, pointer, strides.
bool gk_is_cache(const gk_kv *cache);

/// Keys that row `i` sees: from the first to its own position.
GK_INLINE int64_t gk_first_key(const gk_attention *a, int64_t i) {
    int64_t position = a->first + i;
    return a->window > 0 && position >= a->window ? position - a->window + 1 : 0;
}

#if GK_X86
/// Query row `i`, head `h`, with AVX2; head dimensions are multiples of 8. `scratch` as in the plain form.
void gk_attend_head_avx2(const gk_attention *a, int64_t i, int64_t h, float *scratch);
#endif

#ifdef GK_VECTOR
/// One row's query heads `head` ..< head + count, which share a KV head. `scratch` holds the scores:
/// count * (keys in view, rounded up to 16) floats.
void GK_VECTOR(gk_attend_row)(const gk_attention *a, int64_t i, int64_t head, int64_t count, float *scratch);

/// Rows `begin` ..< end of all query heads of one KV head, at most GK_TILE_QUERIES queries. `scratch` has
/// `gk_tile_floats` floats.
void GK_VECTOR(gk_attend_tile)(const gk_attention *a, int64_t begin, int64_t end, int64_t kv_head, float *scratch);
#endif

/// Floats of scratch for one prefill tile: keys, values, scores, sums, and two a query.
GK_INLINE int64_t gk_tile_floats(int64_t head_dim) {
    return 2 * GK_TILE_KEYS * head_dim + GK_TILE_QUERIES * (GK_TILE_KEYS + 2 * head_dim + 4);
}
