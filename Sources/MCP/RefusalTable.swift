extension Refusal {
    struct Row: Sendable {
        let fault: Fault
        let status: Int
        let happened: String
        let advice: String

        init(_ fault: Fault, _ status: Int, _ happened: String, _ advice: String) {
            self.fault = fault
            self.status = status
            self.happened = happened
            self.advice = advice
        }
    }

    /// Chat clients search messages for words that they take for a broken connection or a sign-in of their own, so
    /// the wording avoids those; a test knows the list. No text names a token's content or a provider's words.
    var row: Row {
        switch self {
        case .missingToken:
            Row(.user, 401, "The request carried no sign-in token.", "Sign in to the chat again, then retry.")
        case .placeholderToken:
            Row(
                .user, 401, "The chat server sent a placeholder instead of a sign-in token.",
                "Sign in to the chat again with your organisation's account, then retry.")
        case .malformedToken:
            Row(
                .user, 401, "The sign-in token could not be read.",
                "Sign in to the chat again, then retry; if it persists, ask the operator which token the chat sends.")
        case .idToken:
            Row(
                .user, 401, "The chat server sent an ID token where an access token is needed.",
                "Reload the page and sign in to the chat again, then retry.")
        case .appOnlyToken:
            Row(
                .user, 401, "The token belongs to an application and not to a user.",
                "Sign in to the chat as a user, then retry.")
        case .invalidSignature:
            Row(
                .user, 401, "The signature of the sign-in token could not be confirmed.",
                "Sign in to the chat again, then retry.")
        case .wrongIssuer:
            Row(
                .user, 401, "The sign-in token comes from an identity provider that is not trusted here.",
                "Sign in to the chat with your organisation's account, then retry.")
        case .wrongAudience:
            Row(
                .user, 401, "The sign-in token was issued for another application.",
                "Sign in to the chat again; if it persists, ask the operator to check the scopes the chat asks for.")
        case .expiredToken:
            Row(.user, 401, "Your sign-in has expired.", "Reload the page or sign in to the chat again, then retry.")
        case .notYetValid:
            Row(
                .user, 401, "The sign-in token is not valid yet.",
                "Wait a minute and retry; if it persists, ask the operator to check the clocks.")
        case .missingScope:
            Row(
                .user, 401, "The sign-in token lacks a scope that is needed here.",
                "Sign in to the chat again; if it persists, ask the operator to check the scopes the chat asks for.")
        case .exchangeRejected:
            Row(
                .user, 401, "The identity provider refused access to this server on your behalf.",
                "Sign in to the chat again, then retry; if it persists, ask the operator about your access.")
        case .consentRequired:
            Row(
                .user, 401, "Consent to use this server on your behalf is missing.",
                "Ask an administrator to grant consent, then sign in to the chat again.")
        case .interactionRequired:
            Row(
                .user, 401, "The identity provider asks for a further sign-in step.",
                "Sign in to the chat again and complete every step, then retry.")

        case .scopeMisconfigured:
            Row(
                .configuration, 500, "The scopes configured for this server were refused by the identity provider.",
                "Ask the operator to check this server's scopes and permissions.")
        case .clientRejected:
            Row(
                .configuration, 500, "The identity provider did not accept the proxy's own credentials.",
                "Ask the operator to check the proxy's client id and secret.")
        case .grantUnsupported:
            Row(
                .configuration, 500, "The identity provider does not support the proxy's kind of request.",
                "Ask the operator to check the configured grant.")
        case .invalidExchangeResponse:
            Row(
                .configuration, 500, "The identity provider's answer could not be used.",
                "Ask the operator to check the configured token endpoint.")

        case .exchangeUnavailable:
            Row(.outage, 503, "The identity provider cannot be reached.", "Retry in a moment.")
        case .exchangeTimeout:
            Row(.outage, 503, "The identity provider did not answer in time.", "Retry in a moment.")
        case .exchangeThrottled:
            Row(.outage, 503, "The identity provider is limiting requests.", "Retry in a minute.")
        case .breakerOpen:
            Row(.outage, 503, "The identity provider has been failing and is being left alone.", "Retry in a minute.")
        case .keysUnavailable:
            Row(.outage, 503, "The identity provider's signing keys cannot be fetched.", "Retry in a moment.")
        case .upstreamUnreachable:
            Row(
                .outage, 502, "The server behind this tool cannot be reached.",
                "Retry in a moment; if it persists, tell the operator.")
        case .upstreamTimeout:
            Row(
                .outage, 504, "The server behind this tool did not answer in time.",
                "Check whether the call took effect, then retry.")
        case .upstreamProtocol:
            Row(
                .outage, 502, "The server behind this tool gave an answer that could not be read.",
                "Retry in a moment; if it persists, tell the operator.")
        case .overloaded:
            Row(.outage, 503, "The proxy is at the limit of what it can do at once.", "Retry in a moment.")
        case .draining:
            Row(.outage, 503, "The proxy is restarting.", "Retry in a moment.")

        case .upstreamRejectedToken:
            Row(
                .upstreamVerdict, 502, "The server behind this tool did not accept the token issued for it.",
                "Ask the operator to check this server's scopes and your access to it.")

        case .badRequest:
            Row(.request, 400, "The request could not be understood.", "Check the client's configuration.")
        case .badSidecarKey:
            Row(
                .request, 403, "The chat server did not show the key it shares with this proxy.",
                "Ask the operator to check the X-OBO-Key setting.")
        case .badOrigin:
            Row(
                .request, 403, "Requests from this web origin, or for this host, are not accepted.",
                "Ask the operator to add it to the allowed ones.")
        case .unknownServer:
            Row(.request, 404, "No server is configured under this path.", "Check the URL in the chat's settings.")
        case .methodNotAllowed:
            Row(.request, 405, "This HTTP method is not supported here.", "Use POST, GET, DELETE or OPTIONS.")
        case .sessionMismatch:
            Row(.request, 404, "This session does not exist for you.", "Start a new session.")
        case .toolNotAllowed:
            Row(
                .request, 403, "This tool is not permitted by the operator.",
                "Use another tool, or ask the operator to permit it.")
        case .rateLimited:
            Row(.request, 503, "You are calling faster than the operator permits.", "Wait a moment, then retry.")
        case .bodyTooLarge:
            Row(.request, 413, "The request's body is larger than permitted.", "Send less in one request.")
        case .headerTooLarge:
            Row(.request, 431, "The request's header is larger than permitted.", "Send fewer or shorter fields.")
        }
    }
}
