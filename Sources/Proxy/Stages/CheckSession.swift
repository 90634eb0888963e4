internal import Bytes
internal import HTTP1
internal import Identity
internal import MCP
internal import OnBehalfOf

/// Sessions belong to users.
extension Worker {
    /// Checks that the session the request names is this user's, and strips the proof. Who the user of an opaque
    /// token is, only the minted one can say, so `mint` comes back here with it.
    func checkSession(_ call: Call, of user: UserToken, at service: Service) throws(Interruption) {
        if user.isOpaque && call.minted == nil { return }
        try checkEndpoint(call, of: user, at: service)
        guard let field = call.head.first(.mcpSessionID) else { return }
        guard call.head.count(of: .mcpSessionID) == 1 else { throw .refused(.badRequest) }
        let owner = call.sessionOwner(user, at: service)
        call.session = call.withBytes(field.value) { signed in
            call.shared.sessions.verify(signed, for: owner).map { Array(signed, 0..<$0) }
        }
        if call.session == nil { throw .refused(.sessionMismatch) }
    }

    /// The session id that the answer carries, tied to its user.
    func keyedSession(_ head: ResponseHead, _ call: Call, _ upstream: Upstream) throws(Interruption) -> [UInt8]? {
        guard let field = head.first(.mcpSessionID), let user = call.user else { return nil }
        let owner = call.sessionOwner(user, at: upstream.service)
        let signed = upstream.peer.withInput { bytes in
            field.value.upperBound <= bytes.count
                ? call.shared.sessions.sign(bytes.extracting(field.value.range), for: owner) : nil
        }
        // An id that can't be tied to its user would be anybody's.
        guard let signed else { throw .refused(.upstreamProtocol) }
        return signed
    }
}

extension Call {
    /// Whose a session is: the user that the token names, or the minted one for an opaque token; where that can't be
    /// read either, whoever has the very same token.
    func sessionOwner(_ user: UserToken, at service: Service) -> SessionKey.Owner {
        let holder = user.isOpaque ? minted?.holder : nil
        return SessionKey.Owner(
            server: service.name, issuer: holder?.issuer ?? user.issuer, subject: holder?.subject ?? user.subject)
    }
}
