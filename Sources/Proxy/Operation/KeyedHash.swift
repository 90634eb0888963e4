internal import Bytes
internal import MCP
internal import OpenSSL
internal import Synchronization

/// HMAC-SHA-256 under one key for all workers: users' names in logs, owners of sessions.
final class KeyedHash: Sendable {
    private let hmac: Mutex<HMACSHA256>

    /// - Parameter setting: where the key comes from.
    init(_ key: Secret, setting: String = "session_key") throws(StartFault) {
        do { hmac = Mutex(try HMACSHA256(key: key)) } catch { throw .unusable(setting, "\(error)") }
    }

    func authenticate(_ message: Span<UInt8>) -> Digest256 {
        // The span can't be captured by the lock's closure; the messages are short.
        let copy = Array(message, message.indices)
        return hmac.withLock { $0.authenticate(copy.span) }
    }

    /// The user as logs name them: 12 hexadecimal digits that only holders of the key can relate to a person.
    func logName(of identity: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return authenticate(identity.span).bytes.prefix(6).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }

    /// Ties session ids to their users.
    /// - Parameter previous: under the key whose ids are still taken.
    func sessionKey(previous: KeyedHash?) -> SessionKey {
        guard let previous else { return SessionKey { self.authenticate($0) } }
        return SessionKey(hmac: { self.authenticate($0) }, previous: { previous.authenticate($0) })
    }
}
