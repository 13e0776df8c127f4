import Testing

@Suite("Architecture")
struct ArchitectureTests {
    let manifest: Manifest
    let table: [String: Set<String>]

    init() throws {
        manifest = try Manifest.dump()
        table = try DocumentedEdges.read()
    }

    @Test("Every target of the manifest is in the table, and the other way round")
    func targets() {
        #expect(Set(manifest.edges.keys) == Set(table.keys))
    }

    @Test("The manifest's edges are those of the table")
    func edges() {
        for (target, declared) in manifest.edges {
            let allowed = table[target] ?? []
            #expect(declared.subtracting(allowed).isEmpty, "\(target) declares edges that the table does not have")
            #expect(allowed.subtracting(declared).isEmpty, "the table gives \(target) edges that it does not declare")
        }
    }

    @Test("A source imports only what its target declares")
    func imports() throws {
        let known = Set(manifest.edges.keys).union(manifest.edges.values.joined())
        for (target, declared) in manifest.edges {
            for imported in try SourceImports.read(target: target) where known.contains(imported.module) {
                #expect(declared.contains(imported.module), "\(imported.file) imports \(imported.module), which \(target) does not declare")
            }
        }
    }

    @Test("A C module is imported by its owner alone, and never publicly")
    func foreignModules() throws {
        let owners = [
            "CCmark": "Markdown", "CDuktape": "NotebookRenderer", "CKernels": "CPUBackend", "CCUDAShim": "CUDABackend", "CCellHost": "CellRuntime",
            "CSourceKit": "cell-host",
        ]
        for target in manifest.edges.keys {
            for imported in try SourceImports.read(target: target) {
                guard let owner = owners[imported.module] else { continue }
                #expect(target == owner, "\(imported.file) imports \(imported.module), which belongs to \(owner)")
                #expect(!imported.isPublic, "\(imported.file) must not import \(imported.module) publicly")
            }
        }
    }

    @Test("What a cell host loads does without Foundation")
    func foundation() throws {
        for target in manifest.reachable(from: ["NotebookKit", "Inference", "cell-host"]) {
            for imported in try SourceImports.read(target: target) {
                #expect(!["Foundation", "FoundationNetworking"].contains(imported.module), "\(imported.file) imports \(imported.module)")
            }
        }
    }

    @Test("Pointers stay out of public API, but where memory itself is the subject")
    func pointers() throws {
        let memoryTargets: Set = ["TensorMemory", "Tensors", "CPUBackend", "CUDABackend", "CellRuntime"]
        for target in manifest.edges.keys where !memoryTargets.contains(target) {
            for line in try SourceImports.publicDeclarations(target: target) {
                let shows = line.text.contains("OpaquePointer") || line.text.contains("UnsafeMutable") || line.text.contains("UnsafePointer")
                #expect(!shows, "\(line.file): \(line.text)")
            }
        }
    }
}
