public import Tensors

/// The type that weights are loaded in.
public enum LoadingType: String, Sendable, Hashable, CaseIterable {
    case float32, float16, bfloat16
    /// As the checkpoint has them. GGUF's quantised types are computed on directly.
    case asStored
    /// Linear layers in int8 with a scale a row, all else in bfloat16.
    case int8
}

/// Quantising while loading, as bitsandbytes does it: linear layers only. Embeddings, norms and the output head
/// keep the loading type, which is bfloat16 unless another is asked for; weights are rounded to it first.
public enum Quantization: Sendable, Hashable {
    /// - `type`: the sixteen values that codes stand for.
    /// - `doubleQuantization`: scales are quantised to eight bits in turn.
    /// - `blockSize`: elements that share a scale, one of ``FourBitType/blockSizes``.
    /// - `computeDType`: the type in which dequantised weights and activations are multiplied.
    case fourBit(
        type: FourBitType = .fp4, doubleQuantization: Bool = false, blockSize: Int = 64, computeDType: DType = .bfloat16)
}

/// The formats of a model's tensors, by the part that each plays.
struct WeightPolicy: Sendable {
    /// Of linear layers; `nil` as stored.
    let linear: WeightFormat?
    /// Of embeddings, norms, biases and the output head; `nil` as stored.
    let other: WeightFormat?
    /// Linear layers are rounded to this before they are quantised.
    let rounding: DType?
    /// `nil` where the stored types decide.
    let compute: ComputeType?
    let cacheType: DType?

    init(_ type: LoadingType, _ quantization: Quantization?) throws(ModelError) {
        switch quantization {
        case nil:
            rounding = nil
            switch type {
            case .asStored: (linear, other, compute, cacheType) = (nil, nil, nil, nil)
            case .float32: (linear, other, compute, cacheType) = (.dense(.float32), .dense(.float32), .float32, .float32)
            case .float16: (linear, other, compute, cacheType) = (.dense(.float16), .dense(.float16), .float16, .float16)
            case .bfloat16: (linear, other, compute, cacheType) = (.dense(.bfloat16), .dense(.bfloat16), .bfloat16, .bfloat16)
            case .int8: (linear, other, compute, cacheType) = (.int8, .dense(.bfloat16), .float32, .bfloat16)
            }
        case .fourBit(let code, let isDouble, let blockSize, let computeType):
            guard FourBitType.blockSizes.contains(blockSize) else {
                throw .invalidRequest(
                    message: "a block size of \(blockSize)",
                    help: "bitsandbytes allows \(FourBitType.blockSizes.map(String.init).joined(separator: ", "))")
            }
            let base: DType
            switch type {
            case .float32: base = .float32
            case .float16: base = .float16
            case .bfloat16, .asStored: base = .bfloat16
            case .int8:
                throw .invalidRequest(message: "dtype .int8 together with a quantisation", help: "choose one of the two")
            }
            switch computeType {
            case .float32: compute = .float32
            case .float16: compute = .float16
            case .bfloat16: compute = .bfloat16
            default:
                throw .invalidRequest(message: "products computed in \(computeType)", help: "use .float32, .float16 or .bfloat16")
            }
            linear = .fourBit(WeightFormat.FourBit(code, blockSize: blockSize, isDoubleQuantized: isDouble))
            other = .dense(base)
            rounding = base == .float32 ? nil : base
            cacheType = base
        }
    }
}
