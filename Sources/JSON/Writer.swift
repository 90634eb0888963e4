package import Bytes

extension JSON {
    /// Appends the compact text.
    package func append(to buffer: ByteBuffer) {
        switch self {
        case .null: buffer.append("null")
        case .bool(let value): buffer.append(value ? "true" : "false")
        case .number(let text): buffer.append(string: text)
        case .string(let text): buffer.appendJSONString(text)
        case .array(let elements): JSON.append(elements, to: buffer)
        case .object(let object): JSON.append(object, to: buffer)
        }
    }

    /// The compact text.
    package var bytes: [UInt8] {
        let buffer = ByteBuffer()
        append(to: buffer)
        return buffer.bytes
    }

    private static func append(_ elements: [JSON], to buffer: ByteBuffer) {
        buffer.append(byte: UInt8(ascii: "["))
        var first = true
        for element in elements {
            if !first { buffer.append(byte: UInt8(ascii: ",")) }
            first = false
            element.append(to: buffer)
        }
        buffer.append(byte: UInt8(ascii: "]"))
    }

    private static func append(_ object: Object, to buffer: ByteBuffer) {
        buffer.append(byte: UInt8(ascii: "{"))
        var first = true
        for member in object.members {
            if !first { buffer.append(byte: UInt8(ascii: ",")) }
            first = false
            buffer.appendJSONString(member.name)
            buffer.append(byte: UInt8(ascii: ":"))
            member.value.append(to: buffer)
        }
        buffer.append(byte: UInt8(ascii: "}"))
    }
}

extension ByteBuffer {
    /// Appends text as a JSON string, quotes included.
    package func appendJSONString(_ text: String) {
        append(byte: UInt8(ascii: "\""))
        appendJSONEscaped(text.utf8.span)
        append(byte: UInt8(ascii: "\""))
    }

    /// Appends bytes of any origin as a JSON string, quotes included. What is not UTF-8 becomes U+FFFD, so that
    /// a log line made of a client's bytes is a JSON text all the same.
    package func appendJSONString(_ bytes: Span<UInt8>) {
        append(byte: UInt8(ascii: "\""))
        if isUTF8(bytes) {
            appendJSONEscaped(bytes)
        } else {
            appendJSONEscaped(repaired(bytes).utf8.span)
        }
        append(byte: UInt8(ascii: "\""))
    }

    /// Escapes quotes, backslashes, control characters and DEL, which would act on a terminal that shows the log.
    private func appendJSONEscaped(_ bytes: Span<UInt8>) {
        var plain = 0
        for i in bytes.indices {
            let byte = bytes[i]
            guard byte < 0x20 || byte == 0x22 || byte == 0x5c || byte == 0x7f else { continue }
            append(bytes.extracting(plain..<i))
            appendJSONEscape(byte)
            plain = i &+ 1
        }
        append(bytes.extracting(plain..<bytes.count))
    }

    private func appendJSONEscape(_ byte: UInt8) {
        switch byte {
        case 0x22: append("\\\"")
        case 0x5c: append("\\\\")
        case 0x0a: append("\\n")
        case 0x0d: append("\\r")
        case 0x09: append("\\t")
        default:
            append(byte < 0x10 ? "\\u000" : "\\u00")
            append(hexadecimal: UInt64(byte))
        }
    }

    private func isUTF8(_ bytes: Span<UInt8>) -> Bool {
        do {
            _ = try UTF8Span(validating: bytes)
            return true
        } catch { return false }
    }

    private func repaired(_ bytes: Span<UInt8>) -> String {
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for i in bytes.indices { copy.append(bytes[i]) }
        return String(decoding: copy, as: UTF8.self)
    }
}
