internal import CCUDAShim
private import Synchronization
import TensorMemory
public import Tensors

/// A weight whose bytes lie in a file, and how they become what the device holds.
struct WeightFilling: Sendable {
    /// Bytes that go to the device at a time: small, so that many threads can each have two under way.
    static let pieceByteCount = 1 << 20

    let bytes: FileSlice
    let weight: GPUWeight
    /// `nil` where they are copied as they are.
    let conversion: WeightConversion?
}

extension GPUBackend {
    /// Fills those of the weights that wait for their bytes. What goes wrong is kept with them: a weight that was not filled is never
    /// taken for one that was, and weights of others are not touched.
    public func finish(_ weights: [Weight]) throws(BackendError) { try finish(weights.compactMap { $0.storage as? GPUWeight }) }

    package func finish(_ weights: [GPUWeight]) throws(BackendError) {
        let result = filling.withLock { _ in
            Result { () throws(BackendError) in
                var seen: Set<ObjectIdentifier> = []
                var fillings: [WeightFilling] = []
                for weight in weights where seen.insert(ObjectIdentifier(weight)).inserted {
                    switch weight.currentContent() {
                    case .there: break
                    case .failed(let error): throw error
                    case .waiting(let bytes, let conversion): fillings.append(WeightFilling(bytes: bytes, weight: weight, conversion: conversion))
                    }
                }
                do throws(BackendError) {
                    try fill(fillings)
                } catch {
                    for filling in fillings { filling.weight.setContent(.failed(error)) }
                    throw error
                }
                for filling in fillings { filling.weight.setContent(.there) }
            }
        }
        try result.get()
    }

    /// What one thread does before it asks for more: a part of a copy, or a whole conversion.
    private struct Portion: Sendable {
        let filling: WeightFilling
        let range: Range<Int>
    }

    private func split(_ filling: WeightFilling) -> [Portion] {
        let count = filling.bytes.byteCount
        guard filling.conversion == nil else { return [Portion(filling: filling, range: 0..<count)] }
        let most = 8 * WeightFilling.pieceByteCount
        return stride(from: 0, to: count, by: most).map { Portion(filling: filling, range: $0..<min($0 + most, count)) }
    }

    private final class Counter: Sendable { let value = Atomic(0) }

    /// Fills weights from many threads, each with buffers of its own: one alone fills less than half of the link, and threads that
    /// share a copy wait for one another after every piece.
    private func fill(_ fillings: [WeightFilling]) throws(BackendError) {
        guard !fillings.isEmpty else { return }
        func aligned(_ byteCount: Int) -> Int { (byteCount + 511) & ~511 }
        let piece = WeightFilling.pieceByteCount
        let byteCount = fillings.reduce(0) { $0 + $1.bytes.byteCount }
        let converted = fillings.filter { $0.conversion != nil }
        let stagingByteCount = aligned(min(piece, converted.map(\.bytes.byteCount).max() ?? 0))
        let absmaxByteCount = aligned(converted.map(\.weight.layout.absmaxByteCount).max() ?? 0)
        let portions = fillings.flatMap { split($0) }
        let next = Counter()
        // Scales that are quantised take room for each thread; eight keep it below 2 % of a model.
        let wanted = min(absmaxByteCount > 0 ? 8 : 12, (byteCount + piece - 1) / piece)
        let count = try run { () throws(CUDAFailure) in try lanes.prepare(wanted) }
        let each = stagingByteCount + absmaxByteCount
        let staging = each > 0 ? try allocate(count * each, owner: "loading") : nil
        try run { () throws(CUDAFailure) in
            try lanes.run(count) { (lane) throws(CUDAFailure) in
                while true {
                    let index = next.value.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard index < portions.count else { return }
                    let portion = portions[index]
                    guard let conversion = portion.filling.conversion, let staging else {
                        try lane.send(portion.filling.bytes, portion.range, to: portion.filling.weight.address)
                        continue
                    }
                    let from = UInt64(staging.address) + UInt64(lane.index * each)
                    let absmax = portion.filling.weight.layout.absmaxByteCount > 0 ? from + UInt64(stagingByteCount) : nil
                    try self.convert(portion.filling, conversion, lane, staging: from, absmax: absmax)
                }
            }
        }
        fillings.map(\.bytes).letGo()
    }

    private func convert(
        _ filling: WeightFilling, _ conversion: WeightConversion, _ lane: UploadLane, staging: UInt64, absmax: UInt64?
    ) throws(CUDAFailure) {
        let layout = filling.weight.layout
        let width = conversion.from.codeByteCount(1)
        // A multiple of every block's size; int8 is quantised by whole rows.
        var piece = WeightFilling.pieceByteCount / width
        if layout.format == .int8 { piece = piece / layout.columns * layout.columns }
        for first in stride(from: 0, to: layout.elementCount, by: piece) {
            let count = min(piece, layout.elementCount - first)
            try lane.send(filling.bytes, first * width..<(first + count) * width, to: staging, keepsPlace: true)
            try conversion.convert(staging, first: first, count: count, filling.weight, absmax: absmax, context)
        }
        try conversion.finish(filling.weight, absmax: absmax, map: map, context)
    }
}

extension [FileSlice] {
    /// Lets pages that were read leave this process's memory, beside what comes next: for a whole checkpoint that takes a third as
    /// long as the copies.
    func letGo() { Task.detached(priority: .utility) { for slice in self { slice.advise(.dontNeed) } } }
}
