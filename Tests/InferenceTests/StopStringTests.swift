import Inference
import Testing

@Suite("Stop strings")
struct StopStringTests {
    @Test(
        "They are held back until it is clear that they are none",
        arguments: [
            (["ab", "c"], "abc", false), (["xEN", "Dy"], "x", true), (["xE", "Ny"], "xENy", false),
        ])
    func stopStrings(pieces: [String], expected: String, stops: Bool) {
        var filter = StopStringFilter(["END"])
        var text = ""
        for piece in pieces { text += filter.append(piece) }
        text += filter.finish(with: "")
        #expect(text == expected)
        #expect(filter.isStopped == stops)
    }
}
