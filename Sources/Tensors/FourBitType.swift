/// The 4-bit types of bitsandbytes: each code stands for one of 16 values in [-1, 1], scaled by its block's absmax.
public enum FourBitType: String, Sendable, Hashable, CaseIterable {
    /// A sign, 2 bits of exponent and one of mantissa, divided by 12.
    case fp4
    /// Quantiles of the normal distribution (QLoRA, https://arxiv.org/abs/2305.14314, appendix E).
    case nf4

    /// The block sizes that bitsandbytes allows.
    public static let blockSizes = [32, 64, 128, 256, 512, 1024, 2048, 4096]

    /// The value of each code. The sign of fp4's second zero counts, as in bitsandbytes' kernels; its published
    /// table has a plain zero there.
    public var table: [Float] {
        switch self {
        case .fp4: Self.fp4Table
        case .nf4: Self.nf4Table
        }
    }

    /// The code of a value that was divided by its block's absmax.
    ///
    /// The thresholds are the ones that bitsandbytes' kernels have
    /// (https://github.com/bitsandbytes-foundation/bitsandbytes/blob/0.50.2/csrc/kernels.cu, `dQuantizeFP4` and
    /// `dQuantizeNF4`); a value on a threshold goes down, a NaN becomes 0.
    public func code(of normalized: Float) -> UInt8 {
        switch self {
        case .nf4:
            return UInt8(Self.nf4Thresholds.count { normalized > $0 })
        case .fp4:
            let sign: UInt8 = normalized < 0 ? 8 : 0
            return sign | Self.fp4Order[Self.fp4Thresholds.count { normalized.magnitude > $0 }]
        }
    }

    /// Where the next code begins, for magnitudes with fp4.
    package var thresholds: [Float] {
        switch self {
        case .fp4: Self.fp4Thresholds
        case .nf4: Self.nf4Thresholds
        }
    }

    private static let fp4Table: [Float] = [0, 0.0625, 8, 12, 4, 6, 2, 3, -0.0, -0.0625, -8, -12, -4, -6, -2, -3].map { $0 / 12 }

    /// The codes without sign, by growing value.
    private static let fp4Order: [UInt8] = [0, 1, 6, 7, 4, 5, 2, 3]

    private static let fp4Thresholds: [Float] = [
        0.00260417, 0.0859375, 0.20833333, 0.29166667, 0.4166667, 0.583333, 0.8333333,
    ]

    private static let nf4Table: [Float] = [
        -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
        -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
        0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
    ]

    private static let nf4Thresholds: [Float] = [
        -0.8480964004993439, -0.6106329262256622, -0.4599952697753906, -0.33967943489551544, -0.23460740596055984,
        -0.13791173323988914, -0.045525018125772476, 0.03979014977812767, 0.1202552504837513, 0.2035212516784668,
        0.2920137718319893, 0.3893125355243683, 0.5016634166240692, 0.6427869200706482, 0.8614784181118011,
    ]
}

extension FourBitType: CustomStringConvertible {
    public var description: String { rawValue }
}
