/// One thing that was looked at, and what is to be done about it. Made of the configuration's own words, of numbers, and of
/// `iss`, `aud`, `scp`, `exp` and `ver` of tokens; no other part of a token and no secret may come in here.
package struct Finding: Sendable, Equatable, CustomStringConvertible {
    package enum Verdict: String, Sendable {
        case good = "ok"
        /// Works, but not for long or not for everybody.
        case warning = "warn"
        case fault = "FAIL"
        /// Could not be looked at because of another fault.
        case skipped = "skip"
    }

    /// What is looked at, in the order of dependence.
    package enum Check: String, Sendable {
        case discovery, keys, clock, credential, server, token, exchange
    }

    package let verdict: Verdict
    package let check: Check
    /// Which of them: an issuer, a provider, a server, a file.
    package let subject: String
    /// What was seen.
    package let detail: String
    /// What it means and what to do, a line each.
    package let advice: [String]

    init(_ verdict: Verdict, _ check: Check, _ subject: String, _ detail: String, _ advice: String...) {
        self.init(verdict, check, subject, detail, lines: advice)
    }

    init(_ verdict: Verdict, _ check: Check, _ subject: String, _ detail: String, lines advice: [String]) {
        (self.verdict, self.check) = (verdict, check)
        self.subject = subject.printable
        self.detail = detail.printable
        self.advice = advice.map(\.printable)
    }

    /// The same with more beneath it; what was good is then to be watched.
    func with(notes: [String]) -> Finding {
        guard !notes.isEmpty else { return self }
        return Finding(verdict == .good ? .warning : verdict, check, subject, detail, lines: advice + notes)
    }

    /// One line, and the advice indented beneath.
    package var description: String {
        let columns = [verdict.rawValue.padded(to: 4), check.rawValue.padded(to: 10), subject]
        return ([columns.joined(separator: " ") + ": " + detail] + advice.map { "       " + $0 }).joined(
            separator: "\n")
    }
}

/// How many of each there were.
package struct Summary: Sendable, Equatable, CustomStringConvertible {
    private var counts: [Finding.Verdict: Int] = [:]

    mutating func add(_ finding: Finding) { counts[finding.verdict, default: 0] += 1 }

    /// Whether nothing has to be done.
    package var isGood: Bool { counts[.fault, default: 0] == 0 }

    /// One line.
    package var description: String {
        let words: [(Finding.Verdict, String)] = [
            (.good, "good"), (.warning, "to be watched"), (.fault, "to be mended"), (.skipped, "left out"),
        ]
        let total = counts.values.reduce(0, +)
        let parts = words.compactMap { verdict, word in counts[verdict].map { "\($0) \(word)" } }
        return "\(total) checks: \(parts.joined(separator: ", "))"
    }
}

extension String {
    /// Fit for a terminal: what comes from a token or a document may hold escape sequences, or never end.
    fileprivate var printable: String {
        let most = 500
        var clean = String.UnicodeScalarView()
        for scalar in unicodeScalars.prefix(most) { clean.append(scalar.properties.isDisplayed ? scalar : "?") }
        if unicodeScalars.count > most { clean.append("…") }
        return String(clean)
    }

    fileprivate func padded(to count: Int) -> String {
        self + String(repeating: " ", count: max(count - utf8.count, 0))
    }
}

extension Unicode.Scalar.Properties {
    /// No control, format or private character: those turn lines around and recolour terminals.
    fileprivate var isDisplayed: Bool {
        switch generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
