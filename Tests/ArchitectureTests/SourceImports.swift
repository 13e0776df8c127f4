import Foundation
import TestSupport

/// What the sources of a target say, read line by line.
enum SourceImports {
    struct Import {
        let file: String
        let module: String
        let isPublic: Bool
    }

    struct Declaration {
        let file: String
        let text: String
    }

    /// Every import, but those under `#if canImport(Darwin)`, where Foundation is part of the system.
    static func read(target: String) throws -> [Import] {
        var isForDarwin = false
        return try lines(target: target).compactMap { file, line in
            if line.hasPrefix("#") { isForDarwin = line == "#if canImport(Darwin)" }
            if isForDarwin { return nil }
            var words = line.split(whereSeparator: { " \t(".contains($0) }).map(String.init)
            guard let position = words.firstIndex(of: "import"), words[..<position].allSatisfy(isModifier) else { return nil }
            let isPublic = words[..<position].contains("public")
            words.removeSubrange(...position)
            let kinds: Set = ["func", "struct", "class", "enum", "protocol", "var", "let", "typealias"]
            if let first = words.first, kinds.contains(first) { words.removeFirst() }
            guard let module = words.first?.split(separator: ".").first else { return nil }
            return Import(file: file, module: String(module), isPublic: isPublic)
        }
    }

    static func publicDeclarations(target: String) throws -> [Declaration] {
        try lines(target: target).compactMap { file, line in
            line.hasPrefix("public ") || line.hasPrefix("@inlinable public ") ? Declaration(file: file, text: line) : nil
        }
    }

    private static func isModifier(_ word: String) -> Bool {
        word.hasPrefix("@") || ["public", "package", "internal", "fileprivate", "private", "exported"].contains(word)
    }

    /// Each line of the target's Swift files, trimmed, with the file it stands in.
    private static func lines(target: String) throws -> [(file: String, line: String)] {
        let folder = ReferenceData.packageRoot + "/Sources/" + target
        guard let files = FileManager.default.enumerator(atPath: folder) else { return [] }
        return try files.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted().flatMap { file in
            try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
                .split(separator: "\n")
                .map { (target + "/" + file, $0.trimmingCharacters(in: .whitespaces)) }
        }
    }
}
