/// The text without what only the way cells are compiled puts into it: `Cell_0123456789ab.Point` is `Point` to the author, the module by
/// itself is `main`, and addresses of what has no name of its own differ from run to run.
func withoutModuleNames(_ text: String) -> String {
    withoutAddresses(withoutModules(text))
}

private func withoutModules(_ text: String) -> String {
    guard text.contains("Cell_") else { return text }
    let bytes = Array(text.utf8)
    let name = Array("Cell_".utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
        if bytes[index] == name[0], bytes[index...].starts(with: name) {
            let end = index + name.count + bytes[(index + name.count)...].prefix { isHexDigit($0) }.count
            let next = end < bytes.count ? bytes[end] : 0
            if end - index == name.count + 12 {
                if next == UInt8(ascii: ".") && end + 1 < bytes.count && isNamePart(bytes[end + 1]) || next == UInt8(ascii: "/") {
                    index = end + 1
                    continue
                }
                if !isNamePart(next) {
                    result += "main".utf8
                    index = end
                    continue
                }
            }
        }
        result.append(bytes[index])
        index += 1
    }
    return String(decoding: result, as: UTF8.self)
}

/// Takes out where things lie in memory, in the words of Swift's library for types and key paths without a name.
private func withoutAddresses(_ text: String) -> String {
    var text = text
    for (mark, opening, end) in [("(unknown context at $", "", ")."), ("<computed 0x", "<computed", " ")] where text.contains(mark) {
        var result = ""
        var rest = Substring(text)
        while let found = rest.firstRange(of: mark) {
            let after = rest[found.upperBound...].drop { $0.isHexDigit }
            result += rest[..<found.lowerBound]
            if after.hasPrefix(end) {
                result += opening
                rest = end == " " ? after : after.dropFirst(end.count)
            } else {
                result += rest[found]
                rest = rest[found.upperBound...]
            }
        }
        text = result + rest
    }
    return text
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
}

private func isNamePart(_ byte: UInt8) -> Bool {
    isHexDigit(byte) || (UInt8(ascii: "g")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "(") || byte == UInt8(ascii: "`") || byte >= 0x80
}
