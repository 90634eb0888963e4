internal import Bytes
internal import JSON

/// The fields of an error response, each cleaned: whoever answers chooses them, and most go into the log.
enum ErrorFields {
    /// The longest claims request that is passed on, in bytes; it becomes a header field of the answer.
    static let longestClaims = 8 << 10

    /// The first AADSTS numbers.
    static func codes(_ body: JSON?) -> [Int64] {
        (body?["error_codes"]?.array ?? []).prefix(8).compactMap(\.integer)
    }

    /// A code as OAuth registers them; anything else is prose or an attempt to write into the log.
    static func code(_ value: JSON?) -> String? {
        guard let text = value?.string, 1...64 ~= text.utf8.count else { return nil }
        return text.utf8.allSatisfy { 97...122 ~= $0 || 48...57 ~= $0 || $0 == UInt8(ascii: "_") } ? text : nil
    }

    /// A UUID, however its letters are cased.
    static func id(_ value: JSON?) -> String? {
        guard let text = value?.string, text.utf8.count == 36 else { return nil }
        let isUUID = text.utf8.enumerated().allSatisfy { place, byte in
            [8, 13, 18, 23].contains(place)
                ? byte == UInt8(ascii: "-") : 48...57 ~= byte || 97...102 ~= byte || 65...70 ~= byte
        }
        return isUUID ? text : nil
    }

    /// A claims request: the text of one JSON object (OpenID Connect Core §5.5).
    static func claims(_ value: JSON?) -> String? {
        guard let text = value?.string else { return nil }
        let limits = JSON.Limits(depth: 16, bytes: longestClaims, values: 1000)
        guard let json = try? JSON.parse(text.utf8.span, limits: limits), case .object = json else { return nil }
        return text
    }
}
