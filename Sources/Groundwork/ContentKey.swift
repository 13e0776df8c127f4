/// A digest that names content: equal content, equal key.
///
/// The digest is SHA-256 (FIPS 180-4). Fields are hashed with their lengths, so that no two lists of
/// fields run together into the same bytes.
public struct ContentKey: Sendable, Hashable, CustomStringConvertible {
    /// 64 lowercase hexadecimal digits.
    public let hexadecimal: String

    /// The key of a list of fields, in order.
    public init(_ fields: some Sequence<String>) {
        var digest = SHA256()
        for field in fields {
            var field = field
            field.withUTF8 { bytes in
                withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { digest.update($0) }
                digest.update(UnsafeRawBufferPointer(bytes))
            }
        }
        hexadecimal = digest.finalize()
    }

    /// The plain SHA-256 of bytes, as `sha256sum` prints it.
    public init(ofBytes bytes: some Sequence<UInt8>) {
        var digest = SHA256()
        let whole: Void? = bytes.withContiguousStorageIfAvailable { digest.update(UnsafeRawBufferPointer($0)) }
        if whole == nil { Array(bytes).withUnsafeBytes { digest.update($0) } }
        hexadecimal = digest.finalize()
    }

    /// Reads a key that was written earlier; `nil` unless it is 64 hexadecimal digits.
    public init?(hexadecimal: String) {
        guard hexadecimal.utf8.count == 64, hexadecimal.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) else { return nil }
        self.hexadecimal = hexadecimal
    }

    /// The first 12 digits, for file names and messages.
    public var short: String { String(hexadecimal.prefix(12)) }

    public var description: String { hexadecimal }
}
