internal import MCP

/// One worker's request ids: random enough to be unique, cheap enough for every request (splitmix64, seeded by
/// the system). They are names, not secrets.
final class RequestIDs {
    private var state: UInt64 = UInt64.random(in: 0...UInt64.max)

    func next() -> RequestID {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return RequestID(bits: z ^ (z >> 31))
    }
}
