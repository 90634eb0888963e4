/// One event of a stream in its own bytes, taken apart as browsers do (HTML, server-sent events §9.2.6).
struct ServerSentEvent {
    private let bytes: [UInt8]
    /// The values of all `data` lines with LF between them.
    private(set) var data: [UInt8] = []
    /// Whether its type is `message`, said or not.
    private(set) var isMessage = true

    /// - Parameter bytes: the lines of one event; empty ones at either end do not matter.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var hasData = false
        var next = 0
        while let line = EventLine(of: bytes, from: &next) {
            let value = bytes[line.value]
            if line.isNamed("data", in: bytes) {
                if hasData { data.append(0x0a) }
                data += value
                hasData = true
            } else if line.isNamed("event", in: bytes) {
                isMessage = value.isEmpty || value.elementsEqual("message".utf8)
            }
        }
    }

    /// The event with other data where its first was, in as many lines as the data has: a line end in it would end the
    /// field.
    func replacing(data: [UInt8]) -> [UInt8] {
        var event: [UInt8] = []
        var isReplaced = false
        var next = 0
        while let line = EventLine(of: bytes, from: &next) {
            guard line.isNamed("data", in: bytes) else {
                event += bytes[line.start..<next]
                continue
            }
            if !isReplaced {
                for part in data.split(separator: 0x0a, omittingEmptySubsequences: false) {
                    event += Array("data: ".utf8) + part + bytes[line.value.upperBound..<next]
                }
            }
            isReplaced = true
        }
        return event
    }
}

/// A line of an event: a field, a comment, or nothing.
private struct EventLine {
    let start: Int
    /// What stands before the first colon.
    let name: Range<Int>
    /// What stands behind it, without the space that may come first.
    let value: Range<Int>

    /// The line that begins at `next`, which moves behind its end: CRLF, LF or CR.
    init?(of bytes: [UInt8], from next: inout Int) {
        guard next < bytes.count else { return nil }
        start = next
        let end = bytes[next...].firstIndex { $0 == 0x0a || $0 == 0x0d } ?? bytes.count
        // A byte order mark may stand before the first line of a stream.
        let first = bytes[start..<end].starts(with: [0xef, 0xbb, 0xbf]) ? start &+ 3 : start
        let colon = bytes[first..<end].firstIndex(of: UInt8(ascii: ":"))
        name = first..<(colon ?? end)
        let behind = colon.map { $0 &+ 1 } ?? end
        value = (behind < end && bytes[behind] == 0x20 ? behind &+ 1 : behind)..<end
        next = end
        if next < bytes.count, bytes[next] == 0x0d { next &+= 1 }
        if next < bytes.count, bytes[next] == 0x0a, next == end || bytes[end] == 0x0d { next &+= 1 }
    }

    func isNamed(_ text: String, in bytes: [UInt8]) -> Bool { bytes[name].elementsEqual(text.utf8) }
}
