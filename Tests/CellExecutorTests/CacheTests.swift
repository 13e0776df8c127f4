import CellExecutor
import Foundation
import Testing

@Suite("The cache folder")
struct CacheTests {
    /// A folder for a cache and an author's files beside it.
    private final class Place {
        let root = NSTemporaryDirectory() + "/galley-cache-test-" + UUID().uuidString
        var cache: String { root + "/cache/galley" }
        var author: String { root + "/author" }

        init() throws {
            try write("author/thesis.txt", "precious")
            try write("author/deep/more.txt", "precious")
        }

        deinit { try? FileManager.default.removeItem(atPath: root) }

        func write(_ name: String, _ text: String) throws {
            let path = root + "/" + name
            try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }

        func link(_ name: String, to target: String) throws {
            try FileManager.default.createSymbolicLink(atPath: root + "/" + name, withDestinationPath: target)
        }

        func holds(_ name: String) -> Bool { FileManager.default.fileExists(atPath: root + "/" + name) }
        var isAuthorUnharmed: Bool { holds("author/thesis.txt") && holds("author/deep/more.txt") }
    }

    @Test("Cleaning follows no link, wherever it stands in the cache")
    func links() throws {
        let place = try Place()
        _ = try CellCache(folder: place.cache)
        try place.write("cache/galley/packages/0123456789ab/.build/checkouts/Dep/Sources/a.swift", "let a = 1")
        for name in [
            "packages/0123456789ab/Sources", "packages/0123456789ab/.build/checkouts/Dep/docs", "packages/ba9876543210", "cells/Cell_12",
            "modules/ABCDEFGHIJ",
        ] {
            try place.link("cache/galley/" + name, to: place.author)
        }
        try place.link("cache/galley/scratch-999999999-1", to: place.author)
        try place.link("cache/galley/renders", to: place.author)
        try place.write("cache/galley/cells/Cell_ab.so", "12345")
        let outcome = try #require(try CellCache.clean(place.cache))
        #expect(place.isAuthorUnharmed)
        #expect(outcome.bytes == 5 + 9)
        #expect(outcome.left == ["renders"])
        #expect(!place.holds("cache/galley/packages") && !place.holds("cache/galley/cells") && !place.holds("cache/galley/scratch-999999999-1"))
    }

    @Test("What Galley did not put into its cache stays")
    func foreignFiles() throws {
        let place = try Place()
        _ = try CellCache(folder: place.cache)
        let names = [
            "notes.txt", "cells/notes.txt", "cells/Cells.md", "packages/mine/a.swift", "pages/thesis.md", "renders/draft", "modules/module.md",
            "scratch-paper/a", "thesis/a",
        ]
        for name in names { try place.write("cache/galley/" + name, "precious") }
        try place.write("cache/galley/pages/0123456789abcdef0123456789abcdef", "kept")
        let outcome = try #require(try CellCache.clean(place.cache))
        for name in names { #expect(place.holds("cache/galley/" + name), "\(name)") }
        #expect(outcome.bytes == 4 && outcome.left.count == names.count)
    }

    @Test("A folder of somebody else is no cache", arguments: ["thesis.txt", "pages/thesis.md", "cells/Cell_1.so", "cells/a.md", "Package.swift"])
    func foreignFolder(name: String) throws {
        let place = try Place()
        try place.write("cache/galley/" + name, "precious")
        #expect(throws: ExecutionError.foreignCache(place.cache)) { try CellCache(folder: place.cache) }
        #expect(throws: ExecutionError.foreignCache(place.cache)) { try CellCache.clean(place.cache) }
        #expect(place.holds("cache/galley/" + name))
        // Nothing was put there either.
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.cache).count == 1)
    }

    @Test("A cache folder that is a link to an author's folder is the author's")
    func linkedFolder() throws {
        let place = try Place()
        try FileManager.default.createDirectory(atPath: place.root + "/cache", withIntermediateDirectories: true)
        try place.link("cache/galley", to: place.author)
        #expect(throws: ExecutionError.foreignCache(place.cache)) { try CellCache(folder: place.cache) }
        #expect(throws: ExecutionError.foreignCache(place.cache)) { try CellCache.clean(place.cache) }
        #expect(place.isAuthorUnharmed)
    }

    @Test("Caches of versions that marked none are known by what they hold")
    func earlierLayout() throws {
        let place = try Place()
        for name in [
            "cells/Cell_0123456789ab.so", "cells/Cell_0123456789ab_2.log", "modules/3137LX47UEHEB/Swift.pcm", "modules/modules.timestamp",
            "renders/0123456789abcdef0123456789abcdef", "swift-version-1e75abd84c96", "packages/targets-0123456789ab",
        ] {
            try place.write("cache/galley/" + name, "1")
        }
        let cache = try CellCache(folder: place.cache)
        cache.trim()
        #expect(try #require(try CellCache.clean(place.cache)).left == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.cache) == ["CACHEDIR.TAG"])
    }

    @Test("Trimming removes compiled cells alone")
    func trimming() throws {
        let place = try Place()
        let cache = try CellCache(folder: place.cache, limit: 0)
        try place.write("cache/galley/cells/Cell_ab.so", "12345")
        try place.write("cache/galley/cells/Cell_ab.log", "1")
        for name in ["notes.so", "notes.log"] { try place.write("cache/galley/cells/" + name, "precious") }
        try place.link("cache/galley/scratch-999999999-7", to: place.author)
        cache.trim()
        #expect(!place.holds("cache/galley/cells/Cell_ab.so") && place.holds("cache/galley/cells/notes.log") && place.isAuthorUnharmed)
    }

    @Test("Where there is no cache there is nothing to clean")
    func nothing() throws {
        let place = try Place()
        #expect(try CellCache.clean(place.cache) == nil)
        #expect(!place.holds("cache"))
    }
}
