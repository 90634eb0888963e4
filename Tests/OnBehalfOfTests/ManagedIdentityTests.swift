import Bytes
import Testing

@testable import OnBehalfOf

@Suite struct ManagedIdentityTests {
    private func request(_ service: ManagedIdentity.Service) -> (target: String, fields: String) {
        let identity = ManagedIdentity(service, clientID: "a+b c", resource: "api://AzureADTokenExchange")
        let (target, fields) = (ByteBuffer(), ByteBuffer())
        identity.appendTarget(path: "/token", to: target)
        identity.appendFields(to: fields)
        return (String(decoding: target.bytes, as: UTF8.self), String(decoding: fields.bytes, as: UTF8.self))
    }

    @Test func asksInstanceMetadata() {
        let (target, fields) = request(.instanceMetadata)
        #expect(
            target
                == "/token?api-version=2018-02-01&resource=api%3A%2F%2FAzureADTokenExchange&client_id=a%2Bb%20c")
        #expect(fields == "Metadata: true\r\n")
    }

    @Test func asksAppService() {
        let (target, fields) = request(.appService(header: Secret("guest")))
        #expect(
            target
                == "/token?api-version=2019-08-01&resource=api%3A%2F%2FAzureADTokenExchange&client_id=a%2Bb%20c")
        #expect(fields == "X-IDENTITY-HEADER: guest\r\n")
    }

    @Test(arguments: [
        (#""expires_in":"3600""#, 3600), (#""expires_in":3600"#, 3600), (#""expires_on":"1500""#, 500),
        (#""expires_on":1500"#, 500), (#""expires_in":"60","expires_on":"5000""#, 60), (#""expires_on":"900""#, 0),
        (#""expires_on":"11/22/2026 5:00:00 AM +00:00""#, 300), (#""x":1"#, 300), (#""expires_in":-1"#, 0),
        (#""expires_in":"9223372036854775807""#, 604_800), (#""expires_on":-9223372036854775808"#, 0),
    ])
    func readsTokens(members: String, lifetime: Int64) throws {
        let body = Array(#"{"access_token":"a.b.c","token_type":"Bearer",\#(members)}"#.utf8)
        let token = try #require(read(body))
        #expect(token.lifetime == lifetime)
        #expect(token.secret.withSpan { $0.count } == 5)
    }

    private func read(_ body: [UInt8]) -> ManagedIdentity.Token? {
        ManagedIdentity.token(in: body.span, wallClock: 1_000)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"access_token":""}"#, #"{"access_token":5}"#, #"{"access_token":"a b"}"#,
        #"{"access_token":"a\r\nb"}"#,
    ])
    func refusesWhatIsNone(body: String) { #expect(read(Array(body.utf8)) == nil) }

    @Test(arguments: [(86_400, 86_100_000), (600, 300_000), (300, 150_000), (1, 0), (0, 0)] as [(Int64, UInt64)])
    func leavesItsTokensEarly(lifetime: Int64, useful: UInt64) {
        #expect(ManagedIdentity.Token(secret: Secret("x"), lifetime: lifetime).useful == useful)
    }

    @Test func asksAgainWhereItIsWorthIt() {
        let transient = (100...599).filter { ManagedIdentity.isTransient(status: $0) }
        #expect(transient == [404, 408, 410, 429] + Array(500...599))
    }
}
