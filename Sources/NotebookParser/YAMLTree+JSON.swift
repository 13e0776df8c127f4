internal import JSON
internal import SourceText

extension YAMLTree {
    /// Reads one JSON object that begins at `line` of the notebook. A member's place is the first line that gives its name a value.
    static func parse(json text: String, line: Int) throws(YAMLProblem) -> YAMLTree {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: text)
        } catch {
            throw YAMLProblem(
                message: error.message, place: SourceFile(path: "", text: text).location(atOffset: error.byteOffset).moved(by: line - 1))
        }
        let start = SourceLocation(line: line, column: 1)
        guard case .object(let object) = value else { throw YAMLProblem(message: "it is no object", place: start) }
        let rows = text.split(separator: "\n", omittingEmptySubsequences: false)
        var members: [Member] = []
        for (name, value) in object {
            let quoted = JSONValue.string(name).text(.compact)
            var place = start
            if let row = rows.firstIndex(where: { $0.contains(quoted + ":") || $0.contains(quoted + " ") }),
                let found = rows[row].firstRange(of: quoted)
            {
                place = SourceLocation(line: line + row, column: rows[row][..<found.lowerBound].utf8.count + 1)
            }
            members.append(Member(key: YAMLTree(content: .scalar(name, isPlain: false), place: place), value: YAMLTree(value, place: place)))
        }
        return YAMLTree(content: .mapping(members), place: start)
    }

    /// A value of JSON as one of YAML, which means the same by it.
    private init(_ value: JSONValue, place: SourceLocation) {
        self.place = place
        switch value {
        case .null: content = .scalar("null", isPlain: true)
        case .bool(let bool): content = .scalar(bool ? "true" : "false", isPlain: true)
        case .integer(let integer): content = .scalar("\(integer)", isPlain: true)
        case .number(let number): content = .scalar("\(number)", isPlain: true)
        case .string(let text): content = .scalar(text, isPlain: false)
        case .array(let elements): content = .sequence(elements.map { YAMLTree($0, place: place) })
        case .object(let object):
            content = .mapping(
                object.map { Member(key: YAMLTree(content: .scalar($0.key, isPlain: false), place: place), value: YAMLTree($0.value, place: place)) })
        }
    }
}

extension SourceLocation {
    fileprivate func moved(by lines: Int) -> SourceLocation { SourceLocation(line: line + lines, column: column) }
}
