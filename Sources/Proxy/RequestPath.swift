/// A request's way, top to bottom. Each stage is one file in `Stages/`; a stage that can't go on throws an
/// `Interruption`, and only `refuse` answers for it.
extension Worker {
    func serve(_ client: Client) async {
        while let head = await readHead(client) {
            let call = Call(head, id: requestIDs.next(), on: client, under: current)
            do throws(Interruption) {
                let service = try route(call)
                let user = try await authenticate(call, for: service)
                try ration(call, of: user)
                try checkSession(call, of: user, at: service)
                if let rules = service.tools { try await permit(call, by: rules) }
                let credential = try await mint(call, for: user, to: service)
                let first = try await forward(call, with: consume credential, to: service)
                let upstream = try await hear(call, from: first, for: user)
                try await relay(call, from: upstream)
            } catch {
                await refuse(call, error)
            }
            account(call)
            guard client.staysOpen else { break }
        }
        await leave(client)
    }
}
