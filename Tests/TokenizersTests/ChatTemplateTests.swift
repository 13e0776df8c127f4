import JSON
import TemplateEngine
import TestSupport
import Testing
import Tokenizers

@Suite("Chat templates")
struct ChatTemplateTests {
    @Test(
        "Real templates write what Jinja2 under transformers writes",
        .enabled(if: ReferenceData.golden("smollm2/chat-templates.json") != nil, "needs golden data"))
    func golden() throws {
        let path = try #require(ReferenceData.golden("smollm2/chat-templates.json"))
        let data = try #require(readJSON(path))
        let conversations = try #require(data["conversations"]?.arrayValue)
        let templates = try #require(data["templates"]?.objectValue)
        var checked = 0
        for (name, item) in templates {
            // The reference froze the clock at noon of 26 July 2024.
            let template = try ChatTemplate(
                #require(item["template"]?.stringValue), bosToken: item["bos_token"]?.stringValue, eosToken: item["eos_token"]?.stringValue,
                clock: { 1_721_995_200 })
            for conversation in conversations {
                let id = try #require(conversation["id"]?.stringValue)
                guard let expected = item["renders"]?[id] else { continue }
                let render = { () throws(TemplateError) in
                    try template.render(
                        messages: conversation["messages"]?.arrayValue ?? [],
                        addGenerationPrompt: conversation["add_generation_prompt"]?.boolValue ?? false, tools: conversation["tools"]?.arrayValue)
                }
                checked += 1
                if let output = expected["output"]?.stringValue {
                    let rendered = try render()
                    #expect(Array(rendered.utf8) == Array(output.utf8), "\(name), \(id):\n\(rendered)")
                } else {
                    let error = #expect(throws: TemplateError.self, "\(name), \(id)") { try render() }
                    #expect(error?.message == expected["error"]?.stringValue)
                    #expect(error?.kind == .raised)
                }
            }
        }
        #expect(checked >= 70)
    }

    @Test(
        "Prompts of whole chats from the model's own template",
        .enabled(if: ReferenceData.golden("smollm2/chats.json") != nil && ReferenceData.smolLM2 != nil, "needs golden data and the model"))
    func prompts() throws {
        let path = try #require(ReferenceData.golden("smollm2/chats.json"))
        let metadata = try #require(ReferenceData.smolLM2.flatMap(GGUFMetadata.init(path:)))
        let tokenizer = try #require(RealTokenizers.smolLM2)
        let template = try ChatTemplate(#require(metadata.strings["tokenizer.chat_template"]))
        for item in try #require(readJSON(path)?["cases"]?.arrayValue) {
            let messages = try #require(item["messages"]?.arrayValue)
            let prompt = try template.render(messages: messages)
            #expect(prompt == item["prompt"]?.stringValue)
            #expect(tokenizer.encode(prompt, parseSpecial: true) == item["prompt_ids"]?.ids)
        }
    }

    @Test("A template that would run forever is an error")
    func hostile() throws {
        let sources = [
            "{% for i in range(100000) %}{% for j in range(100000) %}{{ i }}{% endfor %}{% endfor %}",
            "{% set ns = namespace(s='xxxxxxxxxxxxxxxx') %}{% for i in range(64) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{{ 'x' * 9000000000000 }}",
            "{{ ([0] * 1000000000)|length }}",
            "{{ '%999999999999d' % 1 }}",
            "{{ 'a'.ljust(99999999999) }}",
            "{% set ns = namespace(l=[1,2]) %}{% for i in range(64) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
        ]
        for source in sources {
            let template = try ChatTemplate(source)
            let error = #expect(throws: TemplateError.self, "\(source)") { try template.render(messages: [ChatMessage]()) }
            #expect(error?.kind == .limit, "\(source): \(error?.description ?? "")")
            #expect(error?.line == 1)
        }
    }
}
