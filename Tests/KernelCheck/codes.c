// Rounding to halves, bfloat16 and codes: every instruction set gives the bits that plain C gives.

#include "check.h"
#include "matmul.h"

#include <math.h>

static void conversions(void) {
    enum { count = 20013 };
    float *source = check_memory(count * sizeof(float));
    for (int i = 0; i < count; i++) {
        do { source[i] = gk_f32_from_bits((uint32_t)random_bits()); } while (isnan(source[i]));
    }
    const float edges[] = {0, -0.0f, 65504, 65519, 65520, 1e-8f, 0x1p-24f, 0x1p-25f, 0x1.000002p-25f, INFINITY, -INFINITY, 3.4e38f, 0x1p-133f};
    memcpy(source, edges, sizeof(edges));
    // Halfway between two bfloat16 or two halves, one bit less, one bit more.
    for (int i = 100; i < 1000; i++) {
        uint32_t half = i % 2 == 0 ? 0x8000 : 0x1000, bits = (uint32_t)(90 + random_below(70)) << 23 | (uint32_t)random_below(0x800000);
        source[i] = gk_f32_from_bits((bits & ~(2 * half - 1)) + half - 1 + (uint32_t)random_below(3));
    }
    const uint32_t nans[] = {0x7fc00000, 0x7f800001, 0x7fffffff, 0xffffffff, 0xff80ffff};
    const gk_type types[] = {GK_F16, GK_BF16};
    for (int t = 0; t < 2; t++) {
        uint16_t *plain = NULL;
        for (int s = 0; s < check_set_count; s++) {
            gk_isa_limit(check_sets[s]);
            uint16_t *halves = check_memory(count * 2);
            gk_convert(NULL, GK_F32, source, types[t], halves, count);
            if (plain == NULL) plain = halves;
            check_equal(halves, plain, count * 2, "%s: conversion to type %d", gk_isa_name(check_sets[s]), types[t]);
            for (int n = 0; n < 5; n++) {
                float back = 0;
                uint16_t half;
                gk_convert(NULL, GK_F32, &nans[n], types[t], &half, 1);
                gk_convert(NULL, types[t], &half, GK_F32, &back, 1);
                check_within(isnan(back) ? 0 : 1, 0.5, "%s: NaN by type %d", gk_isa_name(check_sets[s]), types[t]);
            }
        }
    }
    check_forget();
}

static gk_code_row code_row(int64_t blocks) {
    size_t four = (size_t)blocks * 4;
    return (gk_code_row){
        .codes = check_memory((size_t)blocks * 32), .scales = check_memory(four), .scaled_sums = check_memory(four),
        .starts8 = check_memory(four), .starts16 = check_memory(four), .starts128 = check_memory(four), .halves32 = check_memory(2 * four),
    };
}

static void activations(void) {
    const int64_t blocks = 200;
    float *x = random_floats(blocks * 32, 3);
    for (int64_t b = 0; b < blocks; b++) {
        float *block = x + b * 32;
        float scale = ldexpf(1, (int)random_below(60) - 30);
        for (int k = 0; k < 32; k++) block[k] *= b % 5 == 0 ? scale : 1;
        if (b % 7 == 0) block[random_below(32)] = NAN;
        if (b % 11 == 0) block[random_below(32)] = -INFINITY;
        if (b % 13 == 0) memset(block, 0, 32 * sizeof(float));
        if (b % 17 == 0) block[3] = 1e-42f;
        // Ties: with a largest of 127 the halves lie between two codes.
        for (int k = 0; b % 3 == 0 && k < 32; k++) block[k] = (float)(random_below(509) - 254) / 2;
        if (b % 3 == 0) block[random_below(32)] = 127;
    }
    gk_code_row plain = {0};
    for (int s = 0; s < check_set_count; s++) {
        gk_isa_limit(check_sets[s]);
        gk_code_row row = code_row(blocks);
        gk_prepare_codes(x, blocks, row);
        if (s == 0) plain = row;
        const char *set = gk_isa_name(check_sets[s]);
        size_t four = (size_t)blocks * 4;
        check_equal(row.codes, plain.codes, (size_t)blocks * 32, "%s: codes of activations", set);
        check_equal(row.scales, plain.scales, four, "%s: scales of activations", set);
        for (int64_t b = 0; b < blocks; b++) {
            // Infinity times no codes is NaN, whose bits may differ.
            if (isnan(row.scaled_sums[b]) && isnan(plain.scaled_sums[b])) continue;
            check_equal(&row.scaled_sums[b], &plain.scaled_sums[b], 4, "%s: scaled sum of block %lld", set, (long long)b);
        }
        check_equal(row.starts8, plain.starts8, four, "%s: starts", set);
        check_equal(row.starts16, plain.starts16, four, "%s: starts", set);
        check_equal(row.starts128, plain.starts128, four, "%s: starts", set);
        check_equal(row.halves32, plain.halves32, 2 * four, "%s: starts of halves", set);
    }
    check_forget();
}

static void four_bits(gk_type type, int64_t count, int64_t block_size) {
    float *x = random_floats(count, 0.3f);
    for (int64_t i = 0; i < count; i += 97) x[i] = 0;
    size_t bytes = (size_t)(count + 1) / 2, blocks = (size_t)((count + block_size - 1) / block_size) * sizeof(float);
    uint8_t *plain = NULL;
    float *plain_scales = NULL;
    for (int s = 0; s < check_set_count; s++) {
        gk_isa_limit(check_sets[s]);
        uint8_t *packed = check_memory(bytes);
        float *absmax = check_memory(blocks);
        gk_quantize_4bit(NULL, type, x, count, block_size, packed, absmax);
        if (plain == NULL) plain = packed, plain_scales = absmax;
        check_equal(packed, plain, bytes, "%s: %lld codes of type %d", gk_isa_name(check_sets[s]), (long long)count, type);
        check_equal(absmax, plain_scales, blocks, "%s: scales of type %d", gk_isa_name(check_sets[s]), type);
    }
    check_forget();
}

void check_codes(void) {
    conversions();
    activations();
    static const int64_t counts[] = {1, 31, 32, 64, 65, 1000, 4099};
    for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
        for (int64_t block = 32; block <= 256; block *= 2) {
            four_bits(GK_NF4, counts[n], block);
            four_bits(GK_FP4, counts[n], block);
        }
    }
}
