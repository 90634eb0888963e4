/// HTML. What stands in this source as a literal is markup; every text that is put into one is escaped, whoever wrote
/// it, so that no name, title or error can become more than text.
struct Markup: ExpressibleByStringInterpolation, Sendable {
    let html: String

    init(stringLiteral literal: String) { html = literal }

    init(stringInterpolation: StringInterpolation) { html = stringInterpolation.html }

    /// Several, one after the other.
    init(_ parts: [Markup]) { html = parts.map(\.html).joined() }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var html = ""

        init(literalCapacity: Int, interpolationCount: Int) { html.reserveCapacity(2 * literalCapacity) }

        mutating func appendLiteral(_ literal: String) { html += literal }

        mutating func appendInterpolation(_ markup: Markup) { html += markup.html }

        mutating func appendInterpolation(_ parts: [Markup]) { for part in parts { html += part.html } }

        mutating func appendInterpolation(_ number: some BinaryInteger) { html += "\(number)" }

        mutating func appendInterpolation(_ text: String) {
            for scalar in text.unicodeScalars { Self.append(scalar, to: &html.unicodeScalars) }
        }

        /// Also fit for attributes in quotes. What turns text around or hides it is shown as what it is: nothing.
        private static func append(_ scalar: Unicode.Scalar, to html: inout String.UnicodeScalarView) {
            switch scalar {
            case "&": html.append(contentsOf: "&amp;".unicodeScalars)
            case "<": html.append(contentsOf: "&lt;".unicodeScalars)
            case ">": html.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": html.append(contentsOf: "&quot;".unicodeScalars)
            case "'": html.append(contentsOf: "&#39;".unicodeScalars)
            case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}", "\u{200E}", "\u{200F}": html.append("\u{FFFD}")
            default: html.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
            }
        }
    }
}
