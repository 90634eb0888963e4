internal import Bytes

extension ByteBuffer {
    /// Appends `name=value`, preceded by `&` unless it is the body's first field.
    func appendField(_ name: String, _ value: Span<UInt8>) {
        if !isEmpty { append(byte: UInt8(ascii: "&")) }
        appendFormEncoded(name.utf8.span)
        append(byte: UInt8(ascii: "="))
        appendFormEncoded(value)
    }

    /// Appends `name=value` of a text.
    func appendField(_ name: String, _ value: String) { appendField(name, value.utf8.span) }

    /// Appends `name=value` of a secret, which never becomes a `String`.
    func appendField(_ name: String, _ value: Secret) {
        unsafe value.withBytes {
            appendField(name, unsafe $0.assumingMemoryBound(to: UInt8.self).span)
        }
    }

    /// Percent-encodes for `application/x-www-form-urlencoded`.
    ///
    /// A space becomes `%20`, which every decoder reads back, and `~` stays, since Entra's generated secrets hold
    /// it and some providers do not decode what they get by HTTP Basic.
    func appendFormEncoded(_ bytes: Span<UInt8>) {
        for i in bytes.indices {
            let byte = bytes[i]
            if byte.isUnreserved {
                append(byte: byte)
            } else {
                append(byte: UInt8(ascii: "%"))
                append(byte: (byte >> 4).hexadecimalDigit)
                append(byte: (byte & 15).hexadecimalDigit)
            }
        }
    }
}

extension UInt8 {
    /// RFC 3986 §2.3.
    fileprivate var isUnreserved: Bool {
        switch self {
        case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    fileprivate var hexadecimalDigit: UInt8 { self < 10 ? 48 &+ self : 55 &+ self }
}
