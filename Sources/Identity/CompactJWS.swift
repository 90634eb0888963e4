internal import Bytes
internal import JSON

/// The three parts of a JWS in compact form (RFC 7515 §3.1), the first two decoded.
struct CompactJWS {
    /// Longest token taken, in bytes: far above what issuers make, far below what hurts.
    static let bound = 32 << 10
    private static let headerLimits = JSON.Limits(depth: 8, bytes: 8 << 10, values: 256)
    private static let payloadLimits = JSON.Limits(depth: 16, bytes: bound, values: 4096)

    let header: JSON.Object
    let payload: JSON.Object
    /// How many bytes from the start the signature covers.
    let signedCount: Int
    /// Whether there is a signature.
    let isSigned: Bool

    /// Five parts would be a JWE, which only its recipient can read and which is refused with everything else.
    /// - Parameter mayLackSignature: whether somebody else looks at `isSigned`.
    /// - Throws: `.malformedToken`.
    init(_ token: Span<UInt8>, mayLackSignature: Bool = false) throws(TokenFault) {
        guard token.count <= Self.bound else { throw .malformedToken }
        var dots: [Int] = []
        for i in token.indices where token[i] == UInt8(ascii: ".") {
            guard dots.count < 2 else { throw .malformedToken }
            dots.append(i)
        }
        guard dots.count == 2 else { throw .malformedToken }
        isSigned = dots[1] < token.count &- 1
        guard isSigned || mayLackSignature else { throw .malformedToken }
        header = try Self.object(token.extracting(0..<dots[0]), Self.headerLimits)
        payload = try Self.object(token.extracting((dots[0] &+ 1)..<dots[1]), Self.payloadLimits)
        signedCount = dots[1]
    }

    private static func object(_ text: Span<UInt8>, _ limits: JSON.Limits) throws(TokenFault) -> JSON.Object {
        guard let bytes = Base64URL.decode(text),
            case .object(let object)? = try? JSON.parse(bytes.span, limits: limits)
        else { throw .malformedToken }
        return object
    }
}
