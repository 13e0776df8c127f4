internal import Groundwork
internal import SourceText

/// What of the cache folder is Galley's.
///
/// The folder may have been there before Galley was, or be a link to another; so it is marked when it is made, and each thing in it is known by
/// its name. Nothing else is removed, ever.
extension CellCache {
    /// Marks caches for backups, too (https://bford.info/cachedir/).
    private static let tagName = "CACHEDIR.TAG"
    private static let signature = "Signature: 8a477f597d28d172789f06886806bc55"
    private static let tag = signature + "\n# Galley's compiled cells and kept pages. The command `galley clean` empties this folder.\n"

    private static let folders = ["cells", "modules", "packages", "renders", "pages", "records"]

    /// Makes the folder Galley's where nobody has it: makes and marks it, or marks one that is empty or was made by a version without marks.
    ///
    /// - Returns: Whether the folder is Galley's.
    public static func claim(_ folder: String) -> Bool {
        if isMarked(folder) { return true }
        let contents = folderContents(folder)
        guard contents.isEmpty || isEarlierLayout(folder, contents) else { return false }
        do throws(FileError) {
            try makeFolder(folder)
            try writeFileAtomically("\(folder)/\(tagName)", tag.utf8)
        } catch {
            // What keeps the folder from being made is told where it is used.
            return contents.isEmpty
        }
        return true
    }

    private static func isMarked(_ folder: String) -> Bool {
        guard let bytes = try? readFile("\(folder)/\(tagName)") else { return false }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.hasPrefix(signature) && text.contains("Galley")
    }

    /// Whether all that lies in a folder is what versions without marks put into their caches.
    private static func isEarlierLayout(_ folder: String, _ contents: [String]) -> Bool {
        guard contents.contains("cells"), contents.contains("modules") || contents.contains("renders") else { return false }
        return contents.allSatisfy { name in
            if isScratch(name) || name.hasPrefix("swift-version-") { return true }
            guard folders.contains(name), !isLink("\(folder)/\(name)"), isFolder("\(folder)/\(name)") else { return false }
            return folderContents("\(folder)/\(name)").allSatisfy { isOwn($0, in: name) }
        }
    }

    /// Empties the cache.
    ///
    /// - Returns: the bytes freed, and what stayed because Galley did not put it there; `nil` where there is no cache.
    /// - Throws: ``ExecutionError/foreignCache(_:)`` for a folder that is not Galley's.
    public static func clean(_ folder: String) throws(ExecutionError) -> (bytes: Int, left: [String])? {
        guard isFolder(folder) else { return nil }
        let contents = folderContents(folder)
        guard isMarked(folder) || isEarlierLayout(folder, contents) else {
            if contents.isEmpty { return nil }
            throw .foreignCache(folder)
        }
        guard var sweep = FolderSweep(folder) else { return nil }
        var foreign: [String] = []
        for name in contents {
            if folders.contains(name) {
                sweep.remove(membersOf: name) { isOwn($0, in: name) }
            } else if isAbandonedScratch(name) || name.hasPrefix("swift-version-") {
                sweep.remove(name)
            } else if name != tagName, !isScratch(name) {
                foreign.append(name)
            }
        }
        sweep.end()
        return (sweep.bytes, foreign + sweep.left)
    }

    // MARK: Names

    /// Whether Galley, the compiler or SwiftPM gives such a name in one of the cache's folders.
    private static func isOwn(_ name: String, in folder: String) -> Bool {
        switch folder {
        case "cells": isCell(name)
        case "renders", "pages", "records": isDigest(name.prefix { $0 != "." })
        case "packages":
            // Each folder is SwiftPM's, and what notebooks' packages hold; beside them lie notes on products and targets.
            isDigest(name) || ["products-", "targets-"].contains { name.hasPrefix($0) && isDigest(name.dropFirst($0.count).prefix { $0 != "." }) }
        case "modules":
            // Folders named by what the compiler was called with, and modules.
            name.utf8.count >= 8 && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
                || [".timestamp", ".swiftmodule", ".pcm", ".lock", ".pch"].contains { name.contains($0) }
        default: false
        }
    }

    static func isCell(_ name: String) -> Bool { name.hasPrefix("Cell_") }

    /// Hexadecimal digits, as many as no word has.
    private static func isDigest(_ name: some StringProtocol) -> Bool {
        name.utf8.count >= 8 && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func isScratch(_ name: String) -> Bool {
        let parts = name.split(separator: "-")
        return parts.count == 3 && parts[0] == "scratch" && Int32(parts[1]) != nil && UInt32(parts[2]) != nil
    }

    /// A folder for work of a process that is no more.
    static func isAbandonedScratch(_ name: String) -> Bool {
        isScratch(name) && Int32(name.split(separator: "-")[1]).map { !processExists($0) } ?? false
    }
}
