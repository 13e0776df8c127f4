/// The numbers by which GGUF names tensor types
/// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, `ggml_type`).
enum GGUFTensorType {
    /// The encoding of a type's number; `nil` where it cannot be read here.
    static func encoding(_ number: UInt32) -> TensorEncoding? {
        switch number {
        case 0: .dense(.float32)
        case 1: .dense(.float16)
        case 2: .blocks(.q4_0)
        case 3: .blocks(.q4_1)
        case 6: .blocks(.q5_0)
        case 7: .blocks(.q5_1)
        case 8: .blocks(.q8_0)
        case 10: .blocks(.q2K)
        case 11: .blocks(.q3K)
        case 12: .blocks(.q4K)
        case 13: .blocks(.q5K)
        case 14: .blocks(.q6K)
        case 20: .blocks(.iq4NL)
        case 23: .blocks(.iq4XS)
        case 24: .dense(.int8)
        case 25: .dense(.int16)
        case 26: .dense(.int32)
        case 27: .dense(.int64)
        case 28: .dense(.float64)
        case 30: .dense(.bfloat16)
        default: nil
        }
    }

    /// The name of a type that exists but cannot be read here.
    static func name(_ number: UInt32) -> String? {
        let names: [UInt32: String] = [
            4: "Q4_2", 5: "Q4_3", 9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S",
            22: "IQ2_S", 29: "IQ1_M", 31: "Q4_0_4_4", 32: "Q4_0_4_8", 33: "Q4_0_8_8", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
        ]
        return names[number]
    }
}
