internal import Bytes
internal import Configuration
internal import Identity
internal import JSON
internal import MCP
internal import OnBehalfOf

/// `/status`: the JSON form. README lists its members; they are added to, never renamed.
extension Status {
    var document: ByteBuffer {
        let text = ByteBuffer(capacity: 16 * 1024)
        JSON.object([
            "version": .string(ProxyVersion.text), "time": instant(now), "started": instant(startedAt),
            "uptime_seconds": number(now &- startedAt), "ready": .bool(isReady), "draining": .bool(isDraining),
            "generation": number(generation), "reload": reload, "workers": number(workers),
            "connections": .object(["client": number(clientConnections), "upstream": number(upstreamConnections)]),
            "log_lines_dropped": number(droppedLines), "certificate_ends": instant(certificateEnds),
            "problems": .array(problems.map(\.json)), "servers": .array(servers.map(\.json)),
            "providers": .array(providers.map(\.json)), "issuers": .array(issuers.map(\.json)),
            "cache": .object([
                "entries": number(cache.entries), "max_entries": number(cache.most), "lookups": counts(cache.lookups),
            ]),
            "unrouted": .object(unrouted.members), "refusals": .array(refusals.map(\.json)),
        ]).append(to: text)
        text.append(byte: UInt8(ascii: "\n"))
        return text
    }

    private var reload: JSON {
        var members: JSON.Object = ["last_good": .bool(reloads.isGood)]
        for outcome in ReloadOutcome.allCases { members[outcome.rawValue] = number(reloads.counts[outcome] ?? 0) }
        return .object(members)
    }
}

extension Status.Problem {
    fileprivate var json: JSON {
        .object([
            "severity": .string(severity.rawValue), "subject": .string(subject), "happened": .string(happened),
            "advice": .string(advice),
        ])
    }
}

extension Status.Traffic {
    fileprivate var members: JSON.Object {
        var statuses = JSON.Object()
        for (status, count) in requests.sorted(by: { $0.key < $1.key }) { statuses["\(status)"] = number(count) }
        return [
            "requests": number(requestCount), "by_status": .object(statuses), "refusals": counts(refusals),
            "lookups": counts(lookups), "duration_seconds": quantiles(duration),
        ]
    }
}

extension Status.Server {
    fileprivate var json: JSON {
        var members: JSON.Object = [
            "name": .string(name), "title": text(title), "description": text(description), "origin": .string(origin),
            "type": .string(transport.rawValue), "errors": .string(errors.rawValue), "provider": .string(provider),
            "scopes": .array(scopes.map { .string($0) }), "reach": reach.json, "open_streams": number(openStreams),
        ]
        for member in traffic.members.members { members[member.name] = member.value }
        members["quiet_seconds"] = number(quietFor)
        members["exchange_failure"] = exchangeFailure?.json ?? .null
        return .object(members)
    }
}

extension Status.Reach {
    fileprivate var json: JSON {
        switch self {
        case .notCalled: .object(["state": .string("not_called")])
        case .answers(let ago): .object(["state": .string("answers"), "seconds_ago": number(ago)])
        case .fails(let ago, let refusal):
            .object([
                "state": .string("fails"), "seconds_ago": number(ago), "reason": .string(refusal.rawValue),
                "advice": .string(refusal.operatorAdvice),
            ])
        }
    }
}

extension Status.Provider {
    fileprivate var json: JSON {
        .object([
            "name": .string(name), "grant": .string(standing.provider.grant.rawValue),
            "client_id": .string(standing.provider.clientID),
            "token_endpoint": text(standing.endpoint?.withoutQuery),
            "credential": .object([
                "kind": .string(credentialKind), "ends": instant(standing.credentialEnds),
                "note": standing.credentialEnds == nil ? .string(endUnknown) : .null,
            ]),
            "breaker": .string(isBreakerOpen ? "open" : "closed"), "retry_in_seconds": number(retryIn),
            "exchanges": counts(exchanges), "duration_seconds": quantiles(duration),
            "last_good": instant(standing.history.lastGood),
            "last_failure": standing.history.lastFailure?.json ?? .null,
        ])
    }
}

extension ExchangeHistory.Failure {
    fileprivate var json: JSON {
        .object([
            "time": instant(at), "server": .string(server), "reason": .string(fault.reason.rawValue),
            "provider_error": text(fault.error), "provider_status": number(fault.status),
            "aadsts": .array(fault.codes.map { .integer($0) }), "correlation_id": text(fault.correlationID),
            "advice": .string(fault.operatorAdvice),
        ])
    }
}

extension Status.IssuerKeys {
    fileprivate var json: JSON {
        .object([
            "issuer": .string(identifier), "keys": number(standing.keys), "age_seconds": number(standing.age),
            "failed_seconds_ago": number(standing.failedFor),
            "fetches": .object(["good": number(good), "failed": number(failed)]),
        ])
    }
}

extension RefusedCall {
    fileprivate var json: JSON {
        .object([
            "time": instant(at), "server": .string(server), "reason": .string(refusal.rawValue),
            "fault": .string(refusal.fault.rawValue), "status": number(status), "request_id": .string("\(id)"),
            "user": .string(user), "advice": .string(advice),
        ])
    }
}

private func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }

private func number(_ value: (some BinaryInteger)?) -> JSON { value.map { .number("\($0)") } ?? .null }

private func instant(_ seconds: Int?) -> JSON { text(seconds.map(Timestamp.text)) }

private func counts(_ values: [String: UInt64]) -> JSON {
    var members = JSON.Object()
    for (name, count) in values.sorted(by: { $0.key < $1.key }) { members[name] = number(count) }
    return .object(members)
}

private func counts(_ lookups: [TokenLookup: UInt64]) -> JSON {
    var members = JSON.Object()
    for result in TokenLookup.allCases { members["\(result.name)"] = number(lookups[result] ?? 0) }
    return .object(members)
}

/// Estimated from the buckets.
private func quantiles(_ histogram: Histogram) -> JSON {
    func seconds(_ share: Double) -> JSON {
        histogram.quantile(share).map { .number("\(Double($0) / 1e9)") } ?? .null
    }
    return .object(["p50": seconds(0.5), "p95": seconds(0.95)])
}
