/// What is in files that may be replaced at any time: read again before each use. When what is there can't be used,
/// the last good content stays, as with a bad configuration: a file that is half written, or a key that comes a moment
/// after its certificate, must not refuse users what the provider would grant. The log says so once for each reason.
final class Rotating<Value> {
    /// As of the last look.
    private(set) var value: Value
    /// How often it was replaced.
    private(set) var generation = 0
    private let path: String
    private let reread: (Value) throws(CredentialFault) -> Value?
    private let log: CredentialLog
    private var complaint: String?

    /// - Parameters:
    ///   - path: for the log.
    ///   - reread: what the files hold now, nil when that is nothing new.
    init(
        _ value: Value, _ path: String, _ log: CredentialLog,
        reread: @escaping (Value) throws(CredentialFault) -> Value?
    ) {
        (self.value, self.path, self.log, self.reread) = (value, path, log, reread)
    }

    /// What to use now.
    func current() -> Value {
        do throws(CredentialFault) {
            if let new = try reread(value) {
                value = new
                generation &+= 1
                log.replaced(path)
            }
            complaint = nil
        } catch {
            if complaint != error.text { log.kept(error) }
            complaint = error.text
        }
        return value
    }
}
