import Bytes
import OpenSSL

@testable import OnBehalfOf

func target(
    scopes: String = "api://tickets/access_as_user", clientID: String = "client", grant: Grant = .jwtBearer,
    parameters: [ExchangeTarget.Parameter] = [], refusing audiences: [String]? = nil,
    provider: String = "default", endpoint: String = "https://idp.test/token"
) throws(ExchangeTarget.Fault) -> ExchangeTarget {
    try ExchangeTarget(
        provider: provider, tokenEndpoint: endpoint, clientID: clientID, grant: grant, scopes: scopes,
        parameters: parameters, refusedAudiences: audiences)
}

let hush = ClientProof.secret(Secret("hush"), .post)

func body(_ request: ExchangeRequest) -> String {
    let buffer = ByteBuffer()
    request.appendBody(to: buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
}

func fields(_ request: ExchangeRequest) -> String {
    let buffer = ByteBuffer()
    request.appendFields(to: buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
}

func read(
    _ body: String, status: Int = 200, contentType: String? = "application/json", retryAfter: String? = nil,
    grant: Grant = .jwtBearer, subject: String = "user-token", now: UInt64 = 0
) -> ExchangeOutcome {
    ExchangeResponse.read(
        .init(status: status, contentType: contentType, retryAfter: retryAfter), body: body.utf8.span,
        grant: grant, subject: Secret(subject), now: now, wallClock: 1_700_000_000)
}

extension ExchangeOutcome {
    var token: MintedToken? { if case .minted(let token) = self { token } else { nil } }
    var fault: ExchangeFault? { if case .failed(let fault) = self { fault } else { nil } }
}

extension MintedToken {
    /// What would be forwarded.
    var header: String {
        let buffer = ByteBuffer()
        credential().append(to: buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}

/// A token as a provider would mint it.
func minted(
    _ text: String = "minted", lifetime: UInt64 = 3_600_000, refreshIn: UInt64? = nil, at now: UInt64 = 0
) -> MintedToken {
    MintedToken(secret: Secret(text), receivedAt: now, lifetime: lifetime, refreshIn: refreshIn)
}

func digest(_ number: UInt64) -> Digest256 { Digest256(words: (number, 0, 0, 0)) }

func key(_ token: UInt64, _ service: UInt64 = 0) -> ExchangeKey {
    ExchangeKey(token: digest(token), service: digest(service))
}

/// Numbers that look random and are the same in every run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
