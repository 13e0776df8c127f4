#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Where tests find data that is too large to commit. Each place is `nil` where it is absent; a test
/// that needs it says so with `.enabled(if: …, "…")`, so that the run shows what was skipped.
public enum ReferenceData {
    /// The root of the checkout.
    public static let packageRoot: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(3)
        return parts.joined(separator: "/")
    }()

    /// The folder that the tests' executable was built into, with `galley` beside it.
    public static let productsFolder: String = {
        #if os(Linux)
            var buffer = [CChar](repeating: 0, count: 4096)
            let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
            let executable = String(decoding: buffer.prefix(max(0, length)).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
        #else
            let executable = CommandLine.arguments[0]
        #endif
        return executable.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }()

    /// Data made with the peers: `GALLEY_GOLDEN`, or `shared/golden` beside the checkout.
    public static let golden: String? = firstFolder([
        environment("GALLEY_GOLDEN"), packageRoot + "/../shared/golden", packageRoot + "/../../shared/golden",
    ])

    /// The models folder: `GALLEY_MODELS`, or `galley/models` in the user's data folder.
    public static let models: String? = firstFolder([
        environment("GALLEY_MODELS"),
        environment("XDG_DATA_HOME").map { $0 + "/galley/models" },
        environment("HOME").map { $0 + "/.local/share/galley/models" },
    ])

    /// SmolLM2-135M-Instruct in Q4_1, the default model.
    public static let smolLM2: String? = model("SmolLM2-135M-Instruct.Q4_1.gguf")

    /// Gemma 3 270M in Q4_K_M.
    public static let gemma3: String? = model("gemma-3-270m-q4_k_m.gguf")

    public static func golden(_ path: String) -> String? {
        golden.map { $0 + "/" + path }.flatMap { access($0, R_OK) == 0 ? $0 : nil }
    }

    private static func model(_ name: String) -> String? {
        models.map { $0 + "/" + name }.flatMap { access($0, R_OK) == 0 ? $0 : nil }
    }

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static func firstFolder(_ candidates: [String?]) -> String? {
        candidates.lazy.compactMap { $0 }.first { access($0, R_OK | X_OK) == 0 }
    }
}
