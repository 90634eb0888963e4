/// What Entra's AADSTS numbers tell beyond the OAuth error, as far as somebody has to act differently. The numbers are
/// no stable interface: they refine, and decide only where the OAuth error is a general one.
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
    case passwordExpired = "password_expired"
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
    package var endsSignIn: Bool { row.endsSignIn }

    /// The category of the first number that is known.
    package static func of(_ codes: [Int64]) -> EntraCategory? {
        codes.lazy.compactMap { byCode[$0] }.first
    }

    private static let byCode: [Int64: EntraCategory] = {
        var map: [Int64: EntraCategory] = [:]
        for category in allCases { for code in category.row.codes { map[code] = category } }
        return map
    }()
}

extension EntraCategory {
    struct Row: Sendable {
        let reason: ExchangeFault.Reason
        let codes: [Int64]
        let retry: ExchangeFault.Retry
        let endsSignIn: Bool
        /// For the operator.
        let advice: String

        init(
            _ reason: ExchangeFault.Reason, _ codes: [Int64], retry: ExchangeFault.Retry = .never,
            endsSignIn: Bool = false, _ advice: String
        ) {
            (self.reason, self.codes, self.retry, self.endsSignIn) = (reason, codes, retry, endsSignIn)
            self.advice = advice
        }
    }

    var row: Row {
        switch self {
        case .scope:
            Row(
                .scopeMisconfigured, [70011, 28002, 28003, 700022, 700023, 650053],
                "Correct this server's obo.scopes: full scope names of one resource, such as api://<app id>/access_as_user, as its registration lists them under Expose an API."
            )
        case .resourceMissing:
            Row(
                .scopeMisconfigured,
                [500011, 50001, 650057, 650054, 65005, 650056, 901002, 9_010_010],
                "The resource in obo.scopes is unknown in this tenant or not among the client's permissions: install its application, then add its scope under API permissions. No resource may stand in exchange.parameters."
            )
        case .consent:
            Row(
                .consentRequired, [65001, 90094, 90095, 65004],
                "Grant admin consent for the scope under API permissions of the client's registration, or list the client as an authorized client application of the server's, under Expose an API."
            )
        case .wrongAudience:
            Row(
                .exchangeRejected, [500131],
                "The user token is for another application than client_id: have the chat ask for api://<client id>/.default (OPENID_SCOPE)."
            )
        case .badAssertion:
            Row(
                .exchangeRejected, [50013],
                "Mostly a token for Microsoft Graph, which cannot be exchanged: add api://<client id>/.default to the scopes the chat asks for (OPENID_SCOPE)."
            )
        case .assertionTime:
            Row(
                .exchangeRejected, [500133],
                "The user token has expired or is not valid yet: compare the clocks, and have the chat refresh its tokens (OPENID_REUSE_TOKENS, offline_access)."
            )
        case .assertionKind:
            Row(
                .exchangeRejected, [50027, 240002],
                "The chat sent an ID token or something else than an access token: pass {{LIBRECHAT_OPENID_ACCESS_TOKEN}} on, and add api://<client id>/.default to OPENID_SCOPE."
            )
        case .appOnly:
            Row(
                .exchangeRejected, [7_000_114],
                "The token belongs to an application and has no user in it: nothing but a user's access token can be exchanged."
            )
        case .multiFactor:
            Row(
                .interactionRequired, [50072, 50074, 50076, 50078, 50079, 50158],
                "The server's application demands another factor: demand it of the chat's sign-in too, by the same Conditional Access policy, so that the user token already carries it."
            )
        case .conditionalAccess:
            Row(
                .interactionRequired,
                [53000, 53001, 53002, 53003, 53004, 530032, 530035, 50097, 50129, 50131, 50005],
                "A Conditional Access policy blocks this: the sign-in log under the correlation id names it. Apply it to the chat's sign-in as well, or exclude the server's application."
            )
        case .passwordExpired:
            Row(
                .interactionRequired, [50055, 50144],
                "The user's password has expired: it is changed by signing in to the chat again."
            )
        case .accountBlocked:
            Row(
                .exchangeRejected, [53011, 50053],
                "The account is locked or blocked for its risk: see the user under Entra ID Protection and in the sign-in log."
            )
        case .accountUnknown:
            Row(
                .exchangeRejected, [50057, 50034, 50020, 51004, 50105], endsSignIn: true,
                "The account is disabled, unknown in this tenant, or not assigned to the server's enterprise application: see its Users and groups."
            )
        case .signInRevoked:
            Row(
                .exchangeRejected, [50173, 50132, 50133, 70043, 50089], endsSignIn: true,
                "The user's session was revoked or has reached its sign-in frequency: signing in to the chat again ends it."
            )
        case .secretWrong:
            Row(
                .clientRejected, [7_000_215, 70002], retry: .withFreshCredential,
                "The client secret is wrong: OBO_CLIENT_SECRET is the secret's value, not its id, and belongs to client_id."
            )
        case .secretExpired:
            Row(
                .clientRejected, [7_000_222], retry: .withFreshCredential,
                "The client secret has expired: add one under Certificates & secrets of the client's registration, and put its value into OBO_CLIENT_SECRET."
            )
        case .credentialMissing:
            Row(
                .clientRejected, [7_000_218, 700025],
                "The registration and the request disagree on whether a credential is needed: configure one, and turn Allow public client flows off under Authentication."
            )
        case .certificate:
            Row(
                .clientRejected, [700027, 7_000_274, 7_000_214, 7_000_277, 1_000_502], retry: .withFreshCredential,
                "The client certificate is not the registered one, is revoked, or is outside its validity: compare its thumbprint under Certificates & secrets."
            )
        case .clientAssertionTime:
            Row(
                .clientRejected, [700024], retry: .withFreshCredential,
                "The client's assertion was outside its validity: compare the clocks, and see that the federated token file is being renewed."
            )
        case .federation:
            Row(
                .clientRejected, [70021, 700211, 700213, 7_002_138, 700229], retry: .withFreshCredential,
                "No federated credential of the registration matches: its issuer, subject and audience are compared letter by letter, case included. A new one takes some minutes."
            )
        case .appUnknown:
            Row(
                .clientRejected, [700016, 700011, 7_000_112, 70001],
                "The application is unknown or disabled in this tenant: compare client_id and the tenant in the token endpoint, and see that its enterprise application is enabled."
            )
        case .tenant:
            Row(
                .clientRejected, [90002, 900439, 900382],
                "The tenant is unknown or belongs to another cloud: compare the tenant id and the host of the issuer and the token endpoint."
            )
        case .grant:
            Row(
                .grantUnsupported, [70003, 9_001_023],
                "This endpoint has no On-Behalf-Of: use the tenant's own, never common, organizations or consumers."
            )
        case .malformedRequest:
            Row(
                .grantUnsupported, [900144, 9_002_313, 90014],
                "The provider found the request malformed: look at exchange.parameters first, then report it as a defect of the proxy."
            )
        case .loop:
            Row(
                .exchangeThrottled, [50196], retry: .afterSilence,
                "Entra saw the same request too often and wants a minute of silence: look for replicas without a cache of their own, or clients that restart in a loop."
            )
        case .tenantThrottled:
            Row(
                .exchangeThrottled, [90055], retry: .once,
                "The tenant as a whole is being throttled: look for other clients that ask too often."
            )
        case .transient:
            Row(
                .exchangeUnavailable, [90006, 90012, 90024, 90033, 90090, 50033, 50087], retry: .once,
                "Entra had a passing fault; if it lasts, see its status page."
            )
        case .serverFault:
            Row(
                .exchangeUnavailable, [50000, 90036, 50086],
                "Entra failed for good on this request: open a support ticket with the trace id."
            )
        }
    }
}
