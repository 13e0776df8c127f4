import TensorMemory
import Tensors

/// The parts of a session's block for intermediate results. Valid for as long as the block lives.
///
/// Unsafe since the kernels take pointers; the layout says how far each may be used.
struct ActivationBuffers {
    let layout: ActivationLayout
    let residual, branch, query, key, value, gate, up, cosines, sines, logits: UnsafeMutablePointer<Float>
    let scratch: UnsafeMutableRawPointer

    /// `nil` unless the block is the CPU's and large enough.
    init?(_ block: MemoryBlock, layout: ActivationLayout) {
        guard let bytes = block.hostBytes, bytes.count >= layout.byteCount, let base = bytes.baseAddress else { return nil }
        func part(_ offset: Int) -> UnsafeMutablePointer<Float> { (base + offset).assumingMemoryBound(to: Float.self) }
        self.layout = layout
        residual = part(layout.residual)
        branch = part(layout.branch)
        query = part(layout.query)
        key = part(layout.key)
        value = part(layout.value)
        gate = part(layout.gate)
        up = part(layout.up)
        cosines = part(layout.cosines)
        sines = part(layout.sines)
        logits = part(layout.logits)
        scratch = base + layout.scratch
    }

    /// Chooses a token from the first row of logits.
    func sample(
        _ sampler: inout TokenSampler, count: Int, statistics: LogitStatistics, alternatives: Int
    ) -> GeneratedToken {
        sampler.next(
            Span(_unsafeElements: UnsafeBufferPointer(start: logits, count: count)), best: statistics.best,
            logSum: statistics.logSum, alternatives: alternatives)
    }
}

extension MemoryBlock {
    /// Copies `count` bytes of another block of the CPU's memory.
    func copy(from source: MemoryBlock, sourceOffset: Int, to offset: Int, count: Int) {
        guard count > 0, let target = hostBytes, let source = source.hostBytes else { return }
        UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[sourceOffset..<sourceOffset + count]))
    }

    /// Appends `count` bytes to an array.
    func append(to bytes: inout [UInt8], offset: Int, count: Int) {
        guard let source = hostBytes else { return }
        bytes.append(contentsOf: source[offset..<offset + count])
    }

    /// Overwrites bytes from `offset` on.
    func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
        guard let target = hostBytes else { return }
        UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + bytes.count]).copyBytes(from: bytes)
    }
}

/// The vectors of a plan in float32, as the kernels read them: norms and biases.
///
/// Those that are stored in float32 are used in place, the others expanded into one block.
final class FloatVectors {
    private var places: [ObjectIdentifier: UnsafePointer<Float>] = [:]
    private var block: MemoryBlock?

    /// Elements that a vector takes in the block: whole cache lines.
    private static func room(_ count: Int) -> Int { (count + 15) & ~15 }

    /// Bytes of the block for these vectors.
    static func byteCount(_ vectors: [(count: Int, format: WeightFormat)]) -> Int {
        vectors.filter { $0.format != .dense(.float32) }.reduce(0) { $0 + room($1.count) } * MemoryLayout<Float>.size
    }

    init(_ vectors: [Weight], backend: HostBackend) throws(BackendError) {
        let expanded = vectors.filter { $0.format != .dense(.float32) }
        var starts: [Int] = []
        var total = 0
        for vector in expanded {
            starts.append(total)
            total += Self.room(vector.elementCount)
        }
        if total > 0 {
            block = try backend.allocate(total * MemoryLayout<Float>.size, owner: "norms in float32")
        }
        for vector in vectors {
            let storage = try Self.storage(vector)
            if vector.format == .dense(.float32), let pointer = storage.floats { places[ObjectIdentifier(storage)] = pointer }
        }
        guard let base = block?.hostBytes?.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
        for (vector, start) in zip(expanded, starts) {
            let storage = try Self.storage(vector)
            try storage.expand(vector, into: base + start)
            places[ObjectIdentifier(storage)] = UnsafePointer(base + start)
        }
    }

    func pointer(_ weight: Weight) throws(BackendError) -> UnsafePointer<Float> {
        guard let place = places[ObjectIdentifier(weight.storage)] else {
            throw .badWeight(name: weight.name, reason: "it is no vector of this plan")
        }
        return place
    }

    func pointer(_ weight: Weight?) throws(BackendError) -> UnsafePointer<Float>? {
        if let weight { try pointer(weight) } else { nil }
    }

    private static func storage(_ weight: Weight) throws(BackendError) -> HostWeight {
        guard let storage = weight.storage as? HostWeight else {
            throw .badWeight(name: weight.name, reason: "it was not made by the CPU's backend")
        }
        return storage
    }
}
