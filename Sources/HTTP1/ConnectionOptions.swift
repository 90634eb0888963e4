/// What the `Connection` fields of a head ask for (RFC 9110 §7.6.1).
struct ConnectionOptions: Sendable {
    /// `close` is among the options.
    var closes = false
    /// `keep-alive` is among the options.
    var keepsAlive = false
    /// Known fields that are named and so end here.
    var named = FieldSet()
    /// A field is named that has no `FieldID` of its own: forwarding must compare names.
    var namesOthers = false

    /// Longer values are refused: comparing every field with every option must stay cheap.
    private static let longest: Int32 = 512

    init(_ section: FieldSection, _ bytes: Span<UInt8>) throws(HeadFault) {
        guard section.present.contains(.connection) else { return }
        var length: Int32 = 0
        for line in section.lines where line.id == .connection {
            length &+= line.value.count
            guard length <= ConnectionOptions.longest else { throw .malformedConnection }
            var list = ElementList(line.value)
            while let option = list.element(bytes) { try take(option, bytes) }
        }
    }

    private mutating func take(_ option: Range<Int>, _ bytes: Span<UInt8>) throws(HeadFault) {
        guard !option.isEmpty else { return }
        guard bytes.tokenEnd(from: option.lowerBound, to: option.upperBound) == option.upperBound else {
            throw .malformedConnection
        }
        if bytes.equals(option, lowercase: "close") {
            closes = true
            return
        }
        let id = FieldNames.known.id(in: bytes, at: option.lowerBound, count: option.count)
        guard !FieldPolicy.protected.contains(id) else { throw .protectedInConnection }
        keepsAlive = keepsAlive || id == .keepAlive
        if id.isFamily { namesOthers = true } else { named.insert(id) }
    }
}
