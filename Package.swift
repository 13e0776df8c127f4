// swift-tools-version: 6.2
import PackageDescription

// A target exists to keep a dependency out; everything else is a folder.
// The edges below are the whole truth: ArchitectureTests holds them against the table in
// HOW_IT_WORKS.md and against what the sources import.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

extension Target {
    static func library(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], linker: [LinkerSetting] = []) -> Target {
        .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings, linkerSettings: linker)
    }

    static func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
        .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
    }
}

let swiftSyntax: [Target.Dependency] = [
    .product(name: "SwiftSyntax", package: "swift-syntax"),
    .product(name: "SwiftParser", package: "swift-syntax"),
    .product(name: "SwiftIDEUtils", package: "swift-syntax"),
]

let package = Package(
    name: "galley",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "galley", targets: ["galley"]),
        .executable(name: "cell-host", targets: ["cell-host"]),
        // What cells link against: one shared library, loaded by the host before the first cell.
        .library(name: "GalleyCells", type: .dynamic, targets: ["NotebookKit", "Inference"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-syntax", from: "603.0.1"),
    ],
    targets: [
        // Text and values.
        .library("Groundwork"),
        .library("SourceText", ["Groundwork"]),
        .library("JSON"),
        .systemLibrary(name: "CCmark", pkgConfig: "libcmark", providers: [.apt(["libcmark-dev"]), .brew(["cmark"])]),
        .library("Markdown", ["SourceText", "CCmark"]),
        .library("HTML", ["Groundwork"]),
        .library("TemplateEngine", ["Groundwork", "SourceText"]),

        // Notebooks.
        .library("NotebookModel", ["Groundwork", "SourceText", "JSON"]),
        .library("NotebookParser", ["Groundwork", "NotebookModel", "Markdown", "SourceText", "JSON", "Yams"]),
        .library("ExecutionPlanner", ["Groundwork", "NotebookModel", "SourceText"] + swiftSyntax),

        // Running cells.
        .library("CellWire"),
        .target(name: "CProcess"),
        .target(name: "CCellHost", dependencies: ["CProcess"], linkerSettings: [.linkedLibrary("dispatch", .when(platforms: [.linux]))]),
        .library("CellRuntime", ["Groundwork", "CellWire", "JSON", "CCellHost"]),
        .library("Charts", ["Groundwork", "CellRuntime"]),
        .library("NotebookKit", ["CellRuntime", "Charts", "Inference", "TensorMemory"]),
        .target(name: "CSourceKit", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .executableTarget(
            name: "cell-host", dependencies: ["Groundwork", "CellWire", "SourceText", "CSourceKit", "CProcess"], swiftSettings: settings),
        .library("CellExecutor", ["Groundwork", "ExecutionPlanner", "NotebookModel", "CellWire", "SourceText", "JSON"]),

        // Pages.
        .systemLibrary(name: "CDuktape", pkgConfig: "duktape", providers: [.apt(["duktape-dev"]), .brew(["duktape"])]),
        .library("NotebookRenderer", ["Groundwork", "NotebookModel", "Markdown", "HTML", "SourceText", "JSON", "CDuktape"]),
        .library("SiteBuilder", ["Groundwork", "NotebookRenderer", "NotebookModel", "TemplateEngine", "HTML", "SourceText", "JSON", "Yams"]),
        .library("LivePreview", ["Groundwork", "SiteBuilder", "JSON"]),

        // Inference.
        .library("TensorMemory"),
        .library("Tensors", ["TensorMemory", "JSON"]),
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno"])]),
        .library("CPUBackend", ["Tensors", "TensorMemory", "CKernels"]),
        .target(name: "CCUDAShim", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .library("CUDABackend", ["Groundwork", "Tensors", "TensorMemory", "CCUDAShim"], exclude: ["Kernels"]),
        .library("Tokenizers", ["TemplateEngine", "JSON"]),
        .library("Inference", ["Groundwork", "Tensors", "TensorMemory", "Tokenizers", "CPUBackend", "CUDABackend", "JSON"]),

        // The command.
        .library(
            "GalleyCommand",
            [
                "Groundwork", "SourceText", "JSON", "NotebookModel", "NotebookParser", "ExecutionPlanner", "CellExecutor",
                "Markdown", "NotebookRenderer", "TemplateEngine", "SiteBuilder", "LivePreview",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "galley", dependencies: ["GalleyCommand", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: settings),

        // Tests and measurements.
        .executableTarget(
            name: "inference-bench", dependencies: ["Inference", "CPUBackend", "Tensors", "TensorMemory", "JSON"], path: "Benchmarks/inference",
            exclude: ["bench.py"], swiftSettings: settings),
        .executableTarget(
            name: "gpu-check", dependencies: ["CUDABackend", "Tensors", "TensorMemory"], path: "Tests/GPUCheck", swiftSettings: settings),
        .testTarget(
            name: "CUDABackendTests", dependencies: ["CUDABackend", "CCUDAShim", "Tensors", "TensorMemory", "Groundwork"], exclude: ["FakeDriver"],
            swiftSettings: settings),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        .tests("ArchitectureTests", ["JSON", "TestSupport"]),
        .testTarget(
            name: "NotebookCaseTests", dependencies: ["TestSupport", "galley", "cell-host"], path: "Tests/NotebookCases",
            exclude: ["failure", "sound"], swiftSettings: settings),
        .tests("GroundworkTests", ["Groundwork", "TestSupport"]),
        .tests("SourceTextTests", ["Groundwork", "SourceText", "TestSupport"]),
        .tests("MarkdownTests", ["Markdown", "SourceText", "TestSupport"]),
        .tests("HTMLTests", ["Groundwork", "HTML"]),
        .tests("NotebookModelTests", ["Groundwork", "NotebookModel", "SourceText", "JSON", "TestSupport"]),
        .tests("NotebookParserTests", ["NotebookParser", "NotebookModel", "Markdown", "SourceText", "JSON", "TestSupport"]),
        .tests(
            "NotebookRendererTests",
            ["Groundwork", "NotebookRenderer", "NotebookParser", "NotebookModel", "Markdown", "HTML", "SourceText", "JSON", "TestSupport"],
            exclude: ["Fixtures"]),
        .tests("JSONTests", ["JSON"]),
        .tests("ChartsTests", ["Charts", "CellRuntime", "TestSupport"]),
        .tests("TemplatesTests", ["Groundwork", "TestSupport", "SourceText"]),
        .tests("LivePreviewTests", ["LivePreview", "SiteBuilder"]),
        .tests("SiteBuilderTests", ["Groundwork", "SiteBuilder", "NotebookModel", "SourceText", "JSON", "TestSupport"]),
        .tests("CKernelsTests", ["CKernels", "JSON", "TestSupport"]),
        .tests("TensorMemoryTests", ["TensorMemory", "TestSupport"]),
        .tests("TemplateEngineTests", ["TemplateEngine", "SourceText", "JSON"], exclude: ["Fixtures"]),
        .tests("TokenizersTests", ["Tokenizers", "TemplateEngine", "JSON", "TestSupport"], exclude: ["Fixtures"]),
        .tests("FuzzTests", ["Tensors", "TensorMemory", "Tokenizers", "TemplateEngine", "JSON", "TestSupport"]),
        .tests("TensorsTests", ["Groundwork", "Tensors", "TensorMemory", "JSON", "SourceText", "TestSupport"], exclude: ["Fixtures"]),
        .tests("CPUBackendTests", ["CPUBackend", "Tensors", "TensorMemory", "TestSupport"]),
        .tests("InferenceTests", ["Inference", "CPUBackend", "Tensors", "TensorMemory", "Tokenizers", "JSON", "TestSupport"]),
        .tests("CellWireTests", ["CellWire"]),
        .tests("GalleyCommandTests", ["Groundwork", "GalleyCommand", "NotebookParser", "NotebookModel", "SourceText", "JSON"]),
        .tests("CellRuntimeTests", ["CellRuntime"]),
        .tests("ExecutionPlannerTests", ["Groundwork", "ExecutionPlanner", "NotebookModel", "SourceText"]),
        .tests(
            "CellExecutorTests",
            ["Groundwork", "CellExecutor", "ExecutionPlanner", "NotebookModel", "NotebookParser", "SourceText", "JSON", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)
