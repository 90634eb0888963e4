/// One line of an event stream (HTML §9.2.6), as far as the `endpoint` event is concerned.
enum EventField {
    case comment
    /// The event's type.
    case event(isEndpoint: Bool)
    /// A line of its data.
    case data(ArraySlice<UInt8>)
    case other

    /// - Parameter line: without its end, and not empty.
    init(_ line: ArraySlice<UInt8>) {
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let name = line[..<colon]
        if name.isEmpty {
            self = .comment
        } else if name.elementsEqual("event".utf8) {
            self = .event(isEndpoint: value.elementsEqual("endpoint".utf8))
        } else if name.elementsEqual("data".utf8) {
            self = .data(value)
        } else {
            self = .other
        }
    }
}

/// One event while its lines come.
struct HeldEvent: Sendable {
    /// Whether there is anything but comments, which belong to no event.
    private(set) var hasFields = false
    /// Its lines of data, joined by LF.
    private(set) var data: [UInt8] = []
    private var isOfType = false
    private var dataLines: [Range<Int>] = []

    /// Whether it is one of type `endpoint`; without data it would be none.
    var isEndpoint: Bool { isOfType && !dataLines.isEmpty }

    /// - Parameter place: of the line without its end, among the bytes of the event.
    mutating func add(_ field: EventField, at place: Range<Int>) {
        switch field {
        case .comment: return
        // Of several types the last one counts.
        case .event(let isEndpoint): isOfType = isEndpoint
        case .data(let value):
            if !dataLines.isEmpty { data.append(0x0a) }
            data += value
            dataLines.append(place)
        case .other: break
        }
        hasFields = true
    }

    /// Its bytes with other data. What were further lines of data become empty comments.
    func rewritten(_ bytes: [UInt8], data: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var end = 0
        for line in dataLines {
            result += bytes[end..<line.lowerBound]
            result += end == 0 ? Array("data: ".utf8) + data : [UInt8(ascii: ":")]
            end = line.upperBound
        }
        return result + bytes[end...]
    }
}

/// Watches an event stream for an `endpoint` event without holding anything back: its line is noticed before it ends.
struct EndpointSentinel: Sendable {
    /// The beginning of a line, as long as the longest spelling of the type and one more.
    private var line: [UInt8] = []

    mutating func read(_ bytes: Span<UInt8>) throws(EndpointFault) {
        for i in bytes.indices {
            let byte = bytes[i]
            if byte == 0x0a || byte == 0x0d {
                if case .event(isEndpoint: true) = EventField(line[...]) { throw .repeated }
                line.removeAll(keepingCapacity: true)
            } else if line.count < 16 {
                line.append(byte)
            }
        }
    }
}
