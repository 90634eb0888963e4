internal import Bytes
internal import Glibc
internal import HTTP1
internal import Identity
internal import Libevent
internal import MCP
internal import OnBehalfOf

extension Worker {
    /// Answers for a call that could not go its way. The only place where a refusal meets the client.
    func refuse(_ call: Call, _ interruption: Interruption) async {
        out.removeAll()
        switch interruption {
        case .refused(let refusal):
            call.refusal = refusal
            if refusal == .bodyTooLarge { call.reached(.bodyBytes) }
            // Before the head is let go, since the challenge names the host that the client came by.
            let mode = mode(for: call)
            let question = await question(of: call, for: refusal)
            send(
                refusal.answer(
                    to: question, mode: mode, server: call.service?.name, request: call.id,
                    retryAfter: call.retryAfter), for: call)
        case .answered: finishBody(call)
        case .clientLeft:
            call.status = 499
            call.client.staysOpen = false
            // It may have closed its own side only and still read: an answer that ends with the close must not
            // look whole.
            call.client.isCut = call.client.isUntilClose
        case .cutShort:
            call.client.staysOpen = false
            call.client.isCut = true
        }
        call.client.wakeup.neverExpire()
    }

    /// What the refusal is an answer to. A JSON-RPC call waits for an error under its own id, so its body is read.
    private func question(of call: Call, for refusal: Refusal) async -> Question {
        defer { finishBody(call) }
        if call.asksForMetadata { return .metadata }
        switch call.head.method {
        case .get: return .get
        case .delete: return .delete
        case .post: break
        default: return .other
        }
        // Where the status says it all, nobody who waits for leave to send a body is asked for it.
        let isWorthwhile = call.service?.isStrict != true || !call.head.expectsContinue
        if call.isStreamed, !refusal.isPlainHTTP {
            await readOn(call)
            if call.isStreamed { return .post(call.leavesBody ? .unreadable : call.passedEnvelope) }
        }
        guard !refusal.isPlainHTTP, !call.isStreamed, !call.leavesBody, isWorthwhile,
            let message = await readMessage(call)
        else {
            return .post(.unreadable)
        }
        return .post(message.withSpan { Envelope.read($0) })
    }

    /// Reads the rest of a body whose beginning was forwarded, if that is not too much.
    func readOn(_ call: Call) async {
        guard !call.leavesBody else { return }
        let client = call.client
        var left = Self.mostReadOn
        client.wakeup.expire(after: restWait(call))
        while !call.body.isComplete, left > 0, !client.hasLeft, !client.wakeup.expired {
            let part = try? client.peer.withInput { bytes throws(BodyFault) in
                let part = try call.body.decode(bytes)
                call.keep(bytes.extracting(part.payload))
                return part
            }
            guard let part else { return }
            client.peer.consume(part.consumed)
            call.bytesIn &+= UInt64(part.payload.count)
            if call.bytesIn > call.shared.bodyLimit { left = 0 }
            left -= part.consumed
            if part.consumed == 0, !part.isComplete, !client.peer.fill() { await client.wakeup.wait() }
        }
        if client.wakeup.expired { call.reached(.body) }
        // Whoever has given up once does not wait again.
        call.leavesBody = !call.body.isComplete || left <= 0
        if !call.leavesBody { call.restore() }
    }

    /// Bytes that are read to find out under which id to answer.
    private static var mostReadOn: Int { 8 << 20 }

    /// Reads the whole request body, if it comes in time and within the limit.
    private func readMessage(_ call: Call) async -> ByteBuffer? {
        let client = call.client
        let message = ByteBuffer(capacity: 1024)
        let share = BodyShare(of: call.shared.lasting.refusedBodies, limit: call.shared.bodyLimit)
        var decoder = BodyDecoder(call.framing)
        client.peer.consume(call.head.byteCount)
        call.held = 0
        call.body = decoder
        client.wakeup.expire(after: restWait(call))
        if call.head.expectsContinue && client.peer.buffered == 0 { sendContinue(client) }
        while !decoder.isComplete {
            let part = try? client.peer.withInput { bytes throws(BodyFault) in
                let part = try decoder.decode(bytes)
                if part.payload.upperBound <= bytes.count { message.append(bytes.extracting(part.payload)) }
                return part
            }
            guard let part, UInt64(message.count) <= call.shared.bodyLimit else { return nil }
            guard share.covers(message.count) else {
                call.reached(.heldBodies)
                return nil
            }
            client.peer.consume(part.consumed)
            call.body = decoder
            if part.consumed > 0 || decoder.isComplete { continue }
            if client.peer.fill() && client.peer.buffered > 0 { continue }
            if client.wakeup.expired { call.reached(.body) }
            if client.hasLeft || client.wakeup.expired { return nil }
            await client.wakeup.wait()
        }
        call.bytesIn = UInt64(message.count)
        return message
    }

    /// Leaves the connection where the next request begins, or marks it as not to be used again.
    private func finishBody(_ call: Call) {
        let client = call.client
        if call.held > 0, let whole = call.wholeLength, client.peer.buffered >= whole {
            client.peer.consume(whole)
            call.held = 0
            return
        }
        call.letGo()
        if !call.body.isComplete {
            client.staysOpen = false
            client.hasUnreadBody = true
        }
    }

    func send(_ answer: Answer, for call: Call) {
        if answer.closes { call.client.staysOpen = false }
        call.status = answer.status
        call.bytesOut = UInt64(answer.body.count)
        out.appendStatusLine(UInt16(clamping: answer.status))
        call.appendOrigin(to: out)
        append(answer, closing: !call.client.staysOpen, sendsBody: call.head.method != .head)
        call.client.stream.send(out)
    }

    /// Appends all of an answer behind its status line.
    private func append(_ answer: Answer, closing: Bool, sendsBody: Bool) {
        date.append(to: out, now: time(nil))
        for field in answer.fields { out.append(string: "\(field.name): \(field.value)\r\n") }
        out.appendFraming(.length(UInt64(answer.body.count)))
        if closing { out.appendConnectionClose() }
        out.appendHeadEnd()
        if sendsBody { out.append(answer.body) }
    }

    /// A head that can't be understood: there is no call yet, and no telling where the next one would begin.
    func refuseHead(_ fault: HeadFault, from client: Client) {
        let isTooLarge = fault.reason == .headerTooLarge
        if isTooLarge { current.lasting.limits.reached(.headerBytes) }
        refuseUnread(isTooLarge ? .headerTooLarge : .badRequest, status: Int(fault.status), from: client)
    }

    /// Answers for a request that nobody has read, and will not.
    func refuseUnread(_ refusal: Refusal, status: Int, from client: Client) {
        let id = requestIDs.next()
        let answer = refusal.answer(to: .other, mode: .jsonrpc, server: nil, request: id)
        out.removeAll()
        out.appendStatusLine(UInt16(clamping: status))
        append(answer, closing: true, sendsBody: true)
        client.stream.send(out)
        client.staysOpen = false
        client.hasUnreadBody = true
        accountHead(refusal, status: status, id: id)
    }

    func sendContinue(_ client: Client) {
        out.append("HTTP/1.1 100 Continue\r\n\r\n" as StaticString)
        client.stream.send(out)
    }

    func sendLastChunk(to stream: Stream) {
        out.appendLastChunk()
        stream.send(out)
    }
}

extension Call {
    /// The bytes of head and body together, where they are known.
    fileprivate var wholeLength: Int? {
        switch framing {
        case .none: head.byteCount
        case .length(let size): head.byteCount &+ Int(clamping: min(size, 1 << 40))
        case .chunked, .untilClose: nil
        }
    }
}

extension Refusal {
    /// A user token's fault is the refusal of the same name.
    init(_ fault: TokenFault) {
        switch fault {
        case .missingToken: self = .missingToken
        case .placeholderToken: self = .placeholderToken
        case .malformedToken: self = .malformedToken
        case .idToken: self = .idToken
        case .appOnlyToken: self = .appOnlyToken
        case .invalidSignature: self = .invalidSignature
        case .wrongIssuer: self = .wrongIssuer
        case .wrongAudience: self = .wrongAudience
        case .expiredToken: self = .expiredToken
        case .notYetValid: self = .notYetValid
        case .missingScope: self = .missingScope
        case .keysUnavailable: self = .keysUnavailable
        }
    }

    /// An exchange's fault is the refusal of the same name.
    init(_ fault: ExchangeFault) {
        switch fault.reason {
        case .exchangeRejected: self = .exchangeRejected
        case .consentRequired: self = .consentRequired
        case .interactionRequired: self = .interactionRequired
        case .scopeMisconfigured: self = .scopeMisconfigured
        case .clientRejected: self = .clientRejected
        case .grantUnsupported: self = .grantUnsupported
        case .invalidExchangeResponse: self = .invalidExchangeResponse
        case .exchangeUnavailable: self = .exchangeUnavailable
        case .exchangeTimeout: self = .exchangeTimeout
        case .exchangeThrottled: self = .exchangeThrottled
        case .breakerOpen: self = .breakerOpen
        case .overloaded: self = .overloaded
        }
    }
}
