internal import JSON

/// One line of the provider's log of exchanges: what was asked, without what must stay secret.
struct CallRecord {
    /// Fields whose values anybody may read. Others are named only, since what they hold is not known.
    private static let open: Set<String> = [
        "grant_type", "client_id", "client_assertion_type", "requested_token_use", "scope", "subject_token_type",
        "requested_token_type", "audience", "resource",
    ]

    let form: [String: String]
    let user: String
    let outcome: String

    var json: JSON {
        var fields = JSON.Object()
        for (name, value) in form.sorted(by: { $0.key < $1.key }) {
            fields[name] = Self.open.contains(name) ? .string(value) : .null
        }
        return .object([
            "user": .string(user), "scope": .string(form["scope", default: ""]), "outcome": .string(outcome),
            "form": .object(fields),
        ])
    }
}
