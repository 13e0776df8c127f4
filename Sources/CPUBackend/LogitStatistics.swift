#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// What sampling needs to know of one position's logits.
struct LogitStatistics {
    /// The id of the largest logit, the lowest among equals.
    let best: Int32
    let largest: Float
    /// Σ exp(logit - largest)
    let sum: Double

    /// ln Σ exp(logit)
    var logSum: Float { largest + Float(log(sum)) }
    var bestLogProbability: Float { -Float(log(sum)) }
}
