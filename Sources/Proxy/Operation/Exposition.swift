internal import Configuration
internal import HTTP1
internal import Synchronization

/// Metrics as Prometheus reads them (text format 0.0.4). Label values are configured names and closed sets only.
struct Exposition {
    private(set) var text = ""
    private let servers: [String]
    private let shown: Set<Int>

    /// - Parameters:
    ///   - servers: by `Service.index`, those of earlier settings among them.
    ///   - shown: which of them there are now, nil for all. With each one that was renamed or removed the page would grow for good.
    init(servers: [String], shown: [Int]? = nil) {
        self.servers = servers
        self.shown = Set(shown ?? Array(servers.indices)).union([Metrics.noServer])
    }

    private func server(_ index: Int) -> String { servers.indices.contains(index) ? servers[index] : "" }

    mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
        let list = labels.map { "\($0)=\"\(Self.escaped($1))\"" }
        text += list.isEmpty ? "\(name) \(value)\n" : "\(name){\(list.joined(separator: ","))} \(value)\n"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: Histogram) {
        var sum: UInt64 = 0
        for (bound, count) in zip(histogram.bounds, histogram.buckets) {
            sum &+= count
            sample(name + "_bucket", labels + [("le", Self.seconds(bound))], "\(sum)")
        }
        sample(name + "_bucket", labels + [("le", "+Inf")], "\(histogram.count)")
        sample(name + "_sum", labels, Self.seconds(histogram.sum))
        sample(name + "_count", labels, "\(histogram.count)")
    }

    private static func seconds(_ nanoseconds: UInt64) -> String { "\(Double(nanoseconds) / 1e9)" }

    mutating func requests(_ counts: Metrics.Counts) {
        family("obo_requests_total", "counter", "Requests answered.")
        for (label, count) in counts.requests.sorted(by: { "\($0.key)" < "\($1.key)" })
        where shown.contains(label.server) {
            sample(
                "obo_requests_total",
                [("server", server(label.server)), ("method", "\(label.method.name)"), ("status", "\(label.status)")],
                "\(count)")
        }
        family("obo_request_duration_seconds", "histogram", "Time from a request's head to the end of its answer.")
        for (index, histogram) in counts.durations.enumerated() where histogram.count > 0 && shown.contains(index) {
            self.histogram("obo_request_duration_seconds", [("server", server(index))], histogram)
        }
        if counts.unrouted.count > 0 {
            self.histogram("obo_request_duration_seconds", [("server", "")], counts.unrouted)
        }
        family("obo_token_lookups_total", "counter", "Look-ups of minted tokens.")
        for (label, count) in counts.lookups.sorted(by: { "\($0.key)" < "\($1.key)" })
        where shown.contains(label.server) {
            sample(
                "obo_token_lookups_total",
                [("server", server(label.server)), ("result", "\(label.result.name)")], "\(count)")
        }
        family("obo_refusals_total", "counter", "Requests refused.")
        for (label, count) in counts.refusals.sorted(by: { "\($0.key)" < "\($1.key)" })
        where shown.contains(label.server) {
            sample(
                "obo_refusals_total", [("server", server(label.server)), ("reason", label.reason)], "\(count)")
        }
    }

    mutating func exchanges(_ counts: ExchangeDesk.Counts) {
        family("obo_exchanges_total", "counter", "Token exchanges with a provider.")
        let names = Set(shown.map(server))
        for (label, count) in counts.exchanges.sorted(by: { "\($0.key)" < "\($1.key)" })
        where names.contains(label.server) {
            sample(
                "obo_exchanges_total",
                [("provider", label.provider), ("server", label.server), ("outcome", label.outcome)], "\(count)")
        }
        family("obo_exchange_duration_seconds", "histogram", "Time of an exchange, all attempts together.")
        for (provider, histogram) in counts.durations.sorted(by: { $0.key < $1.key }) {
            self.histogram("obo_exchange_duration_seconds", [("provider", provider)], histogram)
        }
    }

    private mutating func reloads(_ reloads: ReloadCounts) {
        let (counts, isGood) = reloads.read()
        family("obo_config_reloads_total", "counter", "Looks at a configuration that may have changed.")
        for outcome in ReloadOutcome.allCases {
            sample("obo_config_reloads_total", [("outcome", outcome.rawValue)], "\(counts[outcome] ?? 0)")
        }
        family("obo_config_last_reload_successful", "gauge", "Whether the newest configuration is the one in force.")
        sample("obo_config_last_reload_successful", [], isGood ? "1" : "0")
    }

    mutating func certificates(_ ends: [(labels: [(String, String)], end: Int)]) {
        family(
            "obo_certificate_end_timestamp_seconds", "gauge",
            "When a certificate ends that is shown to clients or to a provider, since 1970.")
        for (labels, end) in ends { sample("obo_certificate_end_timestamp_seconds", labels, "\(end)") }
    }

    mutating func gauges(_ counts: Metrics.Counts, _ shared: Shared) {
        family("obo_open_connections", "gauge", "Open connections by side.")
        sample("obo_open_connections", [("side", "client")], "\(counts.clientConnections)")
        sample("obo_open_connections", [("side", "upstream")], "\(counts.upstreamConnections)")
        family("obo_open_streams", "gauge", "Event streams being relayed.")
        for (index, count) in counts.openStreams.enumerated() where index < servers.count && shown.contains(index) {
            sample("obo_open_streams", [("server", servers[index])], "\(count)")
        }
        family("obo_cache_entries", "gauge", "Minted tokens held.")
        sample("obo_cache_entries", [], "\(shared.desk.entries)")
        family("obo_breaker_open", "gauge", "Whether a provider's breaker is open.")
        for (place, name) in shared.providerNames.enumerated() {
            let isOpen = shared.desk.isBreakerOpen(provider: shared.endpoints[place].number)
            sample("obo_breaker_open", [("provider", name)], isOpen ? "1" : "0")
        }
        family("obo_jwks_refresh_total", "counter", "Fetches of an issuer's keys.")
        let refreshes = shared.lasting.refreshes.read()
        for (issuer, count) in refreshes.sorted(by: { $0.key < $1.key }) {
            sample("obo_jwks_refresh_total", [("issuer", issuer), ("outcome", "good")], "\(count.good)")
            sample("obo_jwks_refresh_total", [("issuer", issuer), ("outcome", "failed")], "\(count.failed)")
        }
        reloads(shared.lasting.reloads)
        family("obo_limit_hits_total", "counter", "What a limit has refused or ended.")
        for limit in Limit.allCases {
            sample("obo_limit_hits_total", [("limit", limit.setting)], "\(shared.lasting.limits.total(limit))")
        }
        family("obo_log_lines_dropped_total", "counter", "Log lines that nobody read in time.")
        sample("obo_log_lines_dropped_total", [], "\(LogSink.standardError.dropped)")
        let process = ProcessFigures.read()
        family("process_cpu_seconds_total", "counter", "User and system time.")
        sample("process_cpu_seconds_total", [], "\(process.cpuSeconds)")
        family("process_resident_memory_bytes", "gauge", "Resident memory.")
        sample("process_resident_memory_bytes", [], "\(process.residentBytes)")
        family("process_open_fds", "gauge", "Open file descriptors.")
        sample("process_open_fds", [], "\(process.openDescriptors)")
        family("process_max_fds", "gauge", "How many file descriptors may be open.")
        sample("process_max_fds", [], "\(process.mostDescriptors)")
        family("process_start_time_seconds", "gauge", "When the process started, since 1970.")
        sample("process_start_time_seconds", [], "\(shared.lasting.startedAt)")
        family("obo_build_info", "gauge", "The running version.")
        sample("obo_build_info", [("version", ProxyVersion.text)], "1")
    }
}
