import Configuration
import Identity
import OpenSSL
import Testing

@testable import Proxy

private let issuer = "https://login.microsoftonline.com/tenant/v2.0"

private func answer(_ body: String, status: Int = 200) -> IssuerFindings.Answer {
    .success(HTTPReply(status: status, contentType: "", retryAfter: "", date: "", body: Array(body.utf8)))
}

@Suite struct IssuerFindingsTests {
    private let url: UpstreamURL

    init() throws { url = try UpstreamURL("https://login.microsoftonline.com/tenant/v2.0/x") }

    private func discovery(_ answer: IssuerFindings.Answer) -> Finding {
        IssuerFindings.discovery(issuer, url, answer).0
    }

    private func document(_ name: String, keys: String = "https://k.example") -> IssuerFindings.Answer {
        answer(#"{"issuer":"\#(name)","jwks_uri":"\#(keys)","token_endpoint":"https://t.example"}"#)
    }

    @Test func takesAGoodDocument() {
        let (finding, found) = IssuerFindings.discovery(issuer, url, document(issuer))
        #expect(finding.verdict == .good)
        #expect(found?.tokenEndpoint == "https://t.example")
    }

    @Test func explainsEntrasTwoNames() {
        let finding = discovery(document("https://sts.windows.net/tenant/"))
        #expect(finding.verdict == .fault)
        #expect("\(finding)".contains("ends in /v2.0"))
        #expect("\(finding)".contains("exactly https://sts.windows.net/tenant/"))
    }

    @Test func explainsOtherNames() {
        #expect("\(discovery(document(issuer + "/")))".contains("to the last slash"))
        let common = document("https://login.microsoftonline.com/{tenantid}/v2.0")
        #expect("\(discovery(common))".contains("in place of common"))
        #expect("\(discovery(document(issuer, keys: "http://k.example")))".contains("jwks_uri"))
    }

    @Test func explainsWhatIsNoDocument() {
        #expect("\(discovery(answer("<html>")))".contains("no discovery document"))
        #expect("\(discovery(answer("", status: 404)))".contains("Compare identity.issuer"))
        #expect("\(discovery(answer("", status: 503)))".contains("status page"))
        #expect("\(discovery(answer("", status: 301)))".contains("not followed"))
        #expect("\(discovery(.failure(.timedOut)))".contains("no whole answer in time"))
    }

    @Test func looksAtTheKeys() {
        let ed25519 =
            #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#
        func keys(_ body: String, _ accepted: [JWSAlgorithm]) -> Finding {
            IssuerFindings.keys(issuer, url, answer(body), accepted: accepted)
        }
        #expect(keys(ed25519, [.rs256, .edDSA]).detail == "1 usable, for EdDSA")
        #expect(keys(ed25519, [.rs256]).verdict == .fault)
        #expect("\(keys(ed25519, [.rs256]))".contains("accepts RS256 alone"))
        #expect(keys("{}", [.rs256]).verdict == .fault)
        #expect(IssuerFindings.keys(issuer, url, .failure(.noAnswer), accepted: []).verdict == .fault)
    }

    // 1994-11-06 08:49:37 GMT.
    @Test(
        arguments: [
            (0, 60, .good, "agree"), (2, 60, .good, "agree"), (-2, 60, .good, "agree"), (20, 60, .good, "20 s ahead"),
            (-30, 60, .good, "30 s behind"), (31, 60, .warning, "31 s ahead"), (60, 60, .warning, "1 min ahead"),
            (61, 60, .fault, "1 min 1 s ahead"), (-61, 60, .fault, "behind"), (6, 5, .fault, "6 s ahead"),
            (2, 0, .good, "agree"), (3, 0, .fault, "3 s ahead"),
        ] as [(Int, Int, Finding.Verdict, String)])
    func comparesClocks(_ offset: Int, _ tolerated: Int, _ verdict: Finding.Verdict, _ words: String) {
        let finding = IssuerFindings.clock(
            "host", date: "Sun, 06 Nov 1994 08:49:37 GMT", now: 784_111_777 + offset, tolerated: tolerated)
        #expect(finding.verdict == verdict)
        #expect(finding.detail.contains(words))
    }

    @Test(arguments: ["", "yesterday"]) func cannotCompareWithoutADate(_ date: String) {
        #expect(IssuerFindings.clock("host", date: date, now: 0, tolerated: 60).verdict == .skipped)
    }

    @Test func anyDateIsTaken() {
        for now in [Int.min, 0, .max] {
            let finding = IssuerFindings.clock(
                "host", date: "Fri, 31 Dec 9999 23:59:59 GMT", now: now, tolerated: .max / 4)
            #expect([.good, .warning, .fault].contains(finding.verdict))
        }
    }
}
