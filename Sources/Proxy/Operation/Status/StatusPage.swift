internal import Bytes
internal import Configuration
internal import MCP
internal import OnBehalfOf

/// `/`: the form for people. Whole without JavaScript; with it, it keeps itself up to date.
struct StatusPage {
    let status: Status

    var text: ByteBuffer {
        let buffer = ByteBuffer(capacity: 32 * 1024)
        buffer.append(string: page.html)
        return buffer
    }

    private var page: Markup {
        let problems = status.problems
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(title(problems)) – obo-proxy</title>
            <link rel="icon" href="data:,">
            <style>\(PageAssets.style)</style>
            <noscript><meta http-equiv="refresh" content="10"></noscript>
            </head>
            <body>
            <main>
            \(header(problems))
            \(attention(problems))
            \(servers)
            \(providers)
            \(issuers)
            \(refusals)
            \(rest)
            </main>
            <footer><p id="live" role="status"></p><p>The same as JSON: <a href="/status">/status</a> · for Prometheus: <a href="/metrics">/metrics</a></p></footer>
            <script>\(PageAssets.script)</script>
            </body>
            </html>

            """
    }

    private func title(_ problems: [Status.Problem]) -> String {
        switch problems.count {
        case 0: "All is well";
        case 1: "1 problem";
        case let count: "\(count) problems"
        }
    }

    private func header(_ problems: [Status.Problem]) -> Markup {
        let isBroken = problems.contains { $0.severity == .fault }
        let look: Markup = isBroken ? "fault" : problems.isEmpty ? "good" : "warning"
        let serving = status.isDraining ? "stopping" : status.isReady ? "serving" : "not ready"
        return """
            <header class="\(look)">
            <h1>\(title(problems))</h1>
            <p><b>obo-proxy \(ProxyVersion.text)</b> · \(serving) · up \(Age(status.now &- status.startedAt).description) · \(status.clientConnections) clients, \(status.upstreamConnections) connections to servers · as of \(moment(status.now))</p>
            </header>
            """
    }

    private func attention(_ problems: [Status.Problem]) -> Markup {
        guard !problems.isEmpty else { return "" }
        let items = problems.map { problem -> Markup in
            let look: Markup = problem.severity == .fault ? "fault" : "warning"
            let word = problem.severity == .fault ? "Fault" : "Soon"
            return """
                <li class="\(look)"><b><span class="word">\(word)</span> \(problem.subject)</b> \(problem.happened) <span class="advice">\(problem.advice)</span></li>

                """
        }
        return "<section aria-label=\"What needs attention\"><ul class=\"problems\">\(items)</ul></section>"
    }

    private var rest: Markup {
        let ends: Markup = status.certificateEnds.map { "\(ending($0))" } ?? "no TLS on the listener"
        let lookups = TokenLookup.allCases.map { "\(status.cache.lookups[$0] ?? 0) \($0.name)" }
        return """
            <section><h2>Proxy</h2><dl>
            <dt>Minted tokens held</dt><dd>\(status.cache.entries) of at most \(status.cache.most)</dd>
            <dt>Look-ups of tokens</dt><dd>\(lookups.joined(separator: ", "))</dd>
            <dt>Listener’s certificate ends</dt><dd>\(ends)</dd>
            <dt>Configuration</dt><dd>generation \(status.generation), last reload \(status.reloads.isGood ? "good" : "refused")</dd>
            <dt>Requests that reached no server</dt><dd>\(status.unrouted.requestCount)</dd>
            <dt>Workers</dt><dd>\(status.workers)</dd>
            </dl></section>
            """
    }
}

// MARK: Parts that the tables share

extension StatusPage {
    /// A table with its caption, or a line in its place.
    func section(_ title: String, _ columns: [Markup], _ rows: [Markup], none: String) -> Markup {
        guard !rows.isEmpty else { return "<section><h2>\(title)</h2><p>\(none)</p></section>" }
        let heads = columns.map { "<th scope=\"col\">\($0)</th>" as Markup }
        return """
            <section><h2 id="\(title)">\(title)</h2>
            <div class="wide" role="region" aria-labelledby="\(title)" tabindex="0"><table><thead><tr>\(heads)</tr></thead>
            <tbody>\(rows)</tbody></table></div></section>
            """
    }

    func moment(_ seconds: Int) -> Markup {
        let text = Timestamp.text(seconds)
        return "<time datetime=\"\(text)\">\(text)</time>"
    }

    /// How long ago, with the moment for those who point at it.
    func ago(_ seconds: Int) -> Markup {
        "<time datetime=\"\(Timestamp.text(seconds))\" title=\"\(Timestamp.text(seconds))\">\(Age(status.now &- seconds).description) ago</time>"
    }

    func ending(_ end: Int) -> Markup {
        let left = end &- status.now
        return left < 0 ? "<b class=\"fault\">ended</b> \(ago(end))" : "\(moment(end)), in \(Age(left).description)"
    }

    /// A state in words; the colour only underlines them.
    func state(_ look: Markup, _ words: String) -> Markup { "<b class=\"\(look)\">\(words)</b>" }

    func milliseconds(_ histogram: Histogram) -> Markup {
        guard let half = histogram.quantile(0.5), let most = histogram.quantile(0.95) else { return "–" }
        return "\(Self.milliseconds(half)) / \(Self.milliseconds(most))"
    }

    private static func milliseconds(_ nanoseconds: UInt64) -> String {
        let tenths = nanoseconds / 100_000
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10) ms" : "\(tenths / 10) ms"
    }
}
