import FoundationEssentials
import OnBehalfOfLaws
import Testing

/// Replays the fuzzer's corpus through the fuzzer's own entry.
@Suite struct LawTests {
    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Corpora/onbehalfof")

    static let files: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: corpus.path)
        return (names ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }()

    @Test func hasACorpus() { #expect(Self.files.count >= 20) }

    @Test(arguments: files)
    func holdsForTheCorpus(file: String) throws {
        let input = [UInt8](try Data(contentsOf: Self.corpus.appending(path: file)))
        let broken = OnBehalfOfLaws.firstBroken(by: input.span).map { "\($0)" }
        #expect(broken == nil)
    }
}
