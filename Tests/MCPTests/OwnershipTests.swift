import Bytes
import OpenSSL
import Testing

@testable import MCP

/// One key for one test, which is one thread.
private final class Keyed: @unchecked Sendable {
    private let hmac: HMACSHA256

    init(_ secret: String) throws { hmac = try HMACSHA256(key: Secret(secret)) }

    func authenticate(_ bytes: Span<UInt8>) -> Digest256 { hmac.authenticate(bytes) }
}

extension SessionKey {
    fileprivate init(_ secret: String, previous: String? = nil) throws {
        let keyed = try Keyed(secret)
        let earlier = try previous.map { try Keyed($0) }
        guard let earlier else {
            self.init { keyed.authenticate($0) }
            return
        }
        self.init(hmac: { keyed.authenticate($0) }, previous: { earlier.authenticate($0) })
    }

    /// What is handed out for an id.
    fileprivate func signed(_ id: [UInt8], _ owner: Owner) -> [UInt8]? { sign(id.span, for: owner) }

    /// The upstream's id in what was handed out.
    fileprivate func stripped(_ signed: [UInt8], _ owner: Owner) -> [UInt8]? {
        verify(signed.span, for: owner).map { Array(signed.prefix($0)) }
    }

    /// The upstream's target in what was handed out.
    fileprivate func target(_ url: [UInt8], _ owner: Owner) -> [UInt8]? {
        let mark = url.firstIndex(of: UInt8(ascii: "?")) ?? url.endIndex
        let (path, query) = (Array(url[..<mark]), Array(url[mark...].dropFirst()))
        return target(path: path.span, query: query.span, for: owner)
    }
}

/// Arbitrary names of sessions. A failure names its seed: run that one alone to see it again.
@Suite struct OwnershipTests {
    typealias Owner = SessionKey.Owner

    private static let seeds = Array(1...40 as ClosedRange<UInt64>)
    private let alice = Owner(server: "tickets", issuer: "https://idp.test", subject: "alice")

    /// All who are not Alice at that server, those included whose names run together to the same text.
    private let others = [
        Owner(server: "wiki", issuer: "https://idp.test", subject: "alice"),
        Owner(server: "tickets", issuer: "https://idp.test/", subject: "alice"),
        Owner(server: "tickets", issuer: "https://idp.test", subject: "bob"),
        Owner(server: "tickets", issuer: "https://idp.test", subject: ""),
        Owner(server: "tickets", issuer: "https://idp.testa", subject: "lice"),
        Owner(server: "ticketshttps://idp.test", issuer: "", subject: "alice"),
    ]

    // MARK: Session ids

    /// Any of the 94 visible characters; often such as look like what is added here.
    private func anyID(_ random: inout Seeded, _ key: SessionKey) -> [UInt8] {
        let count = [1, 2, 22, 23, 24, 36, 200, 1024 - 23, 1024].randomElement(using: &random) ?? 1
        let plain = (0..<count).map { _ in UInt8.random(in: 0x21...0x7e, using: &random) }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return plain.map { $0 & 3 == 0 ? UInt8(ascii: "~") : $0 }
        // What a proxy before this one handed out, for another or for the same user.
        case 1: return key.signed(Array(plain.prefix(1000)), others[0]) ?? plain
        case 2: return key.signed(Array(plain.prefix(1000)), alice) ?? plain
        default: return plain
        }
    }

    @Test(arguments: seeds) func idsAreTheirOwnersAlone(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let (key, stranger) = (try SessionKey("one key"), try SessionKey("another key"))
        let id = anyID(&random, key)
        let signed = try #require(key.signed(id, alice))
        #expect(key.stripped(signed, alice) == id)
        #expect(signed.allSatisfy { 0x21...0x7e ~= $0 })
        for other in others { #expect(key.stripped(signed, other) == nil) }
        #expect(stranger.stripped(signed, alice) == nil)
        if id.count > 23 { #expect(key.stripped(id, others[2]) == nil) }
    }

    @Test(arguments: seeds) func idsAreWholeOrNothing(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let key = try SessionKey("one key", previous: "the key before")
        let id = anyID(&random, key)
        let signed = try #require(key.signed(id, alice))
        // Each place of the proof, and some of what it is for.
        let places = Array((signed.count - 23)..<signed.count) + signed.indices.shuffled(using: &random).prefix(40)
        for place in places {
            var forged = signed
            forged[place] = forged[place] ^ UInt8.random(in: 1...255, using: &random)
            #expect(key.stripped(forged, alice) == nil, "altered at \(place)")
            // The server's id alone can be one that she was given before, by a proxy between it and this one.
            #expect(place == id.count || key.stripped(Array(signed[..<place]), alice) == nil, "cut at \(place)")
            #expect(key.stripped(Array(signed[(place + 1)...]), alice) == nil, "begun behind \(place)")
            forged = signed
            forged.insert(UInt8.random(in: 0...255, using: &random), at: place)
            #expect(forged == signed || key.stripped(forged, alice) == nil, "lengthened at \(place)")
        }
        for byte in [0x00, 0x20, 0x2c, 0x3d, 0x41, 0x7e, 0xff] as [UInt8] {
            #expect(key.stripped(signed + [byte], alice) == nil)
        }
        #expect(key.stripped(signed + signed, alice) == nil)
    }

    /// An id that no client could be sure to send back is none: empty, too long, or not visible ASCII (MCP 2025-11-25,
    /// session management).
    @Test(arguments: 0...255 as ClosedRange<UInt8>) func idsAreVisible(_ byte: UInt8) throws {
        let key = try SessionKey("one key")
        for id in [[byte], [0x41, byte], [byte, 0x41], [0x41, byte, 0x41]] {
            #expect((key.signed(id, alice) != nil) == (0x21...0x7e ~= byte))
        }
    }

    @Test func idsHaveALength() throws {
        let key = try SessionKey("one key")
        #expect(key.signed([], alice) == nil)
        #expect(key.signed(Array(repeating: 0x41, count: SessionKey.longestID), alice) != nil)
        #expect(key.signed(Array(repeating: 0x41, count: SessionKey.longestID + 1), alice) == nil)
        #expect(key.stripped([], alice) == nil && key.stripped(Array("~".utf8), alice) == nil)
    }

    // MARK: Endpoints

    private func anyTarget(_ random: inout Seeded, _ key: SessionKey) -> [UInt8] {
        let letters = Array("abcXYZ019/-._~%20%2F%3F%26%3D;:@!$'()*+,".utf8)
        func text(_ most: Int) -> [UInt8] {
            (0..<Int.random(in: 0...most, using: &random)).compactMap { _ in letters.randomElement(using: &random) }
        }
        let path = Array("/".utf8) + text(60)
        let proof = Array("obo=AAAAAAAAAAAAAAAAAAAAAA".utf8)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: return path
        case 1: return path + Array("?".utf8)
        case 2: return path + Array("?".utf8) + proof
        case 3: return path + Array("?".utf8) + text(60) + Array("&".utf8) + proof
        case 4: return path + Array("?".utf8) + proof + Array("&s=".utf8) + text(60)
        case 5: return key.announce(path + Array("?s=1".utf8), for: others[0])
        default: return path + Array("?".utf8) + text(200) + Array("&&=?".utf8) + text(20)
        }
    }

    @Test(arguments: seeds) func endpointsAreTheirOwnersAlone(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let (key, stranger) = (try SessionKey("one key"), try SessionKey("another key"))
        let target = anyTarget(&random, key)
        let url = key.announce(target, for: alice)
        #expect(key.target(url, alice) == target)
        for other in others { #expect(key.target(url, other) == nil) }
        #expect(stranger.target(url, alice) == nil)
        #expect(key.target(target, alice) == nil, "an announcement to another, or a made-up one")
    }

    @Test(arguments: seeds) func endpointsAreWholeOrNothing(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let key = try SessionKey("one key", previous: "the key before")
        let target = anyTarget(&random, key)
        let url = key.announce(target, for: alice)
        for place in url.indices {
            var forged = url
            forged[place] = forged[place] ^ UInt8.random(in: 1...255, using: &random)
            #expect(key.target(forged, alice) == nil, "altered at \(place)")
            #expect(key.target(Array(url[..<place]), alice) == nil, "cut at \(place)")
            forged = url
            forged.insert(UInt8.random(in: 0...255, using: &random), at: place)
            #expect(forged == url || key.target(forged, alice) == nil, "lengthened at \(place)")
        }
        for more in ["A", "&", "&x=1", "#", "#x", "%41", "&obo=", "=", "\u{0}"] {
            #expect(key.target(url + Array(more.utf8), alice) == nil, "\(more) behind it")
        }
    }

    // MARK: A new key

    @Test(arguments: seeds) func thePreviousKeyIsTakenAndNotUsed(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let (old, new) = (try SessionKey("the old key"), try SessionKey("the new key"))
        let both = try SessionKey("the new key", previous: "the old key")
        let (id, target) = (anyID(&random, old), anyTarget(&random, old))
        let (made, announced) = (try #require(old.signed(id, alice)), old.announce(target, for: alice))
        #expect(both.stripped(made, alice) == id && both.target(announced, alice) == target)
        #expect(new.stripped(made, alice) == nil && new.target(announced, alice) == nil)
        for other in others { #expect(both.stripped(made, other) == nil && both.target(announced, other) == nil) }
        #expect(both.signed(id, alice) == new.signed(id, alice))
        #expect(both.announce(target, for: alice) == new.announce(target, for: alice))
        #expect(old.stripped(try #require(both.signed(id, alice)), alice) == nil)
    }
}
