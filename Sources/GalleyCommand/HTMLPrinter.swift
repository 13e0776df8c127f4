internal import CellExecutor
internal import Groundwork

/// Prints pages with a browser that is installed.
enum HTMLPrinter {
    enum Failure: Error, Sendable, CustomStringConvertible {
        case noBrowser
        case noTemporaryFolder
        case browser(String, status: Int32)

        var description: String {
            switch self {
            case .noBrowser:
                "PDF is printed by Chromium or Chrome, and none was found (looked for \(HTMLPrinter.browsers.joined(separator: ", ")))"
                    + "\n  help: install one, or export with --to html and print the page"
            case .noTemporaryFolder: "no temporary folder can be made\n  help: set TMPDIR to a folder that can be written"
            case .browser(let name, let status): "\(name) printed nothing (exit status \(status))"
            }
        }
    }

    static var browsers: [String] {
        #if canImport(Darwin)
            [
                "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
                "chromium",
            ]
        #else
            ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
        #endif
    }

    /// A page as PDF.
    ///
    /// - Parameter html: Everything that the page needs is within.
    static func pdf(of html: [UInt8], interruption: Interruption) throws -> [UInt8] {
        guard let folder = makeTemporaryFolder() else { throw Failure.noTemporaryFolder }
        // The browser's profile is a tree of files that only it knows.
        defer { if let process = start(["rm", "-rf", folder]) { _ = waitForEnd(of: process) } }
        let page = folder + "/page.html"
        let printed = folder + "/page.pdf"
        try writeFileAtomically(page, html)
        var options = [
            "--headless", "--disable-gpu", "--no-first-run", "--user-data-dir=\(folder)/profile", "--no-pdf-header-footer",
            "--print-to-pdf=\(printed)", "file://\(page)",
        ]
        // The browser's sandbox does not start for the superuser, as whom containers run.
        if isSuperuser { options.insert("--no-sandbox", at: 1) }
        guard let browser = browsers.lazy.compactMap(path(of:)).first else { throw Failure.noBrowser }
        let status = try CellToolchain.runKept([browser] + options, interruption: interruption).status
        guard status == 0, let bytes = try? readFile(printed), bytes.starts(with: "%PDF".utf8) else {
            throw Failure.browser(browser, status: Int32(status))
        }
        return bytes
    }

    /// Where a program lies; `nil` where it is not there.
    private static func path(of program: String) -> String? {
        if program.contains("/") { return isRegularFile(program) ? program : nil }
        return searchPath().map { "\($0)/\(program)" }.first(where: isRegularFile)
    }
}
