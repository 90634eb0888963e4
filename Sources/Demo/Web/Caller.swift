internal import Bytes
internal import HTTP1
package import Libevent

/// An answer that was read to its end.
package struct WebAnswer: Sendable {
    package let status: UInt16
    /// Field values by name in lower case.
    package let fields: [String: String]
    package let body: [UInt8]
}

/// A client that opens a connection for each request, as separate chat users would.
package struct Caller {
    private let loop: EventLoop
    private static let patience = 30_000

    package init(on loop: EventLoop) { self.loop = loop }

    /// Sends a request and reads the whole answer.
    package func send(
        _ method: String, _ address: WebAddress, fields: [(String, String)] = [], body: [UInt8] = []
    ) async throws(ConnectionFault) -> WebAnswer {
        try await send(method, address, fields: fields, body: body) { _ in }
    }

    /// Sends a request and hands over each part of the answer's body as it comes.
    package func send(
        _ method: String, _ address: WebAddress, fields: [(String, String)], body: [UInt8],
        each: ([UInt8]) -> Void
    ) async throws(ConnectionFault) -> WebAnswer {
        let connection = try await connect(address)
        defer { connection.close() }
        connection.stream.send(Caller.request(method, address, fields, body))
        guard let (head, found) = try await Caller.answerHead(connection, method) else { throw .cutOff }
        var decoder = BodyDecoder(head.framing)
        var whole: [UInt8] = []
        while let part = try await connection.bodyPart(&decoder, within: Caller.patience) {
            each(part)
            whole += part
        }
        return WebAnswer(status: head.status, fields: found, body: whole)
    }

    private func connect(_ address: WebAddress) async throws(ConnectionFault) -> Connection {
        do throws(ConnectFault) {
            let stream = try await Stream.connect(
                to: address.host, port: address.port, on: loop, within: Caller.patience)
            return Connection(stream, on: loop)
        } catch { throw .refused }
    }

    private static func request(
        _ method: String, _ address: WebAddress, _ fields: [(String, String)], _ body: [UInt8]
    ) -> ByteBuffer {
        let out = ByteBuffer()
        out.append(string: "\(method) \(address.path) HTTP/1.1\r\nHost: \(address.authority)\r\n")
        for (name, value) in fields { out.append(string: "\(name): \(value)\r\n") }
        if !body.isEmpty || method == "POST" { out.appendFraming(.length(UInt64(body.count))) }
        out.appendConnectionClose()
        out.appendHeadEnd()
        out.append(body)
        return out
    }

    private static func answerHead(
        _ connection: Connection, _ method: String
    ) async throws(ConnectionFault) -> (ResponseHead, [String: String])? {
        let limits = HeadLimits()
        return try await connection.head(within: patience) { bytes, scanned throws(HeadFault) in
            let head = try ResponseHead.parse(
                bytes, answering: method == "GET" ? .get : .post, limits: limits, scanned: &scanned)
            return head.map { head in
                var fields: [String: String] = [:]
                for line in head.fields {
                    fields[bytes.text(line.name.range).lowercased()] = bytes.text(line.value.range)
                }
                return ((head, fields), head.byteCount)
            }
        }
    }
}
