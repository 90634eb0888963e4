internal import Configuration
internal import Identity
internal import JSON
internal import OnBehalfOf
internal import OpenSSL

/// What an issuer's own documents and clock show.
enum IssuerFindings {
    typealias Answer = Result<HTTPReply, CallFault>

    // MARK: Discovery

    static func discovery(_ issuer: String, _ url: UpstreamURL, _ answer: Answer) -> (Finding, Discovery?) {
        guard let body = body(answer) else { return (unread(.discovery, issuer, url, answer), nil) }
        do throws(DiscoveryFault) {
            let document = try Discovery.parse(body.span, issuer: issuer)
            return (Finding(.good, .discovery, issuer, "names itself so"), document)
        } catch {
            let named = (try? JSON.parse(body.span))?["issuer"]?.string ?? ""
            return (explain(error, issuer, named, url), nil)
        }
    }

    private static func explain(
        _ fault: DiscoveryFault, _ issuer: String, _ named: String, _ url: UpstreamURL
    ) -> Finding {
        switch fault {
        case .malformed:
            Finding(
                .fault, .discovery, issuer, "what is at \(url) is no discovery document",
                "Compare identity.issuer; look for a gateway or a sign-in page in between.")
        case .tenantTemplate:
            Finding(
                .fault, .discovery, issuer, "it speaks for all tenants",
                "Put the tenant's id in place of common or organizations in identity.issuer.")
        case .badURL(let member):
            Finding(
                .fault, .discovery, issuer, "its \(member) is missing or neither https nor loopback",
                "The provider's configuration is at fault; identity.jwks_uri and exchange.token_endpoint can stand in.")
        case .issuerMismatch: mismatch(issuer, named)
        }
    }

    /// Entra has two names for each tenant, one for each token version.
    private static func mismatch(_ issuer: String, _ named: String) -> Finding {
        let seen = "its document calls itself \(named)"
        if EntraIssuer(named)?.version == 1 {
            return Finding(
                .fault, .discovery, issuer, seen,
                "That is Entra's issuer of version 1 tokens. For version 2 tokens identity.issuer ends in /v2.0;",
                "for version 1 tokens it is exactly \(named). The token's iss says which the chat gets.")
        }
        return Finding(
            .fault, .discovery, issuer, seen,
            "identity.issuer must be exactly what the document and the tokens' iss say, to the last slash.")
    }

    // MARK: Keys

    static func keys(
        _ issuer: String, _ url: UpstreamURL, _ answer: Answer, accepted: [JWSAlgorithm]
    ) -> Finding {
        guard let body = body(answer) else { return unread(.keys, issuer, url, answer) }
        do throws(KeySetFault) {
            let keys = try KeySet.parse(body.span)
            let usable = keys.algorithms(issuer: issuer).filter(accepted.contains).map(\.rawValue)
            guard !usable.isEmpty else {
                return Finding(
                    .fault, .keys, issuer, "\(keys.count) usable, none for an accepted algorithm",
                    "identity.algorithms accepts \(accepted.map(\.rawValue).joined(separator: ", ")) alone.")
            }
            return Finding(.good, .keys, issuer, "\(keys.count) usable, for \(usable.joined(separator: ", "))")
        } catch {
            return Finding(
                .fault, .keys, issuer, "what is at \(url) is no set of usable keys", "Compare identity.jwks_uri.")
        }
    }

    // MARK: Clock

    /// - Parameters:
    ///   - date: the `Date` field of an answer.
    ///   - now: our clock when it came, in seconds since 1970.
    ///   - tolerated: `identity.clock_skew`, in seconds.
    static func clock(_ host: String, date: String, now: Int, tolerated: Int) -> Finding {
        guard let theirs = HTTPDate.seconds(date) else {
            return Finding(.skipped, .clock, host, "it sends no Date to compare with")
        }
        let (ahead, overflow) = now.subtractingReportingOverflow(Int(theirs))
        let offset = overflow ? Int.max : Int(clamping: ahead.magnitude)
        let seen = "our clock is \(Period(seconds: offset)) \(ahead > 0 ? "ahead" : "behind")"
        // Date counts whole seconds, and the answer was on its way for a while.
        if offset > max(tolerated, 2) {
            return Finding(
                .fault, .clock, host, seen,
                "Tokens are refused as expired or not yet valid. Set this machine's clock by NTP.")
        }
        if offset > ProviderClock.tolerance {
            return Finding(.warning, .clock, host, seen, "Set this machine's clock by NTP before it drifts further.")
        }
        return Finding(.good, .clock, host, offset <= 2 ? "the clocks agree" : seen)
    }

    // MARK: Answers

    private static func body(_ answer: Answer) -> [UInt8]? {
        if case .success(let reply) = answer, reply.status == 200 { reply.body } else { nil }
    }

    /// No answer, or one that is none.
    private static func unread(
        _ check: Finding.Check, _ issuer: String, _ url: UpstreamURL, _ answer: Answer
    ) -> Finding {
        switch answer {
        case .success(let reply) where 300...399 ~= reply.status:
            Finding(
                .fault, check, issuer, "\(url) redirects, which is not followed",
                "Name the place that it leads to: identity.issuer or identity.jwks_uri.")
        case .success(let reply):
            Finding(
                .fault, check, issuer, "\(url) answers with status \(reply.status)",
                reply.status >= 500 ? "The provider fails; see its status page." : "Compare identity.issuer.")
        case .failure(let fault):
            Finding(
                .fault, check, issuer, "\(url): \(fault.text)",
                "Look at name resolution, firewall and identity.ca_file on the way to the issuer.")
        }
    }
}
