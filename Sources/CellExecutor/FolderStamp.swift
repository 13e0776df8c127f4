internal import Groundwork

/// The state of the files beneath a folder, by their sizes and times; what hides behind a dot is passed over.
struct FolderStamp {
    let key: ContentKey

    /// - Parameter stem: Files of this path with any extension are passed over: the notebook and what its runs leave.
    init(_ folder: String, except stem: String) {
        var fields: [String] = []
        var pending = [folder]
        while let current = pending.popLast() {
            for name in folderContents(current) where !name.hasPrefix(".") {
                let path = "\(current)/\(name)"
                if isFolder(path) {
                    // A link may lead back up.
                    if !isLink(path) { pending.append(path) }
                } else if !path.hasPrefix(stem + "."), let identity = fileIdentity(path) {
                    fields += [path, "\(identity.size)", identity.changed]
                }
            }
        }
        key = ContentKey(fields)
    }
}
