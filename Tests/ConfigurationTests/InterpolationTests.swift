import Testing

@testable import Configuration

@Suite struct `Variables in a value` {
    private static let environment = ["A": "1", "B_2": "two", "EMPTY": "", "TRICKY": "${A} $x }"]

    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("${A}", "1"), ("x${A}y${B_2}z", "x1ytwoz"), ("${NONE:-d}", "d"),
        ("${NONE:-}", ""), ("${EMPTY:-d}", "d"), ("${A:-d}", "1"), ("${NONE:-a:-b}", "a:-b"), ("$A", "$A"), ("$", "$"),
        ("a$", "a$"), ("$$", "$$"), ("$${A}", "${A}"), ("$$${A}", "$${A}"), ("${A}}", "1}"), ("{${A}}", "{1}"),
        ("${NONE:-http://h:1/x}", "http://h:1/x"),
    ])
    func `are filled in`(text: String, result: String) throws {
        var interpolation = Interpolation(environment: Self.environment)
        #expect(try interpolation.fill(text) == result)
    }

    @Test func `are not looked for in what was filled in`() throws {
        var interpolation = Interpolation(environment: Self.environment)
        #expect(try interpolation.fill("<${TRICKY}>") == "<${A} $x }>")
    }

    @Test(arguments: [
        ("${NONE}", "expected the variable NONE to be set"), ("${EMPTY}", "expected the variable EMPTY to be set"),
        ("${A", "expected a } after ${ (write $${ for a plain ${)"),
        ("pa${word", "expected a } after ${ (write $${ for a plain ${)"),
        ("${}", "expected ${NAME} or ${NAME:-default} (write $${ for a plain ${)"),
        ("${1A}", "expected ${NAME} or ${NAME:-default} (write $${ for a plain ${)"),
        ("${A B}", "expected ${NAME} or ${NAME:-default} (write $${ for a plain ${)"),
        ("${A:d}", "expected ${NAME} or ${NAME:-default} (write $${ for a plain ${)"),
        ("${A-d}", "expected ${NAME} or ${NAME:-default} (write $${ for a plain ${)"),
        ("${NONE:-${A}}", "expected ${NAME} or ${NAME:-default} (write $${ for a plain ${)"),
    ])
    func `fail with what was expected`(text: String, message: String) {
        var interpolation = Interpolation(environment: Self.environment)
        #expect(throws: Expected(message: message)) { try interpolation.fill(text) }
    }
}
