internal import NotebookModel

/// The notes on the names of one piece of code, as style sheets show them: each text once, as a custom property of the
/// code, which the names refer to. A style sheet shows it beside the name that is pointed at or has the focus; assistive
/// technology reads the code without it.
struct NameNotes {
    private let notes: [Int: (number: Int, note: NameNote)]
    private let texts: [String]

    init(_ names: [NameNote]) {
        var notes: [Int: (number: Int, note: NameNote)] = [:]
        var texts: [String] = []
        var numbers: [String: Int] = [:]
        for name in names {
            let number = numbers[name.text] ?? texts.count
            if number == texts.count {
                numbers[name.text] = number
                texts.append(name.text)
            }
            notes[name.offset] = (number, name)
        }
        self.notes = notes
        self.texts = texts
    }

    /// The value of the code's `style`, unescaped; `nil` where there is nothing to say.
    var style: String? {
        if texts.isEmpty { return nil }
        return texts.enumerated().map { "--n\($0.offset):\(Self.quoted($0.element))" }.joined(separator: ";")
    }

    /// The attributes of a name's element; `nil` where nothing is known of it.
    func attributes(at span: SyntaxSpan) -> String? {
        guard let (number, note) = notes[span.offset], note.length == span.length else { return nil }
        return " style=\"--n:var(--n\(number))\"" + (note.isDeclaration ? " tabindex=\"0\"" : "")
    }

    /// A string of CSS (CSS Syntax Module Level 3, section 4.3.5): quotes, backslashes, controls and what could end an
    /// element are written as code points.
    static func quoted(_ text: String) -> String {
        var result = "'"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "'", "\\", "<", ">", "&", "\"", "\0"..<" ", "\u{7F}": result += "\\" + String(scalar.value, radix: 16) + " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "'"
    }
}
