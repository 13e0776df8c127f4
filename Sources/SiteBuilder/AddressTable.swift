/// Which part of a site each address belongs to, so that none takes another's.
///
/// Addresses that differ only in case, or in how letters are composed, are one file on macOS and Windows; a file cannot also be a
/// folder. Both are found here.
struct AddressTable {
    struct Claim: Sendable, Hashable {
        var path: String
        /// Who makes it, as the author knows it: a notebook's path, or `the archive`.
        var owner: String
    }

    enum Conflict: Sendable, Hashable {
        /// The very file.
        case same(Claim)
        /// One file where case does not count.
        case sameButForCase(Claim)
        /// One of the two would have to be a folder.
        case folder(Claim)

        var isFolder: Bool { if case .folder = self { true } else { false } }

        var other: Claim {
            switch self {
            case .same(let claim), .sameButForCase(let claim), .folder(let claim): claim
            }
        }
    }

    private var files: [String: Claim] = [:]
    /// For each folder one of the files beneath.
    private var folders: [String: Claim] = [:]

    /// What stands in the way of a file at `path`.
    func conflict(at path: String) -> Conflict? {
        let key = path.lowercased()
        if let claim = files[key] {
            // Texts are equal however their letters are composed; so are keys of dictionaries, and one of two such files would be lost.
            return claim.path == path ? .same(claim) : .sameButForCase(claim)
        }
        if let beneath = folders[key] { return .folder(beneath) }
        var folder = SitePath.folder(of: key)
        while !folder.isEmpty {
            if let claim = files[folder] { return .folder(claim) }
            folder = SitePath.folder(of: folder)
        }
        return nil
    }

    /// Gives an address to an owner, if nobody has it.
    mutating func claim(_ path: String, for owner: String) {
        let claim = Claim(path: path, owner: owner)
        let key = path.lowercased()
        if files[key] == nil { files[key] = claim }
        var folder = SitePath.folder(of: key)
        while !folder.isEmpty, folders[folder] == nil {
            folders[folder] = claim
            folder = SitePath.folder(of: folder)
        }
    }
}
