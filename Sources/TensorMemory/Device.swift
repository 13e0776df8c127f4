/// Where tensors live and arithmetic runs.
public enum Device: Sendable, Hashable {
    case cpu
    /// An NVIDIA GPU by its number, from 0, in the driver's order.
    case cuda(Int)

    /// The first GPU.
    public static var cuda: Device { .cuda(0) }
}

extension Device: Comparable {
    /// The CPU first, then the GPUs by number.
    public static func < (left: Device, right: Device) -> Bool {
        switch (left, right) {
        case (.cuda(let left), .cuda(let right)): left < right
        case (.cpu, .cuda): true
        case (_, .cpu): false
        }
    }
}

extension Device: LosslessStringConvertible {
    /// Reads `cpu`, `cuda` (the first GPU) or `cuda:1`; `nil` for anything else.
    public init?(_ description: String) {
        switch description {
        case "cpu": self = .cpu
        case "cuda": self = .cuda(0)
        default:
            let parts = description.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == "cuda", parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let index = Int(parts[1])
            else { return nil }
            self = .cuda(index)
        }
    }

    /// `cpu`, or `cuda:` and the GPU's number.
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }
}
