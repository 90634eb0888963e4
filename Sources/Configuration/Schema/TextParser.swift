/// Reads one text as a value, or says what was expected.
struct TextParser<Value: Sendable>: Sendable {
    let parse: @Sendable (String) throws(Expected) -> Value

    init(_ parse: @escaping @Sendable (String) throws(Expected) -> Value) { self.parse = parse }

    /// A parser that can fail in one way only.
    init(expecting what: String, _ parse: @escaping @Sendable (String) -> Value?) {
        self.init { (text: String) throws(Expected) -> Value in
            guard let value = parse(text) else { throw Expected(what) }
            return value
        }
    }
}

extension TextParser where Value == String {
    /// Any printable text.
    static let text = TextParser(expecting: "a text without control characters") { isPrintable($0) ? $0 : nil }

    /// One word of visible ASCII.
    static let word = TextParser(expecting: "one word of visible ASCII characters") { text in
        text.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? text : nil
    }

    /// A tool's name with `*` and `?`; in ASCII, as texts that look the same can be different bytes.
    static let toolPattern = TextParser(
        expecting: "a tool's name of 1 to 128 printable ASCII characters, with * for any of them and ? for one"
    ) { text in
        1...128 ~= text.utf8.count && text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : nil
    }

    /// RFC 6749 §3.3 `scope-token`.
    static let scope = TextParser(expecting: "scopes such as api://tickets/access_as_user") { text in
        text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C } ? text : nil
    }

    /// A serialized origin (RFC 6454 §6.2) as browsers send it; never `null`, which any sandboxed page can send.
    static let browserOrigin = TextParser(expecting: "an origin such as https://chat.example.com, without a path") {
        guard let separator = $0.firstRange(of: "://") else { return nil }
        let rest = $0[separator.upperBound...]
        guard !rest.isEmpty, rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !rest.contains(where: "/*?#@".contains)
        else { return nil }
        guard $0.lowercased().hasPrefix("http") else { return $0.lowercased() }
        guard let url = try? UpstreamURL($0) else { return nil }
        return "\(url.scheme.rawValue)://\(url.authority)"
    }

    /// A host as it stands in a URL, without the brackets of an IPv6 address. No port: any will do.
    static let host = TextParser(expecting: "a host name or address without a port, such as sidecar or [fd00::1]") {
        guard let (host, port) = splitAuthority($0[...]), port == nil else { return nil }
        return host.text
    }

    /// A key of `providers`, or `default`.
    static let name = TextParser(expecting: "a name of a-z, 0-9, _ and -, at most 63 characters") {
        isName($0) ? $0 : nil
    }
}

/// `[a-z0-9][a-z0-9_-]{0,62}`
func isName(_ text: String) -> Bool {
    func isPlain(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
    guard let first = text.utf8.first, isPlain(first), text.utf8.count <= 63 else { return false }
    return text.utf8.allSatisfy { isPlain($0) || $0 == 0x5F || $0 == 0x2D }
}

extension TextParser where Value == Bool {
    static let bool = TextParser(expecting: "true or false") { ["true": true, "false": false][$0] }
}

extension TextParser where Value == Int {
    static func int(_ range: ClosedRange<Int>) -> TextParser {
        TextParser(expecting: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            decimal(Int.self, text[...]).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// `B`, `KiB` or `MiB`.
    static func size(_ range: ClosedRange<Int>) -> TextParser {
        let bounds = "\(SizeText.spell(range.lowerBound)) to \(SizeText.spell(range.upperBound))"
        return TextParser(expecting: "a size from \(bounds), in B, KiB or MiB, such as 64KiB") { text in
            SizeText.parse(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension TextParser where Value == Int? {
    /// Event loops: nil for one per processor.
    static let workers = TextParser { (text: String) throws(Expected) -> Int? in
        if text == "auto" { return nil }
        guard let count = decimal(Int.self, text[...]), (1...256).contains(count) else {
            throw Expected("auto or a whole number from 1 to 256")
        }
        return count
    }
}

extension TextParser where Value == Duration {
    /// `ms`, `s`, `m` or `h`.
    static func duration(_ range: ClosedRange<Duration>) -> TextParser {
        let bounds = "\(DurationText.spell(range.lowerBound)) to \(DurationText.spell(range.upperBound))"
        return TextParser(expecting: "a duration from \(bounds), in ms, s, m or h, such as 10s") { text in
            DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// From one millisecond to a day.
    static let timeout = duration(.milliseconds(1) ... .seconds(86_400))
}

extension TextParser where Value == ListenAddress {
    static let listen = TextParser(expecting: "host:port, [v6]:port or unix:/path") { ListenAddress($0) }
}

extension TextParser where Value == ListenAddress? {
    /// nil for `off`.
    static let listenOrOff = TextParser { (text: String) throws(Expected) -> ListenAddress? in
        if text == "off" { return nil }
        guard let address = ListenAddress(text) else { throw Expected("host:port, [v6]:port, unix:/path or off") }
        return address
    }
}
