internal import Identity
internal import Logging
internal import OnBehalfOf

/// What the audit log says of one exchange. Names, numbers and ids; no token, no claim, no prose of the provider's.
struct ExchangeAudit {
    let order: ExchangeOrder
    let provider: String
    let outcome: ExchangeOutcome
    let course: Course

    var name: String { outcome.fault?.reason.rawValue ?? "minted" }

    func write(to log: Logger) {
        guard let fault = outcome.fault else { return log.info("exchange", metadata: fields) }
        log.warning("exchange", metadata: fields.merging(fields(of: fault)) { $1 })
    }

    private var fields: Logger.Metadata {
        [
            "event": "exchange", "server": "\(order.server)", "provider": "\(provider)",
            "user": "\(String(decoding: order.user.logName, as: UTF8.self))", "scopes": "\(order.target.scopes)",
            "outcome": "\(name)", "attempts": .stringConvertible(course.attempts),
            "duration_ms": .stringConvertible(course.elapsed / 1_000_000),
            "request_id": "\(order.requestID)", "client_request_id": "\(course.requestID)",
        ]
    }

    private func fields(of fault: ExchangeFault) -> Logger.Metadata {
        var fields: Logger.Metadata = ["advice": "\(fault.operatorAdvice)"]
        fields["provider_error"] = fault.error.map { "\($0)" }
        fields["provider_suberror"] = fault.suberror.map { "\($0)" }
        fields["provider_status"] = fault.status.map { .stringConvertible($0) }
        if !fault.codes.isEmpty { fields["aadsts"] = .array(fault.codes.map { .stringConvertible($0) }) }
        fields["mismatch"] = fault.mismatch.map { "\($0)" }
        fields["correlation_id"] = fault.correlationID.map { "\($0)" }
        fields["trace_id"] = fault.traceID.map { "\($0)" }
        fields["category"] = fault.category.map { "\($0.rawValue)" }
        return fields
    }
}
