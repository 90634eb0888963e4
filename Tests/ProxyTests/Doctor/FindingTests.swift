import Logging
import Testing

@testable import Proxy

@Suite struct FindingTests {
    @Test func isOneLineWithItsAdviceBeneath() {
        let finding = Finding(.fault, .server, "tickets", "refused", "Start it.", "Then wait.")
        #expect(finding.description == "FAIL server     tickets: refused\n       Start it.\n       Then wait.")
        #expect(Finding(.good, .credential, "a", "b").description == "ok   credential a: b")
    }

    /// What a token or a document says must not move the cursor, break the line or fill the screen.
    @Test func isFitForATerminal() {
        let wild = "a\u{1b}[2J\nok   token x\u{202e}\u{2028}\u{0}\u{7f}\u{e000}é"
        let finding = Finding(.good, .token, wild, wild, wild)
        let forbidden = finding.description.unicodeScalars.filter { $0 != "\n" }.filter {
            [.control, .format, .lineSeparator, .privateUse].contains($0.properties.generalCategory)
        }
        #expect(forbidden.isEmpty)
        #expect(finding.description.split(separator: "\n").count == 2)
        #expect(finding.description.contains("é"))
        let long = Finding(.good, .token, "s", String(repeating: "x", count: 100_000))
        #expect(long.description.utf8.count < 600)
    }

    @Test func countsAndJudges() {
        var summary = Summary()
        #expect(summary.isGood)
        for verdict in [Finding.Verdict.good, .good, .warning, .skipped] {
            summary.add(Finding(verdict, .clock, "", ""))
        }
        #expect(summary.isGood)
        #expect(summary.description == "4 checks: 2 good, 1 to be watched, 1 left out")
        summary.add(Finding(.fault, .clock, "", ""))
        #expect(!summary.isGood)
        #expect(summary.description == "5 checks: 2 good, 1 to be watched, 1 to be mended, 1 left out")
    }

    @Test(
        arguments: [
            (0, "0 s"), (-5, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (3600, "1 h"),
            (3661, "1 h 1 min"), (90_000, "1 d 1 h"), (86_401, "1 d 1 s"),
        ])
    func spellsTime(_ seconds: Int, _ text: String) { #expect(Period(seconds: seconds).description == text) }

    @Test(
        arguments: [
            (5, 3, 2), (3, 5, -2), (.max, .min, .max / 2), (.min, .max, -(.max / 2)), (.max, 0, .max / 2),
            (.min, 0, -(.max / 2)),
        ] as [(Int, Int, Int)])
    func differencesStayInBounds(_ a: Int, _ b: Int, _ difference: Int) {
        #expect(a.saturating(minus: b) == difference)
    }

    @Test func whatTheLogWarnsOfIsToBeWatched() {
        let book = DoctorLog()
        let log = book.logger
        log.notice("client credential replaced", metadata: ["provider": "a"])
        log.warning("exchange", metadata: ["event": "exchange", "provider": "a", "outcome": "client_rejected"])
        log.warning("keys unusable", metadata: ["issuer": "i"])
        #expect(book.notes(on: "a", except: ["exchange"]).isEmpty)
        log.warning("certificate ends soon", metadata: ["event": "x", "provider": "a", "days": "3", "at": "noon"])
        log.error("unusable", metadata: ["provider": "b", "fault": "f"])
        #expect(book.notes(on: "a", except: ["exchange"]) == ["certificate ends soon: at noon, days 3"])
        #expect(book.notes(on: "b", except: []) == ["unusable: fault f"])

        let good = Finding(.good, .credential, "a", "accepted")
        #expect(good.with(notes: []) == good)
        #expect(good.with(notes: ["n"]).verdict == .warning && good.with(notes: ["n"]).advice == ["n"])
        let bad = Finding(.fault, .credential, "a", "refused", "Mend it.").with(notes: ["n"])
        #expect(bad.verdict == .fault && bad.advice == ["Mend it.", "n"])
    }
}
