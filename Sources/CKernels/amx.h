#pragma once

// Tiles: a configuration for a kernel's stay, and layouts that the kernels share.

#include "avx512.h"

#if GK_X86

#define GK_TARGET_AMX \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,amx-tile,amx-int8,amx-bf16")))

/// What LDTILECFG reads: palette 1, then rows and bytes a row of each of eight tiles.
typedef struct {
    uint8_t palette;
    uint8_t start_row;
    uint8_t reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} gk_tile_config;

_Static_assert(sizeof(gk_tile_config) == 64, "tile configuration");

#endif
