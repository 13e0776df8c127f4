private import CCmark
internal import SourceText

/// Where a place in the text given to libcmark stands in the author's file.
protocol PlaceMapping {
    func place(line: Int, column: Int) -> SourceLocation
}

struct IdentityMapping: PlaceMapping {
    let lineOffset: Int

    func place(line: Int, column: Int) -> SourceLocation { SourceLocation(line: line + lineOffset, column: column) }
}

/// Parses CommonMark with libcmark into flat nodes; the C tree does not outlive the call.
///
/// The walk is iterative: neither depth nor width of a document grows the stack.
func commonMarkNodes(of text: [UInt8], mapping: some PlaceMapping) -> [MarkdownNode] {
    let pictures = OpenPictures(text)
    let root = pictures.text.withUnsafeBytes { buffer in
        // libcmark takes no null pointer, also for no bytes.
        let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
        return cmark_parse_document(start ?? UnsafePointer(bitPattern: 1), buffer.count, CMARK_OPT_SOURCEPOS)
    }
    guard let root else { return [] }
    defer { cmark_node_free(root) }
    guard let iterator = cmark_iter_new(root) else { return [] }
    defer { cmark_iter_free(iterator) }

    var nodes: [MarkdownNode] = []
    nodes.reserveCapacity(text.count / 16 + 4)
    var open: [Int] = []
    while true {
        let event = cmark_iter_next(iterator)
        if event == CMARK_EVENT_DONE { return nodes }
        guard let node = cmark_iter_get_node(iterator) else { continue }
        if event == CMARK_EVENT_EXIT {
            if let index = open.popLast() { nodes[index].end = nodes.count }
            continue
        }
        let start = mapping.place(
            line: Int(cmark_node_get_start_line(node)), column: Int(cmark_node_get_start_column(node)))
        let end = mapping.place(
            line: Int(cmark_node_get_end_line(node)), column: Int(cmark_node_get_end_column(node)) + 1)
        nodes.append(MarkdownNode(kind(of: node, pictures), range: SourceRange(start: start, end: end), end: nodes.count + 1))
        if !isLeaf(node) { open.append(nodes.count - 1) }
    }
}

/// The version of the libcmark that is loaded, such as `0.30.2`.
public var commonMarkVersion: String { String(cString: cmark_version_string()) }

/// Whether the iterator gives the node no exit event of its own.
private func isLeaf(_ node: OpaquePointer) -> Bool {
    switch cmark_node_get_type(node) {
    case CMARK_NODE_HTML_BLOCK, CMARK_NODE_THEMATIC_BREAK, CMARK_NODE_CODE_BLOCK, CMARK_NODE_TEXT, CMARK_NODE_SOFTBREAK,
        CMARK_NODE_LINEBREAK, CMARK_NODE_CODE, CMARK_NODE_HTML_INLINE:
        true
    default: false
    }
}

private func kind(of node: OpaquePointer, _ pictures: OpenPictures) -> MarkdownNode.Kind {
    func string(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { pictures.restored(String(cString: $0)) } ?? "" }
    func literal() -> String { string(cmark_node_get_literal(node)) }
    switch cmark_node_get_type(node) {
    case CMARK_NODE_DOCUMENT: return .document
    case CMARK_NODE_BLOCK_QUOTE: return .blockQuote
    case CMARK_NODE_LIST:
        let isOrdered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST
        return .list(
            MarkdownList(
                start: isOrdered ? Int(cmark_node_get_list_start(node)) : nil, isTight: cmark_node_get_list_tight(node) != 0))
    case CMARK_NODE_ITEM: return .item(isChecked: nil)
    case CMARK_NODE_CODE_BLOCK:
        return .codeBlock(
            MarkdownCodeBlock(
                literal: literal(), info: string(cmark_node_get_fence_info(node)), isFenced: false, isClosed: true))
    case CMARK_NODE_HTML_BLOCK: return .htmlBlock(literal())
    case CMARK_NODE_PARAGRAPH: return .paragraph
    case CMARK_NODE_HEADING:
        return .heading(level: Int(cmark_node_get_heading_level(node)), attributes: MarkdownAttributes())
    case CMARK_NODE_THEMATIC_BREAK: return .thematicBreak
    case CMARK_NODE_TEXT: return .text(literal())
    case CMARK_NODE_SOFTBREAK: return .softBreak
    case CMARK_NODE_LINEBREAK: return .lineBreak
    case CMARK_NODE_CODE: return .code(literal())
    case CMARK_NODE_HTML_INLINE: return .html(literal())
    case CMARK_NODE_EMPH: return .emphasis
    case CMARK_NODE_STRONG: return .strong
    case CMARK_NODE_LINK:
        return .link(destination: string(cmark_node_get_url(node)), title: string(cmark_node_get_title(node)))
    case CMARK_NODE_IMAGE:
        return .image(
            destination: string(cmark_node_get_url(node)), title: string(cmark_node_get_title(node)),
            attributes: MarkdownAttributes())
    // Custom nodes are made through libcmark's API only, never by its parser.
    default: return .text("")
    }
}
