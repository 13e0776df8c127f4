internal import Groundwork
internal import SourceText

/// Files and folders below a folder that hold secrets by their names, or that lead to other programs: sockets and pipes.
struct SecretFiles: Sendable {
    private(set) var paths: [String] = []
    private var left = 50_000

    /// Whether all was looked at, and what was found is not more than a sandbox can cover.
    var isComplete: Bool { left > 0 && paths.count <= 2000 }

    /// - Parameter hidesAllHidden: Whether everything in the folder itself whose name begins with a dot counts: the folder may be
    ///   somebody's home, and what programs keep there is beyond counting.
    init(in folder: String, hidesAllHidden: Bool) {
        look(folder, depth: 0, hidesAllHidden: hidesAllHidden)
    }

    /// Names that programs give to files and folders with passwords, keys, tokens and what was typed; in lower case.
    private static let names: Set<String> = [
        ".aws", ".azure", ".boto", ".cache", ".cargo", ".config", ".docker", ".dockercfg", ".dockerconfigjson", ".env", ".envrc", ".flaskenv",
        ".gcloud", ".gem", ".git", ".git-credentials", ".gnupg", ".gradle", ".hg", ".htpasswd", ".huggingface", ".jupyter", ".kaggle", ".kube",
        ".local", ".m2", ".mozilla", ".my.cnf", ".mylogin.cnf", ".netrc", ".npmrc", ".oci", ".password-store", ".pgpass", ".pypirc", ".renviron",
        ".rhistory", ".s3cfg", ".ssh", ".svn", ".swiftpm", ".terraform", ".terraform.d", ".terraformrc", ".thunderbird", ".vault-token",
        ".viminfo", ".yarnrc", ".yarnrc.yml", "_netrc", "credentials", "htpasswd", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519",
        "id_ed25519_sk", "id_rsa", "kaggle.json", "kubeconfig", "rclone.conf", "token", "wallet.dat",
    ]
    private static let beginnings = [".env.", "client_secret", "credentials.", "secrets.", "service-account", "service_account", "token."]
    private static let endings = [
        ".env", ".jks", ".kdbx", ".key", ".keystore", ".ovpn", ".p12", ".pem", ".pfx", ".ppk", ".tfstate", ".tfvars", "_history",
    ]

    private static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return names.contains(name) || beginnings.contains { name.hasPrefix($0) } || endings.contains { name.hasSuffix($0) }
    }

    private mutating func look(_ folder: String, depth: Int, hidesAllHidden: Bool) {
        for name in folderContents(folder) where left > 0 {
            left -= 1
            let path = "\(folder)/\(name)"
            let isSecret = (hidesAllHidden && name.hasPrefix(".")) || Self.isSecret(name)
            switch fileKind(path) {
            case .special: paths.append(path)
            case .folder where isSecret || depth >= 12: paths.append(path)
            case .folder: look(path, depth: depth + 1, hidesAllHidden: false)
            case .file where isSecret: paths.append(path)
            case .file, .link, nil: break
            }
        }
    }
}
