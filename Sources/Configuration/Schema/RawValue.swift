/// A value as found, before anybody asked what it means.
enum RawValue: Sendable {
    case scalar(RawScalar)
    case list([RawScalar], Origin)
    case map([(name: String, value: RawScalar)], Origin)

    /// Where it begins.
    var origin: Origin {
        switch self {
        case .scalar(let scalar): scalar.origin
        case .list(_, let origin), .map(_, let origin): origin
        }
    }
}

/// One text and where it is from.
struct RawScalar: Sendable {
    enum Content: Sendable {
        /// With its variables filled in.
        case text(String)
        /// A secret that is in the file at this path.
        case secretFile(path: String)
    }

    let content: Content
    let origin: Origin

    /// The text; nil for a secret in a file.
    var text: String? {
        if case .text(let text) = content { text } else { nil }
    }
}
