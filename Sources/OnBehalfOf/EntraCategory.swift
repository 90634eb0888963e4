/// What Entra's AADSTS numbers tell beyond the OAuth error, as far as somebody has to act differently.
package enum EntraCategory: String, Sendable, CaseIterable {
    case scope
    case resourceMissing = "resource_missing"
    case consent
    case wrongAudience = "assertion_audience"
    case badAssertion = "assertion_invalid"
    case assertionTime = "assertion_time"
    case assertionKind = "assertion_kind"
    case appOnly = "app_only"
    case multiFactor = "multi_factor"
    case conditionalAccess = "conditional_access"
    case accountBlocked = "account_blocked"
    case accountUnknown = "account_unknown"
    case signInRevoked = "sign_in_revoked"
    case secretWrong = "secret_wrong"
    case secretExpired = "secret_expired"
    case credentialMissing = "credential_missing"
    case certificate
    case clientAssertionTime = "client_assertion_time"
    case federation
    case appUnknown = "app_unknown"
    case tenant
    case grant
    case malformedRequest = "malformed_request"
    case loop
    case tenantThrottled = "tenant_throttled"
    case transient
    case serverFault = "server_fault"

    /// Whether the user's sign-in itself has ended, so that tokens minted for it before must go as well.
    package var endsSignIn: Bool { self == .signInRevoked || self == .accountUnknown }

    /// The category of the first number that is known.
    package static func of(_ codes: [Int64]) -> EntraCategory? {
        codes.lazy.compactMap { byCode[$0]?.category }.first
    }

    /// The reason that a number stands for. The numbers are no stable interface, so they decide only where the OAuth
    /// error is a general one.
    static func reason(of codes: [Int64]) -> ExchangeFault.Reason? {
        codes.lazy.compactMap { byCode[$0]?.reason }.first
    }

    struct Row: Sendable {
        let category: EntraCategory
        let reason: ExchangeFault.Reason
        let codes: [Int64]
    }

    private static let byCode: [Int64: Row] = {
        var map: [Int64: Row] = [:]
        for row in rows { for code in row.codes { map[code] = row } }
        return map
    }()

    static let rows: [Row] = [
        Row(category: .scope, reason: .scopeMisconfigured, codes: [70011, 28002, 28003, 700022, 700023, 650053]),
        Row(
            category: .resourceMissing, reason: .scopeMisconfigured,
            codes: [500011, 50001, 650057, 650054, 65005, 650056, 901002, 9010010]),
        Row(category: .consent, reason: .consentRequired, codes: [65001, 90094, 90095, 65004]),
        Row(category: .wrongAudience, reason: .exchangeRejected, codes: [500131]),
        Row(category: .badAssertion, reason: .exchangeRejected, codes: [50013]),
        Row(category: .assertionTime, reason: .exchangeRejected, codes: [500133]),
        Row(category: .assertionKind, reason: .exchangeRejected, codes: [50027, 240002]),
        Row(category: .appOnly, reason: .exchangeRejected, codes: [7_000_114]),
        Row(
            category: .multiFactor, reason: .interactionRequired,
            codes: [50072, 50074, 50076, 50078, 50079, 50158]),
        Row(
            category: .conditionalAccess, reason: .interactionRequired,
            codes: [53000, 53001, 53002, 53003, 53004, 530032, 530035, 50097, 50129, 50131, 50005]),
        Row(category: .accountBlocked, reason: .exchangeRejected, codes: [53011, 50053, 50055, 50144]),
        Row(category: .accountUnknown, reason: .exchangeRejected, codes: [50057, 50034, 50020, 51004, 50105]),
        Row(category: .signInRevoked, reason: .exchangeRejected, codes: [50173, 50132, 50133, 70043, 50089]),
        Row(category: .secretWrong, reason: .clientRejected, codes: [7_000_215, 70002]),
        Row(category: .secretExpired, reason: .clientRejected, codes: [7_000_222]),
        Row(category: .credentialMissing, reason: .clientRejected, codes: [7_000_218, 700025]),
        Row(
            category: .certificate, reason: .clientRejected,
            codes: [700027, 7_000_274, 7_000_214, 7_000_277, 1_000_502]),
        Row(category: .clientAssertionTime, reason: .clientRejected, codes: [700024]),
        Row(category: .federation, reason: .clientRejected, codes: [70021, 700211, 700213, 7_002_138, 700229]),
        Row(category: .appUnknown, reason: .clientRejected, codes: [700016, 700011, 7_000_112, 70001]),
        Row(category: .tenant, reason: .clientRejected, codes: [90002, 900439, 900382]),
        Row(category: .grant, reason: .grantUnsupported, codes: [70003, 9_001_023]),
        Row(category: .malformedRequest, reason: .grantUnsupported, codes: [900144, 9_002_313, 90014]),
        Row(category: .loop, reason: .exchangeThrottled, codes: [50196]),
        Row(category: .tenantThrottled, reason: .exchangeThrottled, codes: [90055]),
        Row(
            category: .transient, reason: .exchangeUnavailable,
            codes: [90006, 90012, 90024, 90033, 90090, 50033, 50087]),
        Row(category: .serverFault, reason: .exchangeUnavailable, codes: [50000, 90036, 50086]),
    ]
}
