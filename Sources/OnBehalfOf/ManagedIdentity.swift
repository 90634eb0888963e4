package import Bytes
internal import JSON

/// What is asked of Azure's two services that give a machine its managed identity's tokens, and what they answer.
package struct ManagedIdentity: Sendable {
    /// The service, which decides what a request looks like.
    package enum Service: Sendable {
        /// A virtual machine's instance metadata.
        case instanceMetadata
        /// App Service and its relatives, with the header that proves the caller to be their guest.
        case appService(header: Secret)
    }

    private let service: Service
    private let clientID: String
    private let resource: String

    /// - Parameters:
    ///   - clientID: the user-assigned identity's.
    ///   - resource: what the token is to be for.
    package init(_ service: Service, clientID: String, resource: String) {
        (self.service, self.clientID, self.resource) = (service, clientID, resource)
    }

    /// Appends the request target: the endpoint's path and the query.
    package func appendTarget(path: String, to buffer: ByteBuffer) {
        buffer.append(string: path)
        let query = ByteBuffer()
        query.appendField("api-version", version)
        query.appendField("resource", resource)
        query.appendField("client_id", clientID)
        buffer.append(byte: UInt8(ascii: "?"))
        query.withSpan { buffer.append($0) }
    }

    /// Appends the header fields by which the service knows that no stranger has made us send this request.
    package func appendFields(to buffer: ByteBuffer) {
        switch service {
        case .instanceMetadata: buffer.append("Metadata: true\r\n")
        case .appService(let header):
            buffer.append("X-IDENTITY-HEADER: ")
            header.withSpan { buffer.append($0) }
            buffer.append("\r\n")
        }
    }

    private var version: String {
        switch service {
        case .instanceMetadata: "2018-02-01"
        case .appService: "2019-08-01"
        }
    }

    /// Statuses after which the service itself asks to try again: 404 and 410 while it is being updated.
    package static func isTransient(status: Int) -> Bool {
        switch status {
        case 404, 408, 410, 429, 500...599: true
        default: false
        }
    }

    /// A token and how long it lives, in seconds.
    package struct Token: Sendable {
        package let secret: Secret
        package let lifetime: Int64

        /// How long it is used, in milliseconds: until five minutes before its end, or halfway where that is sooner.
        package var useful: UInt64 { UInt64(max(lifetime &- 300, lifetime / 2)) &* 1000 }
    }

    /// The token in an answer's body; nil when there is none that could be sent on.
    /// - Parameter wallClock: seconds since 1970, for an end that is given as a date.
    package static func token(in body: Span<UInt8>, wallClock: Int64) -> Token? {
        let limits = JSON.Limits(depth: 16, bytes: 1 << 20, values: 1000)
        guard let json = try? JSON.parse(body, limits: limits), let text = json["access_token"]?.string,
            1...ExchangeResponse.longestToken ~= text.utf8.count, text.utf8.allSatisfy({ 0x21...0x7e ~= $0 })
        else { return nil }
        // An end before 1970 is none that a difference could be taken of: it is long ago, whatever it is.
        let left = seconds(json["expires_in"]) ?? seconds(json["expires_on"]).map { max($0, 0) &- wallClock }
        let lifetime = min(max(left ?? ExchangeResponse.defaultLifetime, 0), ExchangeResponse.longestLifetime)
        return Token(secret: Secret(text), lifetime: lifetime)
    }

    /// A whole number, in both services mostly written as a string.
    private static func seconds(_ value: JSON?) -> Int64? {
        value?.integer ?? value?.string.flatMap { Int64($0) }
    }
}
