import Tensors
import Tokenizers

extension PackedTexts {
    /// The strings of a GGUF file, from where they lie.
    init(_ strings: GGUFStrings) {
        // Their lengths were checked when the file was opened.
        self = PackedTexts(lengthPrefixed: strings.encoded.bytes, count: strings.count) ?? PackedTexts()
    }
}
