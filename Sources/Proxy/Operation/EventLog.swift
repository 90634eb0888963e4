internal import Bytes
internal import Glibc
internal import JSON
internal import Logging

/// swift-log's lines as one JSON object, or one readable line, each on standard error. Messages are static
/// text and fields are named, so nothing secret can slip in by interpolation.
struct EventLog: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    let json: Bool
    var sink = LogSink.standardError

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        unsafe line(of: event).withBytes { unsafe sink.take($0) }
    }

    /// The event as it is written, with its line end.
    func line(of event: LogEvent) -> ByteBuffer {
        let (level, message) = (event.level, event.message)
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let fields = all.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        let text = ByteBuffer()
        json ? appendJSON(level, "\(message)", fields, to: text) : appendText(level, "\(message)", fields, to: text)
        text.append(byte: UInt8(ascii: "\n"))
        return text
    }

    private func appendJSON(
        _ level: Logger.Level, _ message: String, _ fields: [(String, String)], to text: ByteBuffer
    ) {
        text.append("{\"time\":\"" as StaticString)
        appendNow(to: text)
        text.append("\",\"level\":\"" as StaticString)
        text.append(string: level.rawValue)
        text.append("\",\"message\":" as StaticString)
        text.appendJSONString(message)
        for (name, value) in fields {
            text.append(byte: UInt8(ascii: ","))
            text.appendJSONString(name)
            text.append(byte: UInt8(ascii: ":"))
            text.appendJSONString(value)
        }
        text.append(byte: UInt8(ascii: "}"))
    }

    private func appendText(
        _ level: Logger.Level, _ message: String, _ fields: [(String, String)], to text: ByteBuffer
    ) {
        appendNow(to: text)
        text.append(string: " \(level.rawValue) \(message)")
        for (name, value) in fields {
            text.append(string: " \(name)=")
            text.appendJSONString(value)
        }
    }

    private func appendNow(to text: ByteBuffer) {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        Timestamp.append(seconds: now.tv_sec, to: text)
        text.append(byte: UInt8(ascii: "Z"))
    }
}
