private import CCUDAShim

// MARK: - Events

/// A place in the stream's order. It goes back to the driver with its last handle.
package final class GPUEvent {
    fileprivate let handle: UnsafeMutableRawPointer
    private let owner: GPUContext

    fileprivate init(handle: UnsafeMutableRawPointer, owner: GPUContext) {
        self.handle = handle
        self.owner = owner
    }

    deinit { owner.destroy(event: handle) }
}

extension GPUContext {
    package func makeEvent() throws(CUDAFailure) -> GPUEvent {
        var event: UnsafeMutableRawPointer?
        try call { ccuda_event_create($0, 1, &event) }
        guard let event else { throw CUDAFailure(kind: .failed, operation: "cuEventCreate", description: "the driver gave no event") }
        return GPUEvent(handle: event, owner: self)
    }

    fileprivate func destroy(event: UnsafeMutableRawPointer) { try? call { ccuda_event_destroy($0, event) } }

    package func record(_ event: GPUEvent) throws(CUDAFailure) { try call { ccuda_event_record($0, event.handle, stream) } }
    package func wait(for event: GPUEvent) throws(CUDAFailure) { try call { ccuda_event_synchronize($0, event.handle) } }

    package func milliseconds(from start: GPUEvent, to end: GPUEvent) throws(CUDAFailure) -> Float {
        var time: Float = 0
        try call { ccuda_event_milliseconds($0, start.handle, end.handle, &time) }
        return time
    }
}

// MARK: - Kernels

/// A kernel of a loaded module, which lives as long as its context.
package struct GPUFunction: @unchecked Sendable {
    // A handle that the driver accepts from every thread.
    fileprivate let handle: UnsafeMutableRawPointer
    package let name: String
}

extension GPUContext {
    /// The kernel of that name in a module, which is loaded when first asked for.
    package func function(_ name: String, in module: String) throws(CUDAFailure) -> GPUFunction {
        if let known = functions.function(name, module) { return GPUFunction(handle: known, name: name) }
        let handle: UnsafeMutableRawPointer
        if let known = functions.module(module) {
            handle = known
        } else {
            try KernelImages.check(module, computeCapability: computeCapability)
            let (major, minor) = (Int32(clamping: computeCapability.major), Int32(clamping: computeCapability.minor))
            var log = [CChar](repeating: 0, count: 4096)
            var loaded: UnsafeMutableRawPointer?
            do {
                try call { ccuda_kernel_module_load($0, module, major, minor, &log, log.count, &loaded) }
            } catch {
                let text = String(decoding: log.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
                throw CUDAFailure(
                    kind: error.kind, operation: error.operation, description: text.isEmpty ? error.description : error.description + "\n" + text)
            }
            guard let loaded else { throw CUDAFailure(kind: .badModule, operation: "cuModuleLoadDataEx", description: "the driver gave no module") }
            handle = functions.keep(module: loaded, module) { [driver] in _ = ccuda_module_unload(driver, $0) }
        }
        var function: UnsafeMutableRawPointer?
        try call { ccuda_module_function($0, handle, name, &function) }
        guard let function else {
            throw CUDAFailure(kind: .missingSymbol, operation: "cuModuleGetFunction", description: "there is no kernel \(name)")
        }
        functions.keep(function: function, name, module)
        return GPUFunction(handle: function, name: name)
    }

    /// Allows launches of `function` with this much shared memory.
    package func setSharedBytes(_ byteCount: Int, of function: GPUFunction) throws(CUDAFailure) {
        try call { ccuda_function_set_shared($0, function.handle, Int32(byteCount)) }
    }

    /// Blocks of `function` that one multiprocessor holds at a time.
    package func residentBlocks(of function: GPUFunction, threads: Int, sharedBytes: Int) throws(CUDAFailure) -> Int {
        var blocks: Int32 = 0
        try call { ccuda_function_occupancy($0, function.handle, Int32(threads), sharedBytes, &blocks) }
        return Int(blocks)
    }

    /// Launches a kernel with its one parameter, a structure of KernelArguments.h.
    ///
    /// - Parameter recording: the graph that the launch becomes part of, instead of running.
    package func launch<Arguments: BitwiseCopyable>(
        _ function: GPUFunction, _ shape: LaunchShape, _ arguments: Arguments, into recording: GPURecording? = nil
    ) throws(CUDAFailure) {
        let stream = recording?.stream ?? stream
        let launch = ccuda_launch(
            grid: (UInt32(shape.grid.x), UInt32(shape.grid.y), 1), block: (UInt32(shape.threads), 1, 1),
            shared_bytes: UInt32(shape.sharedBytes), cooperative: shape.isCooperative ? 1 : 0, overlaps: shape.overlaps ? 1 : 0)
        var arguments = arguments
        let result = withUnsafeMutableBytes(of: &arguments) { bytes in
            Result { () throws(CUDAFailure) in
                var pointer = bytes.baseAddress
                try call { ccuda_launch_kernel($0, function.handle, launch, stream, &pointer) }
            }
        }
        try result.get()
    }
}

// MARK: - Graphs

/// Recorded work that is launched as one. It goes back to the driver with its last handle.
package final class GPUGraph {
    fileprivate let handle: UnsafeMutableRawPointer
    package let nodeCount: Int
    private let owner: GPUContext

    fileprivate init(handle: UnsafeMutableRawPointer, nodeCount: Int, owner: GPUContext) {
        self.handle = handle
        self.nodeCount = nodeCount
        self.owner = owner
    }

    deinit { owner.destroy(graph: handle) }
}

/// A graph while it is recorded, on a stream of its own: what other threads launch meanwhile runs as ever.
package struct GPURecording {
    fileprivate let stream: UnsafeMutableRawPointer
}

extension GPUContext {
    /// Whether launches that overlap can be recorded: drivers before CUDA 12.3 refuse them.
    package var recordsOverlaps: Bool { overlapsLaunches && driverVersion >= 12030 }

    /// Records what `body` launches into the recording instead of running it. Kernels must have been loaded before.
    package func capture(_ body: (GPURecording) throws(CUDAFailure) -> Void) throws(CUDAFailure) -> GPUGraph {
        var opened: UnsafeMutableRawPointer?
        try call { ccuda_stream_create($0, &opened) }
        guard let stream = opened else { throw CUDAFailure(kind: .failed, operation: "cuStreamCreate", description: "the driver gave no stream") }
        defer { try? call { ccuda_stream_destroy($0, stream) } }
        try call { ccuda_capture_begin($0, stream) }
        var graph: UnsafeMutableRawPointer?
        do throws(CUDAFailure) {
            try body(GPURecording(stream: stream))
        } catch {
            // The stream must leave its recording state whatever happened.
            try? call { ccuda_capture_end($0, stream, &graph) }
            if let graph { try? call { ccuda_graph_destroy($0, graph) } }
            throw error
        }
        try call { ccuda_capture_end($0, stream, &graph) }
        guard let graph else { throw CUDAFailure(kind: .failed, operation: "cuStreamEndCapture", description: "the driver recorded nothing") }
        defer { try? call { ccuda_graph_destroy($0, graph) } }
        var nodes = 0
        try call { ccuda_graph_node_count($0, graph, &nodes) }
        var executable: UnsafeMutableRawPointer?
        try call { ccuda_graph_instantiate($0, graph, &executable) }
        guard let executable else { throw CUDAFailure(kind: .failed, operation: "cuGraphInstantiate", description: "the driver gave no graph") }
        return GPUGraph(handle: executable, nodeCount: nodes, owner: self)
    }

    package func launch(_ graph: GPUGraph) throws(CUDAFailure) { try call { ccuda_graph_launch($0, graph.handle, stream) } }

    fileprivate func destroy(graph: UnsafeMutableRawPointer) { try? call { ccuda_graph_exec_destroy($0, graph) } }
}
