/// State that a cell reads or changes although none of its names shows it.
public enum ProcessState: Sendable, Hashable {
    /// What is allocated: made by every cell before.
    case memory
    case files
    case clock
    /// Variables of the environment, and the program's arguments.
    case environment
    /// The folder that relative paths start from.
    case folder
    /// Seeds of generators that a process has one of.
    case randomness
    /// Settings of the user that are kept between programs.
    case defaults
    /// What is called later, by an event: notifications, timers, queues, signals.
    case callbacks
    /// What every later cell may feel: the locale, limits, rounding, settings of libraries.
    case process
    /// An object that a library has one of, such as `URLCache.shared`.
    case single(String)

    /// All that can be listed.
    static let listed: [ProcessState] = [.memory, .files, .clock, .environment, .folder, .randomness, .defaults, .callbacks, .process]

    /// Whether it goes with its process, so that a process in which it was changed is no longer as it began.
    var livesInProcess: Bool {
        switch self {
        case .memory, .files, .clock: false
        case .environment, .folder, .randomness, .defaults, .callbacks, .process, .single: true
        }
    }
}

/// Which state of the process something reads, and which it changes.
public struct ProcessEffects: Sendable, Hashable {
    public internal(set) var reads: Set<ProcessState> = []
    public internal(set) var writes: Set<ProcessState> = []

    var isEmpty: Bool { reads.isEmpty && writes.isEmpty }
    /// Changing is seldom done without looking: a file is appended to, a seed is drawn from.
    var touched: Set<ProcessState> { reads.union(writes) }

    mutating func formUnion(_ other: ProcessEffects) {
        reads.formUnion(other.reads)
        writes.formUnion(other.writes)
    }
}

/// What the names of Foundation, of the C library and of Galley's own library do to the process.
enum KnownEffects {
    private typealias Row = (reads: [ProcessState], writes: [ProcessState], names: String)

    /// Functions and types, by the names that stand for themselves.
    private static let plainRows: [Row] = [
        (
            [.memory], [],
            "Memory memoryStatistics MemoryStatistics MemorySnapshot MemoryTimeline withMemoryReport DeviceOverview getrusage mallinfo mallinfo2"
        ),
        ([.clock], [], "Date ContinuousClock SuspendingClock clock_gettime time gettimeofday clock DispatchTime CFAbsoluteTimeGetCurrent"),
        // Files that are looked at.
        (
            [.files, .folder], [],
            """
            opendir readdir scandir stat lstat fstat access faccessat glob realpath readlink read pread fread fgets fgetc getc getline getdelim fscanf
            feof ftell pread preadv fgetpos FileManager InputStream Bundle readFile NSData NSDictionary NSArray XMLParser getxattr ftw nftw statvfs
            """
        ),
        // Files that are made, changed or taken away.
        (
            [.files, .folder], [.files],
            """
            fopen open openat creat fdopen freopen close fclose lseek fseek rewind remove unlink unlinkat rename renameat mkdir rmdir link symlink
            truncate ftruncate mkstemp mkdtemp mktemp tmpfile tmpnam chmod fchmod chown utime utimes utimensat futimens mkfifo mknod sync fsync copyfile
            mkdirat mkfifoat mknodat linkat symlinkat fchmodat fchownat lchown lremovexattr removexattr mkostemp mkstemps posix_fallocate fallocate
            copy_file_range pwritev munmap msync aio_write dup dup3 tmpfile64 fopen64 open64 creat64
            sendfile pwrite writev mmap FileHandle OutputStream FileDescriptor FileWrapper writeFile setxattr flock lockf dup2 mount
            """
        ),
        // Other programs read the environment and do to files what they like.
        (
            [.files, .folder, .environment], [.files],
            "shell Process NSTask system popen pclose posix_spawn posix_spawnp fork execv execve execvp execl execlp"
        ),
        ([.environment, .files, .folder], [], "wordexp"),
        ([.environment], [], "getenv secure_getenv environ ProcessInfo CommandLine"),
        ([.environment], [.environment], "setenv putenv unsetenv clearenv"),
        ([.folder], [], "getcwd get_current_dir_name"),
        ([.folder], [.folder], "chdir fchdir chroot"),
        (
            [.randomness], [.randomness],
            "random srandom rand srand drand48 lrand48 mrand48 srand48 seed48 lcong48 initstate setstate erand48 nrand48 jrand48"
        ),
        ([.defaults], [.defaults], "UserDefaults CFPreferencesSetValue CFPreferencesCopyValue CFPreferencesSetAppValue CFPreferencesCopyAppValue"),
        (
            [.callbacks], [.callbacks],
            """
            NotificationCenter DistributedNotificationCenter NotificationQueue RunLoop CFRunLoopRun Timer OperationQueue Thread DispatchSource
            DispatchWorkItem Task pthread_create atexit on_exit signal sigaction alarm setitimer timer_create raise kill
            """
        ),
        (
            [], [.process],
            """
            setlocale uselocale umask setrlimit setpriority nice fesetround fesetenv feenableexcept feclearexcept feraiseexcept dlopen dlclose tzset
            setvbuf setlinebuf setbuf mlockall prctl setuid seteuid setgid setegid setsid setpgid mallopt sigprocmask pthread_sigmask
            """
        ),
        // One position for a whole process.
        ([.single("strtok")], [.single("strtok")], "strtok"),
        ([.single("getopt")], [.single("getopt")], "getopt getopt_long optind"),
        ([.single("syslog")], [.single("syslog")], "openlog syslog closelog setlogmask"),
        // What standard input is, and how far it was read: it may be a file by now.
        ([.single("input"), .files], [.single("input")], "readLine getchar scanf gets stdin STDIN_FILENO"),
        ([], [.single("input")], "freopen dup2 dup3"),
        ([.single("errno")], [.single("errno")], "errno perror"),
        ([.single("environment of users")], [.single("environment of users")], "getpwent setpwent endpwent getgrent setgrent endgrent"),
    ]

    /// Members, by the names after a dot.
    private static let memberRows: [Row] = [
        (
            [.memory], [],
            "allocated reserved peakAllocated peakReserved resetPeak emptyCache memoryStatistics residentBytes"
        ),
        ([.clock], [], "now timeIntervalSinceNow systemUptime"),
        (
            [.files, .folder], [],
            """
            fileExists contents contentsEqual contentsOfDirectory attributesOfItem enumerator resourceValues checkResourceIsReachable readToEnd
            readDataToEndOfFile readData availableData subpaths subpathsOfDirectory isReadableFile isWritableFile isExecutableFile isDeletableFile
            attributesOfFileSystem destinationOfSymbolicLink temporaryDirectory resolvingSymlinksInPath resolveSymlinksInPath standardizingPath
            """
        ),
        (
            [.files, .folder], [.files],
            """
            write writeToFile createFile createDirectory removeItem moveItem copyItem replaceItem replaceItemAt createSymbolicLink linkItem
            setAttributes trashItem truncate truncateFile synchronizeFile closeFile seekToEnd seekToEndOfFile seek setResourceValues setUbiquitous
            archiveRootObject
            """
        ),
        ([.environment], [], "environment processInfo"),
        ([.folder], [], "currentDirectoryPath currentDirectoryURL currentDirectory absoluteURL standardizedFileURL"),
        ([.single("input"), .files], [.single("input")], "standardInput"),
        ([.folder], [.folder], "changeCurrentDirectoryPath"),
        ([.callbacks], [.callbacks], "async asyncAfter addObserver removeObserver addOperation scheduledTimer setEventHandler"),
    ]

    /// Labels of arguments, where an initialiser or a method has no other name to tell by.
    private static let labelRows: [Row] = [
        // Paths that do not begin with a slash.
        ([.folder], [], "fileURLWithPath filePath"),
        ([.files, .folder], [], "contentsOfFile contentsOf forReadingFrom forReadingAtPath atPath"),
        ([.files, .folder], [.files], "toFile forWritingTo forWritingAtPath forUpdating forUpdatingAtPath toFileAtPath"),
    ]

    /// What C's functions do to a stream that they are handed, unless it is one of the cell's outputs.
    static let streamFunctions: Set<String> = [
        "fputs", "fputc", "putc", "fprintf", "vfprintf", "fwrite", "fflush", "write", "dprintf", "ungetc", "fputws",
    ]

    /// Types whose one object is named after them, and holds nothing that cells change.
    static let constantSingles: Set<String> = ["Locale", "Calendar", "TimeZone", "Device", "DeviceOverview", "Bundle", "ProcessInfo", "FileManager"]
    static let singles: Set<String> = ["shared", "default", "standard", "current", "main", "general"]

    /// Functions that change the environment.
    static let environmentWriters: Set<String> = ["setenv", "putenv", "unsetenv", "clearenv"]

    /// Whether a change of a variable of the environment is seen by what reads the environment, and by nothing else: the libraries look
    /// up some for where files are and how times and numbers are written, whatever is called.
    static func isOrdinary(variable name: String) -> Bool {
        let looked: Set<String> = ["HOME", "TMPDIR", "TMP", "TEMP", "TZ", "LANG", "LANGUAGE", "USER", "LOGNAME", "PATH", "POSIXLY_CORRECT"]
        let families = ["LC_", "XDG_", "CF", "NS", "LD_", "MALLOC_", "SWIFT_", "LIBDISPATCH_", "TZ", "CUDA_", "OMP_", "GALLEY_", "HF_"]
        return !looked.contains(name) && !families.contains { name.hasPrefix($0) }
    }

    static let plain = table(plainRows)
    static let members = table(memberRows)
    static let labels = table(labelRows)
    static let files = ProcessEffects(reads: [.files, .folder], writes: [.files])

    /// Whether a type or a function comes with Swift or Galley; what packages have is not known.
    static func isKnown(_ name: String) -> Bool {
        knownTypes.contains(name) || plain[name] != nil || QuietCall.harmlessFunctions.contains(name) || SharedNames.makingValues.contains(name)
    }

    static func isKnown(import declaration: String) -> Bool {
        let words = declaration.split { " .;()\n\t".contains($0) }.map(String.init)
        guard let place = words.firstIndex(of: "import") else { return true }
        let kinds: Set<String> = ["struct", "func", "class", "enum", "var", "let", "protocol", "typealias"]
        return words[(place + 1)...].first { !kinds.contains($0) }.map(knownModules.contains) ?? true
    }

    private static let knownModules: Set<String> = [
        "Swift", "Foundation", "FoundationEssentials", "FoundationNetworking", "Glibc", "Darwin", "Musl", "Dispatch", "Synchronization",
        "RegexBuilder",
        "Observation", "_Concurrency", "NotebookKit", "Inference", "Charts", "TensorMemory", "Tensors", "Tokenizers", "CellRuntime",
    ]

    private static let knownTypes: Set<String> = [
        "Any", "AnyHashable", "ClosedRange", "Range", "Optional", "Result", "Error", "Never", "Void", "Self", "Task", "MainActor", "Duration",
        "Float16",
        "Float80", "Unicode", "UnsafeMutablePointer", "UnsafePointer", "MemoryLayout", "KeyPath", "Regex", "SIMD2", "SIMD4", "SIMD8",
        "ObjectIdentifier",
        "URLComponents", "URLRequest", "DateFormatter", "NumberFormatter", "ISO8601DateFormatter", "DateComponents", "Calendar", "Locale", "TimeZone",
        "JSONEncoder", "JSONDecoder", "JSONSerialization", "PropertyListEncoder", "PropertyListDecoder", "CharacterSet", "IndexSet",
        "NSRegularExpression",
        "NSNumber", "NSString", "Measurement", "UnitLength", "UUID", "Model", "Device", "Chart", "Markdown", "HTML", "SVG", "Image", "ProgressBar",
        "awaitValue", "swap", "withUnsafePointer", "withUnsafeMutablePointer", "withUnsafeBytes", "repeatElement", "sequence", "assertionFailure",
        "preconditionFailure", "exit", "abort", "strlen", "strcmp", "memcpy", "memset", "atan2", "hypot", "fabs", "fmod", "cbrt", "log2", "log10",
        "exp2",
    ]

    private static func table(_ rows: [Row]) -> [String: ProcessEffects] {
        var table: [String: ProcessEffects] = [:]
        for row in rows {
            for name in row.names.split(whereSeparator: \.isWhitespace) {
                table[String(name), default: ProcessEffects()].formUnion(ProcessEffects(reads: Set(row.reads), writes: Set(row.writes)))
            }
        }
        return table
    }
}
