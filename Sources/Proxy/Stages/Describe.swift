internal import HTTP1
internal import MCP

/// What strict servers tell clients that look for where to sign in.
extension Worker {
    /// Answers for a path that is no server's: with metadata, if it is that of a strict one (RFC 9728 §3), which needs
    /// no token. The others have none, because a chat server that found some would begin a sign-in of its own.
    func describe(_ call: Call) -> Interruption {
        guard let path = describedPath(of: call), let service = describedService(of: call)
        else { return .refused(.unknownServer) }
        call.service = service
        call.asksForMetadata = true
        guard call.head.method == .get else { return .refused(.methodNotAllowed) }
        guard hasAllowedOrigin(call) else { return .refused(.badOrigin) }
        let face = call.shared.publicFace
        guard let resource = face.resource(host: call.text(call.head.host), path: call.text(path))
        else { return .refused(.badRequest) }
        let metadata = ResourceMetadata(
            resource: resource, issuers: face.issuers, scope: face.scope, title: service.title)
        send(metadata.answer, for: call)
        return .answered
    }

    /// How a call's refusal is worded.
    func mode(for call: Call) -> RefusalMode {
        guard let service = call.service, service.isStrict else {
            return call.service?.endpoints == nil ? .jsonrpc : .status
        }
        let face = call.shared.publicFace
        var metadata: String?
        if !call.asksForMetadata, call.hasHead {
            // What is posted to below a server's path belongs to the server.
            let path = service.endpoints == nil ? call.text(call.head.path) : "/\(service.name)"
            metadata = face.metadata(host: call.text(call.head.host), path: path)
        }
        return .strict(BearerChallenge(resourceMetadata: metadata, scope: face.scope, claims: call.claims))
    }

    /// The strict server whose metadata a call asks for.
    func describedService(of call: Call) -> Service? {
        guard let path = describedPath(of: call), let service = service(named: path, of: call), service.isStrict
        else { return nil }
        return service
    }

    /// The path behind the well-known one, of a call that has it.
    private func describedPath(of call: Call) -> ByteRange? {
        let path = call.head.path
        let prefix = Array(ResourceMetadata.path.utf8)
        let isBehind = call.withBytes(path) { path in
            path.count > prefix.count && equal(path.extracting(..<prefix.count), prefix.span)
        }
        return isBehind ? path.part(prefix.count..<Int(path.count)) : nil
    }
}

extension Call {
    /// The text of a part of the head whose bytes were checked: a host, the path of a server, names of fields.
    func text(_ range: ByteRange) -> String {
        withBytes(range) { bytes in String(decoding: Array(bytes, bytes.indices), as: UTF8.self) }
    }
}
