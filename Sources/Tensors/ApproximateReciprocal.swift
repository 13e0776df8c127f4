/// 1/x as NVIDIA's GPUs approximate it (`rcp.approx.ftz.f32`), which bitsandbytes' kernels scale blocks by.
///
/// A table gives each of 128 equal parts of a binade a parabola (Oberman and Siu, "A high-performance area-efficient
/// multifunction interpolator", 2005). Its coefficients, and which of the square's partial products are summed, follow
/// from the results for all 2^23 mantissas on an H100, which leave one choice; other exponents only scale the result.
package func approximateReciprocal(_ x: Float) -> Float {
    guard !x.isNaN else { return x }
    guard !x.isZero, !x.isSubnormal else { return x.sign == .minus ? -.infinity : .infinity }
    // Results below the smallest normal number are zero.
    guard x.magnitude <= 0x1p126 else { return x.sign == .minus ? -0.0 : 0 }
    let mantissa = Int64(x.significandBitPattern)
    let part = parts[Int(mantissa >> 16)], low = mantissa & 0xffff
    let value = part >> 26, slope = part >> 10 & 0xffff, curvature = part & 0x3ff
    let sum = value << 30 + rounding - (slope * low) << 17 + curvature * shortSquare(low)
    let result = Float(sum >> 32) * 0x1p-24 * Float(sign: .plus, exponent: -x.exponent, significand: 1)
    return x.sign == .minus ? -result : result
}

/// x * x of sixteen bits, without those products of two bits that are worth 2^16 or less.
private func shortSquare(_ x: Int64) -> Int64 {
    var sum: Int64 = 0
    for i: Int64 in 0..<16 where x >> i & 1 == 1 {
        if 2 * i > 16 { sum += 1 << (2 * i) }
        for j in 0..<i where x >> j & 1 == 1 && i + j + 1 > 16 { sum += 1 << (i + j + 1) }
    }
    return sum
}

private let rounding: Int64 = 0x0fce_0000

/// By part: 28 bits of value, 16 of slope and 10 of curvature.
private let parts: [Int64] = [
    0x10_0000_03ff_fbf5, 0x0f_e03f_8bf0_2bdd, 0x0f_c0fc_1be0_b7c6, 0x0f_a232_d7d1_9fb1, 0x0f_83e0_fbc2_db9b, 0x0f_6603_e3b4_6f86,
    0x0f_4898_e3a6_5773, 0x0f_2b9d_6b98_8b5f, 0x0f_0f0f_138b_0f4d, 0x0e_f2eb_7b7d_df3b, 0x0e_d730_4770_f729, 0x0e_bbdb_2f64_5317,
    0x0e_a0ea_1757_f706, 0x0e_865a_d34b_def6, 0x0e_6c2b_4f40_06e6, 0x0e_5259_8b34_6ed7, 0x0e_38e3_9729_12c7, 0x0e_1fc7_8b1d_f2b8,
    0x0e_0703_8b13_0eaa, 0x0d_ee95_cb08_629d, 0x0d_d67c_8efd_ee90, 0x0d_beb6_26f3_ae82, 0x0d_a740_dee9_a677, 0x0d_901b_2adf_ce6a,
    0x0d_7943_66d6_265d, 0x0d_62b8_1acc_b252, 0x0d_4c77_bac3_6a46, 0x0d_3680_daba_523c, 0x0d_20d2_1ab1_6631, 0x0d_0b6a_06a8_a225,
    0x0c_f647_56a0_0e1c, 0x0c_e168_ae97_9e11, 0x0c_cccc_d68f_5a07, 0x0c_b872_8687_3dfe, 0x0c_a458_827f_45f5, 0x0c_907d_ae77_71ea,
    0x0c_7ce0_ce6f_c5e2, 0x0c_6980_d268_3dda, 0x0c_565c_9260_d5d1, 0x0c_4373_0659_91c9, 0x0c_30c3_1652_6dc1, 0x0c_1e4b_c64b_69b9,
    0x0c_0c0c_1644_85b1, 0x0b_fa03_0a3d_c1aa, 0x0b_e82f_aa37_19a2, 0x0b_d691_0e30_919c, 0x0b_c526_4a2a_2193, 0x0b_b3ee_7a23_d18d,
    0x0b_a2e8_c61d_9d86, 0x0b_9214_4617_817f, 0x0b_8170_3211_8179, 0x0b_70fb_c20b_9d73, 0x0b_60b6_1605_d16e, 0x0b_509e_7200_1966,
    0x0b_40b4_11fa_7d61, 0x0b_30f6_39f4_f95c, 0x0b_2164_35ef_8955, 0x0b_11fd_49ea_3551, 0x0b_02c0_b9e4_f14b, 0x0a_f3ad_e1df_c546,
    0x0a_e4c4_1dda_ad40, 0x0a_d602_c1d5_ad3c, 0x0a_c769_25d0_bd36, 0x0a_b8f6_a5cb_e131, 0x0a_aaaa_b1c7_1d2e, 0x0a_9c84_b1c2_6929,
    0x0a_8e84_01bd_c523, 0x0a_80a8_11b9_351f, 0x0a_72f0_5db4_b91b, 0x0a_655c_49b0_4d17, 0x0a_57eb_59ab_f112, 0x0a_4a9c_fda7_a90f,
    0x0a_3d70_ada3_6d0a, 0x0a_3065_ed9f_4507, 0x0a_237c_399b_2902, 0x0a_16b3_1997_2100, 0x0a_0a0a_1593_24fb, 0x09_fd80_a98f_38f8,
    0x09_f116_698b_58f3, 0x09_e4ca_d987_88f0, 0x09_d89d_9183_c8ed, 0x09_cc8e_2180_14e9, 0x09_c09c_157c_70e7, 0x09_b4c7_0578_d4e2,
    0x09_a90e_8575_48df, 0x09_9d72_3571_ccde, 0x09_91f1_ad6e_58da, 0x09_868c_896a_f0d6, 0x09_7b42_6967_98d4, 0x09_7012_ed64_48d0,
    0x09_64fd_ad61_04cd, 0x09_5a02_615d_d0cc, 0x09_4f20_9d5a_a0c7, 0x09_4458_1157_80c5, 0x09_39a8_6554_6cc4, 0x09_2f11_4151_60c1,
    0x09_2492_514e_5cbd, 0x09_1a2b_454b_64ba, 0x09_0fdb_cd48_78b8, 0x09_05a3_8d45_94b6, 0x08_fb82_4942_bcb4, 0x08_f177_a53f_ecb2,
    0x08_e783_5d3d_24af, 0x08_dda5_293a_68ad, 0x08_d3dc_b937_b4ab, 0x08_ca29_c535_08a9, 0x08_c08c_1132_64a6, 0x08_b703_4d2f_cca5,
    0x08_ad8f_392d_38a1, 0x08_a42f_912a_b0a0, 0x08_9ae4_1128_309f, 0x08_91ac_7d25_b49b, 0x08_8888_9123_449a, 0x08_7f78_1120_dc99,
    0x08_767a_bd1e_7896, 0x08_6d90_611c_2095, 0x08_64b8_b119_cc93, 0x08_5bf3_7d17_8091, 0x08_5340_9115_3c8f, 0x08_4a9f_a113_008f,
    0x08_4210_8d10_c88c, 0x08_3993_110e_988a, 0x08_3126_f50c_7089, 0x08_28cc_050a_4c87, 0x08_2082_1108_3085, 0x08_1848_e506_1c84,
    0x08_1020_4504_0c83, 0x08_0808_0d02_0482,
]
