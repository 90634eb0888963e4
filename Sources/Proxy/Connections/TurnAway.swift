internal import Libevent
internal import MCP

extension Worker {
    /// No room for a connection: says so, and closes it. Work in flight has what it needs all the while.
    ///
    /// A close over a request that nobody has read is a reset, which can take the answer away; and with TLS nothing can
    /// be said before a handshake. Both are waited for briefly, and by so many only.
    func turnAway(_ client: Client, at limit: Limit, under shared: Shared) async {
        shared.lasting.limits.reached(limit)
        defer { client.wakeup.invalidate() }
        guard limit == .connections, farewells < Self.mostFarewells else { return hangUp(client, under: shared) }
        farewells += 1
        if await secure(client, under: shared, within: Self.patience) {
            refuseUnread(.overloaded, status: Refusal.overloaded.status, from: client)
            await leave(client)
        } else {
            countTurnedAway()
            client.stream.close()
        }
        farewells -= 1
    }

    private func hangUp(_ client: Client, under shared: Shared) {
        if shared.listenerTLS == nil {
            refuseUnread(.overloaded, status: Refusal.overloaded.status, from: client)
            client.stream.finishWriting()
            client.peer.fill()
        } else {
            countTurnedAway()
        }
        client.stream.close()
    }

    private func countTurnedAway() {
        metrics.record {
            $0.refusals[.init(server: Metrics.noServer, reason: Refusal.overloaded.rawValue), default: 0] &+= 1
        }
        refusals.note(RefusedCall(.overloaded, status: Refusal.overloaded.status, id: requestIDs.next()))
    }

    /// How many are waited for at once, and how long in milliseconds.
    private static var mostFarewells: Int { 64 }
    private static var patience: Int { 2000 }
}
