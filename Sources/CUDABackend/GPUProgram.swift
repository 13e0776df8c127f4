internal import CCUDAShim
import TensorMemory
import Tensors

/// A plan's operations as launches of kernels, in buffers that the session provides.
final class GPUProgram {
    let plan: DecoderPlan
    let backend: GPUBackend
    let context: GPUContext
    let shape: DecoderShape
    /// Norms and biases that are not stored in float32, as float32.
    private var vectors: [UInt64: MemoryBlock] = [:]
    /// Where the session's buffers are; set by it before anything is launched.
    var base: UInt64 = 0
    var layout: GPUSessionLayout
    let cacheSuffix: String
    private var functions: [String: GPUFunction] = [:]
    /// Blocks that a multiprocessor holds, by kernel and shared memory.
    private var residents: [String: Int] = [:]
    /// Where launches go to instead of running, while a graph is recorded.
    var recording: GPURecording?

    init(plan: DecoderPlan, backend: GPUBackend, layout: GPUSessionLayout) throws(BackendError) {
        self.plan = plan
        self.backend = backend
        context = backend.context
        shape = plan.shape
        self.layout = layout
        cacheSuffix = shape.cacheType == .float32 ? "f32" : shape.cacheType == .float16 ? "f16" : "bf16"
        guard shape.headSize <= MOST_HEAD_SIZE else {
            throw .unsupported("heads of \(shape.headSize) elements on an NVIDIA GPU: \(MOST_HEAD_SIZE) is the most")
        }
        guard plan.rotaryEmbeddings.count <= MOST_ROTARY_EMBEDDINGS else {
            throw .unsupported("\(plan.rotaryEmbeddings.count) rotary embeddings")
        }
        for vector in plan.vectors { try prepare(vector) }
        for layer in plan.layers {
            for linear in [layer.query, layer.key, layer.value, layer.output, layer.gate, layer.up, layer.down] { _ = try storage(linear.weight) }
        }
        _ = try storage(plan.embedding)
        _ = try storage(plan.outputHead.weight)
    }

    func storage(_ weight: Weight) throws(BackendError) -> GPUWeight {
        guard let storage = weight.storage as? GPUWeight else { throw .badWeight(name: weight.name, reason: "it was not made by the GPU's backend") }
        return storage
    }

    private func prepare(_ weight: Weight) throws(BackendError) {
        let stored = try storage(weight)
        let format = stored.layout.format
        guard !format.traits.isScaled else { throw .badWeight(name: weight.name, reason: "norms and biases are float32, float16 or bfloat16") }
        if format != .f32 {
            let copy = try backend.allocate(weight.elementCount * 4, owner: "activations")
            vectors[stored.address] = copy
            try backend.run { () throws(CUDAFailure) in
                try convert(stored.address, format, to: UInt64(copy.address), .f32, count: weight.elementCount)
            }
        }
    }

    /// The address of a norm or bias in float32; 0 for none.
    func vector(_ weight: Weight?) -> UInt64 {
        guard let stored = weight?.storage as? GPUWeight else { return 0 }
        return vectors[stored.address].map { UInt64($0.address) } ?? stored.address
    }

    func at(_ offset: Int) -> UInt64 { base + UInt64(offset) }

    /// - Parameter follows: whether the kernel may begin while the one ahead of it ends, where devices can do that.
    func launch(
        _ name: String, in module: String, grid: (Int, Int), threads: Int = 256, shared: Int = 0, follows: Bool = true,
        _ arguments: some BitwiseCopyable
    ) throws(CUDAFailure) {
        let function = try function(name, in: module, shared: shared)
        let overlaps = follows && (recording == nil ? context.overlapsLaunches : context.recordsOverlaps)
        let shape = LaunchShape(grid: (grid.0, grid.1), threads: threads, sharedBytes: shared, overlaps: overlaps)
        try context.launch(function, shape, arguments, into: recording)
    }

    private func function(_ name: String, in module: String, shared: Int) throws(CUDAFailure) -> GPUFunction {
        let function: GPUFunction
        if let known = functions[name] {
            function = known
        } else {
            function = try context.function(name, in: module)
            functions[name] = function
        }
        // Fixed and dynamic shared memory together may not pass 48 KiB unasked.
        if shared > 40 << 10 { try context.setSharedBytes(shared, of: function) }
        return function
    }

    /// Blocks of a kernel that the whole device holds at a time.
    func residentBlocks(_ name: String, in module: String, threads: Int, shared: Int) throws(CUDAFailure) -> Int {
        let key = "\(name) \(shared)"
        if let known = residents[key] { return known }
        let function = try function(name, in: module, shared: shared)
        let blocks = context.multiprocessors * max(1, try context.residentBlocks(of: function, threads: threads, sharedBytes: shared))
        residents[key] = blocks
        return blocks
    }

    func convert(_ from: UInt64, _ type: KernelFormat, to: UInt64, _ target: KernelFormat, count: Int) throws(CUDAFailure) {
        var arguments = ConversionArguments()
        arguments.in = from
        arguments.out = to
        arguments.count = UInt64(count)
        try launch("convert_\(type.name)_\(target.name)", in: "Rows", grid: (min(4096, (count + 255) / 256), 1), arguments)
    }

    /// `each` norms of `width` elements in every row of `stride`.
    func norm(
        _ from: UInt64, _ weight: UInt64, to: UInt64, _ type: KernelFormat, rows: Int, width: Int, each: Int = 1, stride: Int? = nil,
        adds: Bool = false
    ) throws(CUDAFailure) {
        var arguments = NormArguments()
        arguments.in = from
        arguments.weight = weight
        arguments.out = to
        arguments.width = Int32(width)
        arguments.epsilon = shape.normEpsilon
        arguments.adds = adds ? 1 : 0
        arguments.each = Int32(each)
        arguments.stride = Int32(stride ?? width)
        try launch("rms_norm_\(type.name)", in: "Rows", grid: (rows * each, 1), arguments)
    }
}
