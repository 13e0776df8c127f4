public import TensorMemory

/// A device that holds weights and runs decoders.
///
/// The boundary lies at whole models and not at single operations: a ``DecoderPlan`` says what is to be
/// computed, and the ``DecoderSession`` that a backend makes of it decides how. So the CPU calls its
/// kernels one after another with all buffers set up beforehand, and a GPU captures a step as one graph
/// and feeds its tokens back on the device; neither pays for an interface made for the other. What they
/// share, such as sampling (``TokenSampler``) and the rotary tables, is in plain values.
///
///     let weight = try backend.makeWeight(source, in: .dense(.bfloat16))   // for each tensor
///     try backend.finish(weights)
///     let session = try backend.makeSession(for: plan, capacity: 512)
///     _ = try session.evaluate(prompt, wanting: .readyToGenerate)
///     try session.startGenerating(GenerationRequest(maximumTokens: 64))
///     while … { let token = try session.nextToken() … }
///     session.stopGenerating()
public protocol Backend: AnyObject, Sendable {
    var device: Device { get }
    /// The device's name as its maker gives it.
    var deviceName: String { get }
    /// What all of the backend's memory comes from: weights, caches and activations.
    var allocator: any MemoryAllocator { get }

    /// Whether a linear layer can be computed from weights in this format.
    func supports(_ format: WeightFormat) -> Bool

    /// Whether there are kernels for a network gated by this function.
    func supports(_ activation: GatedActivation) -> Bool

    /// Converts a tensor of a file into the device's memory, straight into its final place: no second copy of it exists at any
    /// time, beyond pieces of a fixed size. It is there when ``finish(_:)`` has returned.
    func makeWeight(_ source: WeightSource, in format: WeightFormat) throws(BackendError) -> Weight

    /// Waits until these weights hold what they are to hold: a backend may fill several at a time, after ``makeWeight(_:in:)`` has
    /// returned. Others that wait are left to whoever made them. Sessions see to it themselves; who looks at memory or measures
    /// calls it.
    ///
    /// - Throws: what kept one of these weights from being filled, now or in an earlier call.
    func finish(_ weights: [Weight]) throws(BackendError)

    /// Makes a session with room for `capacity` tokens.
    ///
    /// - Precondition: the plan's weights were made by this backend.
    func makeSession(for plan: DecoderPlan, capacity: Int) throws(BackendError) -> any DecoderSession

    /// Bytes that a session needs beside its weights, as they will be allocated.
    func sessionByteCount(for shape: DecoderShape, capacity: Int) -> SessionByteCount

    /// Bytes that a weight of this shape takes in a format, as they will be asked of the allocator; `nil`
    /// where it cannot be stored so.
    func weightByteCount(shape: [Int], in format: WeightFormat) -> Int?

    /// Bytes that a session allocates for norms and biases in the format that it computes with; 0 where it takes
    /// them as they are.
    ///
    /// - Parameter vectors: how many elements each has, and how they are stored.
    func expandedByteCount(of vectors: [(count: Int, format: WeightFormat)]) -> Int
}

extension Backend {
    public func supports(_ activation: GatedActivation) -> Bool { true }

    public func finish(_ weights: [Weight]) {}

    public func expandedByteCount(of vectors: [(count: Int, format: WeightFormat)]) -> Int { 0 }
}

/// Bytes that a session allocates.
public struct SessionByteCount: Sendable, Hashable {
    /// Keys and values.
    public var cache: Int
    /// All else: intermediate results, logits, scratch memory.
    public var activations: Int

    public init(cache: Int, activations: Int) {
        self.cache = cache
        self.activations = activations
    }
}
