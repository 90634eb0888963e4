package import Bytes

/// Certificates whose holders may vouch for peers, besides those that the system trusts.
package struct TrustAnchors: Sendable {
    let certificates: [Certificate]

    /// - Parameter pem: certificates in PEM form, whatever else is between them.
    /// - Returns: nil when there is none, or one that cannot be read: a part of what was meant is not enough.
    package init?(pem: Secret) {
        let found = pem.withSpan { try? Certificate.all(inPEM: $0) }
        guard let found, !found.isEmpty else { return nil }
        certificates = found
    }
}
