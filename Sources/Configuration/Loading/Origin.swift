internal import LibYAML

/// Where a value is from.
package enum Origin: Hashable, Sendable, CustomStringConvertible {
    /// The configuration file, line and column from 1.
    case file(String, line: Int, column: Int)
    /// An environment variable.
    case variable(String)
    /// The program.
    case standard

    init(file: String, _ mark: Mark) {
        self = .file(file, line: mark.line, column: mark.column)
    }

    /// `proxy.yaml:3:5`, the variable's name, or `default`.
    package var description: String {
        switch self {
        case .file(let path, let line, let column): "\(path):\(line):\(column)"
        case .variable(let name): name
        case .standard: "default"
        }
    }
}
