import HTTP1

/// What must hold for any input at all. The fuzzer and the corpus test call the same function.
package enum HTTP1Laws {
    /// - Parameter splits: at how many places the input is cut in two; all, if there are not more.
    /// - Returns: the law that `input` breaks, nil for none.
    package static func firstBroken(by input: Span<UInt8>, splits: Int) -> StaticString? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(input.count)
        for i in input.indices { bytes.append(input[i]) }
        for limits in [
            HeadLimits(refusesOwnVia: false), HeadLimits(bytes: 64, fields: 3, targetBytes: 16, refusesOwnVia: true),
        ] {
            if let broken = HeadLaws(limits: limits, splits: splits).firstBroken(by: bytes) { return broken }
        }
        return BodyLaws(splits: splits).firstBroken(by: bytes)
    }

    /// Where to cut `count` bytes: evenly spread, both ends among them.
    static func cuts(_ count: Int, _ splits: Int) -> StrideThrough<Int> {
        stride(from: 0, through: count, by: max(1, count / max(1, splits)))
    }
}
