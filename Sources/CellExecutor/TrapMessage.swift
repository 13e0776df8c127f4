internal import NotebookModel

/// What Swift's runtime printed when it trapped, taken out of the cell's standard error.
struct TrapMessage: Sendable, Hashable {
    var message: String
    /// The line in the cell, where the trap names a place in it.
    var line: Int?

    /// Removes the message from `outputs`; `nil` where there is none.
    ///
    /// - Parameter file: The name of the cell's file in its module.
    static func take(from outputs: inout [CellOutput], file: String) -> TrapMessage? {
        for index in outputs.indices.reversed() {
            guard case .stream(.standardError, let text) = outputs[index] else { continue }
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            guard let place = lines.lastIndex(where: { line in beginnings.contains { line.contains($0) } }) else { continue }
            let found = TrapMessage(lines[place], file: file)
            // A message may have several lines; the runtime's own trace of addresses is no part of it.
            let rest = lines[(place + 1)...].prefix { $0 != "Current stack trace:" }.filter { !$0.isEmpty }
            lines.removeSubrange(place...)
            let before = lines.joined(separator: "\n")
            if before.isEmpty { outputs.remove(at: index) } else { outputs[index] = .stream(.standardError, before + "\n") }
            // What follows are addresses.
            if found.message.hasPrefix(conflict) {
                return TrapMessage(message: conflict + "one value, but modification requires exclusive access", line: nil)
            }
            return TrapMessage(message: ([found.message] + rest.map(String.init)).joined(separator: "\n"), line: found.line)
        }
        return nil
    }

    /// How Swift's runtime and its library begin what they say of a trap.
    private static let beginnings = ["Fatal error", "Precondition failed", "Assertion failed", "Could not cast value of type", conflict]
    private static let conflict = "Simultaneous accesses to "

    private init(message: String, line: Int?) {
        self.message = message
        self.line = line
    }

    /// Such as `cell:3: Fatal error: Index out of range`.
    private init(_ text: Substring, file: String) {
        guard let beginning = Self.beginnings.first(where: text.contains), let mark = text.firstRange(of: beginning) else {
            self.init(message: String(text), line: nil)
            return
        }
        if beginning == Self.conflict {
            self.init(message: String(text[mark.lowerBound...]), line: nil)
            return
        }
        if beginning.hasPrefix("Could not") {
            self.init(message: Self.withoutAddresses(text[mark.lowerBound...]), line: nil)
            return
        }
        var message = text[mark.upperBound...]
        if message.hasPrefix(": ") { message = message.dropFirst(2) }
        var line: Int?
        let place = text[..<mark.lowerBound].split(separator: ":")
        if place.count >= 2, place[place.count - 2] == file || place[place.count - 2].hasSuffix("/\(file)") { line = Int(place[place.count - 1]) }
        // What was asserted is told apart from what the author calls an error.
        let kind = beginning == "Fatal error" ? "" : message.isEmpty ? beginning : "\(beginning): "
        self.init(message: message.isEmpty && kind.isEmpty ? beginning : kind + Self.withoutObjects(message), line: line)
    }

    /// `but object 0x55e6b7693790 was already destroyed` without the address.
    private static func withoutObjects(_ text: Substring) -> String {
        guard let mark = text.firstRange(of: " object 0x") else { return String(text) }
        return text[..<mark.lowerBound] + " the object" + text[mark.upperBound...].drop { $0.isHexDigit }
    }

    /// Types are named with their addresses, such as `'Swift.Int' (0x7f16ef854c97)`, which differ from run to run.
    private static func withoutAddresses(_ text: Substring) -> String {
        var result = ""
        var rest = text
        while let mark = rest.firstRange(of: " (0x") {
            result += rest[..<mark.lowerBound]
            rest = rest[mark.upperBound...].drop { $0.isHexDigit }
            if rest.first == ")" { rest = rest.dropFirst() }
        }
        return result + rest
    }
}
