import HTTP1
import Testing

/// Every request that must not get through, by clause. The client's side of request smuggling.
struct RefusedRequestTests {
    @Test(arguments: lines + startLines + hosts)
    func refuses(row: Row<HeadFault>) {
        #expect(request(row.input).fault == row.expected)
    }

    @Test(arguments: lengths + codings + routing)
    func refusesFraming(row: Row<HeadFault>) {
        #expect(request(row.input).fault == row.expected)
    }

    static let lines: [Row<HeadFault>] = [
        Row("9112 §2.2", "bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed),
        Row("9112 §2.2", "bare LF behind a field", post("A: b\n"), .bareLineFeed),
        Row("9112 §2.2", "bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
        Row("9112 §2.2", "bare LF before the request line", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareLineFeed),
        Row("9112 §2.2", "bare LF in a name", post("A\nB: c\r\n"), .bareLineFeed),
        Row("9112 §2.2", "bare CR in a value", post("A: b\rc\r\n"), .bareCarriageReturn),
        Row("9112 §2.2", "bare CR before the request line", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
        Row("9112 §2.2", "CR CR LF", post("A: b\r\r\n"), .bareCarriageReturn),
        Row("9112 §2.2", "CR in the target", "GET /\ra HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
        Row("9112 §2.2", "bare CR at the line's start", post("\rA: b\r\n"), .bareCarriageReturn),
        Row("9112 §2.2", "blank before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", .obsoleteFold),
        Row(
            "9112 §2.2", "five empty lines first", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .emptyLines),
        Row("9110 §5.5", "NUL in a value", post("A: b\0c\r\n"), .controlByte),
        Row("9110 §5.5", "NUL in a name", post("A\0: b\r\n"), .controlByte),
        Row("9110 §5.5", "vertical tab in a value", post("A: b\u{0B}c\r\n"), .controlByte),
        Row("9110 §5.5", "DEL in a value", post("A: b\u{7F}\r\n"), .controlByte),
        Row("9112 §5.1", "blank before the colon", post("A : b\r\n"), .malformedFieldLine),
        Row("9112 §5.1", "tab before the colon", post("A\t: b\r\n"), .malformedFieldLine),
        Row("9112 §5.1", "no name", post(": b\r\n"), .malformedFieldLine),
        Row("9112 §5.1", "no colon", post("Abc\r\n"), .malformedFieldLine),
        Row("9112 §5.1", "blank in the name", post("A b: c\r\n"), .malformedFieldLine),
        Row("9112 §5.1", "a name beyond ASCII", post("\u{C4}: b\r\n"), .malformedFieldLine),
        Row("9112 §5.1", "a bracketed name", post("(A): b\r\n"), .malformedFieldLine),
        Row("9112 §5.2", "a folded line", post("A: b\r\n c\r\n"), .obsoleteFold),
        Row("9112 §5.2", "a line folded by a tab", post("A: b\r\n\tc\r\n"), .obsoleteFold),
        Row("9112 §5.2", "a fold of nothing", post("A: b\r\n \r\n"), .obsoleteFold),
    ]

    static let startLines: [Row<HeadFault>] = [
        Row("9112 §3", "two blanks behind the method", "GET  / HTTP/1.1\r\n\r\n", .malformedTarget),
        Row("9112 §3", "a tab for a blank", "GET\t/ HTTP/1.1\r\n\r\n", .malformedRequestLine),
        Row("9112 §3", "two blanks before the version", "GET /  HTTP/1.1\r\n\r\n", .malformedTarget),
        Row("9112 §3", "a blank behind the version", "GET / HTTP/1.1 \r\n\r\n", .malformedRequestLine),
        Row("9112 §3", "a blank before the method", " GET / HTTP/1.1\r\n\r\n", .malformedRequestLine),
        Row("9112 §3", "a blank in the target", "GET /a b HTTP/1.1\r\n\r\n", .malformedTarget),
        Row("9112 §3", "no target", "GET HTTP/1.1\r\n\r\n", .malformedRequestLine),
        Row("9112 §3", "an empty target", "GET  HTTP/1.1\r\n\r\n", .malformedRequestLine),
        Row("9112 §3", "no version, as in HTTP/0.9", "GET /\r\n\r\n", .malformedRequestLine),
        Row("9112 §3.1", "a method that is no token", "GE(T / HTTP/1.1\r\n\r\n", .malformedRequestLine),
        Row("9112 §2.3", "a version in lower case", "GET / http/1.1\r\n\r\n", .malformedRequestLine),
        Row("9112 §2.3", "a version of two digits", "GET / HTTP/1.10\r\n\r\n", .malformedRequestLine),
        Row("9112 §2.3", "a version without a point", "GET / HTTP/1,1\r\n\r\n", .malformedRequestLine),
        Row("9112 §2.3", "no digits", "GET / HTTP/x.y\r\n\r\n", .malformedRequestLine),
        Row("9110 §15.6.6", "HTTP/2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", .unsupportedVersion),
        Row("9110 §15.6.6", "HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
        Row("9110 §15.6.6", "HTTP/0.9 by name", "GET / HTTP/0.9\r\n\r\n", .unsupportedVersion),
        Row("9112 §3.2", "a relative path", "GET tickets HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        Row("9112 §3.2", "a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        Row("9112 §3.2", "a fragment behind a query", "GET /a?b#c HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        Row("9112 §3.2", "a path beyond ASCII", "GET /\u{E4} HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        Row("9112 §3.2", "a query beyond ASCII", "GET /?\u{E4} HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        Row("9112 §3.2", "a backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        Row("9112 §3.2", "a tab in the target", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        Row("9112 §3.2", "DEL in the target", "GET /a\u{7F} HTTP/1.1\r\nHost: a\r\n\r\n", .controlByte),
        Row("9112 §3.2.2", "user information", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        Row("9112 §3.2.2", "no authority", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        Row("9112 §3.2.2", "another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        Row(
            "9112 §3.2.2", "an absolute target's fragment", "GET http://a/b#c HTTP/1.1\r\nHost: a\r\n\r\n",
            .malformedTarget),
        Row("9112 §3.2.3", "an authority without CONNECT", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        Row("9112 §3.2.4", "an asterisk without OPTIONS", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
        Row("9112 §3.2.4", "an asterisk and more", "OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", .malformedTarget),
    ]

    static let hosts: [Row<HeadFault>] = [
        Row("9112 §3.2", "no Host", "GET / HTTP/1.1\r\n\r\n", .missingHost),
        Row("9112 §3.2", "no Host with an absolute target", "GET http://a/ HTTP/1.1\r\n\r\n", .missingHost),
        Row("9112 §3.2", "two Hosts", post("Host: b\r\n"), .repeatedHost),
        Row("9112 §3.2", "two equal Hosts", post("hOST: a\r\n"), .repeatedHost),
        Row("9112 §3.2", "two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", .repeatedHost),
        Row("9112 §3.2", "two Hosts in one", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", .malformedHost),
        Row("9112 §3.2", "an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", .malformedHost),
        Row("9112 §3.2", "user information in Host", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .malformedHost),
        Row("9112 §3.2", "a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .malformedHost),
        Row("9112 §3.2", "a URL in Host", "GET / HTTP/1.1\r\nHost: http://a\r\n\r\n", .malformedHost),
        Row("9112 §3.2", "a blank in Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .malformedHost),
        Row("9112 §3.2", "a Host beyond ASCII", "GET / HTTP/1.1\r\nHost: \u{E4}\r\n\r\n", .malformedHost),
        Row("3986 §3.2.3", "letters for a port", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", .malformedHost),
        Row("3986 §3.2.3", "a port too large", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", .malformedHost),
        Row("3986 §3.2.3", "two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", .malformedHost),
        Row("3986 §3.2.2", "a port alone", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", .malformedHost),
        Row("3986 §3.2.2", "an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .malformedHost),
        Row("3986 §3.2.2", "text behind a bracket", "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", .malformedHost),
        Row("3986 §3.2.2", "a zone", "GET / HTTP/1.1\r\nHost: [fe80::1%25lo]\r\n\r\n", .malformedHost),
        Row("3986 §2.1", "a broken escape", "GET / HTTP/1.1\r\nHost: a%4\r\n\r\n", .malformedHost),
    ]

    static let lengths: [Row<HeadFault>] = [
        Row("9112 §6.2", "a sign", post("Content-Length: +5\r\n"), .malformedContentLength),
        Row("9112 §6.2", "a negative length", post("Content-Length: -5\r\n"), .malformedContentLength),
        Row("9112 §6.2", "hexadecimal digits", post("Content-Length: 0x5\r\n"), .malformedContentLength),
        Row("9112 §6.2", "a blank inside", post("Content-Length: 1 5\r\n"), .malformedContentLength),
        Row("9112 §6.2", "no digits", post("Content-Length:\r\n"), .malformedContentLength),
        Row("9112 §6.2", "an underscore", post("Content-Length: 1_0\r\n"), .malformedContentLength),
        Row("9112 §6.2", "a fraction", post("Content-Length: 5.0\r\n"), .malformedContentLength),
        Row("9112 §6.2", "digits of another script", post("Content-Length: \u{D9}\u{A5}\r\n"), .malformedContentLength),
        Row("9112 §6.2", "2^64 + 5", post("Content-Length: 18446744073709551621\r\n"), .malformedContentLength),
        Row("9112 §6.3", "a list of equal lengths", post("Content-Length: 5, 5\r\n"), .malformedContentLength),
        Row("9112 §6.3", "two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n"), .repeatedContentLength),
        Row(
            "9112 §6.3", "two equal lengths", post("Content-Length: 5\r\ncontent-length: 5\r\n"), .repeatedContentLength
        ),
    ]

    static let codings: [Row<HeadFault>] = [
        Row(
            "9112 §6.3", "CL and TE", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), .lengthAndCoding),
        Row(
            "9112 §6.3", "TE and CL", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), .lengthAndCoding),
        Row("9112 §6.3", "a bad TE and CL", post("Transfer-Encoding: x\r\nContent-Length: 5\r\n"), .lengthAndCoding),
        Row(
            "9112 §6.1", "TE in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            .transferEncodingBefore11),
        Row("9112 §6.1", "another coding alone", post("Transfer-Encoding: gzip\r\n"), .malformedTransferEncoding),
        Row("9112 §6.1", "chunked not last", post("Transfer-Encoding: chunked, gzip\r\n"), .malformedTransferEncoding),
        Row("9112 §6.1", "chunked twice", post("Transfer-Encoding: chunked, chunked\r\n"), .malformedTransferEncoding),
        Row(
            "9112 §6.1", "chunked in two lines",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), .malformedTransferEncoding),
        Row(
            "9112 §6.1", "a coding before chunked", post("Transfer-Encoding: gzip, chunked\r\n"), .unknownTransferCoding
        ),
        Row(
            "9112 §6.1", "a coding in a line before",
            post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), .unknownTransferCoding),
        Row("9112 §6.1", "identity", post("Transfer-Encoding: identity\r\n"), .malformedTransferEncoding),
        Row("9112 §6.1", "an empty coding", post("Transfer-Encoding:\r\n"), .malformedTransferEncoding),
        Row("9112 §6.1", "a comma first", post("Transfer-Encoding: , chunked\r\n"), .malformedTransferEncoding),
        Row("9112 §6.1", "a comma last", post("Transfer-Encoding: chunked,\r\n"), .malformedTransferEncoding),
        Row("9112 §7", "a parameter", post("Transfer-Encoding: chunked;a=b\r\n"), .malformedTransferEncoding),
        Row("9112 §7", "quotes", post("Transfer-Encoding: \"chunked\"\r\n"), .malformedTransferEncoding),
        Row("9112 §7", "xchunked", post("Transfer-Encoding: xchunked\r\n"), .malformedTransferEncoding),
        Row("9112 §7", "a vertical tab", post("Transfer-Encoding: \u{0B}chunked\r\n"), .controlByte),
        Row("9112 §7", "a no-break space", post("Transfer-Encoding: \u{A0}chunked\r\n"), .malformedTransferEncoding),
        Row("9112 §5.2", "a folded TE", post("Transfer-Encoding:\r\n chunked\r\n"), .obsoleteFold),
        Row("9112 §5.1", "a blank before TE's colon", post("Transfer-Encoding : chunked\r\n"), .malformedFieldLine),
    ]

    static let routing: [Row<HeadFault>] = [
        Row("9110 §7.6.1", "no token", post("Connection: a b\r\n"), .malformedConnection),
        Row("9110 §7.6.1", "naming Host", post("Connection: host\r\n"), .protectedInConnection),
        Row(
            "9110 §7.6.1", "naming Authorization", post("Connection: close, AUTHORIZATION\r\n"), .protectedInConnection),
        Row("9110 §7.6.1", "naming Content-Length", post("Connection: Content-Length\r\n"), .protectedInConnection),
        Row(
            "9110 §7.6.1", "naming Transfer-Encoding", post("Connection: transfer-encoding\r\n"), .protectedInConnection
        ),
        Row("9110 §7.6.1", "naming Mcp-Session-Id", post("Connection: Mcp-Session-Id\r\n"), .protectedInConnection),
        Row("9110 §7.6.1", "naming Mcp-Param-X", post("Connection: mcp-param-x\r\n"), .protectedInConnection),
        Row(
            "9110 §7.6.1", "naming it in a second line", post("Connection: close\r\nConnection: host\r\n"),
            .protectedInConnection),
        Row(
            "9110 §7.6.1", "more options than are worth comparing",
            post("Connection: \(String(repeating: "a,", count: 300))\r\n"), .malformedConnection),
        Row("9110 §7.6.3", "our own Via", post("Via: 1.1 obo-proxy\r\n"), .loop),
        Row("9110 §7.6.3", "our own Via in a list", post("Via: 1.0 a (x, y), HTTP/1.1 OBO-Proxy (z)\r\n"), .loop),
        Row("9110 §7.6.3", "our own Via in a second line", post("Via: 1.1 a\r\nvia: 1.1 obo-proxy\r\n"), .loop),
        Row("9110 §7.6.3", "an open comment", post("Via: 1.1 a (b\r\n"), .malformedVia),
        Row("9110 §7.6.3", "an open comment's escape", post("Via: 1.1 a (b\\\r\n"), .malformedVia),
        Row("9110 §7.6.3", "a comment closed twice", post("Via: 1.1 a (b))\r\n"), .malformedVia),
        Row("9110 §10.1.1", "another expectation", post("Expect: a\r\nContent-Length: 1\r\n"), .unknownExpectation),
        Row(
            "9110 §10.1.1", "two expectations", post("Expect: 100-continue\r\nExpect: 100-continue\r\n"),
            .unknownExpectation),
    ]
}
