import Groundwork
import Testing

@Suite struct ContentKeyTests {
    /// Examples of NIST for FIPS 180-4
    /// (https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values).
    static let vectors: [(text: String, digest: String)] = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
        (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ]

    @Test("digests are SHA-256", arguments: vectors)
    func digest(text: String, digest: String) {
        #expect(ContentKey(ofBytes: Array(text.utf8)).hexadecimal == digest)
        #expect(ContentKey(ofBytes: AnySequence(Array(text.utf8))).hexadecimal == digest)
    }

    @Test("fields do not run together, and their order counts")
    func fields() {
        let keys = [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["c", "ab"], []].map { ContentKey($0) }
        #expect(Set(keys).count == keys.count)
        #expect(ContentKey(["ab", "c"]) == keys[0])
    }

    @Test("a key is read back from its digits only")
    func reading() {
        let key = ContentKey(["x"])
        #expect(ContentKey(hexadecimal: key.hexadecimal) == key)
        #expect(key.short == key.hexadecimal.prefix(12))
        for text in ["", "abc", key.hexadecimal.uppercased() + "", key.hexadecimal + "0", String(repeating: "g", count: 64)]
        where text != key.hexadecimal {
            #expect(ContentKey(hexadecimal: text) == nil)
        }
    }
}
