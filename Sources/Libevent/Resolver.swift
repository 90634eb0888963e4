internal import Dispatch
internal import Glibc
internal import Synchronization

/// Why a name gave no address.
package enum ResolveFault: Error, Sendable {
    /// The resolver's own answer, such as "Name or service not known".
    case notFound(String)
    /// Too many different names are being looked up; a dead name server must not collect threads without bound.
    case tooMany
    /// No answer in time.
    case timedOut
}

/// Names to addresses without blocking an event loop.
///
/// It asks the system's `getaddrinfo` on another thread rather than libevent's own DNS client: only the
/// system's honours nsswitch, search lists and what a container runtime adds.
package enum Resolver {
    private static let underway = Mutex<[String: [Asker]]>([:])
    private static let most = 32

    /// One who waits for an answer; the answer and the end of its time race for it.
    private final class Asker: Sendable {
        private let continuation: Mutex<CheckedContinuation<Answer, Never>?>

        init(_ continuation: CheckedContinuation<Answer, Never>) { self.continuation = Mutex(continuation) }

        func resume(_ answer: Answer) {
            let mine = continuation.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }
            mine?.resume(returning: answer)
        }
    }

    typealias Answer = Result<[SocketAddress], ResolveFault>

    /// The addresses of `host`, in the system's order of preference (RFC 6724). Literals are answered at once.
    ///
    /// Everyone who asks for one name while it is being looked up shares that look-up: a burst of calls to one
    /// server is one question.
    /// - Parameter milliseconds: the longest wait. The system's own, with a dead name server, is half a minute.
    package static func addresses(
        of host: String, port: UInt16, within milliseconds: Int
    ) async throws(ResolveFault) -> [SocketAddress] {
        if let literal = try? lookUp(host, port, AI_NUMERICHOST).get() { return literal }
        return try await answer(to: "\(host):\(port)", within: milliseconds) {
            lookUp(host, port, AI_ADDRCONFIG)
        }
    }

    /// The same with any way to look up, on a thread that it may block.
    static func answer(
        to question: String, within milliseconds: Int, _ lookUp: @escaping @Sendable () -> Answer
    ) async throws(ResolveFault) -> [SocketAddress] {
        let answer = await withCheckedContinuation { continuation in
            let asker = Asker(continuation)
            switch enter(asker, question) {
            case .leads: DispatchQueue.global().async { publish(lookUp(), on: question) }
            case .joins: break
            case .isTurnedAway: return asker.resume(.failure(.tooMany))
            }
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
                asker.resume(.failure(.timedOut))
            }
        }
        return try answer.get()
    }

    /// How many wait for one answer.
    static func askers(of question: String) -> Int { underway.withLock { $0[question]?.count ?? 0 } }

    private enum Entry { case leads, joins, isTurnedAway }

    private static func enter(_ asker: Asker, _ question: String) -> Entry {
        underway.withLock { underway in
            if underway[question] != nil {
                underway[question]?.append(asker)
                return .joins
            }
            guard underway.count < most else { return .isTurnedAway }
            underway[question] = [asker]
            return .leads
        }
    }

    private static func publish(_ answer: Answer, on question: String) {
        for asker in underway.withLock({ $0.removeValue(forKey: question) }) ?? [] { asker.resume(answer) }
    }

    /// Blocks the calling thread; for start-up only.
    package static func addressesBlocking(of host: String, port: UInt16) throws(ResolveFault) -> [SocketAddress] {
        try lookUp(host, port, 0).get()
    }

    private static func lookUp(
        _ host: String, _ port: UInt16, _ flags: Int32
    ) -> Answer {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = flags
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else { return .failure(.notFound(unsafe String(cString: gai_strerror(status)))) }
        defer { unsafe freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe entry.pointee.ai_addr {
                found.append(unsafe SocketAddress(copying: address, length: entry.pointee.ai_addrlen))
            }
            unsafe next = entry.pointee.ai_next
        }
        return .success(found)
    }
}
