internal import Groundwork
import JSON

/// Models of a Hugging Face hub, in the cache that transformers and others share.
///
/// A model is a folder `models--organisation--name` of `refs` (branch → commit), `snapshots` (a folder a commit,
/// whose files are links) and `blobs` (contents by checksum), see
/// https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
package struct ModelHub {
    let endpoint: String
    let cache: String
    let isOffline: Bool
    private let token: String?

    package init(endpoint: String, cache: String, isOffline: Bool = false, token: String? = nil) {
        self.endpoint = endpoint
        self.cache = cache
        self.isOffline = isOffline
        self.token = token
    }

    /// As the environment says, by the variables of huggingface_hub.
    init() {
        let home =
            FileSystem.environment("HF_HOME")
            ?? (FileSystem.environment("XDG_CACHE_HOME") ?? FileSystem.home + "/.cache") + "/huggingface"
        cache = FileSystem.environment("HF_HUB_CACHE") ?? home + "/hub"
        endpoint = FileSystem.environment("HF_ENDPOINT") ?? "https://huggingface.co"
        isOffline = ["1", "true", "yes", "on"].contains(FileSystem.environment("HF_HUB_OFFLINE")?.lowercased() ?? "")
        let tokenPath = FileSystem.environment("HF_TOKEN_PATH") ?? home + "/token"
        let stored = FileSystem.environment("HF_TOKEN") ?? FileSystem.text(tokenPath)
        token = stored.map { String($0.split(whereSeparator: \.isWhitespace).first ?? "") }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The folder of a model's files, fetched where the cache lacks them.
    ///
    /// - Parameter repository: `organisation/name`.
    package func folder(
        of repository: String, places: [String], progress: (@Sendable (DownloadProgress) -> Void)?
    ) throws(ModelError) -> String {
        let folder = cache + "/models--" + repository.split(separator: "/").joined(separator: "--")
        if let commit = FileSystem.text(folder + "/refs/main")?.split(whereSeparator: \.isWhitespace).first {
            let snapshot = "\(folder)/snapshots/\(commit)"
            if isComplete(snapshot) { return snapshot }
        }
        if isOffline {
            throw .notFound(
                name: repository, places: places + [folder],
                help: "HF_HUB_OFFLINE is set: unset it to fetch the model, or put it where it is looked for")
        }
        do { return try fetch(repository, into: folder, progress: progress) } catch { throw .download(error) }
    }

    /// Whether configuration and all weights are there.
    private func isComplete(_ snapshot: String) -> Bool {
        guard isRegularFile(snapshot + "/config.json") else { return false }
        if isRegularFile(snapshot + "/model.safetensors") { return true }
        guard let index = try? Checkpoint.json(snapshot + "/model.safetensors.index.json") else { return false }
        return Self.shards(index).allSatisfy { isRegularFile("\(snapshot)/\($0)") }
    }

    private static func shards(_ index: JSONValue) -> [String] {
        let names = index["weight_map"]?.objectValue?.compactMap { $0.value.stringValue } ?? []
        return Set(names).filter { !$0.contains("/") }.sorted()
    }

    // MARK: - Fetching

    private static let small = [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja",
    ]

    private func fetch(
        _ repository: String, into folder: String, progress: (@Sendable (DownloadProgress) -> Void)?
    ) throws(DownloadError) -> String {
        let url = "\(endpoint)/api/models/\(repository)/revision/main"
        let listing = try document(url)
        guard let commit = listing["sha"]?.stringValue, commit.count == 40, commit.allSatisfy(\.isHexDigit) else {
            throw DownloadError(url: url, message: "the answer names no commit", help: "check HF_ENDPOINT")
        }
        let names = Set(listing["siblings"]?.arrayValue?.compactMap { $0["rfilename"]?.stringValue } ?? [])
        let snapshot = "\(folder)/snapshots/\(commit)"
        func get(_ name: String) throws(DownloadError) {
            try fetchFile(name, of: repository, commit: commit, folder: folder, snapshot: snapshot, progress: progress)
        }
        for name in Self.small where names.contains(name) { try get(name) }
        if names.contains("model.safetensors") {
            try get("model.safetensors")
        } else if names.contains("model.safetensors.index.json") {
            try get("model.safetensors.index.json")
            guard let index = try? Checkpoint.json(snapshot + "/model.safetensors.index.json") else {
                throw DownloadError(url: url, message: "the index of the weights is not JSON", help: "report it to the model's authors")
            }
            for shard in Self.shards(index) { try get(shard) }
        } else {
            throw DownloadError(
                url: "\(endpoint)/\(repository)", message: "the model has no safetensors files",
                help: "choose a model with model.safetensors, or fetch a .gguf file by hand and give its path")
        }
        try write("\(commit)", to: "\(folder)/refs/main")
        return snapshot
    }

    private func fetchFile(
        _ name: String, of repository: String, commit: String, folder: String, snapshot: String,
        progress: (@Sendable (DownloadProgress) -> Void)?
    ) throws(DownloadError) {
        let link = "\(snapshot)/\(name)"
        if isRegularFile(link) { return }
        let url = "\(endpoint)/\(repository)/resolve/\(commit)/\(name)"
        // Without following: what the hub says of large files stands in its redirect, not in the store's answer.
        let head = try HTTPTransfer(options: authorization + [("head", nil), ("output", "/dev/null")], url: url).run()
        guard (200..<400).contains(head.status) else { throw refusal(head.status, url: url) }
        let tag = (head.headers["x-linked-etag"] ?? head.headers["etag"] ?? "").filter { $0.isHexDigit }.lowercased()
        guard tag.count == 40 || tag.count == 64 else {
            throw DownloadError(url: url, message: "the server tells no checksum of the file", help: "check HF_ENDPOINT")
        }
        let size = (head.headers["x-linked-size"] ?? head.headers["content-length"]).flatMap { Int($0) }
        let blob = "\(folder)/blobs/\(tag)"
        if !isRegularFile(blob) {
            let partial = blob + ".incomplete"
            try makeFolder("\(folder)/blobs")
            let response = try HTTPTransfer(
                options: authorization + [
                    ("location", nil), ("output", partial), ("continue-at", "-"), ("fail", nil), ("retry", "3"),
                ], url: url
            ).run {
                progress?(
                    DownloadProgress(file: name, receivedByteCount: fileSize(partial) ?? 0, totalByteCount: size))
            }
            guard (200..<300).contains(response.status) else { throw refusal(response.status, url: url) }
            try verify(partial, tag: tag, size: size, url: url)
            guard FileSystem.move(partial, to: blob) else { throw unwritable(blob) }
        }
        try makeFolder(link.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"))
        let depth = 1 + name.count { $0 == "/" }
        guard FileSystem.link(String(repeating: "../", count: depth + 1) + "blobs/\(tag)", at: link) else { throw unwritable(link) }
    }

    /// Large files are named by their SHA-256, small ones by git's SHA-1 of a blob.
    private func verify(_ path: String, tag: String, size: Int?, url: String) throws(DownloadError) {
        let actual = fileSize(path) ?? 0
        let digest = tag.count == 64 ? FileSystem.sha256(path) : FileSystem.gitBlobSHA1(path)
        guard size == nil || size == actual, digest == tag else {
            FileSystem.remove(path)
            throw DownloadError(
                url: url, message: "what arrived (\(actual) bytes) does not have the checksum \(tag)",
                help: "try again; if it happens again, a proxy in between changes files")
        }
    }

    private var authorization: [(name: String, value: String?)] {
        token.map { [("header", "Authorization: Bearer \($0)")] } ?? []
    }

    private func document(_ url: String) throws(DownloadError) -> JSONValue {
        let path = "\(FileSystem.temporaryFolder)/galley-\(UInt64.random(in: 0...UInt64.max)).json"
        defer { FileSystem.remove(path) }
        let response = try HTTPTransfer(options: authorization + [("location", nil), ("output", path)], url: url).run()
        guard response.status == 200 else { throw refusal(response.status, url: url) }
        guard let json = try? Checkpoint.json(path) else {
            throw DownloadError(url: url, message: "the answer is not JSON", help: "check HF_ENDPOINT")
        }
        return json
    }

    private func refusal(_ status: Int, url: String) -> DownloadError {
        switch status {
        case 401, 403:
            DownloadError(
                url: url, message: "the server refuses it (\(status)): there is no such model, or it wants a token",
                help: token == nil
                    ? "check the name; for a gated model accept its terms and set HF_TOKEN"
                    : "check the name, and the rights of the token in HF_TOKEN")
        case 404: DownloadError(url: url, message: "there is no such model or file (404)", help: "check the name")
        default: DownloadError(url: url, message: "the server answered \(status)", help: "try again later")
        }
    }

    private func makeFolder(_ path: String) throws(DownloadError) {
        do throws(FileError) { try Groundwork.makeFolder(path) } catch { throw unwritable(error) }
    }

    private func write(_ text: String, to path: String) throws(DownloadError) {
        try makeFolder(path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"))
        do throws(FileError) { try writeFileAtomically(path, text.utf8) } catch { throw unwritable(error) }
    }

    private func unwritable(_ error: FileError) -> DownloadError {
        DownloadError(url: error.path, message: error.description, help: "check the rights and the room of the cache folder (HF_HOME)")
    }

    private func unwritable(_ path: String) -> DownloadError {
        DownloadError(url: path, message: "it cannot be written", help: "check the rights and the room of the cache folder (HF_HOME)")
    }
}
