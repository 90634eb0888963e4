internal import HTTP1

/// What the admin listener has to offer, by path.
enum AdminPage: String, CaseIterable {
    case page = "/"
    case health = "/healthz"
    case readiness = "/readyz"
    case metrics = "/metrics"
    case status = "/status"
    case eviction = "/cache/evict"

    /// The only method that it takes.
    var method: Method { self == .eviction ? .post : .get }
}
