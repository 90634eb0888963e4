internal import Glibc

/// How many files and sockets this process may have open, and who may use up the last of them.
///
/// The kernel hands out the lowest free number, so a high one tells that few are left. Clients are turned away first,
/// then new connections to servers; the rest is for providers, keys and the operator, who must get through to see why.
struct OpenFiles: Sendable {
    /// `RLIMIT_NOFILE`.
    let limit: Int
    /// From which number on descriptors are kept from clients.
    var clientCeiling: Int { limit - reserve }
    /// From where on they are kept from connections to servers as well.
    var serverCeiling: Int { limit - reserve / 2 }

    private var reserve: Int { min(max(limit / 8, 32), 256, limit / 2) }

    init(limit: Int) { self.limit = limit }

    /// From where on nobody may: the last ones are what libraries open and close at once.
    var ceiling: Int { limit - min(8, reserve / 4) }

    /// As many as the system grants, up to what it lets us have.
    static func raised() -> OpenFiles {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var bounds = rlimit()
        guard unsafe getrlimit(resource, &bounds) == 0 else { return OpenFiles(limit: Int(Int32.max)) }
        let granted = bounds.rlim_cur
        bounds.rlim_cur = bounds.rlim_max
        let isRaised = unsafe setrlimit(resource, &bounds) == 0
        return OpenFiles(limit: Int(clamping: min(isRaised ? bounds.rlim_max : granted, rlim_t(Int32.max))))
    }

    /// What so many client connections need at most: each may have one to its server, beside what the process has for
    /// itself.
    func needed(for connections: Int) -> Int { 2 &* connections &+ reserve }
}
