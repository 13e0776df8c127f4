private import CKernels
import Tensors

extension WeightFormat {
    /// The kernels' number of the format; `nil` where they have none.
    var kernelType: Int32? {
        switch self {
        case .dense(let type): TensorEncoding.dense(type).kernelType
        case .blocks(let format): TensorEncoding.blocks(format).kernelType
        case .int8: GK_INT8.rawValue
        case .fourBit(let format): format.type == .nf4 ? GK_NF4.rawValue : GK_FP4.rawValue
        }
    }
}

extension TensorEncoding {
    /// The kernels' number of the encoding; `nil` where they have none.
    var kernelType: Int32? {
        switch self {
        case .dense(.float32): GK_F32.rawValue
        case .dense(.float16): GK_F16.rawValue
        case .dense(.bfloat16): GK_BF16.rawValue
        case .dense: nil
        case .blocks(let format):
            switch format {
            case .q4_0: GK_Q4_0.rawValue
            case .q4_1: GK_Q4_1.rawValue
            case .q5_0: GK_Q5_0.rawValue
            case .q5_1: GK_Q5_1.rawValue
            case .q8_0: GK_Q8_0.rawValue
            case .q2K: GK_Q2_K.rawValue
            case .q3K: GK_Q3_K.rawValue
            case .q4K: GK_Q4_K.rawValue
            case .q5K: GK_Q5_K.rawValue
            case .q6K: GK_Q6_K.rawValue
            case .iq4NL, .iq4XS: nil
            }
        }
    }
}
