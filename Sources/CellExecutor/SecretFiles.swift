internal import Groundwork
internal import SourceText

/// Files and folders below a folder that hold secrets by their names, or that lead to other programs: sockets and pipes.
struct SecretFiles: Sendable {
    private(set) var paths: [String] = []
    private var left = 50_000

    /// Whether all was looked at, and what was found is not more than a sandbox can cover.
    var isComplete: Bool { left > 0 && paths.count <= 2000 }

    /// - Parameter hidesAllHidden: Whether everything whose name begins with a dot counts: the folder may be somebody's home, and what
    ///   programs keep there is beyond counting.
    init(in folder: String, hidesAllHidden: Bool) {
        look(folder, depth: 0, hidesAllHidden: hidesAllHidden)
    }

    /// Names that programs give to files and folders with passwords, keys, tokens and what was typed; in lower case.
    private static let names: Set<String> = [
        ".aws", ".azure", ".boto", ".cache", ".cargo", ".config", ".docker", ".dockercfg", ".dockerconfigjson", ".env", ".envrc", ".flaskenv",
        ".gcloud", ".gem", ".git", ".git-credentials", ".gnupg", ".gradle", ".hg", ".htpasswd", ".huggingface", ".jupyter", ".kaggle", ".kube",
        ".local", ".m2", ".mozilla", ".my.cnf", ".mylogin.cnf", ".netrc", ".npmrc", ".oci", ".password-store", ".pgpass", ".pypirc", ".renviron",
        ".rhistory", ".s3cfg", ".ssh", ".svn", ".swiftpm", ".terraform", ".terraform.d", ".terraformrc", ".thunderbird", ".vault-token",
        ".viminfo", ".yarnrc", ".yarnrc.yml", "_netrc", "auth.json", "credentials", "env.local", "htpasswd", "id_dsa", "id_ecdsa", "id_ecdsa_sk",
        "id_ed25519",
        "id_ed25519_sk", "id_rsa", "kaggle.json", "kubeconfig", "pypirc", "rclone.conf", "rootkey.csv", "vault.yaml", "vault.yml", "wallet.dat",
    ]
    private static let beginnings = [
        ".env.", "client_secret", "firebase-adminsdk", "secring.", "service-account", "service_account",
    ]
    private static let endings = [
        ".asc", ".env", ".gpg", ".jks", ".kdb", ".kdbx", ".key", ".keychain-db", ".keystore", ".ovpn", ".p12", ".pem", ".pfx", ".pgp", ".ppk",
        ".tfstate", ".tfvars", "_history",
    ]
    /// What the name says before its first dot, or at the end of that behind `_` or `-`: `db_password.txt`.
    private static let words: Set<String> = [
        "apikey", "api_key", "api-key", "credential", "credentials", "passwd", "password", "passwords", "secret", "secrets",
    ]
    /// The same, alone: data of language models is full of tokens.
    private static let wholeWords: Set<String> = ["token", "access_token", "api_token", "api-token", "auth_token", "github_token", "hf_token"]
    private static let copies = ["~", ".bak", ".backup", ".gz", ".old", ".orig", ".save", ".swp"]

    private static func isSecret(_ name: String) -> Bool {
        var name = name.lowercased()
        while let copy = copies.first(where: { name.hasSuffix($0) && name.utf8.count > $0.utf8.count }) { name.removeLast(copy.count) }
        if names.contains(name) || beginnings.contains(where: { name.hasPrefix($0) }) || endings.contains(where: { name.hasSuffix($0) }) {
            return true
        }
        let stem = name.prefix { $0 != "." }
        return wholeWords.contains(String(stem)) || words.contains { stem == $0 || stem.hasSuffix("_" + $0) || stem.hasSuffix("-" + $0) }
    }

    private mutating func look(_ folder: String, depth: Int, hidesAllHidden: Bool) {
        for name in folderContents(folder) where left > 0 {
            left -= 1
            let path = "\(folder)/\(name)"
            let isSecret = (hidesAllHidden && name.hasPrefix(".")) || Self.isSecret(name)
            switch fileKind(path) {
            case .special: paths.append(path)
            case .folder where isSecret || depth >= 12: paths.append(path)
            case .folder: look(path, depth: depth + 1, hidesAllHidden: hidesAllHidden)
            case .file where isSecret: paths.append(path)
            case .file, .link, nil: break
            }
        }
    }
}
