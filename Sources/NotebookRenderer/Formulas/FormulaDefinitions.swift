/// What a page's formulas define with `\newcommand` and its like, which holds in those after them, as in MathJax.
struct FormulaDefinitions {
    /// The definitions as they were written, one after another.
    private var text = ""
    private var names: Set<String> = []

    /// The definitions that a formula is to be read with: none where it has none of their names.
    func prefix(for tex: String) -> String {
        if names.isEmpty { return "" }
        var scanner = Scanner(tex)
        while let name = scanner.nextCommand() { if names.contains(name) { return text } }
        return ""
    }

    /// Takes the definitions of a formula, but those inside groups, which end with these.
    mutating func collect(from tex: String) {
        guard tex.utf8.contains(UInt8(ascii: "\\")), Self.commands.contains(where: tex.contains) else { return }
        var scanner = Scanner(tex)
        while let command = scanner.nextCommand() {
            guard scanner.depth == 0, let definition = scanner.definition(command) else { continue }
            names.insert(definition.name)
            text += definition.text + " "
        }
    }

    private static let commands = ["\\newcommand", "\\renewcommand", "\\providecommand", "\\def", "\\gdef", "\\let", "\\DeclareMathOperator"]

    private struct Scanner {
        let bytes: [UInt8]
        var index = 0
        /// How many groups are open.
        var depth = 0

        init(_ tex: String) { bytes = Array(tex.utf8) }

        private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

        private mutating func skipSpace() { while let byte, byte == 0x20 || byte == 0x0A || byte == 0x09 { index += 1 } }

        /// The name of the next control word, without its backslash.
        mutating func nextCommand() -> String? {
            while let byte {
                index += 1
                switch byte {
                case UInt8(ascii: "{"): depth += 1
                case UInt8(ascii: "}"): depth -= 1
                case UInt8(ascii: "\\"):
                    if let name = word() { return name }
                    index += 1
                default: break
                }
            }
            return nil
        }

        private mutating func word() -> String? {
            let start = index
            while let byte, (0x61...0x7A).contains(byte | 0x20) { index += 1 }
            return start == index ? nil : String(decoding: bytes[start..<index], as: UTF8.self)
        }

        /// What stands after the name of a command that defines; the scan goes on after it.
        mutating func definition(_ command: String) -> (name: String, text: String)? {
            let start = index - command.utf8.count - 1
            guard FormulaDefinitions.commands.contains("\\\(command)") else { return nil }
            // Read whole or not at all.
            let (before, depth) = (index, self.depth)
            guard let name = definedName(), skipDefinition(isLet: command == "let") else {
                (index, self.depth) = (before, depth)
                return nil
            }
            return (name, String(decoding: bytes[start..<index], as: UTF8.self))
        }

        private mutating func definedName() -> String? {
            skipSpace()
            if byte == UInt8(ascii: "*") {
                index += 1
                skipSpace()
            }
            let isBraced = byte == UInt8(ascii: "{")
            if isBraced {
                index += 1
                skipSpace()
            }
            guard byte == UInt8(ascii: "\\") else { return nil }
            index += 1
            guard let name = word() else { return nil }
            skipSpace()
            guard isBraced else { return name }
            guard byte == UInt8(ascii: "}") else { return nil }
            index += 1
            return name
        }

        private mutating func skipDefinition(isLet: Bool) -> Bool {
            skipSpace()
            if isLet {
                if byte == UInt8(ascii: "=") { index += 1 }
                skipSpace()
                guard byte == UInt8(ascii: "\\") else {
                    if byte != nil { index += 1 }
                    return byte != nil
                }
                index += 1
                return word() != nil
            }
            // The count of arguments, or TeX's text of parameters.
            while let byte, byte != UInt8(ascii: "{") {
                if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "}") { return false }
                index += 1
            }
            return skipGroup()
        }

        private mutating func skipGroup() -> Bool {
            var open = 0
            while let byte {
                index += byte == UInt8(ascii: "\\") ? 2 : 1
                if byte == UInt8(ascii: "{") { open += 1 }
                if byte == UInt8(ascii: "}") { open -= 1 }
                if open == 0 { return index <= bytes.count }
            }
            return false
        }
    }
}
