import Configuration
import Glibc
import Libevent
import Testing

@testable import Proxy

@Suite struct ServiceManagerTests {
    /// A worker whose loop does not turn: no sign of life, however often it is time for one.
    @Test func aLoopThatIsStuckIsNoLife() async throws {
        let ours = try Ear("stuck")
        let others = try Ear("turning")
        let control = try EventLoop()
        try control.start()
        defer { control.stop() }
        let shared = try Shared(try configured(), workers: 1, log: LogBook().logger(), control: control)
        let (turning, stuck) = (try Worker(shared), try Worker(shared))
        try turning.loop.start()
        defer { turning.loop.stop() }
        ServiceManager(["NOTIFY_SOCKET": ours.name, "WATCHDOG_USEC": "20000"]).watch([turning, stuck], on: control)
        ServiceManager(["NOTIFY_SOCKET": others.name, "WATCHDOG_USEC": "20000"]).watch([turning], on: control)
        for _ in 0..<5 { await others.hears("WATCHDOG=1") }
        #expect(ours.heard == nil)
        try stuck.loop.start()
        defer { stuck.loop.stop() }
        await ours.hears("WATCHDOG=1")
    }

    @Test(
        arguments: [
            ([:], nil), (["WATCHDOG_USEC": "3000000"], 1500), (["WATCHDOG_USEC": "x"], nil),
            (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"], nil), (["WATCHDOG_USEC": "-5"], nil),
        ] as [([String: String], Int?)]) func isToldTwiceInItsTime(_ environment: [String: String], _ pause: Int?)
    {
        #expect(ServiceManager(environment).watchdog == pause)
    }
}

/// What a service manager hears.
private struct Ear: ~Copyable {
    let name: String
    private let socket: Int32

    init(_ name: String) throws {
        self.name = "@obo-proxy-test-\(getpid())-\(name)"
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(self.name.utf8.dropFirst())
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            for (place, byte) in bytes.enumerated() { path[place + 1] = byte }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + bytes.count)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) }
        }
        try #require(status == 0)
    }

    deinit { close(socket) }

    /// The next message, if there is one.
    var heard: String? {
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = recv(socket, &bytes, bytes.count, 0)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }

    func hears(_ state: String) async {
        while true {
            if let heard {
                #expect(heard == state)
                return
            }
            await Task.yield()
        }
    }
}
