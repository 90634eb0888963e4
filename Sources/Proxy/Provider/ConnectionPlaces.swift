internal import Bytes
internal import Libevent
internal import OnBehalfOf

/// One provider's connections as places to take: as many exchanges as `max_connections` are at the provider at once, and
/// the others wait in a bounded line in which users take turns. On the control loop.
final class ConnectionPlaces {
    private let loop: EventLoop
    private var free: Int
    private var line = FairQueue<UInt64>(capacity: ConnectionPlaces.longestLine, capacityPerUser: 256)
    private var waiting: [UInt64: Place] = [:]
    private var lastNumber: UInt64 = 0

    /// What a provider can't get through within an exchange's time anyway.
    static let longestLine = 4096

    private final class Place {
        let wakeup: Wakeup
        var isMine = false

        init(_ wakeup: Wakeup) { self.wakeup = wakeup }
    }

    init(_ count: Int, on loop: EventLoop) {
        free = max(count, 1)
        self.loop = loop
    }

    /// How many wait.
    var inLine: Int { line.count }

    /// Takes a place, or waits for one. Whoever gets one must `give` it back.
    /// - Returns: whether there is a place; not so when the line is full or the time is over.
    func take(for user: Digest256, within milliseconds: UInt64) async -> Bool {
        if free > 0 {
            free -= 1
            return true
        }
        lastNumber &+= 1
        let number = lastNumber
        guard let ticket = line.append(number, of: user) else { return false }
        let wakeup = Wakeup(on: loop)
        defer { wakeup.invalidate() }
        wakeup.expire(after: Int(clamping: milliseconds))
        let place = Place(wakeup)
        waiting[number] = place
        while !place.isMine && !wakeup.expired { await wakeup.wait() }
        waiting[number] = nil
        if !place.isMine { _ = line.remove(ticket) }
        return place.isMine
    }

    /// Hands the place over to the next in line.
    func give() {
        guard let number = line.popFirst(), let next = waiting[number] else { return free += 1 }
        next.isMine = true
        next.wakeup.fire()
    }
}
