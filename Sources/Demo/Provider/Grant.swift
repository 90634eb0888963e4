/// The two ways to ask for a token on behalf of a user; the raw value is `grant_type`.
enum Grant: String {
    /// Entra's On-Behalf-Of, an extension of RFC 7523 §2.1.
    case onBehalfOf = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    /// RFC 8693.
    case tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
}
