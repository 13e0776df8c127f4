/// A font of five by nine pixels for the pictures of link previews, drawn for Galley: it needs no file and is the same on
/// every machine.
enum PixelFont {
    static let width = 5
    static let height = 9

    /// The rows of a character from the top, each a number whose bits are pixels, the leftmost the highest of five.
    /// `nil` for characters that the font does not have.
    static func rows(of character: Character) -> [Int]? { glyphs[replacements[character] ?? character] }

    static func has(_ text: String) -> Bool { text.allSatisfy { rows(of: $0) != nil } }

    private static let replacements: [Character: Character] = [
        "‘": "'", "’": "'", "“": "\"", "”": "\"", "–": "-", "—": "-", "−": "-", "·": ".", "\u{A0}": " ", "×": "x", "…": ".", "\n": " ",
    ]

    /// Each row as a digit of base 32, rows at the end left out when they are empty.
    private static let drawn: [(Character, String)] = [
        (" ", "0"), ("!", "4444404"), ("\"", "aaa"), ("#", "aavavaa"), ("$", "4fke5u4"), ("%", "op248j3"), ("&", "cik8lid"), ("'", "c48"),
        ("(", "2488842"), (")", "8422248"), ("*", "04lel4"), ("+", "044v44"), (",", "00000c48"), ("-", "000v"), (".", "00000cc"), ("/", "01248g"),
        ("0", "ehjlphe"), ("1", "4c4444e"), ("2", "eh1248v"), ("3", "v2421he"), ("4", "26aiv22"), ("5", "vgu11he"), ("6", "68guhhe"),
        ("7", "v124888"), ("8", "ehhehhe"), ("9", "ehhf12c"), (":", "0cc0cc"), (";", "0cc0c48"), ("<", "248g842"), ("=", "00v0v"),
        (">", "8421248"), ("?", "eh12404"), ("@", "eh1dlle"), ("A", "ehhvhhh"), ("B", "uhhuhhu"), ("C", "ehggghe"), ("D", "uhhhhhu"),
        ("E", "vgguggv"), ("F", "vgguggg"), ("G", "ehgnhhf"), ("H", "hhhvhhh"), ("I", "e44444e"), ("J", "72222ic"), ("K", "hikokih"),
        ("L", "ggggggv"), ("M", "hrllhhh"), ("N", "hhpljhh"), ("O", "ehhhhhe"), ("P", "uhhuggg"), ("Q", "ehhhlid"), ("R", "uhhukih"),
        ("S", "fgge11u"), ("T", "v444444"), ("U", "hhhhhhe"), ("V", "hhhhha4"), ("W", "hhhllla"), ("X", "hha4ahh"), ("Y", "hhha444"),
        ("Z", "v1248gv"), ("[", "e88888e"), ("\\", "0g8421"), ("]", "e22222e"), ("^", "4ah"), ("_", "000000v"), ("`", "842"),
        ("a", "00e1fhf"), ("b", "ggmphhu"), ("c", "00egghe"), ("d", "11djhhf"), ("e", "00ehvge"), ("f", "698s888"), ("g", "00fhhhf1e"),
        ("h", "ggmphhh"), ("i", "40c444e"), ("j", "2062222ic"), ("k", "ggikoki"), ("l", "c44444e"), ("m", "00qllhh"), ("n", "00mphhh"),
        ("o", "00ehhhe"), ("p", "00uhhhugg"), ("q", "00fhhhf11"), ("r", "00mpggg"), ("s", "00fge1u"), ("t", "88s8896"), ("u", "00hhhjd"),
        ("v", "00hhha4"), ("w", "00hhlla"), ("x", "00ha4ah"), ("y", "00hhhhf1e"), ("z", "00v248v"), ("{", "2448442"), ("|", "4444444"),
        ("}", "8442448"), ("~", "008l2"),
    ]

    private static let glyphs: [Character: [Int]] = Dictionary(
        drawn.map { character, rows in
            let numbers = rows.compactMap { Int(String($0), radix: 32) }
            return (character, numbers + [Int](repeating: 0, count: max(0, height - numbers.count)))
        }, uniquingKeysWith: { first, _ in first })
}
