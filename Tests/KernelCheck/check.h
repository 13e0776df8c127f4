#pragma once

// Compares the kernels of every instruction set of this machine with plain C, and plain C with sums in double.

#include "CKernels.h"

#include <stdbool.h>

/// The instruction sets of this machine, least first.
extern gk_isa check_sets[8];
extern int check_set_count;

/// Counts a comparison; says so where `error` is above `limit` or no number.
__attribute__((format(printf, 3, 4))) void check_within(double error, double limit, const char *format, ...);

/// Counts a comparison of bytes.
__attribute__((format(printf, 4, 5))) void check_equal(const void *a, const void *b, size_t bytes, const char *format, ...);

/// Memory that ends where the process may not read or write, so that one byte too far ends the program. Freed by
/// `check_forget`, all at once.
void *check_memory(size_t bytes);
void check_forget(void);

/// Pseudo-random numbers (splitmix64), the same in every run.
uint64_t random_bits(void);
int64_t random_below(int64_t end);
/// About normally distributed.
float random_float(void);
float *random_floats(int64_t count, float scale);

/// A weight with random codes and scales of useful size, in layout ROWS. NF4 and FP4: in blocks of `block_size`,
/// double-quantised where that is asked for.
gk_weight random_weight(gk_type type, int64_t rows, int64_t cols, int64_t block_size, bool is_double);

/// From now on, or no longer, the codes of weights are the largest and least of their type, a run of 256 bytes at a time.
void random_extremes(bool are_on);

void check_products(void);
void check_attention(void);
void check_elementwise(void);
void check_codes(void);
void check_pool(void);
