import Bytes
import Configuration
import HTTP1
import MCP
import Testing

@testable import Libevent
@testable import Proxy

/// A call whose client is one end of a socket pair.
private struct Caller {
    let pair: SocketPair
    let call: Call

    init(_ request: String, on loop: EventLoop) throws {
        pair = SocketPair(on: loop)
        var scanned = 0
        let head = try RequestHead.parse(Array(request.utf8).span, limits: HeadLimits(), scanned: &scanned)
        let client = Client(pair.near, wakeup: Wakeup(on: loop), door: 0)
        let shared = try Shared(try configured(), workers: 1, log: LogBook().logger(), control: loop)
        call = Call(try #require(head), id: RequestID(bits: 0), on: client, under: shared)
    }

    /// What the client has been sent, once at least `count` bytes are there.
    func received(_ count: Int, on loop: EventLoop) async -> String {
        let (wakeup, input) = (Wakeup(on: loop), ByteBuffer())
        defer { wakeup.invalidate() }
        pair.far.wakeup = wakeup
        while input.count < count {
            if case .wouldBlock = pair.far.read(into: input, limit: 4096) { await wakeup.wait() }
        }
        return input.text
    }
}

private let upload = "POST /t HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
private let bare = "POST /t HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"

@Suite struct UploadClockTests {
    private let body = 60_000
    private let response = 600_000

    @Test func theClientsTimeRunsWhileItSends() async throws {
        let actor = try LoopActor()
        try await actor.run { actor in
            let caller = try Caller(upload, on: actor.loop)
            let call = caller.call
            var clock = UploadClock(call, body: body, response: response)
            #expect(call.client.wakeup.deadline <= EventLoop.now + UInt64(body))
            #expect(clock.refusal(serverTakesBody: true) == .badRequest)
            #expect(clock.refusal(serverTakesBody: false) == .upstreamTimeout)

            // Nothing came: the time goes on running.
            call.client.wakeup.deadline = 1
            clock.look(at: call)
            #expect(call.client.wakeup.deadline == 1)

            // Something came: it begins anew.
            call.bytesIn = 4
            clock.look(at: call)
            #expect(call.client.wakeup.deadline > 1)
            #expect(call.client.wakeup.deadline <= EventLoop.now + UInt64(body))
            #expect(clock.refusal(serverTakesBody: true) == .badRequest)
        }
    }

    @Test func theServersTimeRunsFromTheEndOfTheBody() async throws {
        let actor = try LoopActor()
        try await actor.run { actor in
            let caller = try Caller(upload, on: actor.loop)
            let call = caller.call
            var clock = UploadClock(call, body: body, response: response)
            call.body = BodyDecoder(.none)
            let before = EventLoop.now
            clock.look(at: call)
            #expect(call.client.wakeup.deadline >= before + UInt64(response))
            #expect(clock.refusal(serverTakesBody: true) == .upstreamTimeout)
            call.client.wakeup.deadline = 1
            clock.look(at: call)
            #expect(call.client.wakeup.deadline == 1, "a server can't buy time")
        }
    }

    @Test func withoutABodyTheServersTimeRunsAtOnce() async throws {
        let actor = try LoopActor()
        try await actor.run { actor in
            let caller = try Caller(bare, on: actor.loop)
            let before = EventLoop.now
            let clock = UploadClock(caller.call, body: body, response: response)
            #expect(caller.call.client.wakeup.deadline >= before + UInt64(response))
            #expect(clock.refusal(serverTakesBody: true) == .upstreamTimeout)
        }
    }
}

@Suite struct RelayClockTests {
    private static func timeouts(idle: String, keepAlive: String) throws -> Timeouts {
        let server = try #require(
            try configured(["OBO_TIMEOUTS_STREAM_IDLE": idle, "OBO_TIMEOUTS_SSE_KEEPALIVE": keepAlive]).servers.first)
        return Timeouts(server.timeouts)
    }

    private static func stream(chunked: Bool = true) throws -> AnswerBody {
        var scanned = 0
        let text = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        let request = "GET /t HTTP/1.\(chunked ? 1 : 0)\r\nHost: a\r\n\r\n"
        let head = try #require(
            try ResponseHead.parse(Array(text.utf8).span, answering: .get, limits: HeadLimits(), scanned: &scanned))
        scanned = 0
        return AnswerBody(
            head,
            to: try #require(
                try RequestHead.parse(Array(request.utf8).span, limits: HeadLimits(), scanned: &scanned)))
    }

    private static func expiry(of wakeup: Wakeup) async { while !wakeup.expired { await wakeup.wait() } }

    @Test(arguments: [true, false]) func anIdleStreamIsKeptAliveByAComment(_ chunked: Bool) async throws {
        let actor = try LoopActor()
        try await actor.run { actor in
            let caller = try Caller(bare, on: actor.loop)
            let wakeup = caller.call.client.wakeup
            var answer = try Self.stream(chunked: chunked)
            var clock = RelayClock(
                answer.takesComments, try Self.timeouts(idle: "300s", keepAlive: "1ms"), wakeup)
            await Self.expiry(of: wakeup)
            try clock.check(caller.call, &answer)
            // Before anything suspends: the next look is due in a millisecond.
            #expect(!wakeup.expired)
            let comment = chunked ? "3\r\n:\n\n\r\n" : ":\n\n"
            #expect(await caller.received(comment.utf8.count, on: actor.loop) == comment)
        }
    }

    @Test func noCommentInsideAnEvent() async throws {
        let actor = try LoopActor()
        try await actor.run { actor in
            let caller = try Caller(bare, on: actor.loop)
            let wakeup = caller.call.client.wakeup
            var answer = try Self.stream()
            var clock = RelayClock(true, try Self.timeouts(idle: "300s", keepAlive: "1ms"), wakeup)
            answer.boundary.feed("data: half".utf8.span)
            await Self.expiry(of: wakeup)
            try clock.check(caller.call, &answer)
            answer.boundary.feed("\n\n".utf8.span)
            await Self.expiry(of: wakeup)
            try clock.check(caller.call, &answer)
            // Exactly one, after the event: the first look has said nothing.
            caller.call.client.stream.send("!")
            #expect(await caller.received(9, on: actor.loop) == "3\r\n:\n\n\r\n!")
        }
    }

    @Test func noCommentsWhereNoneAreTaken() async throws {
        let actor = try LoopActor()
        try await actor.run { actor in
            let caller = try Caller(bare, on: actor.loop)
            let wakeup = caller.call.client.wakeup
            let before = EventLoop.now
            _ = RelayClock(false, try Self.timeouts(idle: "300s", keepAlive: "1ms"), wakeup)
            #expect(wakeup.deadline >= before + 300_000)
        }
    }

    @Test func aSilentServerIsCutOff() async throws {
        let actor = try LoopActor()
        try await actor.run { actor in
            let caller = try Caller(bare, on: actor.loop)
            let wakeup = caller.call.client.wakeup
            var answer = try Self.stream()
            var clock = RelayClock(true, try Self.timeouts(idle: "1ms", keepAlive: "10s"), wakeup)
            await Self.expiry(of: wakeup)
            do throws(Interruption) {
                try clock.check(caller.call, &answer)
                Issue.record("still waiting")
            } catch {
                if case .refused(.upstreamTimeout) = error { return }
                Issue.record("not the timeout: \(error)")
            }
        }
    }

    /// A client that has not taken what it was sent keeps the server from speaking: nothing is said of the server, nor
    /// to the client.
    @Test func aClientThatTakesNothingIsCutOff() async throws {
        let actor = try LoopActor()
        try await actor.run { actor in
            let caller = try Caller(bare, on: actor.loop)
            let call = caller.call
            let wakeup = call.client.wakeup
            var answer = try Self.stream()
            while call.client.stream.backlog == 0 { call.client.stream.send(String(repeating: "x", count: 1 << 16)) }
            let backlog = call.client.stream.backlog
            var patient = RelayClock(true, try Self.timeouts(idle: "300s", keepAlive: "1ms"), wakeup)
            await Self.expiry(of: wakeup)
            try patient.check(call, &answer)
            #expect(call.client.stream.backlog == backlog)
            var clock = RelayClock(true, try Self.timeouts(idle: "1ms", keepAlive: "10s"), wakeup)
            await Self.expiry(of: wakeup)
            do throws(Interruption) {
                try clock.check(call, &answer)
                Issue.record("still waiting")
            } catch {
                if case .cutShort = error { return }
                Issue.record("not cut short: \(error)")
            }
        }
    }

    /// The wait goes on for what is left of it, not for a whole one more: a server that fell silent just after the
    /// clock was armed would be waited for twice as long as configured.
    @Test func theNextLookIsDueWhenTheSilenceIsTooLong() async throws {
        let actor = try LoopActor()
        try await actor.run { actor in
            let caller = try Caller(bare, on: actor.loop)
            let wakeup = caller.call.client.wakeup
            var answer = try Self.stream()
            var clock = RelayClock(true, try Self.timeouts(idle: "60s", keepAlive: "40s"), wakeup)
            clock.heard()
            let heard = EventLoop.now
            // As long as the loop takes to notice an earlier deadline.
            wakeup.expire(after: 50)
            await Self.expiry(of: wakeup)
            #expect(EventLoop.now > heard)
            try clock.check(caller.call, &answer)
            #expect(wakeup.deadline <= heard + 40_000)
        }
    }
}
