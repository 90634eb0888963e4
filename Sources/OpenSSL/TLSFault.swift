internal import COpenSSL

/// Why a TLS connection cannot be used, in terms an operator can act on. Holds numbers only, so that it is
/// copied freely and can carry no input.
package enum TLSFault: Error, Equatable, Sendable {
    case certificateExpired
    case certificateNotYetValid
    /// The chain leads to no trusted issuer.
    case unknownIssuer
    /// A self-signed certificate that is not trusted, at the end of the chain or alone.
    case selfSigned
    /// The certificate is for other names or addresses.
    case hostMismatch
    /// Another finding about the certificate: OpenSSL's `X509_V_ERR_…` number.
    case certificateRefused(Int32)
    /// The client showed no certificate although one is required.
    case noClientCertificate
    /// The peer gave up: the alert's number (RFC 8446 §6).
    case alert(UInt8)
    /// What came back is not TLS, such as plain HTTP on the same port.
    case notTLS
    /// The host name is empty or cannot be one.
    case invalidHost
    /// The socket failed: `errno`.
    case socket(Int32)
    /// Anything else: OpenSSL's error code.
    case other(UInt)
}

extension TLSFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .certificateExpired: "its certificate has expired (or this machine's clock is wrong)"
        case .certificateNotYetValid: "its certificate is not valid yet (or this machine's clock is wrong)"
        case .unknownIssuer: "its certificate comes from an issuer that is not trusted here; name the issuer in ca_file"
        case .selfSigned: "its certificate or chain is self-signed and not trusted here; name it in ca_file"
        case .hostMismatch: "its certificate is for another host name"
        case .certificateRefused(let number): "its certificate is refused: \(Self.finding(number))"
        case .noClientCertificate: "the client showed no certificate"
        case .alert(let number): "the peer refused the connection: \(Self.alertText(number))"
        case .notTLS: "the peer does not speak TLS on this port"
        case .invalidHost: "the host name is not valid"
        case .socket(let number): "the connection failed (errno \(number))"
        case .other(let code): "TLS failed: \(ErrorQueue.text(of: code))"
        }
    }

    private static func finding(_ number: Int32) -> String {
        guard let text = unsafe X509_verify_cert_error_string(Int(number)) else { return "unknown reason" }
        return unsafe String(cString: text)
    }

    private static func alertText(_ number: UInt8) -> String {
        guard let text = unsafe SSL_alert_desc_string_long(Int32(number)) else { return "alert \(number)" }
        return unsafe "\(String(cString: text)) (alert \(number))"
    }
}

extension TLSFault {
    /// - Parameter finding: an `X509_V_ERR_…` number other than `X509_V_OK`.
    init(certificateFinding finding: Int32) {
        self =
            switch finding {
            case X509_V_ERR_CERT_HAS_EXPIRED: .certificateExpired
            case X509_V_ERR_CERT_NOT_YET_VALID: .certificateNotYetValid
            case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: .selfSigned
            case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
                .unknownIssuer
            case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .hostMismatch
            default: .certificateRefused(finding)
            }
    }

    /// - Parameter code: OpenSSL's error code of a failed call.
    /// - Parameter finding: the session's verification result, looked at when the code blames the certificate.
    init(code: UInt, certificateFinding finding: Int32) {
        let reason = ErrorQueue.reason(of: code)
        guard ErrorQueue.library(of: code) == ERR_LIB_SSL else {
            self = .other(code)
            return
        }
        self =
            switch reason {
            case SSL_R_CERTIFICATE_VERIFY_FAILED where finding != X509_V_OK: TLSFault(certificateFinding: finding)
            case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: .noClientCertificate
            case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST: .notTLS
            case 1000...1255: .alert(UInt8(truncatingIfNeeded: reason &- 1000))
            default: .other(code)
            }
    }
}

/// Why TLS cannot be set up.
package enum TLSSetupFault: Error, Equatable, Sendable {
    /// A certificate that was read already is refused for TLS.
    case unusableIdentity
    /// The library cannot be set up at all.
    case libraryUnavailable
}

extension TLSSetupFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unusableIdentity: "the certificate or its key is refused for TLS, for its strength or its form"
        case .libraryUnavailable: "OpenSSL cannot set up TLS 1.2 or newer"
        }
    }
}
