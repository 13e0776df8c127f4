import JSON
import Tensors

/// What of a file plays no part in a plan.
extension PlanBuilder {
    /// Refuses tensors that nothing computes with: the model would be another one than the file's.
    func refuseUnused() throws(ModelError) {
        if checkpoint.configuration.quantizationMethod != nil, !checkpoint.tensors.tensors.contains(where: { $0.name.contains(".quant_state.") }) {
            throw .configuration(
                path: checkpoint.path, message: "its \"quantization_config\" says that the weights are quantised, and no tensor is",
                help: "remove the member, and load with quantization: .fourBit(…)")
        }
        let names = checkpoint.tensors.tensors.map(\.name).filter { !isUsed($0) && !isWithoutPart($0) }
        guard let first = names.first else { return }
        let others = names.count == 1 ? "" : " and \(names.count - 1) more"
        throw .configuration(
            path: checkpoint.path,
            message: "the tensor \"\(first)\"\(others) would go unused: a model of \(checkpoint.configuration.layerCount) layers as "
                + "\"\(checkpoint.configuration.architecture)\" is implemented has no place for it",
            help: "check that the configuration and the weights belong together; if they do, this kind of model is not implemented")
    }

    /// Tensors that say nothing of their own: constants that older versions saved with the weights, and what pictures need.
    private func isWithoutPart(_ name: String) -> Bool {
        switch checkpoint.format {
        case .gguf:
            return name.hasSuffix(".attn_rot_embd.weight") || (checkpoint.features.ggufHasRopeDivisors && name == Checkpoint.ropeDivisors)
        case .huggingFace:
            if name.hasSuffix(".rotary_emb.inv_freq") { return true }
            let parts = ["vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."]
            return checkpoint.configuration.isPartOfLarger && parts.contains { name.hasPrefix($0) }
        }
    }

    /// Refuses a weight that was quantised in a way that only its neighbours tell of.
    func refuseQuantized(_ name: String) throws(ModelError) {
        let stem = String(name.dropLast("weight".count))
        let packed = ["qweight", "weight_packed", "weight_scale", "weight_scale_inv", "scales", "SCB", "weight_format"].first {
            checkpoint.tensors[stem + $0] != nil
        }
        var isInteger = false
        if case .dense(let type)? = checkpoint.tensors[name]?.encoding { isInteger = !type.isFloatingPoint }
        guard packed != nil || isInteger else { return }
        throw .configuration(
            path: checkpoint.path,
            message: "\"\(name)\" is quantised" + (packed.map { " (there is \"\(stem)\($0)\")" } ?? "") + " in a way that is not implemented",
            help: "take the model in bfloat16 or float16, one saved with bitsandbytes in 4 bits, or a GGUF file")
    }
}
