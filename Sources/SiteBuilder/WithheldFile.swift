import Groundwork
import SourceText

/// Files that are not copied into a site for being referred to: hidden ones, copies that editors leave, and keys.
enum WithheldFile {
    /// Says what a file is that nobody means to publish.
    ///
    /// - Parameters:
    ///   - path: the path from the site's folder.
    ///   - real: where it lies; the head of what may be a key is read.
    static func kind(_ path: String, at real: String) -> String? {
        let parts = path.split(separator: "/")
        // Nobody sees what begins with a dot, and many keep secrets there; `_drafts` are Jekyll's.
        if parts.contains(where: { $0.hasPrefix(".") || $0 == "_drafts" }) { return "a hidden file" }
        guard let name = parts.last?.lowercased() else { return nil }
        if name.hasSuffix("~") || name.hasPrefix("#") && name.hasSuffix("#") { return "a copy that an editor left" }
        let endings = name.split(separator: ".").dropFirst()
        if let ending = endings.last, ["bak", "swp", "swo", "orig", "rej"].contains(ending) { return "a copy that an editor left" }
        if let ending = endings.last, ["p12", "pfx", "kdbx", "ppk", "keystore", "jks"].contains(ending) { return "a store of keys" }
        if ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"].contains(name) || isPrivateKey(real, endings.last) { return "a private key" }
        return nil
    }

    /// Whether the file holds a key: its name may be anybody's, such as that of Keynote's slides.
    private static func isPrivateKey(_ real: String, _ ending: Substring?) -> Bool {
        guard ending.map({ ["pem", "key", "asc", "gpg", "txt"].contains($0) }) ?? true, let size = fileSize(real), size < 65536,
            let bytes = try? readFile(real)
        else { return false }
        return String(decoding: bytes, as: UTF8.self).contains("PRIVATE KEY")
            && String(decoding: bytes, as: UTF8.self).contains("-----BEGIN ")
    }
}
