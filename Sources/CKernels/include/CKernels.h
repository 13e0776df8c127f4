#pragma once

// Arithmetic of Galley on the CPU, in C, chosen at run time by instruction set.
//
// Conventions of every function here:
// - Nothing allocates except functions named ..._create. Memory belongs to the caller for the length of
//   the call; scratch memory is passed in, its size comes from the ..._scratch_bytes function beside.
// - Pointers are non-null unless marked _Nullable. Buffers need the alignment of their element type only
//   (64 bytes is faster). Source and destination may be the same buffer where "in place" is said.
// - Sizes and strides count elements unless the name says bytes. Row-major: x[m][cols].
// - Nothing reads or writes beyond the sizes stated; nothing traps or exits. Bad arguments (negative or
//   overflowing sizes, null pointers, blocks that do not divide a row) give a status and touch nothing.
// - Results do not depend on the number of threads: each output element is computed by one thread, in an
//   order fixed by the shapes and the instruction set.

#include "gk_base.h"
#include "gk_pool.h"
#include "gk_weight.h"
#include "gk_matmul.h"
#include "gk_attention.h"
#include "gk_elementwise.h"
#include "gk_quantize.h"
