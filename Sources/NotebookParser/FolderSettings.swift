public import SourceText

/// The files in which other tools keep what holds for every page of a folder: Quarto's `_metadata.yml`, Hugo's `_index.md`, Eleventy's
/// `posts.json`. Galley reads none of them.
public enum FolderSettings {
    /// Looks for a key that would keep the folder's pages back.
    ///
    /// - Returns: an error at its line, or `nil`.
    public static func problem(in file: SourceFile) -> Diagnostic? {
        for line in 1...max(min(file.lineCount, 400), 1) {
            let text = FrontMatterBlock.bare(file.line(line)).drop { $0 == " " || $0 == "\t" || $0 == "-" }
            for part in text.split(whereSeparator: { "{}[],".contains($0) }) {
                guard FrontMatterReader.keepsBack(FrontMatterReader.trimmed(String(part))) else { continue }
                let start = SourceLocation(line: line, column: 1)
                return Diagnostic(
                    .error, identifier: "unclear-publication",
                    summary: "“\(FrontMatterReader.trimmed(String(part)))” may hold for the pages of this folder, and Galley does not read it here",
                    path: file.path, range: SourceRange(start: start, end: start),
                    solutions: ["write “draft: true” or “draft: false” into the front matter of each page"])
            }
        }
        return nil
    }
}
