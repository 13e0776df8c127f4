internal import Groundwork

/// Puts resolved references into a page's HTML.
enum BodyRewriting {
    /// HTML without the attributes that hold the notes on names of Swift code.
    static func withoutNotes(_ body: String) -> String {
        let mark = Array(" style=\"--n".utf8)
        let bytes = Array(body.utf8)
        var output: [UInt8] = []
        var copied = 0
        var index = 0
        while index + mark.count < bytes.count {
            guard bytes[index] == mark[0], bytes[index + 1] == mark[1], bytes[index...].starts(with: mark),
                let end = bytes[(index + mark.count)...].firstIndex(of: UInt8(ascii: "\""))
            else {
                index += 1
                continue
            }
            output += bytes[copied..<index]
            index = end + 1
            copied = index
        }
        return copied == 0 ? body : String(decoding: output + bytes[copied...], as: UTF8.self)
    }

    /// - Parameters:
    ///   - targets: where each of the scan's references leads, in their order.
    ///   - address: the text of a reference to a target; `nil` leaves it as written.
    static func rewritten(
        _ body: [UInt8], _ references: [BodyScan.Reference], _ targets: [LinkTarget], sizes: [String: ImageSize],
        address: (LinkTarget) -> String?
    ) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(body.count + references.count * 32)
        var copied = 0
        for (reference, target) in zip(references, targets) {
            guard reference.range.lowerBound >= copied, let address = address(target) else { continue }
            output += body[copied..<reference.range.lowerBound]
            output += "\"\(escaped(address, .attribute))\"".utf8
            copied = reference.range.upperBound
            if reference.element == "img", reference.attribute == "src", !reference.hasSize, case .site(let path, _) = target,
                let size = sizes[path], reference.tagEnd >= copied
            {
                output += body[copied..<reference.tagEnd]
                if output.last != 0x20 { output.append(0x20) }
                output += "width=\"\(size.width)\" height=\"\(size.height)\"".utf8
                copied = reference.tagEnd
            }
        }
        output += body[copied...]
        return String(decoding: output, as: UTF8.self)
    }
}
