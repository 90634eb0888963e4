internal import Bytes
internal import Glibc
internal import HTTP1
internal import Identity
internal import MCP
internal import OnBehalfOf
internal import OpenSSL

/// What happens after a server has said 401 to a minted token. It may have been revoked while it was kept, or lack
/// claims that the server now demands. Nothing was processed, so the request may go out again, once.
extension Worker {
    /// Sends the request again with a token exchanged for outside the cache.
    /// - Parameter challenge: the claims that the server demands.
    func askAgain(
        _ call: Call, _ challenge: ClaimsChallenge?, for user: UserToken, at service: Service
    ) async throws(Interruption) -> Upstream {
        guard let rejected = call.minted else { throw .refused(.upstreamRejectedToken) }
        if call.isKept { await readOn(call) }
        // A body whose end does not come.
        guard !call.isKept else {
            call.shared.desk.forget(service.key(of: call), rejected)
            throw .refused(.upstreamRejectedToken)
        }
        let credential = try await renew(call, rejected, challenge, for: user, at: service)
        guard call.holdsRequest else {
            // It can't go out again. The user's next call finds the new token, and whether that serves.
            if let token = call.minted {
                let left = left(of: user, in: call)
                call.shared.desk.keepUntried(token, for: service.key(of: call), userTokenLeft: left)
            }
            throw .refused(.upstreamRejectedToken)
        }
        return try await forward(call, with: consume credential, to: service)
    }

    /// Keeps the new token if it served, or refuses: a second 401 is the server's last word.
    func conclude(_ call: Call, _ upstream: Upstream, for user: UserToken) throws(Interruption) {
        guard let token = call.minted else { return }
        let key = upstream.service.key(of: call)
        guard upstream.rejectsToken else {
            return call.shared.desk.keep(token, for: key, userTokenLeft: left(of: user, in: call))
        }
        upstream.close()
        call.shared.desk.renewedInVain(token, for: key)
        throw .refused(.upstreamRejectedToken)
    }
}

extension Upstream {
    /// Whether the server took the minted token for none.
    var rejectsToken: Bool { head?.status == 401 }

    /// The claims that its answer demands.
    var claimsChallenge: ClaimsChallenge? {
        guard let head else { return nil }
        return peer.withInput { bytes in
            for field in head.fields where field.id == .wwwAuthenticate && field.value.upperBound <= bytes.count {
                let value = bytes.extracting(field.value.range)
                if let challenge = ClaimsChallenge(value) { return challenge }
            }
            return nil
        }
    }
}

extension Call {
    /// Whether all of the request is still in the client's buffer, so that it can be sent again.
    fileprivate var holdsRequest: Bool { !isStreamed && hasHead }
}
