#pragma once

#include "gk_pool.h"

#pragma clang assume_nonnull begin

/// How the two halves of a rotated pair lie in a head.
typedef enum gk_rope_layout : int32_t {
    /// (i, i + dims/2): Hugging Face's, GPT-NeoX's. GGUF's qwen and gemma files.
    GK_ROPE_HALVES = 0,
    /// (2i, 2i + 1): Meta's. GGUF files of the llama architecture (their q and k rows are permuted).
    GK_ROPE_INTERLEAVED = 1,
} gk_rope_layout;

/// Rotates the first `dims` of each head of `x` [m][x_stride], in place: (a, b) becomes
/// (a cos - b sin, a sin + b cos), with row `i` of `cosines` and `sines` [m][dims/2] for row `i` of x.
gk_status gk_rope(
    float *x, int64_t m, int64_t x_stride, int64_t heads, int64_t head_dim, int64_t dims,
    const float *cosines, const float *sines, gk_rope_layout layout);

/// Keys or values of all positions: element i of KV head h at position p lies at
/// p * position_stride + h * head_stride + i. Types F32, F16, BF16.
typedef struct gk_kv {
    gk_type type;
    void *data;
    int64_t position_stride;
    int64_t head_stride;
} gk_kv;

/// Writes rows x [m][x_stride], each kv_heads * head_dim wide, to the positions first ..< first + m.
gk_status gk_kv_store(
    const gk_kv *cache, int64_t first, const float *x, int64_t m, int64_t x_stride, int64_t kv_heads, int64_t head_dim);

/// Attention of `m` query rows over a cache.
typedef struct gk_attention {
    /// [m][q_stride], head after head.
    const float *q;
    int64_t q_stride;
    /// [m][y_stride], head after head. May be `q`.
    float *y;
    int64_t y_stride;
    int64_t m;
    int64_t heads;
    /// Divides `heads`; query head h reads KV head h / (heads / kv_heads).
    int64_t kv_heads;
    int64_t head_dim;
    /// Position of query row 0. Row i sees the keys at positions 0 ... first + i, all already stored.
    int64_t first;
    /// More than 0: row at position p sees only keys j with p - j < window.
    int64_t window;
    /// Multiplies q·k; usually 1 / sqrt(head_dim).
    float scale;
    /// More than 0: scores become softcap * tanh(score / softcap).
    float softcap;
    gk_kv keys;
    gk_kv values;
} gk_attention;

/// Scratch bytes for `gk_attention_run` with up to `m` rows and `positions` keys in view. -1 if impossible.
int64_t gk_attention_scratch_bytes(
    const gk_pool *_Nullable pool, int64_t m, int64_t positions, int64_t heads, int64_t head_dim);

/// y = softmax(scale q k^T, causal, windowed) v, in float32, by head.
gk_status gk_attention_run(gk_pool *_Nullable pool, const gk_attention *attention, void *scratch, int64_t scratch_bytes);

#pragma clang assume_nonnull end
