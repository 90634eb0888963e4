import Bytes
import Glibc
import HTTP1
import Libevent
import Testing

@testable import Proxy

/// A caller where many can use it at once.
private actor Calls {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let caller: HTTPCaller

    init(_ port: UInt16) throws {
        loop = try EventLoop()
        try loop.start()
        caller = HTTPCaller(Endpoint(host: "127.0.0.1", port: port, tls: nil), on: loop, keeping: 4)
    }

    deinit { loop.stop() }

    func call(
        _ path: String = "/", method: Method = .get, within milliseconds: Int = 10_000
    ) async throws(CallFault) -> HTTPReply {
        let request = ByteBuffer()
        let line = method == .get ? "GET \(path) HTTP/1.1" : "POST \(path) HTTP/1.1\r\nContent-Length: 0"
        request.append(string: "\(line)\r\nHost: a\r\n\r\n")
        return try await caller.call(request, method, within: milliseconds)
    }

    /// The fault that a call came to.
    func fault(_ path: String = "/", method: Method = .get, within milliseconds: Int = 10_000) async -> String {
        do {
            _ = try await call(path, method: method, within: milliseconds)
            return "none"
        } catch { return error.text }
    }
}

extension HTTPReply {
    fileprivate var text: String { String(decoding: body, as: UTF8.self) }
}

@Suite struct HTTPCallerTests {
    private static func answering(_ reply: ScriptedServer.Reply) async throws -> (ScriptedServer, Calls) {
        let server = try await ScriptedServer { _ in reply }
        return (server, try Calls(server.port))
    }

    @Test func theAnswersPartsAreRead() async throws {
        let (server, calls) = try await Self.answering(
            .send(
                ScriptedServer.answer(
                    "{}", status: 429, type: "application/json; x=y", "Retry-After: 7",
                    "Date: Sun, 06 Nov 1994 08:49:37 GMT")))
        let reply = try await calls.call("/path?q")
        #expect(reply.status == 429)
        #expect(reply.contentType == "application/json; x=y")
        #expect(reply.retryAfter == "7")
        #expect(reply.date == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(reply.text == "{}")
        #expect(server.requests.map(\.head) == ["GET /path?q HTTP/1.1\r\nHost: a\r\n\r\n"])
    }

    @Test func aConnectionServesCallAfterCall() async throws {
        let (server, calls) = try await Self.answering(.send(ScriptedServer.answer("ok")))
        for _ in 0..<5 { #expect(try await calls.call().text == "ok") }
        #expect(server.requests.count == 5)
        #expect(server.connections == 1)
    }

    @Test func aConnectionThatTheServerGivesUpIsNotUsedAgain() async throws {
        let (server, calls) = try await Self.answering(
            .send(ScriptedServer.answer("ok", "Connection: close")))
        for _ in 0..<3 { #expect(try await calls.call().text == "ok") }
        #expect(server.connections == 3)
    }

    @Test func aSilentServerIsNotWaitedForBeyondTheTime() async throws {
        let gate = Gate()
        let server = try await ScriptedServer { _ in
            await gate.pass()
            return .close
        }
        let calls = try Calls(server.port)
        #expect(await calls.fault(within: 1_000) == CallFault.timedOut.text)
        // Once is enough: it may have been understood, and the time is over.
        #expect(server.requests.count == 1)
        await gate.open()
    }

    @Test func halfAnAnswerIsNotWaitedForEither() async throws {
        let server = try await ScriptedServer { request in
            request.path == "/head"
                ? .send("HTTP/1.1 200 OK\r\nConte") : .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        }
        let calls = try Calls(server.port)
        #expect(await calls.fault("/head", within: 1_000) == CallFault.timedOut.text)
        #expect(await calls.fault("/body", within: 1_000) == CallFault.timedOut.text)
        #expect(server.requests.count == 2)
    }

    @Test func aKeptConnectionThatTurnsOutClosedCostsNoCall() async throws {
        let server = try await ScriptedServer { request in
            // The second request crosses the close of the connection that it came on.
            request.number == 2 ? .close : .send(ScriptedServer.answer("ok"))
        }
        let calls = try Calls(server.port)
        #expect(try await calls.call("/1").text == "ok")
        #expect(try await calls.call("/2").text == "ok")
        #expect(server.requests.map(\.path) == ["/1", "/2", "/2"])
        #expect(server.requests.map(\.connection) == [1, 1, 2])
    }

    /// It may have been acted on, for all we know; whether it is tried again is the caller's to decide and to count.
    @Test func aPostIsNotSentAgain() async throws {
        let server = try await ScriptedServer { request in
            request.number == 2 ? .close : .send(ScriptedServer.answer("ok"))
        }
        let calls = try Calls(server.port)
        #expect(try await calls.call("/1").text == "ok")
        #expect(await calls.fault("/2", method: .post) == CallFault.noAnswer.text)
        #expect(server.requests.map(\.path) == ["/1", "/2"])
    }

    @Test func aFreshConnectionThatIsClosedIsNotTriedAgain() async throws {
        let (server, calls) = try await Self.answering(.close)
        #expect(await calls.fault() == CallFault.noAnswer.text)
        #expect(server.requests.count == 1)
    }

    @Test func aSecondCloseIsFinal() async throws {
        let server = try await ScriptedServer { request in
            request.number == 1 ? .send(ScriptedServer.answer("ok")) : .close
        }
        let calls = try Calls(server.port)
        _ = try await calls.call()
        #expect(await calls.fault() == CallFault.noAnswer.text)
        #expect(server.requests.count == 3)
    }

    @Test func nobodyListens() async throws {
        let address = try Resolver.addressesBlocking(of: "127.0.0.1", port: 0)[0]
        // Bound and closed again: nobody else gets that port so soon.
        let socket = try Listener.bind(address)
        let port = try #require(Listener.address(of: socket)).port
        close(socket)
        let calls = try Calls(port)
        await #expect(throws: CallFault.self) { try await calls.call() }
        #expect(await calls.fault().contains("refused"))
    }

    static let readable: [(String, ScriptedServer.Reply)] = [
        (
            "chunks",
            .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nwh\r\n3;x=y\r\nole\r\n0\r\nT: x\r\n\r\n")
        ),
        ("until the close", .sendAndClose("HTTP/1.1 200 OK\r\n\r\nwhole")),
        ("HTTP/1.0", .sendAndClose("HTTP/1.0 200 OK\r\n\r\nwhole")),
        (
            "interim answers",
            .send(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                    + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole")
        ),
    ]

    @Test(arguments: readable.indices) func whatIsWholeIsRead(_ index: Int) async throws {
        let (server, calls) = try await Self.answering(Self.readable[index].1)
        #expect(try await calls.call().text == "whole", "\(Self.readable[index].0)")
        #expect(try await calls.call().text == "whole", "\(Self.readable[index].0)")
        #expect(server.requests.count == 2)
    }

    static let unreadable: [(String, ScriptedServer.Reply, String)] = [
        ("cut length", .sendAndClose("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), CallFault.cutOff.text),
        (
            "cut chunk",
            .sendAndClose("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"), CallFault.cutOff.text
        ),
        (
            "no last chunk",
            .sendAndClose("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"), CallFault.cutOff.text
        ),
        ("cut head", .sendAndClose("HTTP/1.1 200 OK\r\nContent-"), CallFault.cutOff.text),
        (
            "interim without end",
            .send(String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 1000)), CallFault.malformed.text
        ),
        ("interim only", .sendAndClose("HTTP/1.1 100 Continue\r\n\r\n"), CallFault.noAnswer.text),
        ("another protocol", .sendAndClose("SSH-2.0-OpenSSH_9.9\r\n\r\n"), CallFault.malformed.text),
        (
            "bad chunk", .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), CallFault.malformed.text
        ),
        ("declared too large", .send("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n"), CallFault.tooLarge.text),
        (
            "too large", .send("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: (1 << 20) + 1)),
            CallFault.tooLarge.text
        ),
        (
            "head too large",
            .send("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 40_000) + "\r\n\r\n"),
            CallFault.malformed.text
        ),
    ]

    @Test(arguments: unreadable.indices) func whatIsNotWholeIsAFault(_ index: Int) async throws {
        let (name, reply, fault) = Self.unreadable[index]
        let (server, calls) = try await Self.answering(reply)
        #expect(await calls.fault() == fault, "\(name)")
        #expect(server.requests.count == 1, "\(name): asked again")
        // The connection's rest must not be taken for the next answer.
        #expect(await calls.fault() == fault, "\(name)")
        #expect(server.connections == 2, "\(name)")
    }

    /// Its bytes are not of the type it names, and inflating them would let a provider choose our memory.
    @Test(arguments: ["gzip", "GZIP", "br", "identity, gzip", "x"])
    func aCodedBodyHasNoType(_ coding: String) async throws {
        let (server, calls) = try await Self.answering(
            .send(ScriptedServer.answer("{}", status: 503, "Content-Encoding: \(coding)", "Retry-After: 3")))
        let reply = try await calls.call()
        #expect(reply.contentType.isEmpty)
        #expect(reply.status == 503 && reply.retryAfter == "3")
        #expect(server.requests.count == 1)
    }

    @Test func theIdentityIsNoCoding() async throws {
        let (server, calls) = try await Self.answering(
            .send(ScriptedServer.answer("{}", "Content-Encoding: Identity")))
        #expect(try await calls.call().contentType == "application/json")
        #expect(server.requests.count == 1)
    }

    @Test func aMebibyteIsRead() async throws {
        let body = String(repeating: "x", count: 1 << 20)
        let (server, calls) = try await Self.answering(.send(ScriptedServer.answer(body)))
        #expect(try await calls.call().body.count == 1 << 20)
        #expect(server.requests.count == 1)
    }

    @Test func whatFollowsAnAnswerSpoilsItsConnection() async throws {
        let (server, calls) = try await Self.answering(
            .send(ScriptedServer.answer("ok") + ScriptedServer.answer("injected")))
        for _ in 0..<3 { #expect(try await calls.call().text == "ok") }
        #expect(server.connections == 3)
    }
}
