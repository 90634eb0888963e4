internal import Logging
internal import OpenSSL

/// What the log says of one provider's client credential.
struct CredentialLog {
    let provider: String
    let log: Logger

    func replaced(_ path: String) {
        log.notice(
            "client credential replaced",
            metadata: ["event": "client_credential", "provider": "\(provider)", "path": "\(path)"])
    }

    func kept(_ fault: CredentialFault) {
        log.error(
            "client credential unusable; the one before stays",
            metadata: ["event": "client_credential", "provider": "\(provider)", "fault": "\(fault.text)"])
    }

    func ending(_ certificate: Certificate, days: Int) {
        log.warning(
            "client certificate ends soon",
            metadata: [
                "event": "certificate_expiry", "provider": "\(provider)", "days": "\(days)",
                "last_day": "\(certificate.lastDay)",
            ])
    }
}
