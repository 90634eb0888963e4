import HTTP1
import Testing

/// What gets through, and what is read from it.
struct RequestHeadTests {
    @Test func readsARequest() throws {
        let input =
            "POST /tickets?a=b HTTP/1.1\r\nHost: proxy:8089\r\nAccept: \t x y\t \r\nContent-Length: 5\r\n\r\nhello"
        let head = try #require(request(input).head)
        #expect(head.method == .post)
        #expect(head.methodRange.text(in: input) == "POST")
        #expect(head.target.text(in: input) == "/tickets?a=b")
        #expect(head.path.text(in: input) == "/tickets")
        #expect(head.query?.text(in: input) == "a=b")
        #expect(head.host.text(in: input) == "proxy:8089")
        #expect(head.form == .origin)
        #expect(head.minorVersion == 1)
        #expect(head.framing == .length(5))
        #expect(head.keepAlive)
        #expect(!head.expectsContinue)
        #expect(head.byteCount == input.utf8.count - 5)
        #expect(head.fields.map(\.id) == [.host, .accept, .contentLength])
        #expect(head.first(.accept)?.value.text(in: input) == "x y")
        #expect(head.first(.accept)?.name.text(in: input) == "Accept")
        #expect(head.first(.authorization) == nil)
    }

    @Test(arguments: [
        ("GET", Method.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete),
        ("OPTIONS", .options), ("TRACE", .trace), ("PATCH", .patch), ("get", .other), ("POS", .other),
        ("POSTS", .other), ("PROPFIND", .other), ("OPTIONSX", .other), ("M!#$%&'*+-.^_`|~", .other),
    ])
    func knowsMethods(name: String, method: Method) {
        #expect(request("\(name) / HTTP/1.1\r\nHost: a\r\n\r\n").head?.method == method)
    }

    @Test(arguments: [
        Row("9112 §3.2.1", "a root", "/", ["/", nil, "h"]),
        Row("9112 §3.2.1", "an empty query", "/a?", ["/a", "", "h"]),
        Row("9112 §3.2.1", "a query of question marks", "/a??b", ["/a", "?b", "h"]),
        Row("9112 §3.2.1", "nothing decoded", "/%74/../a//b", ["/%74/../a//b", nil, "h"]),
        Row("3986 §3.3", "every kind of path byte", "/aZ09-._~!$&'()*+,;=:@%", ["/aZ09-._~!$&'()*+,;=:@%", nil, "h"]),
        Row("WHATWG URL", "a query as browsers send it", "/?{a}|[b]`^\\%", ["/", "{a}|[b]`^\\%", "h"]),
        Row("9112 §3.2.2", "an absolute target", "http://B:80/a?q", ["/a", "q", "B:80"]),
        Row("9112 §3.2.2", "an absolute target without a path", "HTTPS://b", ["", nil, "b"]),
        Row("9112 §3.2.2", "an absolute target with a query alone", "http://b?q", ["", "q", "b"]),
        Row("9112 §3.2.2", "an address", "http://[::1]:80/", ["/", nil, "[::1]:80"]),
    ])
    func takesTargetsApart(row: Row<[String?]>) throws {
        let input = "GET \(row.input) HTTP/1.1\r\nHost: h\r\n\r\n"
        let head = try #require(request(input).head)
        #expect([head.path.text(in: input), head.query?.text(in: input), head.host.text(in: input)] == row.expected)
        #expect(head.form == (row.input.first == "/" ? .origin : .absolute))
    }

    @Test func recognisesTheOtherForms() {
        #expect(request("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n").head?.form == .authority)
        #expect(request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").head?.form == .asterisk)
    }

    @Test(arguments: ["a", "a.example:8089", "127.0.0.1", "[::1]", "[::ffff:1.2.3.4]:1", "a%20b", "a_b-c~", "a:"])
    func acceptsHosts(host: String) {
        let input = "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n"
        #expect(request(input).head?.host.text(in: input) == host)
    }

    @Test func framesBodies() {
        #expect(request(post("")).head?.framing == BodyFraming.none)
        #expect(request(post("Content-Length: 0\r\n")).head?.framing == .length(0))
        #expect(request(post("Content-Length: 007\r\n")).head?.framing == .length(7))
        let largest = "999999999999999999"
        #expect(request(post("Content-Length: \(largest)\r\n")).head?.framing == .length(999_999_999_999_999_999))
        #expect(request(post("Transfer-Encoding: ChunKed\r\n")).head?.framing == .chunked)
    }

    @Test(arguments: [
        ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.1", "Connection: a, CLOSE ,\r\n", false),
        ("1.1", "Connection: keep-alive, close\r\n", false), ("1.1", "Connection:\r\n", true),
        ("1.0", "", false), ("1.0", "Connection: keep-alive\r\n", false), ("1.7", "", true),
    ])
    func decidesOnKeepAlive(version: String, line: String, expected: Bool) {
        #expect(request("GET / HTTP/\(version)\r\nHost: a\r\n\(line)\r\n").head?.keepAlive == expected)
    }

    @Test func takesALaterMinorVersionAs11() {
        #expect(request("GET / HTTP/1.9\r\nHost: a\r\n\r\n").head?.minorVersion == 1)
        #expect(request("GET / HTTP/1.0\r\n\r\n").head?.minorVersion == 0)
        #expect(request("GET / HTTP/1.0\r\n\r\n").head?.host.isEmpty == true)
    }

    /// RFC 9110 §10.1.1: ignored from HTTP/1.0, and pointless without a body.
    @Test func expectsContinueWhereABodyWaits() {
        #expect(request(post("Expect: 100-Continue\r\nContent-Length: 1\r\n")).head?.expectsContinue == true)
        #expect(request(post("Expect: 100-continue\r\n")).head?.expectsContinue == false)
        let old = "POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
        #expect(request(old).head?.expectsContinue == false)
    }

    @Test func passesEmptyLinesBeforeARequest() throws {
        let input = "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let head = try #require(request(input).head)
        #expect(head.byteCount == input.utf8.count)
        #expect(head.host.text(in: input) == "a")
    }

    @Test func leavesPipelinedRequestsAlone() throws {
        let first = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
        let input = first + "GET /b HTTP/1.1\nbroken"
        #expect(try #require(request(input).head).byteCount == first.utf8.count)
    }

    @Test func letsAViaOfOthersThrough() {
        #expect(request(post("Via: 1.1 obo-proxy2, 1.1 a (obo-proxy), 1.1 b (c \\) , 1.1 obo-proxy)\r\n")).head != nil)
        var limits = HeadLimits()
        limits.refusesOwnVia = false
        #expect(request(post("Via: 1.1 obo-proxy\r\n"), limits).head != nil)
    }

    @Test func countsFields() throws {
        let head = try #require(request(post("Authorization: a\r\nX: 1\r\nAUTHORIZATION: b\r\n")).head)
        #expect(head.count(of: .authorization) == 2)
        #expect(head.count(of: .cookie) == 0)
        #expect(head.first(.authorization)?.value.text(in: post("Authorization: a\r\n")) == "a")
    }
}
