import Testing

@testable import Proxy

@Suite struct HeldBodiesTests {
    private static let mebibyte = 1 << 20

    @Test func smallBodiesTakeNothing() {
        let bodies = HeldBodies()
        let share = BodyShare(of: bodies, limit: 1)
        #expect(share.covers(64 * 1024))
        #expect(bodies.bytes == 0)
    }

    @Test func whatGrowsIsCountedOnceAndGivenBack() {
        let bodies = HeldBodies()
        do {
            let share = BodyShare(of: bodies, limit: 1)
            for size in stride(from: 1, through: 4 * Self.mebibyte, by: 5000) { #expect(share.covers(size)) }
            #expect(share.covers(4 * Self.mebibyte))
            #expect(bodies.bytes <= 4 * Self.mebibyte)
            #expect(bodies.bytes >= 4 * Self.mebibyte - 64 * 1024)
        }
        #expect(bodies.bytes == 0)
    }

    @Test func thereIsRoomForSixteenOfTheLargest() {
        let bodies = HeldBodies()
        let limit = 8 * Self.mebibyte
        let shares = (0..<20).map { _ in BodyShare(of: bodies, limit: UInt64(limit)) }
        let taken = shares.filter { $0.covers(limit) }
        #expect(taken.count == 16)
        #expect(bodies.bytes <= 16 * limit)
        // Whoever was refused has taken nothing.
        #expect(shares[19].covers(1000))
    }
}
