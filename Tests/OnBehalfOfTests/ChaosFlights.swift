import Bytes
import Testing

@testable import OnBehalfOf

extension Chaos {
    // MARK: What was promised

    /// From when on a token is not handed out for its own sake.
    func leaves(_ token: MintedToken) -> UInt64 { token.expiresAt - min(limits.earlyExpiry, token.lifetime / 2) }

    func handed(_ token: MintedToken, _ key: ExchangeKey, _ login: UInt64) {
        promise(owners[ObjectIdentifier(token)] == key, "another key's token")
        promise(now < leaves(token), "an expired token")
        promise(now < limit(login), "the user's own token has ended")
        promise(!rejected.contains(ObjectIdentifier(token)), "a rejected token")
        promise(!stale.contains(ObjectIdentifier(token)), "a token from before an eviction")
    }

    func refused(_ fault: ExchangeFault, _ login: UInt64, _ asked: UInt64) {
        note("negative")
        promise(fault.reason == .exchangeRejected, "not what the provider said")
        promise(
            now < rejectedUntil[Question(token: login, asked: asked)] ?? 0, "a rejection that nobody has heard lately")
    }

    /// One ordinary flight a key, one renewal a rejected token and what is asked for; no more than one probe; and
    /// nothing for which the provider has asked to be left alone.
    func begin(_ pending: Pending, _ login: UInt64, _ wasOpen: Bool) {
        let service = pending.key.service.words.0
        promise(flights[pending.id] == nil && outcomes[pending.id] == nil, "a flight's number again")
        promise(
            !flights.values.contains {
                $0.key == pending.key && $0.rejected === pending.rejected && !outdated.contains($0.id)
                    && (pending.rejected == nil || $0.asked == pending.asked)
            }, "two flights for one question")
        promise(now >= quietUntil[service] ?? 0, "the service is to be left alone")
        promise(now >= loopUntil[Loop(user: user(login), service: service)] ?? 0, "the user is to be left alone")
        flights[pending.id] = pending
        guard wasOpen else { return }
        note("probe")
        if let probe = probes[Int(service)] { promise(now - probe.since >= Breaker.probeTime, "two probes") }
        probes[Int(service)] = (pending.id, now)
    }

    // MARK: What providers do

    func end(_ pending: Pending) {
        let (login, service) = (pending.key.token.words.0, pending.key.service.words.0)
        let outcome = outcome(for: pending)
        let asksNobody = outcome.fault == .queueTimedOut && chance(2) == 0
        if !asksNobody { desk.attempted(pending.id, fault: outcome.fault, now: now) }
        if let fault = outcome.fault { remember(fault, pending, login, service) }
        for waiter in desk.finish(pending.id, outcome, now: now) {
            guard let place = waiting.removeValue(forKey: waiter) else {
                promise(false, "resumed who does not wait")
                continue
            }
            promise(place.caller.flight == pending.id, "resumed by another flight")
            answer(waiter, outcome, place.caller)
        }
        promise(desk.finish(pending.id, outcome, now: now).isEmpty, "ended twice")
        promise(!waiting.values.contains { $0.caller.flight == pending.id }, "somebody waits for what has ended")
        flights[pending.id] = nil
        outcomes[pending.id] = outcome
        if probes[Int(service)]?.id == pending.id { probes[Int(service)] = nil }
    }

    private func remember(_ fault: ExchangeFault, _ pending: Pending, _ login: UInt64, _ service: UInt64) {
        if fault.category == .loop {
            note("loop")
            let loop = Loop(user: user(login), service: service)
            loopUntil[loop] = max(loopUntil[loop] ?? 0, now + 60_000)
        } else if let time = fault.retryAfter {
            quietUntil[service] = max(quietUntil[service] ?? 0, now + time)
        }
        if fault.reason == .exchangeRejected {
            rejectedUntil[Question(token: login, asked: pending.asked)] = now + limits.negativeTTL
        }
    }

    private func outcome(for pending: Pending) -> ExchangeOutcome {
        if down.contains(pending.key.service.words.0), chance(8) > 0 {
            return .failed(chance(2) == 0 ? .timedOut : ExchangeFault(.exchangeUnavailable, status: 503))
        }
        switch chance(16) {
        case 0: return .failed(.unreachable)
        case 4, 5: return .failed(ExchangeFault(.exchangeRejected, status: 400))
        case 6: return .failed(.queueTimedOut)
        case 7: return .failed(ExchangeFault(.exchangeThrottled, status: 429, retryAfter: UInt64(chance(9000))))
        case 8:
            var fault = ExchangeFault(chance(2) == 0 ? .exchangeThrottled : .exchangeRejected, status: 400)
            fault.category = fault.reason == .exchangeRejected ? .signInRevoked : .loop
            return .failed(fault)
        default:
            let lives: [UInt64] = [0, 1, 1000, 50_000, 3_600_000, 3_600_000, 86_400_000]
            let token = minted(
                lifetime: lives[chance(lives.count)], refreshIn: chance(3) == 0 ? 600_000 : nil, at: now)
            owners[ObjectIdentifier(token)] = pending.key
            all.append(token)
            if outdated.contains(pending.id) { stale.insert(ObjectIdentifier(token)) }
            if pending.rejected != nil { unproven.insert(ObjectIdentifier(token)) }
            return .minted(token)
        }
    }
}
