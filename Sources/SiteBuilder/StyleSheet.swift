/// Makes one style sheet of a theme's parts.
enum StyleSheet {
    /// Removes comments and the space that means nothing. Strings keep theirs.
    static func minified(_ text: String) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count)
        let bytes = Array(text.utf8)
        var index = 0
        var pendingSpace = false
        // Space matters before `(` in queries, around `+` and `-` in calc(), and between words; never beside these.
        let tight = Set("{};,>".utf8)
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "/"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "*") {
                index += 2
                while index + 1 < bytes.count, !(bytes[index] == UInt8(ascii: "*") && bytes[index + 1] == UInt8(ascii: "/")) { index += 1 }
                index += 2
                pendingSpace = true
                continue
            }
            if byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D {
                pendingSpace = true
                index += 1
                continue
            }
            if pendingSpace, let last = output.last, !tight.contains(last), !tight.contains(byte),
                !(last == UInt8(ascii: ":") && isInDeclaration(output))
            {
                output.append(0x20)
            }
            pendingSpace = false
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                let quote = byte
                output.append(byte)
                index += 1
                while index < bytes.count, bytes[index] != quote {
                    if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
                        output.append(bytes[index])
                        index += 1
                    }
                    output.append(bytes[index])
                    index += 1
                }
                if index < bytes.count { output.append(quote) }
                index += 1
                continue
            }
            if byte == UInt8(ascii: "}"), output.last == UInt8(ascii: ";") { output.removeLast() }
            output.append(byte)
            index += 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Whether the colon at the end of `output` follows a property's name, rather than standing in a selector.
    private static func isInDeclaration(_ output: [UInt8]) -> Bool {
        for byte in output.dropLast().reversed() {
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: ";") { return true }
            let isName = (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
            if !isName { return false }
        }
        return false
    }
}
