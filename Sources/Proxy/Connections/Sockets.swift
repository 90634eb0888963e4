internal import Configuration
internal import Glibc
internal import Libevent

/// The listening sockets, one for each worker.
enum Sockets {
    /// - Parameter shares: whether other processes may listen there too.
    static func bind(_ address: ListenAddress, count: Int, shares: Bool = false) throws(StartFault) -> [Int32] {
        do throws(SystemError) {
            switch address {
            case .unix(let path):
                try removeSocket(path)
                return copies(of: try Listener.bind(.unix(path: path)), count: count)
            case .tcp(let host, let port):
                return try bind(host, port, count, shares: shares)
            }
        } catch { throw .cannotBind("\(address)", "\(error)") }
    }

    /// Descriptors of one socket that workers share; each closes its own.
    static func copies(of socket: Int32, count: Int) -> [Int32] {
        [socket] + (1..<max(count, 1)).map { _ in fcntl(socket, F_DUPFD_CLOEXEC, 3) }
    }

    static func close(_ sockets: [Int32]) {
        for socket in sockets { Listener.discard(socket) }
    }

    private static func bind(
        _ host: String, _ port: UInt16, _ count: Int, shares: Bool
    ) throws(SystemError) -> [Int32] {
        guard let first = try? Resolver.addressesBlocking(of: host, port: port).first else {
            throw SystemError(EADDRNOTAVAIL)
        }
        // Alone at first, unless others are wanted there: sockets that share would also share with another proxy on this
        // port, and each of the two would get half of the requests.
        let alone = try Listener.bind(first, shares: shares)
        guard count > 1 else { return [alone] }
        // With port 0 the kernel chose one, which all take.
        let chosen = Listener.address(of: alone) ?? first
        var bound = shares ? [alone] : []
        if !shares { Listener.discard(alone) }
        do throws(SystemError) {
            while bound.count < count { bound.append(try Listener.bind(chosen, shares: true)) }
            return bound
        } catch {
            close(bound)
            throw error
        }
    }

    /// Makes room for our socket where an earlier one was left behind; anything else at the path is not ours to remove,
    /// least of all a socket that another proxy accepts on.
    private static func removeSocket(_ path: String) throws(SystemError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        guard try !Listener.isServed(.unix(path: path)) else { throw SystemError(EADDRINUSE) }
        unsafe _ = unlink(path)
    }
}

/// Sockets that the service manager has bound and handed over (sd_listen_fds(3)). Whoever connects while we are being
/// restarted waits in their queues, which outlive us.
struct InheritedSockets {
    /// Where chat servers connect; nil to bind `listen`.
    private(set) var listen: Int32?
    /// For health and metrics; nil to bind `admin.listen`.
    private(set) var admin: Int32?

    private static let first: Int32 = 3

    init(_ environment: [String: String]) throws(StartFault) {
        guard environment["LISTEN_PID"] == "\(getpid())", let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }),
            (1...64).contains(count)
        else { return }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
        for offset in 0..<count {
            let name = Int(offset) < names.count ? String(names[Int(offset)]) : ""
            try take(Self.first + offset, name == "listen" || name == "admin" ? name : count == 1 ? "listen" : name)
        }
    }

    private mutating func take(_ descriptor: Int32, _ name: String) throws(StartFault) {
        do throws(SystemError) { try Listener.adopt(descriptor) } catch {
            throw .cannotBind("the service manager's socket \(name)", "\(error)")
        }
        switch name {
        case "listen" where listen == nil: listen = descriptor
        case "admin" where admin == nil: admin = descriptor
        default:
            throw .unusable("LISTEN_FDNAMES", "expected one socket named listen, one named admin, or a single one")
        }
    }

    /// The configuration with these sockets' addresses: who can reach them is the service manager's choice, and what
    /// follows from that must follow from the truth.
    /// - Throws: what the configuration would be refused for if it named these addresses.
    func settled(_ configuration: ProxyConfiguration) throws(StartFault) -> ProxyConfiguration {
        let bound = configuration.listening(
            on: listen.flatMap { ListenAddress(of: $0) }, admin: admin.flatMap { ListenAddress(of: $0) })
        if bound.allowInsecureListen { return bound }
        let isGuarded = bound.tls != nil || bound.sidecarKey != nil
        if listen != nil, !isGuarded, !bound.listen.isLoopback {
            throw .unusable(
                "listen",
                "the service manager's socket is reached by others; that needs tls, sidecar_key or "
                    + "allow_insecure_listen: true")
        }
        if admin != nil, bound.admin?.isLoopback == false {
            throw .unusable(
                "admin.listen",
                "the service manager's socket is reached by others; that needs allow_insecure_listen: true")
        }
        return bound
    }

    /// The sockets to accept on, bound where none were handed over: one for each worker, and the admin listener's.
    func completed(_ configuration: ProxyConfiguration, count: Int) throws(StartFault) -> ([Int32], Int32?) {
        let sockets: [Int32]
        if let listen {
            sockets = Sockets.copies(of: listen, count: count)
        } else {
            sockets = try Sockets.bind(configuration.listen, count: count, shares: configuration.reusePort)
        }
        guard let address = configuration.admin else { return (sockets, nil) }
        if let admin { return (sockets, admin) }
        return (sockets, try Sockets.bind(address, count: 1).first)
    }

}

extension ListenAddress {
    /// Where a socket is bound.
    fileprivate init?(of descriptor: Int32) {
        guard let address = Listener.address(of: descriptor) else { return nil }
        self = address.port == 0 ? .unix(path: "") : .tcp(host: address.host, port: address.port)
    }
}
