private import CCUDAShim

/// The compiled kernels that the program carries, packed.
package enum KernelImages {
    /// The images' names: a module's, and ".ptx" or ".sm_90.cubin".
    package static var names: [String] {
        var names: [String] = []
        var name = [CChar](repeating: 0, count: 64)
        while case let length = ccuda_kernel_image_name(names.count, &name, name.count), length > 0 {
            names.append(String(decoding: name[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        return names
    }

    /// Throws where a module is not in this build.
    static func check(_ module: String, computeCapability: (major: Int, minor: Int)) throws(CUDAFailure) {
        guard byteCount(module, computeCapability) > 0 else {
            throw CUDAFailure(kind: .missingSymbol, operation: "cuModuleLoadDataEx", description: "there is no kernel module \(module) in this build")
        }
    }

    /// A module as the driver loads it on a device of that compute capability: machine code where it was made for it, PTX and a zero
    /// byte otherwise.
    package static func image(of module: String, computeCapability: (major: Int, minor: Int)) throws(CUDAFailure) -> [UInt8] {
        try check(module, computeCapability: computeCapability)
        let count = byteCount(module, computeCapability)
        let image = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let (major, minor) = (Int32(clamping: computeCapability.major), Int32(clamping: computeCapability.minor))
            guard let base = buffer.baseAddress, ccuda_kernel_image_unpack(module, major, minor, base) != 0 else { return }
            initialized = count
        }
        guard !image.isEmpty else {
            throw CUDAFailure(kind: .badModule, operation: "unpacking", description: "the kernel module \(module) is damaged in this build")
        }
        return image
    }

    private static func byteCount(_ module: String, _ computeCapability: (major: Int, minor: Int)) -> Int {
        ccuda_kernel_image_bytes(module, Int32(clamping: computeCapability.major), Int32(clamping: computeCapability.minor))
    }
}
