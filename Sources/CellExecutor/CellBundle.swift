internal import ExecutionPlanner
internal import Groundwork
internal import JSON
internal import NotebookModel
internal import SourceText

/// A folder that runs one notebook's compiled cells on a machine without a Swift toolchain.
///
/// | file | holds |
/// | --- | --- |
/// | `run` | a script that runs the cells in order and leaves `events` and `finished` |
/// | `host` | a script that is a cell host, for `--host "ssh … folder/host"` |
/// | `lib`, `bin`, `cells` | the library of the cells, Swift's run-time libraries, the host, the compiled cells |
/// | `configuration` | the first message for the host, with the files of `resources:` |
/// | `script` | a line for each step, fields set apart by tabs: ``Step/line(number:)`` |
/// | `bundle.json` | what it was made of, and its identity, so that nobody takes its outputs for those of another notebook |
/// | `events` | what the host wrote to its standard output, byte for byte |
/// | `work` | the folder that the cells ran in |
/// | `finished` | a line each: when the run began (ISO 8601), how many seconds it took, the bundle's identity, the digest of `events` |
public struct CellBundle: Sendable, Hashable {
    /// One cell for the host of a bundle to run.
    struct Step: Sendable, Hashable {
        var cell: Cell.ID
        var isParameters: Bool
        /// Modules to load before.
        var imports: [String]
        var module: String
        /// Seconds.
        var timeout: Double?
        /// Whether the run goes on after its failure.
        var mayFail: Bool

        /// `run`, number, module, seconds or `-`, `strict` or `lenient`, the cell's name for the terminal.
        func line(number: Int) -> String {
            let seconds = timeout.map { "\($0)" } ?? "-"
            let name = isParameters ? "parameters" : cell
            return ["run", "\(number)", module, seconds, mayFail ? "lenient" : "strict", name.replacing("\t", with: " ")].joined(separator: "\t")
        }
    }

    public let folder: String
    /// `name=value`, as they were given when it was made.
    public let assignments: [String]
    let events: [UInt8]
    /// ISO 8601.
    let date: String
    /// Seconds.
    let duration: Double
    private let keys: [String]

    /// Opens a bundle that has run.
    ///
    /// - Throws: ``ExecutionError/missing(what:looked:remedy:)`` when it is none, or has not run; ``ExecutionError/file(_:)``.
    public init(folder: String) throws(ExecutionError) {
        self.folder = folder
        let manifestPath = "\(folder)/bundle.json"
        guard fileExists(manifestPath) else {
            throw .missing(what: "bundle.json", looked: [folder], remedy: "Make a bundle with 'galley bundle post.md'.")
        }
        guard fileExists("\(folder)/events"), fileExists("\(folder)/finished") else {
            throw .missing(
                what: "a finished run", looked: [folder],
                remedy: "Run '\(folder)/run' where the notebook is to run, and bring 'events' and 'finished' back.")
        }
        let finished: [UInt8]
        let manifest: JSONValue
        do {
            manifest = try JSONValue(parsing: readFile(manifestPath))
            events = try readFile("\(folder)/events")
            finished = try readFile("\(folder)/finished")
        } catch let error as FileError {
            throw .file(error)
        } catch {
            throw .host("\(manifestPath) is damaged: \(error)")
        }
        guard manifest["format"]?.integerValue == Self.format, let keys = manifest["keys"]?.arrayValue,
            let assignments = manifest["assignments"]?.arrayValue, let identity = manifest["identity"]?.stringValue
        else { throw .host("\(folder) was made by another version of Galley, or is damaged. Make the bundle again.") }
        let again = "Run '\(folder)/run' where the notebook is to run, and bring 'events' and 'finished' back."
        let lines = String(decoding: finished, as: UTF8.self).split(separator: "\n")
        guard lines.count == 4, let duration = Double(lines[1]), duration.isFinite else {
            throw .host("\(folder)/finished was written by another version of Galley, or is damaged. \(again)")
        }
        guard lines[2] == identity else {
            throw .host("\(folder)/finished is of another bundle: what ran is not what was packed here. \(again)")
        }
        guard lines[3] == ContentKey(ofBytes: events).hexadecimal else {
            throw .host("\(folder)/events is not what the run left: it is of another run, was cut short, or was changed. \(again)")
        }
        self.keys = keys.compactMap(\.stringValue)
        self.assignments = assignments.compactMap(\.stringValue)
        self.duration = duration
        date = String(lines[0])
    }

    static let format = 2

    /// Names a bundle by all that its run depends on.
    ///
    /// - Parameter configuration: The first message for the host, with the files that travel.
    static func identity(_ plan: ExecutionPlan, assignments: [String], galley: String, swift: String, configuration: [UInt8]) -> String {
        ContentKey(["bundle", galley, swift, ContentKey(ofBytes: configuration).hexadecimal] + assignments + ["keys"] + keys(plan)).hexadecimal
    }

    static func manifest(_ plan: ExecutionPlan, assignments: [String], galley: String, swift: String, identity: String) -> JSONValue {
        [
            "format": .number(Double(format)), "galley": .string(galley), "swift": .string(swift), "identity": .string(identity),
            "assignments": .array(assignments.map { .string($0) }), "keys": .array(keys(plan).map { .string($0) }),
        ]
    }

    private static func keys(_ plan: ExecutionPlan) -> [String] { plan.steps.map { "\($0.cell.id) \($0.key.hexadecimal)" } }

    /// - Throws: ``ExecutionError/host(_:)`` when the plan is not the one that the bundle was made of.
    func check(against plan: ExecutionPlan) throws(ExecutionError) {
        let now = Self.keys(plan)
        guard now != keys else { return }
        let changed = zip(now, keys).first { $0 != $1 }.map { $0.0.prefix { $0 != " " } }
        throw .host(
            "\(folder) was made of another version of this notebook, of its parameters or limits, or of Galley"
                + (changed.map { ": the cell '\($0)' differs" } ?? ": the number of cells differs") + ". Make the bundle again.")
    }
}
