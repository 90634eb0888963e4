internal import Bytes
internal import Glibc
internal import HTTP1
internal import Identity
internal import MCP
internal import OpenSSL

extension Worker {
    /// Who asks: the user of the one bearer token, verified on first sight and looked up by its digest afterwards.
    func authenticate(_ call: Call, for service: Service) async throws(Interruption) -> UserToken {
        do throws(TokenFault) {
            try findBearer(call)
            let now = time(nil)
            call.tokenDigest = unsafe call.client.peer.withInputBytes { bytes in
                unsafe hasher.digest(UnsafeRawBufferPointer(rebasing: bytes[call.bearer.range]))
            }
            let user = try await user(of: call, now: now)
            call.user = user
            return user
        } catch {
            throw .refused(Refusal(error))
        }
    }

    private func findBearer(_ call: Call) throws(TokenFault) {
        try BearerCredential.require(fieldCount: call.head.count(of: .authorization))
        guard let field = call.head.first(.authorization) else { throw .missingToken }
        let range = try call.withBytes(field.value) { value throws(TokenFault) in
            try BearerCredential.locate(in: value)
        }
        call.bearer = field.value.part(range)
    }

    private func user(of call: Call, now: Int) async throws(TokenFault) -> UserToken {
        switch call.shared.authenticator.verdict(on: call.tokenDigest, now: now) {
        case .valid(let user): return user
        case .refused(let fault): throw fault
        case nil: break
        }
        if let judgement = await call.shared.authenticator.join(call.tokenDigest) { return try judgement.get() }
        let token = call.withBytes(call.bearer) { Secret(copying: $0) }
        let judgement = await call.shared.authenticator.judge(token, call.tokenDigest, now: now)
        call.shared.authenticator.finish(call.tokenDigest, judgement)
        return try judgement.get()
    }
}
