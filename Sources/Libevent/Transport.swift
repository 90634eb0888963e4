/// What lies between a stream and its socket: TLS. Plain streams have none.
package protocol Transport: AnyObject {
    /// Reads decrypted bytes into free space.
    func read(into space: UnsafeMutableRawBufferPointer) -> TransportResult
    /// Encrypts and sends some of the bytes.
    func write(from bytes: UnsafeRawBufferPointer) -> TransportResult
    /// Whether bytes wait inside, which no event of the socket will announce.
    var hasBuffered: Bool { get }
    /// Says to the peer that no more will come (TLS close_notify), without waiting.
    func sayGoodbye()
}

/// What one non-blocking step came to.
package enum TransportResult {
    /// So many bytes moved.
    case done(Int)
    /// Again when the socket is readable.
    case wantsRead
    /// Again when the socket is writable.
    case wantsWrite
    /// The peer ended; `clean` only if it said so itself rather than just closing the connection.
    case end(clean: Bool)
    /// The connection is of no more use.
    case failed
}

/// What a read came to.
package enum ReadResult: Equatable {
    /// So many bytes were appended, at least one.
    case bytes(Int)
    /// Nothing now; the wakeup fires when there is.
    case wouldBlock
    /// The peer will send no more. Not `clean`: it may have been cut off (TLS without close_notify).
    case end(clean: Bool)
    /// The connection broke.
    case failed
}
