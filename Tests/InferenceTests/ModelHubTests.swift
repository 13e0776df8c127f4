import Inference
import Synchronization
import TestSupport
import Testing

@Suite("Fetching models", .serialized)
struct ModelHubTests {
    static let commit = "0123456789abcdef0123456789abcdef01234567"
    static let weights = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
    /// The SHA-256 of ``weights``.
    static let weightsTag = "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
    /// What `git hash-object` says of `{}` and a line feed.
    static let configTag = "0967ef424bce6791893e9a57bb952f80fd536e93"
    static let path = "/some/model/resolve/\(commit)/"

    static func files(weights: [UInt8] = weights) -> [String: LoopbackServer.File] {
        let listing = #"{"sha": "\#(commit)", "siblings": [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"}]}"#
        return [
            "/api/models/some/model/revision/main": .init(contents: Array(listing.utf8), tag: ""),
            path + "config.json": .init(contents: Array("{}\n".utf8), tag: configTag),
            path + "model.safetensors": .init(contents: weights, tag: weightsTag),
        ]
    }

    /// Runs `body` with a server and an empty cache folder, which is removed afterwards.
    static func with(_ files: [String: LoopbackServer.File], _ body: (LoopbackServer, WorkingFolder) throws -> Void) throws {
        let server = try LoopbackServer(files)
        defer { server.stop() }
        let folder = try WorkingFolder()
        defer { folder.remove() }
        try body(server, folder)
    }

    @Test("A model is fetched once, into the layout that others share, and found again offline")
    func fetching() throws {
        try Self.with(Self.files()) { server, folder in
            let hub = ModelHub(endpoint: server.endpoint, cache: folder.path)
            let snapshot = try hub.folder(of: "some/model", places: [], progress: nil)
            #expect(snapshot == "\(folder.path)/models--some--model/snapshots/\(Self.commit)")
            #expect(try folder.read("models--some--model/refs/main") == Self.commit)
            #expect(try folder.read("models--some--model/blobs/\(Self.configTag)") == "{}\n")
            #expect(try folder.read("models--some--model/snapshots/\(Self.commit)/model.safetensors").utf8.elementsEqual(Self.weights))
            let requests = server.requests
            #expect(
                requests == [
                    "GET /api/models/some/model/revision/main", "HEAD \(Self.path)config.json", "GET \(Self.path)config.json",
                    "HEAD \(Self.path)model.safetensors", "GET \(Self.path)model.safetensors",
                ])

            let offline = ModelHub(endpoint: server.endpoint, cache: folder.path, isOffline: true)
            #expect(try offline.folder(of: "some/model", places: [], progress: nil) == snapshot)
            #expect(try hub.folder(of: "some/model", places: [], progress: nil) == snapshot)
            #expect(server.requests == requests)
        }
    }

    @Test("What an interrupted transfer left is taken up where it ended")
    func resuming() throws {
        try Self.with(Self.files()) { server, folder in
            try folder.write(
                "models--some--model/blobs/\(Self.weightsTag).incomplete", String(repeating: "a", count: 400))
            let hub = ModelHub(endpoint: server.endpoint, cache: folder.path)
            _ = try hub.folder(of: "some/model", places: [], progress: nil)
            #expect(server.requests.last == "GET \(Self.path)model.safetensors 400-")
            #expect(try folder.read("models--some--model/blobs/\(Self.weightsTag)").utf8.elementsEqual(Self.weights))
        }
    }

    @Test("A file that does not have its checksum is not kept, and the next try fetches it whole")
    func checksum() throws {
        var wrong = Self.weights
        wrong[500] = UInt8(ascii: "b")
        try Self.with(Self.files(weights: wrong)) { server, folder in
            let hub = ModelHub(endpoint: server.endpoint, cache: folder.path)
            for _ in 0..<2 {
                let error = #expect(throws: ModelError.self) { try hub.folder(of: "some/model", places: [], progress: nil) }
                #expect(error.map { "\($0)".contains("checksum \(Self.weightsTag)") && "\($0)".contains("help:") } == true)
                #expect(server.requests.last == "GET \(Self.path)model.safetensors")
            }
            #expect(throws: (any Error).self) { try folder.read("models--some--model/refs/main") }
            #expect(throws: (any Error).self) { try folder.read("models--some--model/blobs/\(Self.weightsTag)") }
        }
    }

    @Test("Offline, a model that is not in the cache is an error that says so, and nothing is asked for")
    func offline() throws {
        try Self.with(Self.files()) { server, folder in
            let hub = ModelHub(endpoint: server.endpoint, cache: folder.path, isOffline: true)
            let error = #expect(throws: ModelError.self) { try hub.folder(of: "some/model", places: [], progress: nil) }
            #expect(error.map { "\($0)".contains("HF_HUB_OFFLINE") } == true)
            #expect(server.requests.isEmpty)
        }
    }

    @Test("A model that the hub does not have is an error with its address")
    func missing() throws {
        try Self.with([:]) { server, folder in
            let hub = ModelHub(endpoint: server.endpoint, cache: folder.path)
            let error = #expect(throws: ModelError.self) { try hub.folder(of: "no/model", places: [], progress: nil) }
            #expect(error.map { "\($0)".contains("\(server.endpoint)/api/models/no/model") && "\($0)".contains("404") } == true)
        }
    }

    /// A model of two shards, the second of which lies in another store, and a server for that store.
    static func shards(_ store: LoopbackServer, token: String? = nil) -> [String: LoopbackServer.File] {
        let index = #"{"metadata": {}, "weight_map": {"a": "one.safetensors", "b": "two.safetensors", "c": "one.safetensors"}}"#
        let names = ["config.json", "model.safetensors.index.json", "one.safetensors", "two.safetensors", "extra.bin"]
        let siblings = names.map { #"{"rfilename": "\#($0)"}"# }.joined(separator: ", ")
        var files: [String: LoopbackServer.File] = [
            "/api/models/some/model/revision/main": .init(
                contents: Array(#"{"sha": "\#(commit)", "siblings": [\#(siblings)]}"#.utf8), tag: ""),
            path + "config.json": .init(contents: Array("{}\n".utf8), tag: configTag),
            path + "model.safetensors.index.json": .init(contents: Array(index.utf8), tag: indexTag),
            path + "one.safetensors": .init(contents: weights, tag: weightsTag),
            path + "two.safetensors": .init(contents: Array("two\n".utf8), tag: twoTag, location: store.endpoint + "/elsewhere"),
        ]
        for name in files.keys { files[name]?.token = token }
        return files
    }

    /// The SHA-256 of `two` and a line feed.
    static let twoTag = "27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a"
    /// What `git hash-object` says of the index in ``shards(_:token:)``.
    static let indexTag = "5481b2e06a1114ead9c08727ed14867840f5d0c6"

    @Test("Shards are fetched as their index names them, through redirects, and the token is kept from other hosts")
    func shardsRedirectsToken() throws {
        let store = try LoopbackServer(["/elsewhere": .init(contents: Array("two\n".utf8), tag: "another store's")])
        defer { store.stop() }
        try Self.with(Self.shards(store, token: "secret")) { server, folder in
            let hub = ModelHub(endpoint: server.endpoint, cache: folder.path, token: "secret")
            let told = Mutex<[DownloadProgress]>([])
            _ = try hub.folder(of: "some/model", places: []) { progress in told.withLock { $0.append(progress) } }
            let snapshot = "models--some--model/snapshots/\(Self.commit)"
            #expect(try folder.read("\(snapshot)/one.safetensors").utf8.elementsEqual(Self.weights))
            #expect(try folder.read("\(snapshot)/two.safetensors") == "two\n")
            #expect(!server.requests.contains { $0.contains("extra.bin") })
            #expect(server.authorizations.allSatisfy { $0 == "Bearer secret" })
            #expect(store.requests == ["GET /elsewhere"])
            #expect(store.authorizations == [nil])
            let last = told.withLock { $0.last { $0.file == "one.safetensors" } }
            #expect(last?.receivedByteCount == 1000)
            #expect(last?.totalByteCount == 1000)
            let requests = server.requests
            let offline = ModelHub(endpoint: server.endpoint, cache: folder.path, isOffline: true)
            #expect(try offline.folder(of: "some/model", places: [], progress: nil) == "\(folder.path)/\(snapshot)")
            #expect(server.requests == requests)
        }
    }

    @Test("A model that wants a token is an error that names HF_TOKEN")
    func noToken() throws {
        let store = try LoopbackServer([:])
        defer { store.stop() }
        try Self.with(Self.shards(store, token: "secret")) { server, folder in
            let hub = ModelHub(endpoint: server.endpoint, cache: folder.path)
            let error = #expect(throws: ModelError.self) { try hub.folder(of: "some/model", places: [], progress: nil) }
            #expect(error.map { "\($0)".contains("401") && "\($0)".contains("HF_TOKEN") } == true)
        }
    }

    @Test("A model without one of its shards is not complete")
    func missingShard() throws {
        let store = try LoopbackServer(["/elsewhere": .init(contents: Array("two\n".utf8), tag: "")])
        defer { store.stop() }
        var files = Self.shards(store)
        files[Self.path + "one.safetensors"] = nil
        try Self.with(files) { server, folder in
            let hub = ModelHub(endpoint: server.endpoint, cache: folder.path)
            let error = #expect(throws: ModelError.self) { try hub.folder(of: "some/model", places: [], progress: nil) }
            #expect(error.map { "\($0)".contains("one.safetensors") && "\($0)".contains("404") } == true)
            let offline = ModelHub(endpoint: server.endpoint, cache: folder.path, isOffline: true)
            #expect(throws: ModelError.self) { try offline.folder(of: "some/model", places: [], progress: nil) }
        }
    }
}
