import JSON
import Testing

@Suite struct JSONValueTests {
    @Test("members keep their order, and of repeated names the last counts")
    func order() throws {
        var object = try #require(try JSONValue(parsing: #"{"z":1,"a":2,"m":3,"a":4}"#).objectValue)
        #expect(object.keys == ["z", "a", "m"])
        #expect(object["a"] == 4)
        object["b"] = 5
        object["z"] = nil
        object["a"] = nil
        object["z"] = 6
        #expect(JSONValue.object(object).text() == #"{"m":3,"b":5,"z":6}"#)
        #expect(object.count == 3)
        #expect(object.map(\.key) == ["m", "b", "z"])
    }

    @Test("order is part of what an object is")
    func equality() {
        #expect((["a": 1, "b": 2] as JSONValue) != ["b": 2, "a": 1])
    }

    @Test("numbers answer as what they are")
    func numbers() {
        #expect(JSONValue.integer(3).integerValue == 3)
        #expect(JSONValue.integer(3).doubleValue == 3)
        #expect(JSONValue.number(1e3).integerValue == 1000)
        #expect(JSONValue.number(0.5).integerValue == nil)
        #expect(JSONValue.number(1e300).integerValue == nil)
        #expect(JSONValue.number(.nan).integerValue == nil)
        #expect(JSONValue.string("3").integerValue == nil)
    }

    @Test("members and elements that are not there are nil")
    func access() throws {
        let value = try JSONValue(parsing: #"{"a":[10,{"b":true}]}"#)
        #expect(value["a"]?[1]?["b"]?.boolValue == true)
        #expect(value["a"]?[2] == nil)
        #expect(value["a"]?[-1] == nil)
        #expect(value["x"] == nil)
        #expect(value[0] == nil)
        #expect(value["a"]?["b"] == nil)
        #expect(JSONValue.null.isNull)
    }

    @Test("text is written compactly or indented")
    func layouts() {
        let value: JSONValue = ["a": [1, 2.5, "x"], "b": [:], "c": []]
        #expect(value.text() == #"{"a":[1,2.5,"x"],"b":{},"c":[]}"#)
        #expect(
            value.text(.indented(2)) == """
                {
                  "a": [
                    1,
                    2.5,
                    "x"
                  ],
                  "b": {},
                  "c": []
                }
                """)
    }

    @Test("what a string may not hold is escaped, and all else is left")
    func escapes() {
        #expect(JSONValue.string("\"\\/\n\r\t\u{8}\u{1F}\u{7F}é😀\u{2028}").text() == #""\"\\/\n\r\t\u0008\u001f"# + "\u{7F}é😀\u{2028}\"")
    }

    @Test("numbers that JSON cannot hold become null")
    func infinities() {
        #expect(JSONValue.array([.number(.infinity), .number(-.infinity), .number(.nan)]).text() == "[null,null,null]")
    }

    static let values: [JSONValue] = [
        .integer(.min), .integer(.max), .number(0.1), .number(-0.0), .number(.leastNonzeroMagnitude), .number(.greatestFiniteMagnitude),
        .number(1e16),
        .number(123456789.125),
        "", "\0\u{1}\"\\\u{FFFF}😀", [nil, true, [[]], ["": ["é": "\n"]]],
    ]

    @Test("what is written is read as the same value", arguments: values)
    func roundTrip(value: JSONValue) throws {
        for layout in [JSONValue.Layout.compact, .indented(0), .indented(4)] {
            #expect(try JSONValue(parsing: value.text(layout)) == value)
        }
    }
}

@Suite("Names and strings are what they are spelt as")
struct SpellingTests {
    @Test("Members whose names are canonically equivalent are two members, in order")
    func members() throws {
        // Of other lengths, and of the same one.
        for (first, second) in [("\u{E9}", "e\u{301}"), ("\u{212B}", "\u{C5}"), ("\u{340}", "\u{300}"), ("a\u{323}\u{307}", "a\u{307}\u{323}")] {
            #expect(first == second, "Swift has them equal")
            let value = try JSONValue(parsing: #"{"\#(first)":1,"\#(second)":2,"\#(first)":3}"#)
            #expect(value.objectValue?.count == 2)
            #expect(value[first] == 3 && value[second] == 2)
            var object = try #require(value.objectValue)
            object[first] = nil
            #expect(object.keys.count == 1 && object[second] == 2 && object[first] == nil)
            #expect(JSONValue.string(first) != .string(second))
            #expect(JSONValue.object([first: 1]) != .object([second: 1]))
            #expect(Set([JSONValue.string(first), .string(second), .string(first)]).count == 2)
        }
    }
}
