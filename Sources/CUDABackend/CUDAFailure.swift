/// A call of NVIDIA's driver failed: what kind of failure, and a sentence with a way out.
public struct CUDAFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Int32, Sendable, Hashable {
        case noLibrary = 1
        case missingSymbol = 2
        case noDevice = 3
        case oldDriver = 4
        case outOfMemory = 5
        case deviceLost = 6
        case kernelFault = 7
        case badModule = 8
        case notReady = 9
        case notSupported = 10
        case failed = 11
        case outOfHostMemory = 12
    }

    public let kind: Kind
    /// The driver's entry point.
    public let operation: String
    public let description: String
}
