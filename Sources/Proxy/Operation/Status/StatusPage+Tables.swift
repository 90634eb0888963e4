internal import Configuration
internal import Identity
internal import MCP
internal import OnBehalfOf

extension StatusPage {
    var servers: Markup {
        section(
            "Servers",
            [
                "Server", "State", "Requests", "Refused", "Tokens",
                "Median / 95 %", "Open streams",
            ], status.servers.map(row), none: "None are configured.")
    }

    private func row(_ server: Status.Server) -> Markup {
        let description: Markup = server.description.map { "<br><small>\($0)</small>" } ?? ""
        let name: Markup = server.title == nil ? "" : " <small>/\(server.name)</small>"
        return """
            <tr><th scope="row"><bdi>\(server.label)</bdi>\(name)\(description)<br><small>\(server.origin) · \(server.transport.rawValue) · provider \(server.provider)<br>\(server.scopes.joined(separator: " "))</small></th>
            <td>\(state(of: server))</td><td class="number">\(server.traffic.requestCount)</td>
            <td class="number">\(refused(server.traffic))</td><td class="number">\(lookups(server.traffic))</td>
            <td class="number">\(milliseconds(server.traffic.duration))</td><td class="number">\(server.openStreams)</td></tr>

            """
    }

    private func state(of server: Status.Server) -> Markup {
        if server.exchangeFailure != nil { return state("fault", "no tokens to be had") }
        switch server.reach {
        case .notCalled: return "not called yet"
        case .answers(let seconds):
            return "\(state("good", "answers"))<br><small>\(Age(seconds).description) ago</small>"
        case .fails(let seconds, let refusal):
            return "\(state("fault", refusal.rawValue))<br><small>\(Age(seconds).description) ago</small>"
        }
    }

    private func lookups(_ traffic: Status.Traffic) -> Markup {
        let results = TokenLookup.allCases.filter { traffic.lookups[$0] ?? 0 > 0 }
        return lines(results.map { (traffic.lookups[$0] ?? 0, "\($0.name)") })
    }

    private func lines(_ counts: [(count: UInt64, name: String)]) -> Markup {
        counts.isEmpty ? "none" : Markup(counts.map { "\($0.count) <small>\($0.name)</small><br>" })
    }

    private func refused(_ traffic: Status.Traffic) -> Markup {
        let reasons = traffic.refusals.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        return lines(reasons.map { ($0.value, $0.key) })
    }

    var providers: Markup {
        section(
            "Providers", ["Provider", "State", "Credential", "Exchanges", "Median / 95 %", "Last failure"],
            status.providers.map(row), none: "None are configured.")
    }

    private func row(_ provider: Status.Provider) -> Markup {
        let standing = provider.standing
        let ends: Markup = standing.credentialEnds.map { "ends \(ending($0))" } ?? "\(provider.endUnknown)"
        let exchanges = provider.exchanges.sorted { $0.key < $1.key }.map { ($0.value, $0.key) }
        return """
            <tr><th scope="row">\(provider.name)<br><small>\(standing.endpoint?.withoutQuery ?? "token endpoint not discovered yet")<br>client \(standing.provider.clientID)</small></th>
            <td>\(state(of: provider))</td><td>\(provider.credentialKind)<br><small>\(ends)</small></td>
            <td class="number">\(lines(exchanges))</td>
            <td class="number">\(milliseconds(provider.duration))</td><td>\(lastFailure(of: provider))</td></tr>

            """
    }

    private func state(of provider: Status.Provider) -> Markup {
        if provider.isBreakerOpen {
            let next =
                provider.retryIn.map { "asked again in \(Age($0).description)" } ?? "asked again with the next call"
            return "\(state("fault", "left alone"))<br><small>\(next)</small>"
        }
        let history = provider.standing.history
        if !history.failing.isEmpty { return state("fault", "exchanges fail") }
        guard let good = history.lastGood else { return "not asked yet" }
        return "\(state("good", "mints tokens"))<br><small>\(ago(good))</small>"
    }

    private func lastFailure(of provider: Status.Provider) -> Markup {
        guard let failure = provider.standing.history.lastFailure else { return "none" }
        return """
            \(failure.fault.summary) <small>for \(failure.server), \(ago(failure.at))</small><br><span class="advice">\(failure.fault.operatorAdvice)</span>
            """
    }

    var issuers: Markup {
        section(
            "Issuers", ["Issuer", "State", "Keys", "Fetched"], status.issuers.map(row),
            none: "User tokens are opaque: the providers are the judges.")
    }

    private func row(_ issuer: Status.IssuerKeys) -> Markup {
        let standing = issuer.standing
        let look: Markup =
            issuer.isWaitedFor
            ? "being asked" : standing.keys == 0 ? state("fault", "no keys") : state("good", "keys are there")
        let age: Markup = standing.age.map { "\(Age($0).description) ago" } ?? "never"
        let failed: Markup = standing.failedFor.map { ", failed \(Age($0).description) ago" } ?? ""
        return """
            <tr><th scope="row">\(issuer.identifier)</th><td>\(look)</td><td class="number">\(standing.keys)</td>
            <td>\(age)\(failed) <small>\(issuer.good) good, \(issuer.failed) failed</small></td></tr>

            """
    }

    var refusals: Markup {
        section(
            "Last refusals", ["When", "Server", "Reason", "What to do", "Request", "User", "Status"],
            status.refusals.map(row), none: "Nobody was refused since the start.")
    }

    private func row(_ call: RefusedCall) -> Markup {
        """
        <tr><td>\(ago(call.at))</td><td>\(call.server.isEmpty ? "–" : call.server)</td><td><b>\(call.refusal.rawValue)</b></td>
        <td class="advice">\(call.advice)</td><td><code>\("\(call.id)")</code></td>
        <td><code>\(call.user.isEmpty ? "–" : call.user)</code></td><td class="number">\(call.status)</td></tr>

        """
    }
}
