internal import HTML
internal import JSON
internal import NotebookModel

extension PageState {
    /// The JSON of an output: its text, where that is beside it and says the same.
    func json(in bundle: MIMEBundle) -> JSONSource? {
        switch bundle["application/json"] {
        case .json(let value):
            guard let text = bundle.plainText, let source = JSONSource(text), source.isText(of: value) else { return JSONSource(value) }
            return source
        case .text(let text): return JSONSource(text)
        default: return nil
        }
    }

    /// Objects and arrays fold; past a hundred members the rest is only counted.
    func writeTree(_ value: JSONSource, key: String?, depth: Int, into writer: inout HTMLWriter) {
        func name() {
            if let key {
                writer.element("span", [HTMLAttribute("class", "json-key")], text: key)
                writer.raw(": ")
            }
        }
        func members(_ list: [(String, JSONSource)], _ summary: String) {
            writer.open("details", [HTMLAttribute("open", isPresent: depth < 2)])
            writer.raw("<summary>")
            name()
            writer.text(summary)
            writer.raw("</summary>")
            if !list.isEmpty {
                writer.raw("<ul>")
                for (key, value) in list.prefix(100) {
                    writer.raw("<li>")
                    writeTree(value, key: key, depth: depth + 1, into: &writer)
                    writer.raw("</li>")
                }
                if list.count > 100 { writer.element("li", text: "\(list.count - 100) more") }
                writer.raw("</ul>")
            }
            writer.raw("</details>")
        }
        func leaf(_ kind: String, _ text: String) {
            name()
            writer.element("span", [HTMLAttribute("class", "tok-\(kind)")], text: text)
        }
        switch value {
        case .object(let list): members(list.map { ($0.key, $0.value) }, "{\(list.count)}")
        case .array(let elements): members(elements.enumerated().map { ("\($0)", $1) }, "[\(elements.count)]")
        case .string(let text): leaf("string", JSONValue.string(text).text())
        case .number(let text): leaf("number", text)
        case .word(let text): leaf("keyword", text)
        }
    }
}
