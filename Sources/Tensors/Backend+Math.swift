#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

func exponential(_ value: Float) -> Float { expf(value) }
package func exponential(_ value: Double) -> Double { exp(value) }
func logarithm(_ value: Double) -> Double { log(value) }

extension RotaryEmbedding {
    /// Cosine and sine of every pair's angle at the positions `first ..< first + count`, times the amplitude.
    ///
    /// Angles are products in float32, as in the checkpoints' own code.
    /// - Parameters: both spans have (count, pairs) elements.
    public func fill(cosines: inout MutableSpan<Float>, sines: inout MutableSpan<Float>, first: Int, count: Int) {
        let pairs = inverseFrequencies.count
        for row in 0..<count {
            let position = Float(first + row)
            for pair in 0..<pairs {
                let angle = position * inverseFrequencies[pair]
                cosines[row * pairs + pair] = cosf(angle) * amplitude
                sines[row * pairs + pair] = sinf(angle) * amplitude
            }
        }
    }

    /// The frequencies 1 / base^(2i/n) of a head of `n` rotated elements, computed as PyTorch does in float32.
    public static func frequencies(base: Float, rotatedElements: Int) -> [Float] {
        (0..<rotatedElements / 2).map { 1 / powf(base, Float(2 * $0) / Float(rotatedElements)) }
    }

    /// Llama 3's extension of the context: low frequencies are divided by `factor`, high ones kept, and those
    /// between blended (https://github.com/meta-llama/llama-models, `apply_scaling`).
    public static func llama3Scaled(
        _ frequencies: [Float], factor: Float, lowFrequencyFactor: Float, highFrequencyFactor: Float,
        originalContextLength: Int
    ) -> [Float] {
        let original = Float(originalContextLength)
        let longest = original / lowFrequencyFactor
        let shortest = original / highFrequencyFactor
        return frequencies.map { frequency in
            let wavelength = 2 * Float.pi / frequency
            if wavelength > longest { return frequency / factor }
            if wavelength < shortest { return frequency }
            let smooth = (original / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
            return (1 - smooth) * frequency / factor + smooth * frequency
        }
    }
}
