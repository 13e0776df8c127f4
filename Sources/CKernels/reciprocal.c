// 1/x as NVIDIA's GPUs approximate it (rcp.approx.ftz.f32), which bitsandbytes' kernels scale blocks by.

#include "gk_quantize.h"

#include <string.h>

// A table gives each of 128 equal parts of a binade a parabola (Oberman and Siu, "A high-performance area-efficient
// multifunction interpolator", 2005). Its coefficients, and which of the square's partial products are summed, follow
// from the results for all 2^23 mantissas on an H100, which leave one choice; other exponents only scale the result.

/// By part: 28 bits of value, 16 of slope and 10 of curvature.
static const uint64_t parts[128] = {
    0x10000003fffbf5, 0x0fe03f8bf02bdd, 0x0fc0fc1be0b7c6, 0x0fa232d7d19fb1, 0x0f83e0fbc2db9b, 0x0f6603e3b46f86,
    0x0f4898e3a65773, 0x0f2b9d6b988b5f, 0x0f0f0f138b0f4d, 0x0ef2eb7b7ddf3b, 0x0ed7304770f729, 0x0ebbdb2f645317,
    0x0ea0ea1757f706, 0x0e865ad34bdef6, 0x0e6c2b4f4006e6, 0x0e52598b346ed7, 0x0e38e3972912c7, 0x0e1fc78b1df2b8,
    0x0e07038b130eaa, 0x0dee95cb08629d, 0x0dd67c8efdee90, 0x0dbeb626f3ae82, 0x0da740dee9a677, 0x0d901b2adfce6a,
    0x0d794366d6265d, 0x0d62b81accb252, 0x0d4c77bac36a46, 0x0d3680daba523c, 0x0d20d21ab16631, 0x0d0b6a06a8a225,
    0x0cf64756a00e1c, 0x0ce168ae979e11, 0x0cccccd68f5a07, 0x0cb87286873dfe, 0x0ca458827f45f5, 0x0c907dae7771ea,
    0x0c7ce0ce6fc5e2, 0x0c6980d2683dda, 0x0c565c9260d5d1, 0x0c4373065991c9, 0x0c30c316526dc1, 0x0c1e4bc64b69b9,
    0x0c0c0c164485b1, 0x0bfa030a3dc1aa, 0x0be82faa3719a2, 0x0bd6910e30919c, 0x0bc5264a2a2193, 0x0bb3ee7a23d18d,
    0x0ba2e8c61d9d86, 0x0b92144617817f, 0x0b817032118179, 0x0b70fbc20b9d73, 0x0b60b61605d16e, 0x0b509e72001966,
    0x0b40b411fa7d61, 0x0b30f639f4f95c, 0x0b216435ef8955, 0x0b11fd49ea3551, 0x0b02c0b9e4f14b, 0x0af3ade1dfc546,
    0x0ae4c41ddaad40, 0x0ad602c1d5ad3c, 0x0ac76925d0bd36, 0x0ab8f6a5cbe131, 0x0aaaaab1c71d2e, 0x0a9c84b1c26929,
    0x0a8e8401bdc523, 0x0a80a811b9351f, 0x0a72f05db4b91b, 0x0a655c49b04d17, 0x0a57eb59abf112, 0x0a4a9cfda7a90f,
    0x0a3d70ada36d0a, 0x0a3065ed9f4507, 0x0a237c399b2902, 0x0a16b319972100, 0x0a0a0a159324fb, 0x09fd80a98f38f8,
    0x09f116698b58f3, 0x09e4cad98788f0, 0x09d89d9183c8ed, 0x09cc8e218014e9, 0x09c09c157c70e7, 0x09b4c70578d4e2,
    0x09a90e857548df, 0x099d723571ccde, 0x0991f1ad6e58da, 0x09868c896af0d6, 0x097b42696798d4, 0x097012ed6448d0,
    0x0964fdad6104cd, 0x095a02615dd0cc, 0x094f209d5aa0c7, 0x094458115780c5, 0x0939a865546cc4, 0x092f11415160c1,
    0x092492514e5cbd, 0x091a2b454b64ba, 0x090fdbcd4878b8, 0x0905a38d4594b6, 0x08fb824942bcb4, 0x08f177a53fecb2,
    0x08e7835d3d24af, 0x08dda5293a68ad, 0x08d3dcb937b4ab, 0x08ca29c53508a9, 0x08c08c113264a6, 0x08b7034d2fcca5,
    0x08ad8f392d38a1, 0x08a42f912ab0a0, 0x089ae41128309f, 0x0891ac7d25b49b, 0x0888889123449a, 0x087f781120dc99,
    0x08767abd1e7896, 0x086d90611c2095, 0x0864b8b119cc93, 0x085bf37d178091, 0x08534091153c8f, 0x084a9fa113008f,
    0x0842108d10c88c, 0x083993110e988a, 0x083126f50c7089, 0x0828cc050a4c87, 0x08208211083085, 0x081848e5061c84,
    0x08102045040c83, 0x0808080d020482,
};

enum { rounding = 0x0fce0000 };

/// x * x of sixteen bits, without those products of two bits that are worth 2^16 or less.
static int64_t short_square(int64_t x) {
    int64_t left_out = (x >> 8 & 1) << 16;
    for (int i = 0; i < 8; i++) {
        // Bit i by itself, and by the bits i + 1 ... 15 - i.
        int64_t others = x & ((1 << (16 - i)) - (2 << i));
        left_out += -(x >> i & 1) & ((others << (i + 1)) + (1 << 2 * i));
    }
    return x * x - left_out;
}

float gk_approximate_reciprocal(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t sign = bits & 0x80000000u, exponent = bits >> 23 & 255, mantissa = bits & 0x7fffff;
    if (exponent == 255 && mantissa != 0) return x;
    if (exponent == 0) {
        bits = sign | 0x7f800000u;
    } else if (exponent > 253 || (exponent == 253 && mantissa != 0)) {
        // Below the smallest normal number.
        bits = sign;
    } else {
        uint64_t part = parts[mantissa >> 16];
        int64_t low = mantissa & 0xffff, sum = (int64_t)(part >> 26) << 30 | rounding;
        if (low != 0) sum += (int64_t)(part & 0x3ff) * short_square(low) - ((int64_t)(part >> 10 & 0xffff) * low << 17);
        // 2^23 to 2^24 of 2^-24.
        bits = sign | (((253 - exponent) << 23) + (uint32_t)(sum >> 32) - (1u << 23));
    }
    memcpy(&x, &bits, sizeof x);
    return x;
}
