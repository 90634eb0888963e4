/// How a client says who it is (RFC 6749 §2.3), not looked at yet.
enum ClientProof: Equatable {
    case secret(ClientCredentials)
    /// A JWT that it signed (RFC 7523 §2.2), and the client id beside it, if there is one.
    case assertion(String, clientID: String?)

    /// - Parameter basic: the client of a Basic header, if there was one.
    /// - Throws: `.missingProof`; `.severalProofs`, since a client must use one method alone.
    init(_ form: [String: String], basic: ClientCredentials?) throws(ExchangeFault) {
        var found: [ClientProof] = []
        if let basic { found.append(.secret(basic)) }
        if let secret = form["client_secret"] {
            found.append(.secret(ClientCredentials(id: form["client_id", default: ""], secret: secret)))
        }
        if let assertion = form["client_assertion"] {
            guard form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" else {
                throw .badClientAssertion
            }
            found.append(.assertion(assertion, clientID: form["client_id"]))
        }
        guard let proof = found.first else { throw .missingProof }
        guard found.count == 1 else { throw .severalProofs }
        self = proof
    }
}
