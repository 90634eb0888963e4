/// A request's id in its own bytes, whatever JSON type it has: the client compares what comes back with what it
/// sent, and `1`, `1.0` and `"1"` are three ids.
package struct RPCID: Sendable, Equatable {
    /// A JSON text.
    package let bytes: [UInt8]

    /// - Parameter text: one checked JSON value.
    /// - Returns: nil for `null`, which is no id.
    init?(_ text: Span<UInt8>) {
        var copy: [UInt8] = []
        copy.reserveCapacity(text.count)
        for i in text.indices { copy.append(text[i]) }
        guard copy != Array("null".utf8) else { return nil }
        bytes = copy
    }
}
