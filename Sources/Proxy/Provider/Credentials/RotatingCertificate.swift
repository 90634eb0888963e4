internal import Configuration
internal import Glibc
internal import OpenSSL

/// A client's certificate and key in their files, with an eye on its end.
final class RotatingCertificate {
    private struct Loaded {
        let files: CertificateFiles
        let identity: CertifiedKey
    }

    private let content: Rotating<Loaded>
    /// For the log.
    let path: String
    private let log: CredentialLog
    private let clock: () -> Int
    private var watch = ExpiryWatch()

    /// - Parameter clock: seconds since 1970.
    /// - Throws: `StartFault` for files that can't be used.
    init(
        _ files: CertificateFiles, _ log: CredentialLog, clock: @escaping () -> Int = { time(nil) }
    ) throws(StartFault) {
        (path, self.log, self.clock) = (files.certificate.path, log, clock)
        let first: Loaded
        do throws(CertifiedKeyFault) { first = Loaded(files: files, identity: try files.identity()) } catch {
            throw .unusable(files.certificate.path, "\(error)")
        }
        content = Rotating(first, path, log) { old throws(CredentialFault) in
            guard let new = try Self.reread(old.files) else { return nil }
            let (certificate, path, now) = (new.identity.certificate, new.files.certificate.path, clock())
            try Self.requireValid(certificate, path: path, now: now)
            guard certificate.notBefore <= now else { throw .unusable(path, "the certificate has not begun") }
            return new
        }
        report(first.identity.certificate)
    }

    /// How often the certificate was replaced.
    var generation: Int { content.generation }

    /// When the certificate that is there now ends, in seconds since 1970.
    var endsAt: Int { content.current().identity.certificate.notAfter }

    /// The certificate as it is now.
    /// - Throws: `.unusable` when it has ended.
    func current() throws(CredentialFault) -> CertifiedKey {
        let identity = content.current().identity
        try Self.requireValid(identity.certificate, path: path, now: clock())
        report(identity.certificate)
        return identity
    }

    private static func reread(_ old: CertificateFiles) throws(CredentialFault) -> Loaded? {
        let new: CertificateFiles
        do throws(UnreadableFile) { new = try old.reread() } catch { throw .unusable(error.path, "\(error.fault)") }
        guard !new.isSame(as: old) else { return nil }
        do throws(CertifiedKeyFault) { return Loaded(files: new, identity: try new.identity()) } catch {
            throw .unusable(new.certificate.path, "\(error)")
        }
    }

    private static func requireValid(_ certificate: Certificate, path: String, now: Int) throws(CredentialFault) {
        guard certificate.notAfter >= now else {
            throw .unusable(path, "the certificate ended on \(certificate.lastDay)")
        }
    }

    private func report(_ certificate: Certificate) {
        guard let days = watch.days(until: certificate.notAfter, now: clock()) else { return }
        log.ending(certificate, days: days)
    }
}

/// Decides when an operator hears of a certificate's end: from 30 days before, once a day.
struct ExpiryWatch {
    private static let (day, ahead) = (86_400, 30)
    /// Which end was spoken of last, and when.
    private var last: (end: Int, at: Int)?

    /// Whole days left, when it is time to say so; all times in seconds since 1970.
    mutating func days(until end: Int, now: Int) -> Int? {
        let days = max(end &- now, 0) / Self.day
        guard days < Self.ahead else { return nil }
        if let last, last.end == end, (0..<Self.day).contains(now &- last.at) { return nil }
        last = (end, now)
        return days
    }
}
