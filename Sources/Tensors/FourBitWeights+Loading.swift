private import JSON

extension FourBitWeights {
    /// The 4-bit type that a file holds `name` in, as bitsandbytes saves it; `nil` for a tensor that is not quantised.
    public static func type(of name: String, in file: any TensorFile) -> FourBitType? {
        FourBitType.allCases.first { file["\(name).quant_state.bitsandbytes__\($0)"] != nil }
    }

    /// Reads a tensor that bitsandbytes quantised and transformers saved: `name` holds the packed codes, beside it
    /// `.absmax`, `.quant_map`, `.nested_absmax`, `.nested_quant_map` and `.quant_state.bitsandbytes__nf4` (or fp4).
    ///
    /// - Throws: ``FileFormatError`` where a part is missing or does not fit the others.
    public init(named name: String, in file: any TensorFile) throws(FileFormatError) {
        guard let type = Self.type(of: name, in: file) else {
            throw FileFormatError(
                path: file.path, message: "\"\(name)\" is not quantised by bitsandbytes: it has no quantisation state",
                help: "load it as an ordinary tensor")
        }
        let state = try QuantizationState(name: name, type: type, file: file)
        try Self.require(file.tensor(named: "\(name).quant_map"), equals: type.table, in: file)
        guard
            let layout = FourBitLayout(
                type, elementCount: state.shape.elementCount, blockSize: state.blockSize, isDoubleQuantized: state.nestedOffset != nil)
        else { throw state.error("the block size \(state.blockSize) is none of \(FourBitType.blockSizes)") }

        let packed = try file.tensor(named: name).data.copy
        let absmax = try file.tensor(named: "\(name).absmax")
        let scales: Scales
        if let offset = state.nestedOffset {
            try Self.require(file.tensor(named: "\(name).nested_quant_map"), equals: DynamicMap.table, in: file)
            let nested = try file.tensor(named: "\(name).nested_absmax").floats()
            scales = .doubleQuantized(codes: absmax.data.copy, absmax: nested, offset: offset)
        } else {
            scales = .plain(try absmax.floats())
        }
        guard let weights = FourBitWeights(layout: layout, shape: state.shape, packed: packed, scales: scales) else {
            throw state.error("the codes or scales of \"\(name)\" do not fit its shape \(state.shape)")
        }
        self = weights
    }

    private static func require(_ tensor: StoredTensor, equals table: [Float], in file: any TensorFile) throws(FileFormatError) {
        guard tensor.shape.elementCount == table.count, try tensor.floats() == table else {
            throw FileFormatError(
                path: tensor.data.file.path, byteOffset: tensor.data.byteOffset,
                message: "\"\(tensor.name)\" is another table than bitsandbytes' own",
                help: "quantise the model again with bitsandbytes 0.41 or later")
        }
    }
}

/// The JSON that bitsandbytes saves beside a quantised tensor.
private struct QuantizationState {
    let path: String
    let shape: TensorShape
    let blockSize: Int
    /// The mean of the scales, where they are quantised too.
    let nestedOffset: Float?

    init(name: String, type: FourBitType, file: any TensorFile) throws(FileFormatError) {
        let tensor = try file.tensor(named: "\(name).quant_state.bitsandbytes__\(type)")
        func error(_ message: String) -> FileFormatError {
            FileFormatError(path: tensor.data.file.path, byteOffset: tensor.data.byteOffset, message: "\"\(tensor.name)\" \(message)")
        }

        let value: JSONValue
        do {
            value = try JSONValue(parsing: tensor.data.copy)
        } catch let failure {
            throw error("is not JSON: \(failure.message)")
        }
        guard value["quant_type"]?.stringValue == type.rawValue else { throw error("does not name the type \(type)") }
        guard let blockSize = value["blocksize"]?.integerValue else { throw error("has no block size") }
        let dimensions = value["shape"]?.arrayValue?.map { $0.integerValue ?? -1 } ?? [-1]
        guard let shape = TensorShape(validating: dimensions) else { throw error("has no shape") }
        if let offset = value["nested_offset"]?.doubleValue {
            guard value["nested_blocksize"]?.integerValue == DynamicMap.blockSize else {
                throw error("has another nested block size than \(DynamicMap.blockSize)")
            }
            nestedOffset = Float(offset)
        } else {
            nestedOffset = nil
        }
        path = tensor.data.file.path
        self.shape = shape
        self.blockSize = blockSize
    }

    func error(_ message: String) -> FileFormatError { FileFormatError(path: path, message: message) }
}
