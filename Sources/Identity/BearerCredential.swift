/// Finds the user token in the value of an `Authorization` field (RFC 9110 §11.4, RFC 6750 §2.1).
package enum BearerCredential {
    /// There must be exactly one `Authorization` field: with two, another reader may take the other one.
    /// - Throws: `.missingToken` for none, `.malformedToken` for several.
    package static func require(fieldCount: Int) throws(TokenFault) {
        guard fieldCount > 0 else { throw .missingToken }
        guard fieldCount == 1 else { throw .malformedToken }
    }

    /// Finds the token without looking at it: a token that was verified before is known by its digest, and any other
    /// goes through `check`. Reading 1.7 KB byte by byte on every request would cost as much as all the rest.
    /// - Parameter value: the field's value, optional white space around it allowed.
    /// - Returns: where the token is in `value`, at least one byte.
    /// - Throws: `.missingToken` (empty, another scheme, or no token), `.placeholderToken` (a template that the
    ///   chat server did not fill in).
    @inline(__always)
    package static func locate(in value: Span<UInt8>) throws(TokenFault) -> Range<Int> {
        var end = value.count
        while end > 0, isSpace(value[end &- 1]) { end &-= 1 }
        var start = 0
        while start < end, isSpace(value[start]) { start &+= 1 }
        guard schemeIsBearer(value, start, end) else { throw fault(of: value, otherwise: .missingToken) }
        start &+= 6
        while start < end, isSpace(value[start]) { start &+= 1 }
        guard start < end else { throw .missingToken }
        return start..<end
    }

    /// What `locate` has found must be one `token68` (RFC 9110 §11.2): no list, nothing behind it.
    /// - Throws: `.placeholderToken`, `.malformedToken`.
    package static func check(_ token: Span<UInt8>) throws(TokenFault) {
        var end = token.count
        while end > 0, token[end &- 1] == UInt8(ascii: "=") { end &-= 1 }
        guard end > 0 else { throw .malformedToken }
        for i in 0..<end where !isToken68(token[i]) { throw fault(of: token, otherwise: .malformedToken) }
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// `Bearer` in any case, then white space or the end.
    @inline(__always)
    private static func schemeIsBearer(_ value: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard end &- start >= 6 else { return false }
        let name: StaticString = "bearer"
        for i in 0..<6 where unsafe value[start &+ i] | 0x20 != name.utf8Start[i] { return false }
        return end &- start == 6 || isSpace(value[start &+ 6])
    }

    private static func isToken68(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x2B, 0x2F: true
        default: false
        }
    }

    /// Templates of chat servers come literally when nobody fills them in: `{{NAME}}`, `${NAME}`.
    @inline(never)
    private static func fault(of value: Span<UInt8>, otherwise other: TokenFault) -> TokenFault {
        for i in value.indices.dropFirst() where value[i] == UInt8(ascii: "{") {
            if value[i &- 1] == UInt8(ascii: "{") || value[i &- 1] == UInt8(ascii: "$") { return .placeholderToken }
        }
        return other
    }
}
