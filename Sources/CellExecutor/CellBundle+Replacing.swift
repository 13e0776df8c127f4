internal import Groundwork
internal import JSON
internal import SourceText

extension CellBundle {
    /// Everything that is in a bundle's folder, before and after its run.
    private static let names: Set<String> = [
        "bundle.json", "run", "host", "lib", "bin", "cells", "configuration", "script", "environment", "events", "work", "finished",
    ]

    /// Why a folder may not be replaced by a new bundle; `nil` where it is empty, is not there, or is a bundle and nothing else.
    static func obstacle(in folder: String) -> String? {
        let names = folderContents(folder)
        if names.isEmpty { return nil }
        let help = "; name another folder with --output"
        guard let bytes = try? readFile("\(folder)/bundle.json"), let manifest = try? JSONValue(parsing: bytes),
            manifest["format"] != nil, manifest["keys"]?.arrayValue != nil, manifest["assignments"] != nil
        else { return "\(folder) exists and is no bundle" + help }
        guard let other = names.first(where: { !Self.names.contains($0) }) else { return nil }
        return "\(folder) is a bundle, and holds what Galley did not put there: \(other)" + help
    }
}
