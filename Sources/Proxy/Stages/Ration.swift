internal import Identity
internal import MCP

extension Worker {
    /// Refuses a user who asks more often than the operator permits, before anything is spent on the request.
    func ration(_ call: Call, of user: UserToken) throws(Interruption) {
        guard let rates = call.shared.rates, let wait = rates.take(user.identityDigest, now: call.started) else {
            return
        }
        // Rounded up: a client that comes back a moment early is turned away again.
        call.retryAfter = wait / 1_000_000_000 &+ 1
        call.reached(.requestsPerUser)
        throw .refused(.rateLimited)
    }
}
