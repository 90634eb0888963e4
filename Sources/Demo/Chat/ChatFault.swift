/// Why a demonstration cannot go on.
enum ChatFault: Error, CustomStringConvertible {
    /// The connection to somebody was given up.
    case unreachable(String, ConnectionFault)
    /// Somebody answered with something else than was expected.
    case unexpected(String, status: UInt16)

    var description: String {
        switch self {
        case .unreachable(let whom, let fault): "no answer from \(whom): \(fault)"
        case .unexpected(let whom, let status): "\(whom) answered unexpectedly, with status \(status)"
        }
    }
}
