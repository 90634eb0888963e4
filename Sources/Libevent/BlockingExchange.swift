internal import Glibc

/// One question and one answer on a connection of its own, on the calling thread: for commands, never on a loop.
package enum BlockingExchange {
    /// Sends `question` and reads until the peer closes.
    /// - Parameters:
    ///   - seconds: for each wait.
    ///   - limit: bytes of the answer; what is beyond is left unread.
    /// - Throws: the system's error; `EAGAIN` when a wait took too long.
    package static func ask(
        _ address: SocketAddress, _ question: [UInt8], within seconds: Int, limit: Int = 65_536
    ) throws(SystemError) -> [UInt8] {
        let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .current }
        defer { close(descriptor) }
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            var time = timeval(tv_sec: seconds, tv_usec: 0)
            unsafe setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
        guard unsafe address.withPointer({ unsafe connect(descriptor, $0, $1) }) == 0 else { throw .current }
        // A few dozen bytes on a new connection go out as a whole.
        guard unsafe send(descriptor, question, question.count, Int32(MSG_NOSIGNAL)) == question.count else {
            throw .current
        }
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while answer.count < limit {
            let count = unsafe recv(descriptor, &part, part.count, 0)
            guard count >= 0 else { throw .current }
            if count == 0 { break }
            answer += part.prefix(count)
        }
        return answer
    }
}
