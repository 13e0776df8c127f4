import CPUBackend
import CUDABackend
public import TensorMemory
import Tensors

extension Model {
    /// Loads a model into a device's memory.
    ///
    /// - Parameters:
    ///   - name: a path; or the name of a file or folder in the models folder (`GALLEY_MODELS`, or
    ///     `galley/models` in the user's data folder), where `.gguf` and a quantisation before it, such as `.Q4_K_M` or `-F16`, may
    ///     be left out; or `organisation/name` of a model at Hugging Face, which is used where its cache has it and else fetched.
    ///     No other part of a name may be left out: `SmolLM2-135M` is another model than `SmolLM2-135M-Instruct`.
    ///   - device: where weights live and arithmetic runs.
    ///   - dtype: the type of the weights.
    ///   - quantization: what linear layers are quantised to on the way.
    ///   - progress: called now and then while files are fetched.
    /// - Throws: ``ModelError``, which says what was looked for, where, and what to do.
    public static func load(
        _ name: String, device: Device = .best, dtype: LoadingType = .asStored, quantization: Quantization? = nil,
        progress: (@Sendable (DownloadProgress) -> Void)? = nil
    ) async throws(ModelError) -> Model {
        // The device first: a missing one should not be noticed after a download.
        let backend = try Backends.open(device)
        let path = try ModelLocation.find(name, progress: progress)
        return try load(path: path, name: name, backend: backend, dtype: dtype, quantization: quantization)
    }

    /// Loads a model from a .gguf file or a folder in Hugging Face's layout, on this thread.
    public static func load(
        path: String, device: Device = .best, dtype: LoadingType = .asStored, quantization: Quantization? = nil
    ) throws(ModelError) -> Model {
        try load(path: path, name: nil, backend: Backends.open(device), dtype: dtype, quantization: quantization)
    }

    package static func load(
        path: String, name: String?, backend: any Backend, dtype: LoadingType, quantization: Quantization?
    ) throws(ModelError) -> Model {
        let checkpoint = try Checkpoint(path: path, name: name)
        let policy = try WeightPolicy(dtype, quantization)
        let text = TextResources(checkpoint)
        text.prepare()
        var builder = PlanBuilder(checkpoint: checkpoint, policy: policy, backend: backend) {
            (source, format) throws(BackendError) in try backend.makeWeight(source, in: format)
        }
        // Where this fails the weights made so far are dropped, and with them what was to fill them.
        let plan = try builder.plan()
        do throws(BackendError) {
            try plan.validate()
            try backend.finish(builder.parameters)
        } catch { throw .backend(error) }
        return Model(checkpoint: checkpoint, text: text, loaded: Loaded(backend: backend, plan: plan, parameters: builder.parameters))
    }
}

/// The backend of each device.
enum Backends {
    static func open(_ device: Device) throws(ModelError) -> any Backend {
        switch device {
        case .cpu: return HostBackend.shared
        case .cuda(let ordinal):
            do { return try GPUBackend.shared(ordinal) } catch { throw .backend(error) }
        }
    }
}

extension Device {
    /// The device that models run fastest on here: the first GPU whose driver opens, else the CPU.
    public static var best: Device { (try? GPUBackend.shared(0)) == nil ? .cpu : .cuda(0) }
}
