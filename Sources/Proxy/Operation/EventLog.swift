internal import Bytes
internal import Configuration
internal import Glibc
internal import JSON
internal import Logging
internal import Synchronization

/// swift-log's lines as one JSON object, or one readable line, each on standard error. Messages are static
/// text and fields are named, so nothing secret can slip in by interpolation.
struct EventLog: LogHandler {
    private let dial: LogDial
    var metadata: Logger.Metadata = [:]

    var logLevel: Logger.Level {
        get { dial.level }
        // Of all that write by this dial: the level is the process's, not one logger's.
        nonmutating set { dial.set(newValue, json: dial.json) }
    }
    private var json: Bool { dial.json }
    private let sink = LogSink.standardError

    init(_ dial: LogDial) { self.dial = dial }

    init(logLevel: Logger.Level, metadata: Logger.Metadata = [:], json: Bool) {
        self.init(LogDial(logLevel, json: json))
        self.metadata = metadata
    }

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
        let fields = all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let text = ByteBuffer()
        json ? appendJSON(level, "\(message)", fields, to: text) : appendText(level, "\(message)", fields, to: text)
        text.append(byte: UInt8(ascii: "\n"))
        return text
    }

    private func appendJSON(
        _ level: Logger.Level, _ message: String, _ fields: [(String, Logger.MetadataValue)], to text: ByteBuffer
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
            append(value, to: text)
        }
        text.append(byte: UInt8(ascii: "}"))
    }

    /// Numbers as such, lists as lists, all else as text.
    private func append(_ value: Logger.MetadataValue, to text: ByteBuffer) {
        switch value {
        case .stringConvertible(let number as any BinaryInteger): text.append(string: "\(number)")
        case .array(let values):
            text.append(byte: UInt8(ascii: "["))
            for (place, value) in values.enumerated() {
                if place > 0 { text.append(byte: UInt8(ascii: ",")) }
                append(value, to: text)
            }
            text.append(byte: UInt8(ascii: "]"))
        default: text.appendJSONString("\(value)")
        }
    }

    private func appendText(
        _ level: Logger.Level, _ message: String, _ fields: [(String, Logger.MetadataValue)], to text: ByteBuffer
    ) {
        appendNow(to: text)
        text.append(string: " \(level.rawValue) \(message)")
        for (name, value) in fields {
            text.append(string: " \(name)=")
            text.appendJSONString("\(value)")
        }
    }

    private func appendNow(to text: ByteBuffer) {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        Timestamp.append(seconds: now.tv_sec, to: text)
        text.append(byte: UInt8(ascii: "Z"))
    }
}

/// The level and the form of the process's log, which a reload may change.
final class LogDial: Sendable {
    private let setting: Mutex<(level: Logger.Level, json: Bool)>

    init(_ level: Logger.Level, json: Bool) { setting = Mutex((level, json)) }

    convenience init(_ settings: LogSettings) {
        self.init(Logger.Level(settings.level), json: settings.format == .json)
        LogSink.standardError.writes(json: json)
    }

    var level: Logger.Level { setting.withLock { $0.level } }
    var json: Bool { setting.withLock { $0.json } }

    func set(_ level: Logger.Level, json: Bool) { setting.withLock { $0 = (level, json) } }

    /// Changes over, and with it what the sink has to say itself.
    func adopt(_ settings: LogSettings) {
        set(Logger.Level(settings.level), json: settings.format == .json)
        LogSink.standardError.writes(json: json)
    }
}

extension Logger.Level {
    init(_ level: LogSettings.Level) { self = Logger.Level(rawValue: level.rawValue) ?? .info }
}

extension Logger {
    init(label: String, _ dial: LogDial) {
        LogSink.standardError.writes(json: dial.json)
        self.init(label: label) { _ in EventLog(dial) }
    }
}
