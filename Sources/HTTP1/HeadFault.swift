/// Why a head is refused. After any of these the connection's framing is lost: answer and close, and on the
/// upstream side close without an answer. No case carries input, so that a fault can be logged.
package enum HeadFault: Error, Equatable, Sendable, CaseIterable {
    // Lines (RFC 9112 §2.2, §5; RFC 9110 §5.5)
    case bareCarriageReturn, bareLineFeed, controlByte, emptyLines
    case obsoleteFold, malformedFieldLine
    // Size (RFC 9110 §5.4; RFC 6585 §5, for the request line as well)
    case tooLarge, tooManyFields, targetTooLong
    // Start lines (RFC 9112 §3, §4)
    case malformedRequestLine, malformedTarget, unsupportedVersion, malformedStatusLine, unexpectedUpgrade
    case framedInterim
    // Host (RFC 9112 §3.2)
    case missingHost, repeatedHost, malformedHost
    // Framing (RFC 9112 §6)
    case malformedContentLength, repeatedContentLength, lengthAndCoding
    case malformedTransferEncoding, unknownTransferCoding, transferEncodingBefore11
    // Routing (RFC 9110 §7.6, §10.1.1)
    case malformedConnection, protectedInConnection, malformedVia, loop, unknownExpectation

    /// The refusal's reason for a refused request.
    package enum Reason: Sendable {
        case badRequest, headerTooLarge
    }

    /// The status a server answers. For an upstream's head the answer to the client is 502 in every case.
    package var status: UInt16 {
        switch self {
        case .tooLarge, .tooManyFields, .targetTooLong: 431
        case .unsupportedVersion: 505
        case .unknownTransferCoding: 501
        case .unknownExpectation: 417
        case .bareCarriageReturn, .bareLineFeed, .controlByte, .emptyLines, .obsoleteFold, .malformedFieldLine,
            .malformedRequestLine, .malformedTarget, .malformedStatusLine, .unexpectedUpgrade, .framedInterim,
            .missingHost,
            .repeatedHost, .malformedHost, .malformedContentLength, .repeatedContentLength, .lengthAndCoding,
            .malformedTransferEncoding, .transferEncodingBefore11, .malformedConnection, .protectedInConnection,
            .malformedVia, .loop:
            400
        }
    }

    /// The refusal's reason.
    package var reason: Reason {
        switch self {
        case .tooLarge, .tooManyFields, .targetTooLong: .headerTooLarge
        default: .badRequest
        }
    }
}
