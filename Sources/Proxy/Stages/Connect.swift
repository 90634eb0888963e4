internal import HTTP1
internal import Libevent
internal import Logging
internal import MCP

extension Worker {
    /// A connection to the server: an idle one for a POST, else a new one.
    ///
    /// A GET or DELETE always gets a new one: a stream lives long anyway, and on a kept connection it could
    /// cross the server's close. A POST that does is lost (it may have been processed, so it is not sent again,
    /// RFC 9110 section 9.2.2); the pool's short patience keeps that rare.
    func connect(_ call: Call, to service: Service) async throws(Interruption) -> Upstream {
        if call.head.method == .post, let peer = pool(for: service).take() {
            peer.stream.wakeup = call.client.wakeup
            return Upstream(peer, to: service)
        }
        let stream: Stream
        do {
            stream = try await service.endpoint.connect(
                on: loop, call.client.wakeup, within: service.timeouts.connect,
                below: call.shared.lasting.files.serverCeiling)
        } catch {
            note(error, reaching: service, call)
            throw .refused(refusal(error, call))
        }
        stream.wakeup = call.client.wakeup
        return Upstream(Peer(stream, pool: buffers, countedIn: metrics), to: service)
    }

    private func refusal(_ fault: DialFault, _ call: Call) -> Refusal {
        if fault.isTimeout {
            call.reached(.connect)
            return .upstreamTimeout
        }
        guard fault.isExhaustion else { return .upstreamUnreachable }
        call.reached(.openFiles)
        return .overloaded
    }

    private func note(_ fault: DialFault, reaching service: Service, _ call: Call) {
        call.shared.log.warning(
            "server unreachable",
            metadata: ["server": "\(service.name)", "request_id": "\(call.id)", "fault": "\(fault.text)"])
    }
}
