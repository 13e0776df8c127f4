import Groundwork

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension Theme {
    /// The folder of the themes that come with Galley, for a command at `executable`.
    ///
    /// Looked for: `GALLEY_TEMPLATES`, `share/galley/Templates` beside an installed command's folder, and `Templates` in
    /// the folders above the command, as in a checkout.
    public static func templatesFolder(executable: String) -> String? {
        if let given = getenv("GALLEY_TEMPLATES").map({ String(cString: $0) }), !given.isEmpty { return isFolder(given) ? given : nil }
        var folder = SitePath.folder(of: executable)
        let installed = SitePath.folder(of: folder) + "/share/galley/Templates"
        if isFolder(installed) { return installed }
        while !folder.isEmpty {
            let candidate = folder + "/Templates"
            if isFolder(candidate + "/shared") { return candidate }
            folder = SitePath.folder(of: folder)
        }
        return nil
    }
}
