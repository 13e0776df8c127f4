import Inference
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
}
