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
            guard let place = lines.lastIndex(where: { $0.contains("Fatal error") }) else { continue }
            let found = TrapMessage(lines[place], file: file)
            // A message may have several lines; the runtime's own trace of addresses is no part of it.
            let rest = lines[(place + 1)...].prefix { $0 != "Current stack trace:" }.filter { !$0.isEmpty }
            lines.removeSubrange(place...)
            let before = lines.joined(separator: "\n")
            if before.isEmpty { outputs.remove(at: index) } else { outputs[index] = .stream(.standardError, before + "\n") }
            return TrapMessage(message: ([found.message] + rest.map(String.init)).joined(separator: "\n"), line: found.line)
        }
        return nil
    }

    private init(message: String, line: Int?) {
        self.message = message
        self.line = line
    }

    /// Such as `cell:3: Fatal error: Index out of range`.
    private init(_ text: Substring, file: String) {
        guard let mark = text.firstRange(of: "Fatal error") else {
            self.init(message: String(text), line: nil)
            return
        }
        var message = text[mark.upperBound...]
        if message.hasPrefix(": ") { message = message.dropFirst(2) }
        var line: Int?
        let place = text[..<mark.lowerBound].split(separator: ":")
        if place.count >= 2, place[place.count - 2] == file || place[place.count - 2].hasSuffix("/\(file)") { line = Int(place[place.count - 1]) }
        self.init(message: message.isEmpty ? "Fatal error" : String(message), line: line)
    }
}
