/// Which characters of a text are written as references in markup, and how.
public struct MarkupEscaping: Sendable {
    private let quotationMark: StaticString?
    private let apostrophe: StaticString?
    private let dropsControls: Bool

    private init(quotationMark: StaticString? = nil, apostrophe: StaticString? = nil, dropsControls: Bool = false) {
        self.quotationMark = quotationMark
        self.apostrophe = apostrophe
        self.dropsControls = dropsControls
    }

    /// `&`, `<` and `>`: for text within elements.
    public static let content = MarkupEscaping()
    /// Also `"`: for text, and for values between quotation marks.
    public static let html = MarkupEscaping(quotationMark: "&quot;")
    /// Also `'`: for values between marks of either kind.
    public static let attribute = MarkupEscaping(quotationMark: "&quot;", apostrophe: "&#39;")
    /// As ``attribute``; characters that XML 1.0 has no place for become U+FFFD.
    public static let xml = MarkupEscaping(quotationMark: "&quot;", apostrophe: "&#39;", dropsControls: true)
    /// As MarkupSafe, and so Jinja, writes them.
    public static let markupSafe = MarkupEscaping(quotationMark: "&#34;", apostrophe: "&#39;")
    /// As KaTeX writes them.
    public static let katex = MarkupEscaping(quotationMark: "&quot;", apostrophe: "&#x27;")

    /// What stands for a byte; `nil` where it stands for itself.
    @inline(__always)
    fileprivate func reference(for byte: UInt8) -> StaticString? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): quotationMark
        case UInt8(ascii: "'"): apostrophe
        case 0...0x08, 0x0B, 0x0C, 0x0E...0x1F: dropsControls ? "\u{FFFD}" : nil
        default: nil
        }
    }
}

/// Appends UTF-8 with the characters that are markup as references.
public func escape(_ text: some Collection<UInt8>, _ escaping: MarkupEscaping = .html, into output: inout [UInt8]) {
    let wasContiguous: Void? = text.withContiguousStorageIfAvailable { buffer in
        var start = 0
        for index in buffer.indices {
            guard let reference = escaping.reference(for: buffer[index]) else { continue }
            output.append(contentsOf: buffer[start..<index])
            reference.withUTF8Buffer { output.append(contentsOf: $0) }
            start = index + 1
        }
        output.append(contentsOf: buffer[start...])
    }
    if wasContiguous != nil { return }
    for byte in text {
        if let reference = escaping.reference(for: byte) {
            reference.withUTF8Buffer { output.append(contentsOf: $0) }
        } else {
            output.append(byte)
        }
    }
}

/// A text with the characters that are markup as references. Bytes are looked at, not characters: a mark that combines with
/// what follows it is markup all the same.
public func escaped(_ text: some StringProtocol, _ escaping: MarkupEscaping = .html) -> String {
    guard text.utf8.contains(where: { escaping.reference(for: $0) != nil }) else { return String(text) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 16)
    escape(text.utf8, escaping, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
}

/// A text with references as the characters they stand for: numbers, and the names of XML (`amp`, `lt`, `gt`, `quot`, `apos`).
/// Others stay as they are.
public func unescaped(_ text: some StringProtocol) -> String {
    guard text.utf8.contains(UInt8(ascii: "&")) else { return String(text) }
    var output: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.first {
        if byte == UInt8(ascii: "&"), let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")),
            let character = character(named: String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self))
        {
            output.append(contentsOf: String(character).utf8)
            rest = rest[(end + 1)...]
        } else {
            output.append(byte)
            rest = rest.dropFirst()
        }
    }
    return String(decoding: output, as: UTF8.self)
}

private func character(named name: String) -> Unicode.Scalar? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
        guard name.hasPrefix("#") else { return nil }
        let digits = name.dropFirst()
        let isHexadecimal = digits.first == "x" || digits.first == "X"
        let number = isHexadecimal ? digits.dropFirst() : digits
        guard number.allSatisfy(\.isHexDigit), let value = UInt32(number, radix: isHexadecimal ? 16 : 10), value != 0 else { return nil }
        return Unicode.Scalar(value)
    }
}
