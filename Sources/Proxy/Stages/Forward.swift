internal import Bytes
internal import Glibc
internal import HTTP1
internal import Libevent
internal import MCP
internal import OnBehalfOf

extension Worker {
    /// Sends the request to its server with the minted token in place of the user's.
    func forward(
        _ call: Call, with credential: consuming MintedCredential, to service: Service
    ) async throws(Interruption) -> Upstream {
        try refuseRepeatedToken(call)
        noticeLeaving(call.client)
        if let whole = lengthToGather(call) { try await gatherBody(of: call, whole) }
        if call.client.hasLeft { throw .clientLeft }
        let upstream = try await connect(call, to: service)
        // From here to the send nothing may suspend: the head is built in the worker's own buffer.
        appendHead(of: call, to: service, credential)
        sendHead(of: call, to: upstream)
        return upstream
    }

    /// A request that repeats the user's token in the query or another field would carry it upstream.
    private func refuseRepeatedToken(_ call: Call) throws(Interruption) {
        let token = call.bearer
        if let query = call.head.query, call.repeats(token, in: query) { throw .refused(.badRequest) }
        for field in call.head.fields {
            let repeats = field.id != .authorization && call.repeats(token, in: field.value)
            if repeats || call.contains(token, in: field.name) { throw .refused(.badRequest) }
        }
    }

    /// The length of head and body, if the body is small and not all here.
    private func lengthToGather(_ call: Call) -> Int? {
        guard case .length(let size) = call.framing, size <= UInt64(PassedRequest.mostHeld) else { return nil }
        let whole = call.head.byteCount &+ Int(clamping: size)
        return call.client.peer.buffered < whole ? whole : nil
    }

    /// Waits for the rest of a small body. Many clients send head and body apart; a message that is still held when
    /// its server fails is answered under its own id, and a server never sees the half of it.
    private func gatherBody(of call: Call, _ whole: Int) async throws(Interruption) {
        let client = call.client
        client.wakeup.expire(after: call.shared.waits.body)
        if call.head.expectsContinue && client.peer.buffered == call.head.byteCount { sendContinue(client) }
        while client.peer.buffered < whole, !client.hasLeft {
            if client.peer.fill(most: whole) { continue }
            try heedLastMoment(call)
            await client.wakeup.wait()
            if client.wakeup.expired {
                try heedLastMoment(call)
                call.reached(.body)
                throw .refused(.badRequest)
            }
        }
        client.wakeup.neverExpire()
    }

    private func appendHead(of call: Call, to service: Service, _ credential: consuming MintedCredential) {
        let head = call.head
        call.client.peer.withInput { bytes in
            out.append(bytes.extracting(head.methodRange.range))
            out.append(byte: UInt8(ascii: " "))
            if let endpoint = call.endpoint {
                out.append(endpoint)
            } else {
                service.appendTarget(query: bytes, head.query, to: out)
            }
            out.append(service.headStart)
            head.appendForwardable(from: bytes, to: out, replacing: service.replaced)
        }
        out.appendVia()
        if let session = call.session {
            out.append("Mcp-Session-Id: " as StaticString)
            out.append(session)
            out.append("\r\n" as StaticString)
        }
        if let trace = call.trace {
            out.append("traceparent: " as StaticString)
            trace.append(span: call.id.bits, to: out)
            out.append("\r\n" as StaticString)
        }
        out.append("Authorization: " as StaticString)
        credential.append(to: out)
        out.append("\r\n" as StaticString)
        out.appendFraming(call.framing)
        out.append("\r\n" as StaticString)
    }

    /// Sends the head, together with a body that arrived whole with it.
    private func sendHead(of call: Call, to upstream: Upstream) {
        switch call.framing {
        case .length(let size) where call.holdsBody(of: size):
            unsafe call.client.peer.withInputBytes { bytes in
                let body = unsafe UnsafeRawBufferPointer(rebasing: bytes[call.head.byteCount..<call.held])
                unsafe upstream.stream.send(out, body)
            }
            call.bytesIn = size
        case .chunked where call.holdsChunks(limit: call.shared.bodyLimit):
            call.eachChunk { out.appendChunk($0) }
            sendLastChunk(to: upstream.stream)
        default:
            upstream.stream.send(out)
            if case .none = call.framing { return }
            beginStreaming(call)
        }
    }

    private func beginStreaming(_ call: Call) {
        if case .chunked = call.framing { call.beginStreaming(keeps: true) } else { call.beginStreaming(keeps: false) }
        if call.head.expectsContinue && call.client.peer.buffered == 0 { sendContinue(call.client) }
    }

    /// Moves what has arrived of a streamed body, as far as the server takes it.
    func pumpUpload(_ call: Call, to upstream: Upstream) throws(Interruption) {
        guard call.isStreamed, !call.body.isComplete else { return }
        let client = call.client.peer
        while upstream.stream.backlog < highWater, !upstream.stream.writeFailed, !call.body.isComplete {
            if client.buffered == 0 && (!client.fill() || client.buffered == 0) { return }
            let part = try decode(call)
            unsafe client.withInputBytes { bytes in
                let payload = unsafe UnsafeRawBufferPointer(rebasing: bytes[part.payload])
                unsafe send(payload, as: call.framing, to: upstream)
            }
            client.withInput { call.keep($0.extracting(part.payload)) }
            client.consume(part.consumed)
            if part.isComplete, case .chunked = call.framing { sendLastChunk(to: upstream.stream) }
            if part.isComplete { call.restore() }
            if part.consumed == 0 && !part.isComplete { return }
        }
    }

    private func decode(_ call: Call) throws(Interruption) -> BodyPart {
        do {
            // A gathered body may be all there, and would wait for the server in a second copy.
            let most = highWater
            let part = try call.client.peer.withInput { bytes throws(BodyFault) in
                try call.body.decode(bytes.extracting(..<min(bytes.count, most)))
            }
            call.bytesIn &+= UInt64(part.payload.count)
            if call.bytesIn > call.shared.bodyLimit { throw Interruption.refused(.bodyTooLarge) }
            return part
        } catch let interruption as Interruption {
            throw interruption
        } catch {
            throw .refused(.badRequest)
        }
    }

    private func send(_ payload: UnsafeRawBufferPointer, as framing: BodyFraming, to upstream: Upstream) {
        guard payload.count > 0 else { return }
        guard case .chunked = framing else { return unsafe upstream.stream.send(payload) }
        unsafe out.appendChunk(payload)
        upstream.stream.send(out)
    }
}

extension Call {
    /// Whether one part of the head holds the token, as it is or percent-encoded (RFC 3986 §2.1).
    fileprivate func repeats(_ token: ByteRange, in place: ByteRange) -> Bool {
        // Encoded it is longer still.
        guard place.count >= token.count else { return false }
        if contains(token, in: place) { return true }
        guard let plain = withBytes(place, { PercentEncoding.decoded($0) }) else { return false }
        return withBytes(token) { token in
            unsafe token.withUnsafeBytes { token in unsafe plain.withUnsafeBytes { unsafe $0.contains(token) } }
        }
    }

    /// Whether one part of the head holds another part's bytes.
    fileprivate func contains(_ needle: ByteRange, in place: ByteRange) -> Bool {
        guard place.count >= needle.count else { return false }
        return unsafe client.peer.withInputBytes { bytes in
            guard max(place.upperBound, needle.upperBound) <= bytes.count else { return true }
            return unsafe UnsafeRawBufferPointer(rebasing: bytes[place.range])
                .contains(UnsafeRawBufferPointer(rebasing: bytes[needle.range]))
        }
    }

    /// Notes that the whole body is in the client's buffer, if it is.
    fileprivate func holdsBody(of size: UInt64) -> Bool {
        let whole = head.byteCount &+ Int(clamping: size)
        guard size <= UInt64(PassedRequest.mostHeld), client.peer.buffered >= whole else { return false }
        held = whole
        body = BodyDecoder(.none)
        return true
    }

    /// Notes that a whole body in chunks is in the client's buffer, if it is. Unlike one whose length is known it is
    /// never waited for: its sender may want the answer to begin before the body ends.
    fileprivate func holdsChunks(limit: UInt64) -> Bool {
        // What is held already stays so, whatever has come behind it since.
        guard held > head.byteCount || client.peer.buffered &- head.byteCount <= PassedRequest.mostHeld else {
            return false
        }
        var size: UInt64 = 0
        guard let whole = eachChunk({ size &+= UInt64($0.count) }), size <= limit else { return false }
        held = whole
        body = BodyDecoder(.none)
        bytesIn = size
        return true
    }

    /// Lends the parts of a body in chunks that are in the client's buffer.
    /// - Returns: the length of head and body in chunks; nil when it is not all there, or malformed.
    @discardableResult
    func eachChunk(_ use: (Span<UInt8>) -> Void) -> Int? {
        client.peer.withInput { bytes in
            var (decoder, whole) = (BodyDecoder(.chunked), head.byteCount)
            while whole <= bytes.count {
                let rest = bytes.extracting(whole..<bytes.count)
                guard let part = try? decoder.decode(rest), part.consumed > 0 else { return nil }
                if !part.payload.isEmpty { use(rest.extracting(part.payload)) }
                whole &+= part.consumed
                if part.isComplete { return whole }
            }
            return nil
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes are in it somewhere.
    fileprivate func contains(_ needle: UnsafeRawBufferPointer) -> Bool {
        guard let start = baseAddress, let wanted = needle.baseAddress, needle.count <= count else { return false }
        return (0...count &- needle.count).contains { unsafe memcmp(start + $0, wanted, needle.count) == 0 }
    }
}

extension ByteBuffer {
    /// Appends one chunk (RFC 9112 section 7.1). Empty payloads must not come here: they would end the body.
    func appendChunk(_ payload: Span<UInt8>) {
        append(hexadecimal: UInt64(payload.count))
        append("\r\n" as StaticString)
        append(payload)
        append("\r\n" as StaticString)
    }

    /// The same.
    func appendChunk(_ payload: UnsafeRawBufferPointer) {
        append(hexadecimal: UInt64(payload.count))
        append("\r\n" as StaticString)
        unsafe append(payload)
        append("\r\n" as StaticString)
    }
}
