internal import HTTP1
package import Libevent

/// What a server of this demo answers. Its state lives on the server's event loop and needs no lock.
package protocol Site: AnyObject {
    /// Answers a request by one call to `reply`, or a stream of them.
    func answer(_ request: SiteRequest, _ reply: SiteReply) async
}

/// Serves one site on one event loop, at a port of 127.0.0.1 that the kernel chooses unless one is asked for.
package actor SiteServer {
    private nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
    private let site: any Site
    private var listener: Listener?

    package init(_ site: sending any Site, on loop: EventLoop) {
        self.site = site
        self.loop = loop
    }

    /// Begins to accept. The server keeps itself alive until `close()`.
    /// - Returns: where.
    package func open(port: UInt16 = 0) async throws -> WebAddress {
        let addresses = try Resolver.addressesBlocking(of: "127.0.0.1", port: port)
        guard let address = addresses.first else { throw ConnectionFault.refused }
        return try listen(at: address)
    }

    private func listen(at address: SocketAddress) throws -> WebAddress {
        let loop = loop
        let listener = try Listener(adopting: try Listener.bind(address), on: loop) { descriptor in
            // Detached, as a C callback has no task to inherit from.
            Task.detached(executorPreference: loop) { await self.serve(descriptor) }
        }
        self.listener = listener
        return WebAddress(host: "127.0.0.1", port: listener.address.port)
    }

    /// Stops accepting.
    package func close() {
        listener?.close()
        listener = nil
    }

    private func serve(_ descriptor: Int32) async {
        let connection = Connection(Stream(adopting: descriptor, on: loop), on: loop)
        defer { connection.close() }
        while await answerNext(connection) {}
    }

    /// - Returns: whether the connection can carry another request.
    private func answerNext(_ connection: Connection) async -> Bool {
        do throws(ConnectionFault) {
            guard let (request, keepAlive) = try await SiteServer.read(connection) else { return false }
            let reply = SiteReply(connection)
            await site.answer(request, reply)
            return reply.isStarted && keepAlive && !connection.stream.isClosed
        } catch { return false }
    }

    private static func read(_ connection: Connection) async throws(ConnectionFault) -> (SiteRequest, Bool)? {
        // The sites stand behind the proxy, whose `Via` is no loop here.
        let limits = HeadLimits(refusesOwnVia: false)
        let parsed = try await connection.head(within: 600_000) { bytes, scanned throws(HeadFault) in
            try RequestHead.parse(bytes, limits: limits, scanned: &scanned).map { head in
                ((head, SiteRequest(head, of: bytes, body: [])), head.byteCount)
            }
        }
        guard let (head, request) = parsed else { return nil }
        let body = try await connection.body(head.framing, within: 30_000)
        let whole = SiteRequest(
            request.method, request.path, query: request.query, fields: request.fields, body: body)
        return (whole, head.keepAlive)
    }
}
