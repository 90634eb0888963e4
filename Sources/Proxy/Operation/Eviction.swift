internal import JSON

/// What `POST /cache/evict` asks for.
struct Eviction: Equatable {
    /// nil for all servers.
    let server: String?

    enum Fault: Error {
        /// No JSON object, or one with anything else in it than `server`: a slip of the pen must not evict everything.
        case malformed
    }

    /// The most bytes that are read.
    static let most = 4096

    init(_ body: Span<UInt8>) throws(Fault) {
        let limits = JSON.Limits(depth: 2, bytes: Self.most, values: 4)
        guard let members = (try? JSON.parse(body, limits: limits))?.object else { throw .malformed }
        switch (members.count, members["server"]) {
        case (0, nil): server = nil
        case (1, .string(let name)?): server = name
        default: throw .malformed
        }
    }
}
