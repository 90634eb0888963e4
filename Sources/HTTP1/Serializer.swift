package import Bytes

/// What a head or a body needs written that is never copied from the other side.
extension ByteBuffer {
    /// The framing field lines (RFC 9112 §6): `Content-Length`, `Transfer-Encoding`, or none.
    @inline(__always)
    package func appendFraming(_ framing: BodyFraming) {
        switch framing {
        case .none: return
        case .length(let count):
            append("Content-Length: ")
            append(decimal: count)
            append("\r\n")
        case .chunked: append("Transfer-Encoding: chunked\r\n")
        case .untilClose: appendConnectionClose()
        }
    }

    /// `Connection: close` (RFC 9112 §9.6).
    package func appendConnectionClose() { append("Connection: close\r\n") }

    /// The request's `Via` line (RFC 9110 §7.6.3), which `RequestHead.parse` recognises as a loop.
    package func appendVia() { append("Via: 1.1 obo-proxy\r\n") }

    /// The empty line that ends a head.
    @inline(__always)
    package func appendHeadEnd() { append("\r\n") }

    /// A chunk's size line (RFC 9112 §7.1). Size 0 would end the body, so nothing is written for it: an empty
    /// read must not look like a well-formed end.
    package func appendChunkHead(size: Int) {
        guard size > 0 else { return }
        append(hexadecimal: UInt64(size))
        append("\r\n")
    }

    /// What follows a chunk's data; for size 0 nothing, as for its head.
    package func appendChunkEnd(size: Int) {
        guard size > 0 else { return }
        append("\r\n")
    }

    /// The last chunk and an empty trailer section. Only behind a body that ended well.
    package func appendLastChunk() { append("0\r\n\r\n") }

    /// `HTTP/1.1 SP status SP reason` (RFC 9112 §4).
    package func appendStatusLine(_ status: UInt16) {
        append("HTTP/1.1 ")
        append(decimal: UInt64(status))
        append(" ")
        append(StatusLine.reason(status))
        append("\r\n")
    }
}

extension StatusLine {
    /// The reason phrases of RFC 9110 §15 and RFC 6585 that this proxy's own answers use; a phrase is optional.
    static func reason(_ status: UInt16) -> StaticString {
        switch status {
        case 100: "Continue"
        case 200: "OK"
        case 202: "Accepted"
        case 204: "No Content"
        case 400: "Bad Request"
        // Clients search an error's text, status line included, for "unauthorized" and "forbidden" and then begin a
        // sign-in of their own.
        case 401, 403: "Refused"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}
