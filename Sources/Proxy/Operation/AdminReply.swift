internal import Bytes
internal import HTTP1
internal import JSON

/// An answer of the admin listener, the last on its connection.
struct AdminReply {
    let status: UInt16
    let type: StaticString
    let body: ByteBuffer
    /// Whole field lines.
    var fields: [String] = []

    init(_ status: UInt16, _ type: StaticString, _ body: ByteBuffer) {
        (self.status, self.type, self.body) = (status, type, body)
    }

    init(_ status: UInt16, _ text: String, type: StaticString = "text/plain; charset=utf-8") {
        let body = ByteBuffer(capacity: text.utf8.count)
        body.append(string: text)
        self.init(status, type, body)
    }

    static func json(_ status: UInt16, _ members: JSON.Object) -> AdminReply {
        let body = ByteBuffer()
        JSON.object(members).append(to: body)
        body.append(byte: UInt8(ascii: "\n"))
        return AdminReply(status, "application/json", body)
    }

    static func refused(_ status: UInt16, _ why: String) -> AdminReply { json(status, ["error": .string(why)]) }

    var message: ByteBuffer {
        let out = ByteBuffer(capacity: 512 &+ body.count)
        out.appendStatusLine(status)
        out.append("Content-Type: " as StaticString)
        out.append(type)
        out.append(
            "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
                as StaticString)
        for field in fields { out.append(string: field + "\r\n") }
        out.appendFraming(.length(UInt64(body.count)))
        out.appendConnectionClose()
        out.appendHeadEnd()
        body.withSpan { out.append($0) }
        return out
    }
}
