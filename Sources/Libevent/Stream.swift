package import Bytes
internal import CLibevent
internal import Glibc

/// One connected socket: a persistent read event, a write event armed only when the kernel's buffer is full,
/// and the bytes that did not fit. Reading and writing happen at once, in the caller's turn.
///
/// Back-pressure: a side that is not read has its read event taken out after one unanswered readiness, so the
/// kernel's buffer fills and the peer is slowed; `backlog` tells a writer when to stop reading the other side.
/// Not Sendable: it lives on its loop. `@safe`: the events are made here and freed in `close`, never inside a callback.
@safe
package final class Stream {
    /// The socket, for logging and TLS.
    package let descriptor: Int32
    /// Woken when the stream becomes readable, drained or broken.
    package var wakeup: Wakeup?
    /// TLS, once its handshake may begin.
    package var transport: (any Transport)? {
        // The handshake may have read more than its own messages, which no event will announce.
        didSet { mayRead = true }
    }
    /// Whether a read may bring something; false until the kernel says so.
    package private(set) var mayRead = true
    /// Whether the peer or the kernel has refused our bytes.
    package private(set) var writeFailed = false
    /// Bytes accepted by `send` and not yet by the kernel.
    package var backlog: Int { unsent?.count ?? 0 }
    /// Whether `close` was called.
    package private(set) var isClosed = false

    private let loop: EventLoop
    private var readEvent: OpaquePointer?
    private var writeEvent: OpaquePointer?
    private var readArmed = false
    private var writeArmed = false
    private var unsent: ByteBuffer?

    /// Takes ownership of a connected, non-blocking socket.
    package init(adopting descriptor: Int32, on loop: EventLoop) {
        self.descriptor = descriptor
        self.loop = loop
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe readEvent = event_new(loop.base, descriptor, Int16(EV_READ | EV_PERSIST), becameReadable, me)
        armRead()
    }

    deinit { close() }

    /// Closes at once; unsent bytes are lost. Safe to call again.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        if let readEvent = unsafe readEvent { unsafe event_free(readEvent) }
        if let writeEvent = unsafe writeEvent { unsafe event_free(writeEvent) }
        unsafe readEvent = nil
        unsafe writeEvent = nil
        transport?.sayGoodbye()
        transport = nil
        unsent = nil
        _ = Glibc.close(descriptor)
    }

    /// Closes with a reset, so that a peer that reads until the end can't take what it got for the whole.
    package func abort() {
        guard !isClosed else { return }
        var now = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        // Nor by TLS's own word: a close_notify would say that all was sent.
        transport = nil
        close()
    }

    /// Ends our direction and keeps reading (RFC 9112 §9.6: or a reset could take the answer from the peer).
    package func finishWriting() {
        transport?.sayGoodbye()
        shutdown(descriptor, Int32(SHUT_WR))
    }

    // MARK: Reading

    /// Appends what the kernel has, up to about `limit` bytes.
    package func read(into buffer: ByteBuffer, limit: Int) -> ReadResult {
        guard mayRead, !isClosed else { return isClosed ? .failed : .wouldBlock }
        var result = ReadResult.failed
        unsafe buffer.fill(atLeast: max(limit, 1)) { space in
            let space = unsafe UnsafeMutableRawBufferPointer(rebasing: space.prefix(limit))
            if let transport {
                result = unsafe readEncrypted(transport, into: space)
            } else {
                result = unsafe readPlain(into: space)
            }
            if case .bytes(let count) = result { return count }
            return 0
        }
        return result
    }

    private func readPlain(into space: UnsafeMutableRawBufferPointer) -> ReadResult {
        let count = unsafe recv(descriptor, space.baseAddress, space.count, 0)
        if count > 0 {
            // A short read emptied the kernel's buffer: no second call to learn that.
            if count < space.count { waitForReadiness() }
            return .bytes(count)
        }
        if count == 0 { return .end(clean: true) }
        let error = SystemError.current
        guard error.isWouldBlock || error.code == EINTR else { return .failed }
        waitForReadiness()
        return .wouldBlock
    }

    private func readEncrypted(_ transport: any Transport, into space: UnsafeMutableRawBufferPointer) -> ReadResult {
        switch unsafe transport.read(into: space) {
        case .done(let count):
            // Events come again as long as the kernel has bytes; only for what waits inside nobody would call.
            if !transport.hasBuffered { waitForReadiness() }
            return .bytes(count)
        case .wantsRead:
            waitForReadiness()
            return .wouldBlock
        case .wantsWrite:
            waitForReadiness()
            armWrite()
            return .wouldBlock
        case .end(let clean): return .end(clean: clean)
        case .failed: return .failed
        }
    }

    /// To be called when a step of the transport outside `read` wants the socket readable.
    package func waitForReadiness() {
        mayRead = false
        armRead()
    }

    private func armRead() {
        guard !readArmed, let readEvent = unsafe readEvent else { return }
        readArmed = true
        unsafe event_add(readEvent, nil)
    }

    fileprivate func noteReadable() {
        if mayRead {
            // Told before and nobody read: stop listening until somebody does.
            if readArmed, let readEvent = unsafe readEvent {
                readArmed = false
                unsafe event_del(readEvent)
            }
            return
        }
        mayRead = true
        wakeup?.fire()
    }

    // MARK: Writing

    /// Sends all that `buffer` holds and empties it; what the kernel does not take waits in `backlog`.
    @inline(__always)
    package func send(_ buffer: ByteBuffer) {
        unsafe buffer.withBytes { unsafe send($0) }
        buffer.removeAll()
    }

    /// Sends bytes; what the kernel does not take is copied and waits in `backlog`.
    package func send(_ bytes: UnsafeRawBufferPointer) {
        guard !writeFailed, !isClosed, bytes.count > 0 else { return }
        if let unsent, !unsent.isEmpty {
            unsafe unsent.append(bytes)
            return
        }
        let taken = unsafe write(bytes)
        if taken < bytes.count, !writeFailed { unsafe keep(UnsafeRawBufferPointer(rebasing: bytes[taken...])) }
    }

    /// Sends a head, empties it, and sends a body behind it, in one call to the kernel where that pays.
    package func send(_ head: ByteBuffer, _ body: UnsafeRawBufferPointer) {
        if head.isEmpty { return unsafe send(body) }
        let copyIsCheaper = body.count <= 1024
        if transport == nil && backlog == 0 && !copyIsCheaper {
            // A head is often built in a buffer that other connections use next: it must never stay there.
            defer { head.removeAll() }
            guard !writeFailed, !isClosed else { return }
            unsafe sendGathered(head, body)
        } else if copyIsCheaper || backlog > 0 || body.count <= 16 * 1024 {
            unsafe head.append(body)
            send(head)
        } else {
            // More than a TLS record: a head's buffer would keep the room for it for good.
            send(head)
            unsafe send(body)
        }
    }

    private func sendGathered(_ head: ByteBuffer, _ body: UnsafeRawBufferPointer) {
        unsafe head.withBytes { head in
            var parts = unsafe (
                iovec(iov_base: UnsafeMutableRawPointer(mutating: head.baseAddress), iov_len: head.count),
                iovec(iov_base: UnsafeMutableRawPointer(mutating: body.baseAddress), iov_len: body.count)
            )
            let count = unsafe withUnsafeBytes(of: &parts) {
                unsafe writev(descriptor, $0.baseAddress?.assumingMemoryBound(to: iovec.self), 2)
            }
            let taken = accepted(count)
            if taken < head.count { unsafe keep(UnsafeRawBufferPointer(rebasing: head[taken...])) }
            let fromBody = max(taken - head.count, 0)
            if fromBody < body.count { unsafe keep(UnsafeRawBufferPointer(rebasing: body[fromBody...])) }
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let transport else {
            return accepted(unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)))
        }
        var taken = 0
        while taken < bytes.count {
            switch unsafe transport.write(from: UnsafeRawBufferPointer(rebasing: bytes[taken...])) {
            case .done(let count): taken += count
            case .wantsRead, .wantsWrite: return taken
            case .end, .failed:
                writeFailed = true
                return taken
            }
        }
        return taken
    }

    private func accepted(_ count: Int) -> Int {
        if count >= 0 { return count }
        let error = SystemError.current
        if !error.isWouldBlock && error.code != EINTR { writeFailed = true }
        return 0
    }

    private func keep(_ rest: UnsafeRawBufferPointer) {
        guard !writeFailed else { return }
        let waiting = unsent ?? ByteBuffer(capacity: max(rest.count, 4096))
        unsent = waiting
        unsafe waiting.append(rest)
        armWrite()
    }

    /// Has the wakeup fire when the socket can take bytes again, or has finished connecting.
    package func armWrite() {
        if unsafe writeEvent == nil, !isClosed {
            let me = unsafe Unmanaged.passUnretained(self).toOpaque()
            unsafe writeEvent = event_new(loop.base, descriptor, Int16(EV_WRITE | EV_PERSIST), becameWritable, me)
        }
        guard !writeArmed, let writeEvent = unsafe writeEvent else { return }
        writeArmed = true
        unsafe event_add(writeEvent, nil)
    }

    fileprivate func noteWritable() {
        if let unsent, !unsent.isEmpty {
            unsent.consume(unsafe unsent.withBytes { unsafe write($0) })
            guard unsent.isEmpty || writeFailed else { return }
        }
        unsent = nil
        // A read of TLS may be what waited for the socket to take bytes.
        if transport != nil { mayRead = true }
        if writeArmed, let writeEvent = unsafe writeEvent {
            writeArmed = false
            unsafe event_del(writeEvent)
        }
        wakeup?.fire()
    }
}

private func becameReadable(_: Int32, _: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<Stream>.fromOpaque(context).takeUnretainedValue().noteReadable()
}

private func becameWritable(_: Int32, _: Int16, _ context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<Stream>.fromOpaque(context).takeUnretainedValue().noteWritable()
}
