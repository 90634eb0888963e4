package import HTTP1

/// A request that a site of this demo got, whole.
package struct SiteRequest: Sendable {
    package let method: HTTP1.Method
    /// Without the query.
    package let path: String
    /// The query's fields.
    package let query: [String: String]
    /// Field values by name in lower case; the last of a name counts.
    package let fields: [String: String]
    package let body: [UInt8]

    package init(
        _ method: HTTP1.Method, _ path: String, query: [String: String] = [:], fields: [String: String] = [:],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
    }

    init(_ head: RequestHead, of bytes: Span<UInt8>, body: [UInt8]) {
        var fields: [String: String] = [:]
        for line in head.fields { fields[bytes.text(line.name.range).lowercased()] = bytes.text(line.value.range) }
        let query = head.query.map { FormText.decode(bytes.text($0.range)) } ?? [:]
        self.init(head.method, bytes.text(head.path.range), query: query, fields: fields, body: body)
    }

    /// What `Authorization` holds behind `Bearer`.
    package var bearer: String? {
        guard let value = fields["authorization"], value.hasPrefix("Bearer ") else { return nil }
        return String(value.dropFirst(7))
    }
}

extension Span where Element == UInt8 {
    /// The bytes as text; nothing for a range outside.
    func text(_ range: Range<Int>) -> String { String(decoding: array(range), as: UTF8.self) }

    /// A copy of the bytes; nothing for a range outside.
    func array(_ range: Range<Int>) -> [UInt8] {
        guard range.lowerBound >= 0, range.upperBound <= count else { return [] }
        return unsafe extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
    }
}
