import Inference
import JSON
import Tensors
import TestSupport
import Testing

@Suite("Hugging Face folders: every tensor plays its part, or is refused")
struct CheckpointTests {
    static let tokens = GGUFConfigurationTests.tokens
    /// (outputs, inputs) in the file.
    private struct Folder {
        var config = ConfigurationTests.base
        var tensors: [String: (shape: [Int], values: [Float])] = [:]
        var others: [String: [UInt8]] = [:]

        init() {
            config["num_hidden_layers"] = 2
            let names = [
                "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
                "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
                "ffn_down": "mlp.down_proj", "token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
            ]
            for (name, dimensions, values) in TinyGGUF().tensors {
                let parts = name.split(separator: ".").map(String.init)
                let layer = parts[0] == "blk" ? "model.layers.\(parts[1])." : ""
                tensors[layer + (names[parts[parts.count - 2]] ?? "") + ".weight"] = (dimensions.reversed(), values)
            }
        }

        func files() -> [String: [UInt8]] {
            var entries: [String] = [], data: [UInt8] = []
            for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
                let start = data.count
                data += tensor.values.flatMap { GGUFBuilder.integer($0.bitPattern) }
                entries.append(SafetensorsBuilder.entry(name, shape: tensor.shape, start, data.count))
            }
            var files = others
            files["config.json"] = Array(JSONValue.object(config).text().utf8)
            files["model.safetensors"] = SafetensorsBuilder.file("{" + entries.joined(separator: ",") + "}", data: data)
            return files
        }

        func logits(_ tokens: [Int] = CheckpointTests.tokens) throws -> [Float] {
            try withTemporaryFiles(files()) { try Model.load(path: $0, device: .cpu, dtype: .float32).logits(tokens: tokens) }
        }

        func refusal() -> String? {
            do {
                _ = try logits()
                return nil
            } catch { return "\(error)" }
        }

        func renamed(_ rename: (String) -> String) -> Folder {
            var copy = self
            copy.tensors = [:]
            for (name, tensor) in tensors { copy.tensors[rename(name)] = tensor }
            return copy
        }
    }

    @Test("Weights that are said to be quantised and are not are refused")
    func unquantized() {
        for quantization: JSONValue in [["load_in_4bit": true], ["quant_method": "bitsandbytes", "load_in_4bit": true]] {
            var folder = Folder()
            folder.config["quantization_config"] = quantization
            #expect(folder.refusal()?.contains("quantization_config") == true)
        }
    }

    @Test("The head is the file's where it differs from the embedding, whatever the configuration says; and missing it is an error")
    func head() throws {
        var folder = Folder()
        folder.config["tie_word_embeddings"] = false
        let own = try folder.logits()
        folder.config["tie_word_embeddings"] = true
        #expect(try folder.logits() == own)
        try withTemporaryFiles(folder.files()) { path in
            let model = try Model.load(path: path, device: .cpu)
            #expect(!model.config.tiesEmbeddings && model.parameters.contains { $0.name == "lm_head.weight" })
        }
        let embedding = try #require(folder.tensors["model.embed_tokens.weight"])
        folder.tensors["lm_head.weight"] = embedding
        let tied = try folder.logits()
        #expect(tied != own)
        #expect(try withTemporaryFiles(folder.files()) { try Model.load(path: $0, device: .cpu).config.tiesEmbeddings })
        folder.tensors["lm_head.weight"] = nil
        #expect(try folder.logits() == tied)
        for value: JSONValue? in [false, nil] {
            folder.config["tie_word_embeddings"] = value
            let text = folder.refusal()
            #expect(text?.contains("\"lm_head.weight\"") == true && text?.contains("tie_word_embeddings") == true, "\(text ?? "loaded")")
        }
        folder.tensors["score.weight"] = ([3, 32], [Float](repeating: 0, count: 96))
        folder.config["tie_word_embeddings"] = true
        #expect(folder.refusal()?.contains("\"score.weight\"") == true)
    }

    @Test("Names as a model saved without its head has them, and as part of a larger one")
    func prefixes() throws {
        let folder = Folder()
        let expected = try folder.logits()
        let bare = folder.renamed { $0.hasPrefix("model.") ? String($0.dropFirst(6)) : $0 }
        #expect(try bare.logits() == expected)
        for prefix in ["language_model.", "model.language_model."] {
            var part = folder.renamed { name in
                prefix == "language_model." ? prefix + name : name.hasPrefix("model.") ? prefix + name.dropFirst(6) : name
            }
            #expect(try part.logits() == expected)
            // Pictures belong to models of which this is a part, and to no others.
            part.tensors["vision_tower.patch.weight"] = ([2], [0, 0])
            #expect(part.refusal()?.contains("\"vision_tower.patch.weight\"") == true)
        }
    }

    @Test("Biases are there where the configuration says so, and nowhere else")
    func biases() throws {
        var folder = Folder()
        for layer in 0..<2 {
            for (part, count) in [("self_attn.q_proj", 32), ("self_attn.k_proj", 16), ("self_attn.v_proj", 16), ("self_attn.o_proj", 32)] {
                folder.tensors["model.layers.\(layer).\(part).bias"] = ([count], [Float](repeating: 0.3, count: count))
            }
        }
        #expect(folder.refusal()?.contains(".bias\"") == true)
        folder.config["attention_bias"] = true
        #expect(folder.refusal() == nil)
        folder.config["mlp_bias"] = true
        #expect(folder.refusal()?.contains("mlp.gate_proj.bias") == true)
        folder.config["mlp_bias"] = nil
        folder.tensors["model.layers.1.self_attn.o_proj.bias"] = nil
        #expect(folder.refusal()?.contains("model.layers.1.self_attn.o_proj.bias") == true)
    }

    @Test("More layers than are announced, and other tensors without a part, are refused; constants of old versions are not")
    func unused() throws {
        var folder = Folder()
        folder.config["num_hidden_layers"] = 1
        #expect(folder.refusal()?.contains("model.layers.1.") == true)
        folder.config["num_hidden_layers"] = 2
        folder.tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = ([4], [1, 0.1, 0.01, 0.001])
        #expect(folder.refusal() == nil)
        folder.tensors["model.layers.0.self_attn.q_proj.input_scale"] = ([1], [1])
        #expect(folder.refusal()?.contains("input_scale") == true)
    }

    @Test("Of a folder with one file and an index the one file counts")
    func singleAndIndex() throws {
        var folder = Folder()
        let expected = try folder.logits()
        var other = folder
        other.tensors = other.tensors.mapValues { ($0.shape, $0.values.map { -$0 }) }
        folder.others["model-00001-of-00001.safetensors"] = other.files()["model.safetensors"]
        let map = folder.tensors.keys.map { "\"\($0)\":\"model-00001-of-00001.safetensors\"" }.joined(separator: ",")
        folder.others["model.safetensors.index.json"] = Array("{\"weight_map\":{\(map)}}".utf8)
        #expect(try folder.logits() == expected)
        var shards = folder.files()
        shards["model.safetensors"] = nil
        let sharded = try withTemporaryFiles(shards) { try Model.load(path: $0, device: .cpu, dtype: .float32).logits(tokens: Self.tokens) }
        #expect(sharded != expected)
    }

    @Test("Pointers, pickles and adapters say what they are")
    func otherKinds() throws {
        let pointer = Array("version https://git-lfs.github.com/spec/v1\noid sha256:aaaa\nsize 4976698672\n".utf8)
        var files = Folder().files()
        for name in ["model.safetensors", "config.json"] {
            var changed = files
            changed[name] = pointer
            try withTemporaryFiles(changed) { folder in
                let text = "\(try #require(#expect(throws: ModelError.self) { try Model.load(path: folder, device: .cpu) }))"
                #expect(text.contains("Git LFS pointer") && text.contains("git lfs pull") && text.contains(name), "\(text)")
            }
        }
        try withTemporaryFiles(["m.gguf": pointer]) { folder in
            let text = "\(try #require(#expect(throws: ModelError.self) { try Model.load(path: folder + "/m.gguf", device: .cpu) }))"
            #expect(text.contains("Git LFS pointer"))
        }
        files["adapter_config.json"] = Array("{}".utf8)
        try withTemporaryFiles(files) { folder in
            let text = "\(try #require(#expect(throws: ModelError.self) { try Model.load(path: folder, device: .cpu) }))"
            #expect(text.contains("adapter"))
        }
        try withTemporaryFiles(["config.json": files["config.json"] ?? [], "pytorch_model.bin": [1, 2, 3]]) { folder in
            let text = "\(try #require(#expect(throws: ModelError.self) { try Model.load(path: folder, device: .cpu) }))"
            #expect(text.contains("pytorch_model.bin") && text.contains("save_pretrained"), "\(text)")
        }
    }
}
