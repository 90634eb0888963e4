internal import Identity
internal import MCP
internal import OnBehalfOf

extension Status {
    /// What is wrong now or soon, and what to do. The first thing that is read at three in the morning.
    struct Problem: Sendable {
        enum Severity: String, Sendable {
            /// Users are refused.
            case fault
            /// They will be, or might be.
            case warning
        }

        let severity: Severity
        /// What it is about, such as `provider entra`.
        let subject: String
        let happened: String
        let advice: String
    }

    /// Days before its end at which a certificate is spoken of, and at which it is urgent.
    private static let (noticeDays, urgentDays) = (30, 7)

    /// Faults first.
    var problems: [Problem] {
        let all = ownProblems + issuers.flatMap(problems) + providers.flatMap(problems) + servers.flatMap(problems)
        return all.filter { $0.severity == .fault } + all.filter { $0.severity == .warning }
    }

    private var ownProblems: [Problem] {
        var found: [Problem] = []
        if isDraining {
            found.append(
                Problem(
                    severity: .fault, subject: "proxy", happened: "It was told to stop and takes no new connections.",
                    advice: "Nothing, if somebody restarts it."))
        }
        if !reloads.isGood {
            found.append(
                Problem(
                    severity: .warning, subject: "configuration",
                    happened: "The changed configuration was refused; the one before is in force.",
                    advice: "See the log's lines with event=reload, or run obo-proxy check."))
        }
        if droppedLines > 0 {
            found.append(
                Problem(
                    severity: .warning, subject: "log",
                    happened: "\(droppedLines) lines were dropped since the start: nobody read them in time.",
                    advice: "See what reads the proxy's standard error."))
        }
        if let certificateEnds {
            found += expiry(of: "certificate of the listener", "tls.certificate", certificateEnds)
        }
        return found
    }

    private func problems(of issuer: IssuerKeys) -> [Problem] {
        let subject = "issuer \(issuer.identifier)"
        if issuer.isWaitedFor { return [] }
        if issuer.standing.keys == 0 {
            return [
                Problem(
                    severity: .fault, subject: subject,
                    happened: "Its keys could not be fetched: no user can be told from another, and all are refused.",
                    advice: "See the log for why; then name resolution, firewall, identity.issuer and identity.ca_file."
                )
            ]
        }
        guard let failed = issuer.standing.failedFor else { return [] }
        return [
            Problem(
                severity: .warning, subject: subject,
                happened: "Its keys could not be fetched \(Age(failed)) ago; those from before serve for a day.",
                advice: "See the log for why; then name resolution, firewall, identity.issuer and identity.ca_file.")
        ]
    }

    private func problems(of provider: Provider) -> [Problem] {
        var found: [Problem] = []
        let subject = "provider \(provider.name)"
        if provider.isBreakerOpen {
            let next = provider.retryIn.map { "in \(Age($0))" } ?? "with the next call"
            let why = provider.standing.history.lastFailure?.fault
            found.append(
                Problem(
                    severity: .fault, subject: subject,
                    happened: "It fails and is left alone; it is asked again \(next).",
                    advice: why?.operatorAdvice ?? "The log's lines with event=exchange say why."))
        }
        if let end = provider.standing.credentialEnds {
            found += expiry(of: "client certificate of \(subject)", "the provider's certificate", end)
        }
        return found
    }

    private func problems(of server: Server) -> [Problem] {
        var found: [Problem] = []
        let subject = "server \(server.name)"
        if let failure = server.exchangeFailure,
            !providers.contains(where: { $0.name == server.provider && $0.isBreakerOpen })
        {
            found.append(
                Problem(
                    severity: .fault, subject: subject,
                    happened:
                        "Its last exchange at provider \(server.provider) failed \(Age(now &- failure.at)) ago: \(failure.fault.summary).",
                    advice: failure.fault.operatorAdvice))
        }
        if let quiet = server.quietFor {
            found.append(
                Problem(
                    severity: .fault, subject: subject,
                    happened:
                        "Provider \(server.provider) has asked not to be asked for its tokens for another \(Age(quiet)).",
                    advice: "Look for a burst of distinct user tokens, and ask the provider for a higher limit."))
        }
        if case .fails(let ago, let refusal) = server.reach {
            found.append(
                Problem(
                    severity: .fault, subject: subject,
                    happened: "Its last call failed \(Age(ago)) ago: \(refusal.rawValue).",
                    advice: refusal.operatorAdvice))
        }
        return found
    }

    private func expiry(of what: String, _ setting: String, _ end: Int) -> [Problem] {
        let left = end &- now
        guard left < Self.noticeDays &* 86_400 else { return [] }
        let happened = left < 0 ? "It ended \(Age(0 &- left)) ago." : "It ends in \(Age(left))."
        return [
            Problem(
                severity: left < Self.urgentDays &* 86_400 ? .fault : .warning, subject: what, happened: happened,
                advice: "Renew it and put the new one in place of \(setting); no restart is needed.")
        ]
    }
}
