/// The words that themes put around posts. Sites in other languages replace them in `site.yaml`.
enum Words {
    static let english: [(name: String, text: String)] = [
        ("skip", "Skip to content"),
        ("untitled", "Untitled"),
        ("navigation", "Site"),
        ("made_with", "Made with"),
        ("archive", "Archive"),
        ("tags", "Tags"),
        ("contents", "Contents"),
        ("run", "How this page was run"),
        ("run_intro", "Every output on this page was made by running its cells in order."),
        ("run_incremental", "Some outputs were kept from an earlier run of unchanged cells."),
        ("run_date", "When"),
        ("run_with", "With"),
        ("run_on", "On"),
        ("cores", "cores"),
        ("parameters", "Parameters"),
        ("more_posts", "More posts"),
        ("older", "Older"),
        ("newer", "Newer"),
        ("draft", "Draft"),
        ("updated", "Updated"),
        ("minutes", "min read"),
        ("posts", "Posts"),
        ("posts_lower", "posts"),
        ("post", "post"),
        ("all_posts", "All posts"),
        ("undated", "Without a date"),
        ("not_found", "Page not found"),
        ("not_found_text", "There is nothing at this address. It may have moved, or never have been."),
        ("home", "Home"),
        ("recent", "Recent posts"),
        ("moved", "This page has moved:"),
    ]

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ]
}
