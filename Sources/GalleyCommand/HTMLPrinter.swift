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
    static func pdf(of html: [UInt8]) throws -> [UInt8] {
        guard let folder = makeTemporaryFolder() else { throw Failure.noTemporaryFolder }
        // The browser's profile is a tree of files that only it knows.
        defer { if case .success(let process) = start(["rm", "-rf", folder]) { _ = wait(for: process) } }
        let page = folder + "/page.html"
        let printed = folder + "/page.pdf"
        try writeFileAtomically(page, html)
        var options = [
            "--headless", "--disable-gpu", "--no-first-run", "--user-data-dir=\(folder)/profile", "--no-pdf-header-footer",
            "--print-to-pdf=\(printed)", "file://\(page)",
        ]
        // The browser's sandbox does not start for the superuser, as whom containers run.
        if isSuperuser { options.insert("--no-sandbox", at: 1) }
        for browser in browsers {
            switch start([browser] + options) {
            case .success(let process):
                let status = wait(for: process)
                guard status == 0, let bytes = try? readFile(printed), bytes.starts(with: "%PDF".utf8) else {
                    throw Failure.browser(browser, status: status)
                }
                return bytes
            case .failure(let error) where error.isMissing: continue
            case .failure: throw Failure.browser(browser, status: 126)
            }
        }
        throw Failure.noBrowser
    }
}
