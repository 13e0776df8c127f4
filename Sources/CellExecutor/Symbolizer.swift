internal import CellWire
internal import SourceText

/// Finds the lines of addresses in compiled cells.
struct Symbolizer: Sendable {
    let toolchain: CellToolchain
    let cache: CellCache

    /// What trapped at an address, such as `arithmetic overflow`: the compiler notes it as the name of an inlined function.
    func trapReason(in module: String, of frames: [WireFailure.Frame]) -> String? {
        guard let symbolizer, let frame = frames.first, frame.image == "\(module).so",
            let output = try? ChildProcess.run([
                symbolizer, "--obj=\(cache.image(module))", "--functions=linkage", "0x" + String(frame.offset, radix: 16),
            ])
            .output, let mark = output.firstRange(of: "Swift runtime failure: ")
        else { return nil }
        let reason = output[mark.upperBound...].prefix { $0 != "\n" }
        return reason.isEmpty ? nil : String(reason)
    }

    private var symbolizer: String? { toolchain.symbolizer }

    /// The innermost line in the module itself.
    ///
    /// - Parameters:
    ///   - frames: Return addresses, the innermost first.
    ///   - isTrap: Whether the first of all is the place itself.
    func line(in module: String, file: String, of frames: [WireFailure.Frame], isTrap: Bool) -> Int? {
        guard let symbolizer else { return nil }
        // A return address is the instruction after the call, and instructions without a line of their own belong
        // to the ones before them.
        let addresses = frames.enumerated().filter { $0.element.image == "\(module).so" }.prefix(16).flatMap { index, frame in
            (isTrap && index == 0 ? [0, 1, 5, 9] : [1, 0, 5, 9, 17, 33, 49])
                .map { "0x" + String(frame.offset > $0 ? frame.offset - $0 : 0, radix: 16) }
        }
        guard !addresses.isEmpty,
            let output = try? ChildProcess.run([symbolizer, "--obj=\(cache.image(module))", "--functions=none"] + addresses).output
        else { return nil }
        for text in output.split(separator: "\n") {
            let parts = text.split(separator: ":")
            guard parts.count >= 3, parts[parts.count - 3] == file || parts[parts.count - 3].hasSuffix("/\(file)"),
                let line = Int(parts[parts.count - 2]), line > 0
            else { continue }
            return line
        }
        return nil
    }
}
