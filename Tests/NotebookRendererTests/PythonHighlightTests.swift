import NotebookRenderer
import TestSupport
import Testing

/// The classes that version 9 writes; later versions name definitions otherwise.
private let hasVersion9 = PythonComparison.library("def f(): pass")?.contains("<span class=\"hljs-function\">") == true

@Suite("Python in pages")
struct PythonHighlightTests {
    private static let programs = [
        "def dequantise(codes, absmax, block=7):\n    return [c * absmax[i // block] / 127 for i, c in enumerate(codes)]\n",
        "class A(Base):\n    @property\n    def size(self) -> int:\n        \"\"\"Bytes\"\"\"\n        return -1\n",
        "import os as o\nfrom a.b import c  # not < d\nx = [0x1F, 1000, 1e-3, .5, 3.5j, a-1, 0b101, 0o17]\nprint('it\\'s', r\"\\d\", b'x', None, True)\n",
        "async def f(): await g()\nlambda x: x\nexec('1')\nx: int = y\n@a.b(c)\nclass B: pass\nprint x\n", "e = 'ü'\nif a<b and c>d: pass\n", "",
    ]

    @Test("programs are marked up as highlight.js does", .enabled(if: hasVersion9, "highlight.js 9 is not installed"), arguments: programs)
    func equal(program: String) throws {
        #expect(try #require(PythonComparison.native(program)) == PythonComparison.library(program))
    }

    @Test("random pieces are marked up as highlight.js does, or left to it", .enabled(if: hasVersion9, "highlight.js 9 is not installed"))
    func random() {
        var generator = SeededGenerator(seed: 3)
        let pieces = [
            "def ", "class ", "f", "A", "(", ")", "(x, y=1)", ":", "\n", "    ", " ", "'a'", "\"b\"", "'''c\n'''", "#d", "1", "-2", "0x3f", "1.5e3",
            "0b1", "0o8", "0B",
            ".5", "_",
            "None", "in", "print", "print(", "@p", "@", ">>>", ">", "<", "&", "r'x'", "f'{x}'", "\\", ",", "=", "->", "TODO:", "lambda", "é", "...",
            ".",
        ]
        var compared = 0
        for _ in 0..<1500 {
            let program = (0..<Int.random(in: 1...12, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            guard let native = PythonComparison.native(program) else { continue }
            compared += 1
            #expect(native == PythonComparison.library(program), "\(program)")
        }
        #expect(compared > 500)
    }
}
