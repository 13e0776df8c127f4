internal import CCUDAShim
internal import Tensors

/// What a token costs in each way of generating, to choose between them: what it reads at a rate, and each layer's waits.
///
/// The figures were fitted to an H200's (Benchmarks/NOTES.md, "Decoding at every shape"). They are only compared with each other, and
/// both ways wait and read in proportion on other devices of that architecture.
struct DecodeCost {
    /// Bytes of all matrices that a token needs, and of the cache for each position.
    private let weightBytes: Double
    private let queryBytes: Double
    private let keyValueBytes: Double
    private let layers: Double
    private let usesRing: Bool
    private let slots: Int

    init(_ program: GPUProgram, slots: Int) throws(BackendError) {
        let (plan, shape) = (program.plan, program.shape)
        var bytes = try program.storage(plan.outputHead.weight).layout.byteCount
        for layer in plan.layers {
            for linear in [layer.query, layer.key, layer.value, layer.output, layer.gate, layer.up, layer.down] {
                bytes += try program.storage(linear.weight).layout.byteCount
            }
        }
        weightBytes = Double(bytes)
        layers = Double(shape.layerCount)
        queryBytes = Double(2 * shape.queryWidth * shape.cacheType.byteCount) * layers
        keyValueBytes = Double(2 * shape.keyValueWidth * shape.cacheType.byteCount) * layers
        usesRing = try !program.storage(plan.layers[0].query.weight).layout.format.traits.multipliesRows
        self.slots = slots
    }

    /// Seconds of a token by the persistent kernel: few slots of its ring keep too little on the way, and each query head reads
    /// keys and values for itself.
    func loop(position: Int) -> Double {
        weightBytes / (4.3e12 * min(1, 0.77 + 0.045 * Double(slots - 5))) + layers * 11e-6 + Double(position) * queryBytes / 1.65e12
    }

    /// Seconds of a token by the graph: five kernels a layer, whose codes of 4 bits come slowly, and heads that share keys and values
    /// read them once.
    func graph(position: Int) -> Double {
        weightBytes / (usesRing ? 1.2e12 : 4.3e12) + layers * 20e-6 + Double(position) * keyValueBytes / 2.6e12
    }
}
