import Bytes
import OpenSSL
import Testing

@testable import Identity

func digest(_ number: Int) -> Digest256 { Digest256(words: (UInt64(number), 1, 2, 3)) }

extension TokenVerdict {
    var subject: String? { if case .valid(let user) = self { user.subject } else { nil } }
    var fault: TokenFault? { if case .refused(let fault) = self { fault } else { nil } }
}

@Suite struct UserTokenCacheTests {
    let user: UserToken
    let now = Issuer.now

    init() throws {
        let issuer = try Issuer()
        user = try accept(issuer.token(), issuer.keys())
    }

    @Test func remembersUntilTheTokenEnds() {
        var cache = UserTokenCache(bound: 10, clockSkew: 60)
        #expect(cache.verdict(on: digest(1), now: now) == nil)
        cache.remember(.valid(user), on: digest(1), now: now)
        #expect(cache.verdict(on: digest(1), now: now)?.subject == "ann")
        #expect(cache.verdict(on: digest(2), now: now) == nil)
        #expect(cache.verdict(on: digest(1), now: now + 659)?.subject == "ann")
        #expect(cache.verdict(on: digest(1), now: now + 660)?.fault == .expiredToken)
        // And so it stays, even if the clock is set back a little.
        #expect(cache.verdict(on: digest(1), now: now + 659)?.fault == .expiredToken)
    }

    @Test(arguments: TokenFault.allCases)
    func remembersRefusalsAsLongAsTheyAreSure(_ fault: TokenFault) {
        var cache = UserTokenCache(bound: 10, clockSkew: 60)
        cache.remember(.refused(fault), on: digest(1), now: now)
        guard fault.memory > 0 else {
            #expect(cache.verdict(on: digest(1), now: now) == nil)
            #expect(cache.count == 0)
            return
        }
        #expect(cache.verdict(on: digest(1), now: now + fault.memory - 1)?.fault == fault)
        #expect(cache.verdict(on: digest(1), now: now + fault.memory) == nil)
        #expect(cache.count == 0)
    }

    /// Or everybody who came while the clock was ahead would be kept out until it is there again.
    @Test func aClockThatIsSetBackMakesATokenBeLookedAtAgain() {
        var cache = UserTokenCache(bound: 10, clockSkew: 60)
        cache.remember(.valid(user), on: digest(1), now: now)
        #expect(cache.verdict(on: digest(1), now: now + 7200)?.fault == .expiredToken)
        #expect(cache.verdict(on: digest(1), now: now + 60) == nil)
    }

    @Test func whatTimeOrTheIssuerMayChangeIsNotRemembered() {
        #expect(TokenFault.keysUnavailable.memory == 0)
        #expect(TokenFault.notYetValid.memory == 0)
        #expect(TokenFault.invalidSignature.memory <= 10)
    }

    @Test func aLaterGoodVerdictWins() {
        var cache = UserTokenCache(bound: 10, clockSkew: 60)
        cache.remember(.refused(.invalidSignature), on: digest(1), now: now)
        cache.remember(.valid(user), on: digest(1), now: now + 1)
        #expect(cache.verdict(on: digest(1), now: now + 1)?.subject == "ann")
    }

    @Test func rubbishDoesNotPushOutUsers() {
        var cache = UserTokenCache(bound: 100, clockSkew: 60)
        cache.remember(.valid(user), on: digest(0), now: now)
        for number in 1...10_000 { cache.remember(.refused(.malformedToken), on: digest(number), now: now) }
        #expect(cache.verdict(on: digest(0), now: now)?.subject == "ann")
        #expect(cache.count == 17)
        cache.removeAll()
        #expect(cache.count == 0)
        #expect(cache.verdict(on: digest(0), now: now) == nil)
    }
}

@Suite struct RecencyCacheTests {
    @Test func forgetsWhatWasNotAskedForLongest() {
        var cache = RecencyCache<Int>(bound: 3)
        for number in 1...3 { cache.insert(number, for: digest(number)) }
        #expect(cache.value(for: digest(1)) == 1)
        cache.insert(4, for: digest(4))
        #expect(cache.value(for: digest(2)) == nil)
        #expect(cache.value(for: digest(1)) == 1)
        cache.insert(30, for: digest(3))
        cache.insert(5, for: digest(5))
        #expect(cache.value(for: digest(4)) == nil)
        #expect(cache.value(for: digest(3)) == 30)
        #expect(cache.count == 3)
    }

    /// Against a list that is kept in order by brute force.
    @Test(arguments: [1, 2, 7])
    func behavesLikeAPlainList(_ bound: Int) {
        var cache = RecencyCache<Int>(bound: bound)
        var list: [(key: Int, value: Int)] = []
        var state: UInt64 = 88_172_645_463_325_252
        func random(_ limit: UInt64) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % limit)
        }
        for step in 0..<20_000 {
            let key = random(12)
            let place = list.firstIndex { $0.key == key }
            switch random(4) {
            case 0:
                cache.remove(digest(key))
                if let place { list.remove(at: place) }
            case 1:
                cache.insert(step, for: digest(key))
                if let place { list.remove(at: place) } else if list.count == bound { list.removeLast() }
                list.insert((key, step), at: 0)
            default:
                #expect(cache.value(for: digest(key)) == place.map { list[$0].value })
                if let place { list.insert(list.remove(at: place), at: 0) }
            }
            #expect(cache.count == list.count)
        }
    }
}
