#if canImport(Darwin)
    private import Foundation
#else
    // The standard library normalises when it compares strings; the sequence behind that is the only NFC there is
    // without Foundation, whose ICU would cost each process tens of milliseconds.
    @_spi(_Unicode) private import Swift
#endif

/// Normalisation form C (Unicode Standard Annex 15).
enum CanonicalComposition {
    static func apply(_ text: [UInt8]) -> [UInt8] {
        // Every scalar below U+0300 is its own composed form; its bytes are below CC 80.
        guard text.contains(where: { $0 >= 0xCC }) else { return text }
        let string = String(decoding: text, as: UTF8.self)
        #if canImport(Darwin)
            return Array(string.precomposedStringWithCanonicalMapping.utf8)
        #else
            var composed = String.UnicodeScalarView()
            for scalar in string._nfc { composed.append(scalar) }
            return Array(String(composed).utf8)
        #endif
    }
}
