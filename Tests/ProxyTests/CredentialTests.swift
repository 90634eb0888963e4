import Configuration
import Foundation
import Libevent
import Logging
import OnBehalfOf
import OpenSSL
import Registered
import Testing

@testable import Proxy

/// What a test changes under somebody's hands.
private final class Held<Value> {
    var value: Value

    init(_ value: Value) { self.value = value }
}

@Suite struct RotatingTests {
    @Test func keepsTheLastGoodOneAndSaysSoOnce() throws {
        let (book, content) = (LogBook(), Held(Result<Int?, CredentialFault>.success(nil)))
        let log = CredentialLog(provider: "default", log: book.logger())
        let rotating = Rotating(1, "/secret", log) { old throws(CredentialFault) in
            try content.value.get()
        }
        func turn(_ next: Result<Int?, CredentialFault>) -> Int {
            content.value = next
            return rotating.current()
        }
        #expect(turn(.success(nil)) == 1 && book.events.isEmpty)
        let gone = CredentialFault.unusable("/secret", "no such file")
        #expect(turn(.failure(gone)) == 1)
        #expect(turn(.failure(gone)) == 1)
        #expect(book.events.map(\.level) == [.error])
        #expect(turn(.failure(.unusable("/secret", "empty"))) == 1)
        #expect(book.events.map(\.level) == [.error, .error])
        #expect(turn(.success(2)) == 2 && rotating.generation == 1)
        #expect(book.events.last?.level == .notice && book.events.count == 3)
        // A complaint that is over is news when it comes again.
        #expect(turn(.failure(gone)) == 2)
        #expect(book.events.count == 4)
    }
}

@Suite struct ExpiryWatchTests {
    private static let day = 86_400

    @Test func speaksOnceADayInTheLastThirty() {
        var watch = ExpiryWatch()
        let end = 100 * Self.day
        #expect(watch.days(until: end, now: 0) == nil)
        #expect(watch.days(until: end, now: 70 * Self.day) == nil)
        #expect(watch.days(until: end, now: 70 * Self.day + 1) == 29)
        #expect(watch.days(until: end, now: 70 * Self.day + 2) == nil)
        #expect(watch.days(until: end, now: 71 * Self.day) == nil)
        #expect(watch.days(until: end, now: 71 * Self.day + 1) == 28)
        #expect(watch.days(until: end, now: 200 * Self.day) == 0)
    }

    @Test func speaksOfEachCertificateAndAfterAClockThatWentBack() {
        var watch = ExpiryWatch()
        #expect(watch.days(until: 10 * Self.day, now: 5 * Self.day) == 5)
        #expect(watch.days(until: 11 * Self.day, now: 5 * Self.day) == 6)
        #expect(watch.days(until: 11 * Self.day, now: 4 * Self.day) == 7)
    }
}

@Suite final class RotatingCertificateTests {
    private let path = NSTemporaryDirectory() + "obo-certificate-\(UUID().uuidString).pem"

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }

    private func certificate(_ book: LogBook, clock: @escaping () -> Int) throws -> RotatingCertificate {
        let environment = ["OBO_CLIENT_SECRET": "", "OBO_CERTIFICATE": path]
        guard case .signedAssertion(let files, _)? = try configured(environment).providers["default"]?.credential else {
            throw StartFault.unusable("certificate", "not read")
        }
        return try RotatingCertificate(files, CredentialLog(provider: "default", log: book.logger()), clock: clock)
    }

    @Test func endsWhileItIsInUse() throws {
        try write(Registered.certificate + Registered.key)
        let (book, now) = (LogBook(), Held(0))
        let certificate = try certificate(book) { now.value }
        let end = try certificate.current().certificate.notAfter
        #expect(book.events.isEmpty)
        now.value = end - 10
        _ = try certificate.current()
        #expect(book.events.map(\.level) == [.warning])
        now.value = end + 1
        #expect(throws: CredentialFault.self) { try certificate.current() }
        do { _ = try certificate.current() } catch {
            #expect(error.text == "\(path): the certificate ended on 2126-10-29")
            #expect(error.exchangeFault.reason == .clientRejected)
        }
    }

    @Test func isReplaced() throws {
        try write(Registered.certificate + Registered.key)
        let certificate = try certificate(LogBook()) { 1_900_000_000 }
        let first = try certificate.current().certificate
        #expect(certificate.generation == 0)
        try write("half")
        #expect(try certificate.current().certificate == first && certificate.generation == 0)
        try write(Registered.otherCertificate + Registered.otherKey)
        #expect(try certificate.current().certificate != first && certificate.generation == 1)
        #expect(try certificate.current().key.type == .ellipticCurve(.p256))
    }

    /// An operator may put the next one in place early; until it begins no provider takes it.
    @Test func isReplacedWhenTheNextOneBegins() throws {
        try write(Registered.certificate + Registered.key)
        let now = Held(1_900_000_000)
        let certificate = try certificate(LogBook()) { now.value }
        let first = try certificate.current().certificate
        try write(Registered.otherCertificate + Registered.otherKey)
        let text = Array(Registered.otherCertificate.utf8)
        let next = try Certificate(pem: text.span)
        now.value = next.notBefore - 1
        #expect(try certificate.current().certificate == first)
        now.value = next.notBefore
        #expect(try certificate.current().certificate == next)
    }
}

@Suite struct ManagedIdentityRetryTests {
    @Test func doublesWithinItsTime() {
        let retries = ManagedIdentityRetries()
        let pauses = (1...6).map { retries.pause(after: $0, elapsed: 0, asked: nil) }
        #expect(pauses == [250, 500, 1000, 2000, 4000, 8000])
        #expect(retries.pause(after: .max, elapsed: 0, asked: nil) == 8000)
        #expect(retries.pause(after: 1, elapsed: 9_750, asked: nil) == nil)
        #expect(retries.pause(after: 1, elapsed: 9_749, asked: nil) == 250)
        #expect(retries.pause(after: 1, elapsed: .max, asked: nil) == nil)
    }

    @Test func waitsAsLongAsItIsAsked() {
        let retries = ManagedIdentityRetries()
        #expect(retries.pause(after: 1, elapsed: 0, asked: 3_000) == 3_000)
        #expect(retries.pause(after: 1, elapsed: 0, asked: 100) == 250)
        #expect(retries.pause(after: 1, elapsed: 0, asked: 60_000) == nil)
        #expect(retries.pause(after: 1, elapsed: 0, asked: .max) == nil)
    }
}

@Suite struct ManagedIdentityCredentialTests {
    private func exchanges(
        _ platform: ScriptedServer, _ script: @escaping ScriptedServer.Script
    ) async throws -> Exchanges {
        try await Exchanges(
            [
                "OBO_CLIENT_SECRET": "", "OBO_MANAGED_IDENTITY_CLIENT_ID": "m",
                "OBO_MANAGED_IDENTITY_ENDPOINT": "\(platform.url)/token",
            ], script)
    }

    @Test func asksOnceForACrowd() async throws {
        let platform = try await ScriptedServer { request in
            .send(ScriptedServer.answer(#"{"access_token":"platform-\#(request.number)","expires_in":"3600"}"#))
        }
        let exchanges = try await exchanges(platform) { request in
            let isRight = request.body.contains("client_assertion=platform-1")
            return Exchanges.token(isRight ? "minted" : "wrong")
        }
        await withTaskGroup { group in
            for i in 0..<50 { group.addTask { await exchanges.mint("user\(i)").outcome } }
            for await outcome in group { #expect(outcome == "Bearer minted") }
        }
        #expect(platform.requests.count == 1)
    }

    @Test func sharesAFailureAndForgetsIt() async throws {
        let platform = try await ScriptedServer { request in
            request.number == 1
                ? .send(ScriptedServer.answer("{}", status: 400))
                : .send(ScriptedServer.answer(#"{"access_token":"platform","expires_in":"3600"}"#))
        }
        let exchanges = try await exchanges(platform) { _ in Exchanges.token("minted") }
        #expect(await exchanges.mint("a").outcome == "client_rejected")
        #expect(await exchanges.mint("b").outcome == "Bearer minted")
        #expect(exchanges.server.requests.count == 1)
    }
}
