import CUDABackend
import Tensors

/// What the device made of a tensor in four bits.
struct DeviceQuantization {
    let codes: [UInt8]
    /// float32, restored where they are quantised themselves.
    let scales: [Float]
    let values: [Float]

    init(_ weight: GPUWeight, _ backend: GPUBackend) throws {
        try backend.finish([weight])
        let layout = weight.layout
        let context = backend.context
        let count = layout.elementCount
        let blocks = (count + (1 << layout.blockShift) - 1) >> layout.blockShift
        let codes = try context.read(layout.codes.count, of: UInt8.self, from: weight.address)
        let from = weight.address + UInt64(layout.scales.lowerBound)
        if layout.nested.isEmpty {
            scales = try context.read(blocks, of: Float.self, from: from)
        } else {
            let bytes = try context.read(blocks, of: UInt8.self, from: from)
            let nested = try context.read((blocks + 255) / 256, of: Float.self, from: weight.address + UInt64(layout.nested.lowerBound))
            let offset = weight.scaleOffset()
            let map: [Float] = DynamicMap.table
            var restored: [Float] = []
            for (index, byte) in bytes.enumerated() {
                let product: Float = map[Int(byte)] * nested[index / 256]
                restored.append(product + offset)
            }
            scales = restored
        }
        let type = weight.code ?? .fp4
        let table: [Float] = type.table
        var values: [Float] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            let byte: UInt8 = codes[index / 2]
            let code = Int(index % 2 == 0 ? byte >> 4 : byte & 15)
            values.append(table[code] * scales[index >> layout.blockShift])
        }
        self.values = values
        self.codes = codes
    }
}

/// Holds the device's codes and scales against those that bitsandbytes made on a GPU.
enum GoldenQuantization {
    /// Returns a line and whether all codes and scales are equal.
    static func check(_ backend: GPUBackend, folder: String) throws -> (line: String, isGood: Bool) {
        var (tensors, elements, wrongCodes, wrongScales, worst) = (0, 0, 0, 0, Float(0))
        for name in [
            "normal_256x128", "normal_64x192", "weights_256x256", "blocksizes", "outlier", "zero_block", "all_zero", "ties_fp4", "ties_nf4",
            "odd_7x33", "tail_5x50", "over_1x65", "denormal", "negative_zero", "tiny_values", "huge_values", "one_sided",
        ] {
            guard let file = try? SafetensorsFile(path: "\(folder)/\(name).safetensors") else { continue }
            for tensor in file.tensors where tensor.name.hasSuffix(".packed") {
                let parts = tensor.name.split(separator: ".").map(String.init)
                guard parts.count == 5, let type = FourBitType(rawValue: parts[1]), let size = Int(parts[2].dropFirst()),
                    let input = file["\(parts[0]).input"]
                else { continue }
                let format = WeightFormat.FourBit(type, blockSize: size, isDoubleQuantized: parts[3] == "dq")
                let weight = try backend.makeWeight(WeightSource(input), in: .fourBit(format))
                guard let stored = weight.storage as? GPUWeight else { continue }
                let made = try DeviceQuantization(stored, backend)
                let prefix = parts.dropLast().joined(separator: ".")
                tensors += 1
                elements += input.shape.elementCount
                for (mine, golden) in zip(made.codes, tensor.data.copy) where mine != golden {
                    wrongCodes += (mine >> 4 == golden >> 4 ? 0 : 1) + (mine & 15 == golden & 15 ? 0 : 1)
                }
                let wanted = try file.tensor(named: prefix + (parts[3] == "dq" ? ".absmax_restored" : ".absmax")).floats()
                for (mine, golden) in zip(made.scales, wanted) where mine != golden {
                    wrongScales += 1
                    worst = max(worst, golden == 0 ? .infinity : ((mine - golden) / golden).magnitude)
                }
            }
        }
        return (
            "bitsandbytes: \(tensors) tensors, \(elements) elements, \(wrongCodes) codes and \(wrongScales) scales differ, scales by \(worst) at most",
            tensors > 0 && wrongCodes == 0 && worst < 1e-5
        )
    }
}
