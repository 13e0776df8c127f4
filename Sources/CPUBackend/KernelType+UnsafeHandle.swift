import CKernels
import Tensors

extension WeightFormat {
    /// The kernels' name of the format; `nil` where they have none.
    var kernelType: gk_type? {
        switch self {
        case .dense(let type): TensorEncoding.dense(type).kernelType
        case .blocks(let format): TensorEncoding.blocks(format).kernelType
        case .int8: GK_INT8
        case .fourBit(let format): format.code == .nf4 ? GK_NF4 : GK_FP4
        }
    }
}

extension TensorEncoding {
    /// The kernels' name of the encoding; `nil` where they have none.
    var kernelType: gk_type? {
        switch self {
        case .dense(.float32): GK_F32
        case .dense(.float16): GK_F16
        case .dense(.bfloat16): GK_BF16
        case .dense: nil
        case .blocks(let format):
            switch format {
            case .q4_0: GK_Q4_0
            case .q4_1: GK_Q4_1
            case .q5_0: GK_Q5_0
            case .q5_1: GK_Q5_1
            case .q8_0: GK_Q8_0
            case .q2K: GK_Q2_K
            case .q3K: GK_Q3_K
            case .q4K: GK_Q4_K
            case .q5K: GK_Q5_K
            case .q6K: GK_Q6_K
            case .iq4NL, .iq4XS: nil
            }
        }
    }
}
