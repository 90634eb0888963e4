import JSON
import Testing

@testable import MCP

private let call = Question.post(envelope(#"{"jsonrpc":"2.0","id":"x\u0041","method":"tools/call"}"#))
private let initialize = Question.post(envelope(#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#))
private let notification = Question.post(envelope(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#))
private let response = Question.post(envelope(#"{"jsonrpc":"2.0","id":4,"result":{}}"#))

private func answer(
    _ refusal: Refusal, _ question: Question, server: String? = "tickets", retryAfter: UInt64? = nil
) -> Answer {
    refusal.answer(
        to: question, mode: .jsonrpc, server: server, request: RequestID(bits: 0), retryAfter: retryAfter)
}

extension Answer {
    fileprivate func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }
    fileprivate func json() throws -> JSON { try JSON.parse(body.span) }
}

@Suite struct AnswerTests {
    private static let messageRefusals = Refusal.allCases.filter { !$0.isPlainHTTP }

    @Test(arguments: messageRefusals) func aCallIsAnsweredInJSONRPC(_ refusal: Refusal) throws {
        let answer = answer(refusal, call)
        #expect(answer.status == 200)
        #expect(answer.field("Content-Type") == "application/json")
        #expect(answer.fields.count == 1)
        let json = try answer.json()
        #expect(String(decoding: answer.body, as: UTF8.self).hasPrefix(#"{"jsonrpc":"2.0","id":"x\u0041","error":"#))
        #expect(json["error"]?["code"]?.integer == -32603)
        #expect(json["error"]?["message"]?.string == refusal.message)
        #expect(
            json["error"]?["data"]
                == .object([
                    "reason": .string(refusal.rawValue), "retryable": .bool(refusal.isRetryable),
                    "server": .string("tickets"), "request_id": .string("bbbbbbbbbbbbbbbb"),
                ]))
    }

    @Test(arguments: Refusal.allCases) func everythingElseIsAnsweredByStatus(_ refusal: Refusal) throws {
        for question in [initialize, notification, response, .get, .delete, .other] {
            let answer = answer(refusal, question)
            #expect(answer.status == refusal.status)
            #expect(answer.status != 429)
            #expect(answer.field("WWW-Authenticate") == nil)
            let json = try answer.json()
            #expect(json["error"]?["data"]?["reason"]?.string == refusal.rawValue)
            #expect(json["id"] == (question == initialize && !refusal.isPlainHTTP ? .integer(1) : .null))
        }
    }

    /// Where clients don't read the answer to a POST: the status for all, under the call's id for those who look.
    @Test(arguments: Refusal.allCases) func byStatusAlone(_ refusal: Refusal) throws {
        for question in [call, initialize, notification, response, .get, .delete, .other] {
            let answer = refusal.answer(
                to: question, mode: .status, server: "tickets", request: RequestID(bits: 0))
            #expect(answer.status == refusal.status)
            #expect(answer.field("WWW-Authenticate") == nil)
            let json = try answer.json()
            #expect(json["error"]?["data"]?["reason"]?.string == refusal.rawValue)
            #expect(json["id"] == (question == call ? .string("xA") : question == initialize ? .integer(1) : .null))
        }
        let probe = Refusal.missingToken.answer(
            to: .post(.unreadable), mode: .status, server: nil, request: RequestID(bits: 0))
        #expect(probe.status == 400)
    }

    /// Clients start a new session, or tell the operator, by these statuses alone.
    @Test func requestFaultsArePlainHTTPEvenForACall() {
        let plain: [(Refusal, Int)] = [
            (.badRequest, 400), (.badSidecarKey, 403), (.badOrigin, 403), (.unknownServer, 404),
            (.sessionMismatch, 404),
            (.methodNotAllowed, 405), (.bodyTooLarge, 413), (.headerTooLarge, 431),
        ]
        for (refusal, status) in plain { #expect(answer(refusal, call).status == status) }
        #expect(plain.count == Refusal.allCases.count - Self.messageRefusals.count)
    }

    @Test func outagesSayWhenToComeBack() {
        #expect(answer(.exchangeUnavailable, initialize).field("Retry-After") == "5")
        #expect(answer(.breakerOpen, initialize, retryAfter: 17).field("Retry-After") == "17")
        #expect(answer(.upstreamUnreachable, initialize, retryAfter: 0).field("Retry-After") == "1")
        #expect(answer(.rateLimited, initialize).status == 503)
        #expect(answer(.expiredToken, initialize).field("Retry-After") == nil)
        #expect(answer(.clientRejected, initialize).field("Retry-After") == nil)
    }

    @Test func aBatchGetsABatch() throws {
        let batch = envelope(
            #"""
            [{"jsonrpc":"2.0","id":1.0,"method":"a"},{"jsonrpc":"2.0","method":"n"},{"jsonrpc":"2.0","id":"2","method":"b"},
             {"jsonrpc":"2.0","id":3,"result":1},null]
            """#)
        let answer = answer(.expiredToken, .post(batch))
        #expect(answer.status == 200)
        let answers = try #require(try answer.json().array)
        #expect(answers.map { $0["id"] } == [.number("1.0"), .string("2")])
        #expect(answers.allSatisfy { $0["error"]?["data"]?["reason"]?.string == "expired_token" })
    }

    @Test func aBatchWithoutCallsFollowsTheRuleForNoID() {
        let batch = envelope(#"[{"jsonrpc":"2.0","method":"n"},{"jsonrpc":"2.0","id":null,"method":"m"}]"#)
        #expect(answer(.expiredToken, .post(batch)).status == 401)
        #expect(answer(.overloaded, .post(batch)).status == 503)
    }

    /// A probe without token must not be told that a sign-in is needed.
    @Test func aProbeIsABadRequest() {
        #expect(answer(.missingToken, .post(envelope("{}"))).status == 400)
        #expect(answer(.missingToken, notification).status == 401)
        #expect(answer(.expiredToken, .post(.unreadable)).status == 401)
    }

    @Test func namesTheMethods() {
        #expect(answer(.methodNotAllowed, .other).field("Allow") == "POST, GET, DELETE, OPTIONS")
        #expect(answer(.unknownServer, .get).field("Allow") == nil)
    }

    @Test func endsConnectionsThatCannotGoOn() {
        for refusal in Refusal.allCases {
            let ends = [.bodyTooLarge, .headerTooLarge, .draining].contains(refusal)
            #expect(answer(refusal, call).closes == ends)
        }
    }

    @Test func knowsNoServer() throws {
        #expect(try answer(.unknownServer, .get, server: nil).json()["error"]?["data"]?["server"] == .null)
    }

    /// In a stream only the event is left to say it.
    @Test(arguments: Refusal.allCases) func anEventIsOneLineOfData(_ refusal: Refusal) throws {
        for text in ["1", "-0.0", #""\u0041""#, "[1,\r\n2]"] {
            let envelope = envelope("{\"jsonrpc\":\"2.0\",\"id\":\(text),\"method\":\"a\"}")
            guard case .request(let id, _) = envelope else {
                Issue.record("no request")
                continue
            }
            let event = refusal.event(to: id, server: "tickets", request: RequestID(bits: 0))
            let lines = String(decoding: event, as: UTF8.self).utf8.split(
                separator: 0x0a, omittingEmptySubsequences: false)
            #expect(
                lines.count == 4 && lines[0].elementsEqual("event: message".utf8) && lines[2].isEmpty
                    && lines[3].isEmpty)
            let data = Array(lines[1].dropFirst(6))
            let asked = text.replacing("\r\n", with: "  ")
            #expect(String(decoding: data, as: UTF8.self).hasPrefix("{\"jsonrpc\":\"2.0\",\"id\":\(asked),\"error\":{"))
            let json = try JSON.parse(data.span)
            #expect(json["error"]?["message"]?.string == refusal.message)
            #expect(json["error"]?["data"]?["reason"]?.string == refusal.rawValue)
        }
    }

    /// Clients search an HTTP error's whole body, and a server may be called anything.
    @Test(arguments: ["oauth-tools", "svc-401"]) func hidesANameThatClientsMatchOn(_ name: String) throws {
        #expect(try answer(.overloaded, initialize, server: name).json()["error"]?["data"]?["server"] == .null)
        #expect(try answer(.overloaded, call, server: name).json()["error"]?["data"]?["server"] == .string(name))
    }
}
