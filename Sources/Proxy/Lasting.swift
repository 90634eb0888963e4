internal import Bytes
internal import Configuration
internal import Glibc
internal import Logging
internal import OnBehalfOf
internal import Synchronization

/// What outlives the settings: the same from the process's start to its end, whatever is reloaded.
final class Lasting: Sendable {
    let desk: ExchangeDesk
    let refreshes = KeyRefreshes()
    let reloads = ReloadCounts()
    let limits: LimitHits
    let files = OpenFiles.raised()
    /// Bodies read for their JSON-RPC id alone. Apart from the others: refused requests must not crowd out good ones.
    let refusedBodies = HeldBodies()
    let permittedBodies = HeldBodies()
    /// For what is signed where no key is configured.
    let randomKey = Secret.random()
    /// Seconds since 1970.
    let startedAt = time(nil)
    private let clients = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)
    private let patience: Atomic<Int>

    init(_ configuration: ProxyConfiguration, log: Logger) {
        limits = LimitHits(log)
        desk = ExchangeDesk(limits: LedgerLimits(configuration.cache))
        patience = Atomic(configuration.timeouts.shutdown.milliseconds)
    }

    /// Takes on other bounds.
    func adopt(_ configuration: ProxyConfiguration) {
        desk.adopt(LedgerLimits(configuration.cache))
        patience.store(configuration.timeouts.shutdown.milliseconds, ordering: .relaxed)
    }

    /// Lets a client's connection in if there are fewer than `most`, in all of the process: the kernel spreads them over
    /// the workers unevenly.
    func enter(most: Int) -> Bool {
        if clients.wrappingAdd(1, ordering: .relaxed).newValue <= most { return true }
        exit()
        return false
    }

    /// For each that entered.
    func exit() { clients.wrappingSubtract(1, ordering: .relaxed) }

    /// How long a drain may take, in milliseconds.
    var shutdown: Int { patience.load(ordering: .relaxed) }

    /// Whether the process is on its way out.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// No way back: the next look at readiness says no.
    func beginDraining() { draining.store(true, ordering: .relaxed) }
}

/// For `obo_jwks_refresh_total`: fetches of each issuer's keys.
final class KeyRefreshes: Sendable {
    private let counts = Mutex<[String: (good: UInt64, failed: UInt64)]>([:])

    func count(_ issuer: String, isGood: Bool) {
        counts.withLock {
            var count = $0[issuer] ?? (0, 0)
            if isGood { count.good &+= 1 } else { count.failed &+= 1 }
            $0[issuer] = count
        }
    }

    func read() -> [String: (good: UInt64, failed: UInt64)] { counts.withLock { $0 } }
}

/// For `obo_config_reloads_total` and `obo_config_last_reload_successful`.
final class ReloadCounts: Sendable {
    private let state = Mutex<(counts: [ReloadOutcome: UInt64], isGood: Bool)>(([:], true))

    func count(_ outcome: ReloadOutcome) {
        state.withLock {
            $0.counts[outcome, default: 0] &+= 1
            $0.isGood = outcome != .refused
        }
    }

    /// How often each outcome came, and whether the last was good.
    func read() -> (counts: [ReloadOutcome: UInt64], isGood: Bool) { state.withLock { $0 } }
}

/// What a look at the configuration came to.
enum ReloadOutcome: String, CaseIterable {
    case applied, unchanged, refused
}
