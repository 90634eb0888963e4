import JSON

/// What must hold for any input at all. The fuzzer and the corpus test call the same function.
package enum IdentityLaws {
    /// Reads the input as a token, as the two JSON texts of one, as a key set and as a discovery document.
    /// - Returns: the law that `input` breaks, nil for none.
    package static func firstBroken(by input: Span<UInt8>) -> StaticString? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(input.count)
        for i in input.indices { bytes.append(input[i]) }
        return TokenLaws.firstBroken(by: bytes) ?? DocumentLaws.firstBroken(by: bytes)
    }

    static func parse(_ bytes: some Collection<UInt8>) -> JSON? { try? JSON.parse(Array(bytes).span) }
}
