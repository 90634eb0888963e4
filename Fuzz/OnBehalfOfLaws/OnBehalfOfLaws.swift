import JSON

/// What must hold for any input at all. The fuzzer and the corpus test call the same function.
package enum OnBehalfOfLaws {
    /// Reads the input as a token endpoint's answer of each kind, as a managed identity's, and as a claims challenge.
    /// - Returns: the law that `input` breaks, nil for none.
    package static func firstBroken(by input: Span<UInt8>) -> StaticString? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(input.count)
        for i in input.indices { bytes.append(input[i]) }
        return AnswerLaws.firstBroken(by: bytes) ?? ChallengeLaws.firstBroken(by: bytes)
            ?? ManagedIdentityLaws.firstBroken(by: bytes)
    }

    static func parse(_ bytes: [UInt8], _ limits: JSON.Limits = JSON.Limits()) -> JSON? {
        try? JSON.parse(bytes.span, limits: limits)
    }
}
