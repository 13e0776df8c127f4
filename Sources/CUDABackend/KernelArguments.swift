/// The kernels' parameters, byte for byte as the `.cu` files declare them (each side asserts the sizes). Addresses
/// are the device's; 0 means none.
package struct KernelSegment: BitwiseCopyable {
    package var codes: UInt64 = 0
    package var scales: UInt64 = 0
    package var nested: UInt64 = 0
    package var bias: UInt64 = 0
    package var out: UInt64 = 0
    package var offset: Float = 0
    package var rows: Int32 = 0

    package init() {}
}

package struct MatrixVectorArguments: BitwiseCopyable {
    package var segments = (KernelSegment(), KernelSegment(), KernelSegment())
    package var input: UInt64 = 0
    package var norm: UInt64 = 0
    package var residual: UInt64 = 0
    package var table: UInt64 = 0
    package var map: UInt64 = 0
    package var epsilon: Float = 0
    /// Warps that have two rows together, of 16.
    package var team: Int32 = 1
    package var segmentCount: Int32 = 1
    package var columns: Int32 = 0
    package var blockShift: Int32 = 0
    /// 0: none. 1, 2: two segments, out = SiLU or GELU of the first × the second.
    package var activation: Int32 = 0

    package init() {}
}

package struct MatrixProductArguments: BitwiseCopyable {
    package var segments = (KernelSegment(), KernelSegment(), KernelSegment())
    package var input: UInt64 = 0
    package var residual: UInt64 = 0
    package var table: UInt64 = 0
    package var map: UInt64 = 0
    package var columns: Int32 = 0
    package var blockShift: Int32 = 0
    package var rows: Int32 = 0
    package var outStride: Int32 = 0
    package var segmentCount: Int32 = 1
    /// Of a gated product: 1, 2: SiLU, GELU.
    package var activation: Int32 = 0

    package init() {}
}

/// `AnyProduct.cu`.
package struct ProductArguments: BitwiseCopyable {
    package var weight = KernelSegment()
    package var input: UInt64 = 0
    package var residual: UInt64 = 0
    package var table: UInt64 = 0
    package var map: UInt64 = 0
    package var columns: Int32 = 0
    package var blockShift: Int32 = 0
    package var rows: Int32 = 0
    package var outStride: Int32 = 0

    package init() {}
}

package struct AttentionArguments: BitwiseCopyable {
    package var queries: UInt64 = 0
    package var keys: UInt64 = 0
    package var values: UInt64 = 0
    package var out: UInt64 = 0
    package var rows: Int32 = 0
    package var stride: Int32 = 0
    package var heads: Int32 = 0
    package var keyValueHeads: Int32 = 0
    package var size: Int32 = 0
    package var first: Int32 = 0
    package var window: Int32 = 0
    package var positionStride: Int32 = 0
    package var headStride: Int32 = 0
    package var scale: Float = 1
    /// 1: `out` is of the cache's type.
    package var rounds: Int32 = 0
    package var unused: Int32 = 0

    package init() {}
}

/// `DecodeStep.cu`.
package struct SplitAttentionArguments: BitwiseCopyable {
    package var queryKeyValue: UInt64 = 0
    package var keys: UInt64 = 0
    package var values: UInt64 = 0
    package var out: UInt64 = 0
    package var partials: UInt64 = 0
    package var arrived: UInt64 = 0
    /// 0: the position is `first`, and the row was rotated and stored before.
    package var place: UInt64 = 0
    package var turns: UInt64 = 0
    package var queryNorm: UInt64 = 0
    package var keyNorm: UInt64 = 0
    package var heads: Int32 = 0
    package var keyValueHeads: Int32 = 0
    package var size: Int32 = 0
    package var pairs: Int32 = 0
    package var first: Int32 = 0
    package var window: Int32 = 0
    package var positionStride: Int32 = 0
    package var headStride: Int32 = 0
    package var interleaved: Int32 = 0
    /// Positions that a block takes at least.
    package var fewest: Int32 = 64
    package var scale: Float = 1
    package var epsilon: Float = 0

    package init() {}
}

/// The rotary embeddings that a step makes the angles of, in `DecodeStep.cu`.
package struct Rotations: BitwiseCopyable {
    package var frequencies: UInt64 = 0
    package var turns: UInt64 = 0
    package var count: Int32 = 0
    package var each: Int32 = 0
    package var amplitudes: (Float, Float, Float, Float) = (1, 1, 1, 1)

    package init() {}
}

/// Where a generation is, as `DecodeStep.cu` keeps it.
package struct DecodePlace: BitwiseCopyable {
    package var position: Int32
    package var made: Int32
}

package struct DecodeLayerArguments: BitwiseCopyable {
    /// query, key, value, output, gate, up, down
    package var weights = (
        KernelSegment(), KernelSegment(), KernelSegment(), KernelSegment(), KernelSegment(), KernelSegment(), KernelSegment()
    )
    package var attentionNorm: UInt64 = 0
    package var feedForwardNorm: UInt64 = 0
    package var queryNorm: UInt64 = 0
    package var keyNorm: UInt64 = 0
    package var keys: UInt64 = 0
    package var values: UInt64 = 0

    package init() {}
}

package struct DecodeArguments: BitwiseCopyable {
    package var layers: UInt64 = 0
    package var head = KernelSegment()
    package var embedding = KernelSegment()
    package var finalNorm: UInt64 = 0
    package var inverseFrequencies: UInt64 = 0
    package var table: UInt64 = 0
    package var map: UInt64 = 0
    package var words: UInt64 = 0
    package var tokens: UInt64 = 0
    package var logits: UInt64 = 0
    package var chosen: UInt64 = 0
    package var epsilon: Float = 0
    package var attentionScale: Float = 1
    package var ropeFactor: Float = 1
    package var temperature: Float = 0
    package var layerCount: Int32 = 0
    package var hidden: Int32 = 0
    package var intermediate: Int32 = 0
    package var headCount: Int32 = 0
    package var keyValueHeadCount: Int32 = 0
    package var headSize: Int32 = 0
    package var vocabulary: Int32 = 0
    package var position: Int32 = 0
    package var steps: Int32 = 0
    package var blockShift: Int32 = 0
    package var interleavedRope: Int32 = 0
    package var positionStride: Int32 = 0
    package var headStride: Int32 = 0
    package var slots: Int32 = 0
    package var partialRows: Int32 = 0
    package var epoch: UInt32 = 0
    package var seed: UInt32 = 0
    package var shared = DecodeSharedLayout()
    package var clocks: UInt64 = 0

    package init() {}
}

/// Where things lie in a block's shared memory, in bytes; the table of pairs comes first where there is one.
package struct DecodeSharedLayout: BitwiseCopyable, Hashable {
    package var ring: Int32 = 0
    package var barriers: Int32 = 0
    package var map: Int32 = 0
    package var layers: Int32 = 0
    package var hidden: Int32 = 0
    package var shares: Int32 = 0
    package var squares: Int32 = 0
    package var cosines: Int32 = 0
    package var scratch: Int32 = 0
    package var partial: Int32 = 0
    package var blockSums: Int32 = 0
    package var planes: Int32 = 0
    package var gated: Int32 = 0
    package var summed: Int32 = 0
    /// Slots of the ring that lie before the table of pairs; `ring` is where slot 0 would be, were all behind it.
    package var front: Int32 = 0
    package var frontSlots: Int32 = 0

    package init() {}
}

/// What the kernel `choose` writes for each row of logits.
package struct KernelChoice: BitwiseCopyable {
    package var token: Int32 = 0
    package var logit: Float = 0
    package var logSum: Float = 0

    package init() {}
}
