internal import CLibYAML

/// What libyaml says next, copied out of C.
enum Event {
    /// An anchor or a tag that came with a node: refused by the reader, but it must be seen first.
    struct Properties {
        let anchored: Bool
        let tagged: Bool
    }

    case scalar(String, ScalarStyle, Properties)
    case sequence(Properties)
    case mapping(Properties)
    case alias
    /// The end of a list, a mapping, or a document.
    case end
    case document
    case stream
    case endOfStream
}

/// Owns one `yaml_parser_t` and the bytes it reads.
///
/// libyaml stores the parser's own address and a pointer to its input, so both are allocated here, stay where
/// they are, and are freed together. `@safe`: neither pointer leaves this class.
@safe
final class EventReader {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>
    private let ready: Bool

    init(copying bytes: Span<UInt8>) {
        unsafe input = .allocate(capacity: max(bytes.count, 1))
        for i in bytes.indices { unsafe input.initializeElement(at: i, to: bytes[i]) }
        unsafe parser = .allocate(capacity: 1)
        unsafe parser.initialize(to: yaml_parser_t())
        ready = unsafe yaml_parser_initialize(parser) == 1
        guard ready else { return }
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
    }

    deinit {
        if ready { unsafe yaml_parser_delete(parser) }
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    /// The next event and where it begins.
    func next() throws(YAMLFault) -> (Event, Mark) {
        guard ready else { throw YAMLFault(kind: .outOfMemory, mark: Mark(line: 1, column: 1)) }
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw fault() }
        defer { unsafe yaml_event_delete(&event) }
        return unsafe (Self.translate(event), Self.mark(event.start_mark))
    }

    private static func translate(_ event: yaml_event_t) -> Event {
        switch unsafe event.type {
        case YAML_SCALAR_EVENT: unsafe scalar(event)
        case YAML_SEQUENCE_START_EVENT:
            unsafe .sequence(properties(event.data.sequence_start.anchor, event.data.sequence_start.tag))
        case YAML_MAPPING_START_EVENT:
            unsafe .mapping(properties(event.data.mapping_start.anchor, event.data.mapping_start.tag))
        case YAML_ALIAS_EVENT: .alias
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT, YAML_DOCUMENT_END_EVENT: .end
        case YAML_DOCUMENT_START_EVENT: .document
        case YAML_STREAM_START_EVENT: .stream
        // YAML_NO_EVENT is what the parser gives after the end of the stream.
        default: .endOfStream
        }
    }

    private static func scalar(_ event: yaml_event_t) -> Event {
        let scalar = unsafe event.data.scalar
        let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: Int(clamping: scalar.length))
        let style: ScalarStyle = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE ? .plain : .quoted
        return unsafe .scalar(String(decoding: bytes, as: UTF8.self), style, properties(scalar.anchor, scalar.tag))
    }

    private static func properties(
        _ anchor: UnsafeMutablePointer<yaml_char_t>?, _ tag: UnsafeMutablePointer<yaml_char_t>?
    ) -> Event.Properties {
        unsafe Event.Properties(anchored: anchor != nil, tagged: tag != nil)
    }

    private static func mark(_ mark: yaml_mark_t) -> Mark {
        Mark(line: Int(clamping: mark.line) &+ 1, column: Int(clamping: mark.column) &+ 1)
    }

    /// libyaml's messages are fixed texts; the document's own text is not in them.
    private func fault() -> YAMLFault {
        guard unsafe parser.pointee.error != YAML_MEMORY_ERROR else {
            return unsafe YAMLFault(kind: .outOfMemory, mark: Self.mark(parser.pointee.mark))
        }
        let problem = unsafe Self.text(parser.pointee.problem) ?? "unreadable"
        let context = unsafe Self.text(parser.pointee.context)
        let message = context.map { "\(problem) \($0)" } ?? problem
        // Reader errors (bad UTF-8, control characters) know a byte offset only.
        let isReader = unsafe parser.pointee.error == YAML_READER_ERROR
        let mark =
            unsafe isReader ? position(of: parser.pointee.problem_offset) : Self.mark(parser.pointee.problem_mark)
        return YAMLFault(kind: .syntax(message), mark: mark)
    }

    private func position(of offset: Int) -> Mark {
        var line = 1
        var column = 1
        for i in unsafe 0..<min(max(offset, 0), input.count) {
            let byte = unsafe input[i]
            if byte == 10 {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return Mark(line: line, column: column)
    }

    private static func text(_ message: UnsafePointer<CChar>?) -> String? {
        guard let message = unsafe message else { return nil }
        return unsafe String(cString: message)
    }
}
