import Testing

@testable import Identity

@Suite struct BearerCredentialTests {
    /// The token found, as text.
    func token(in value: String) throws -> String { try token(in: Array(value.utf8)) }

    func token(in value: [UInt8]) throws -> String {
        let token = Array(value[try BearerCredential.locate(in: value.span)])
        try BearerCredential.check(token.span)
        return String(decoding: token, as: UTF8.self)
    }

    @Test(arguments: [
        "Bearer abc", "bearer abc", "BEARER abc", "  Bearer abc\t", "Bearer   abc", "Bearer \tabc ",
    ])
    func finds(_ value: String) throws {
        #expect(try token(in: value) == "abc")
    }

    @Test(arguments: [1, 15, 16, 17, 31, 32, 33, 1700])
    func everyCharacterOfToken68(_ length: Int) throws {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/")
        let text = String((0..<length).map { alphabet[$0 % alphabet.count] })
        #expect(try token(in: "Bearer " + text) == text)
        #expect(try token(in: "Bearer " + text + "==") == text + "==")
    }

    @Test(arguments: [1, 15, 16, 17, 40])
    func noOtherCharacterAnywhere(_ length: Int) {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/".utf8)
        for byte in UInt8.min...UInt8.max where !allowed.contains(byte) {
            for position in [0, length / 2, length - 1] {
                var text = [UInt8](repeating: UInt8(ascii: "x"), count: length)
                text[position] = byte
                // White space around it and padding behind it belong elsewhere.
                if [0x09, 0x20, UInt8(ascii: "=")].contains(byte) && position == length - 1 && length > 1 { continue }
                if [0x09, 0x20].contains(byte) && position == 0 { continue }
                let value = Array("Bearer ".utf8) + text
                #expect(throws: TokenFault.malformedToken) { try token(in: value) }
            }
        }
    }

    @Test(arguments: [
        "", " ", "Bearer", "Bearer ", "bearer \t ", "Basic dXNlcjpwYXNz", "Bearerabc", "Bear abc", "abc", "DPoP abc",
    ])
    func missing(_ value: String) {
        #expect(throws: TokenFault.missingToken) { try token(in: value) }
    }

    @Test(arguments: [
        "Bearer {{LIBRECHAT_OPENID_ACCESS_TOKEN}}", "Bearer {{}}", "{{TOKEN}}", "Bearer ${TOKEN}",
        "Bearer abc{{x}}", "Bearer {{ TOKEN }}",
    ])
    func placeholder(_ value: String) {
        #expect(throws: TokenFault.placeholderToken) { try token(in: value) }
    }

    @Test(arguments: [
        "Bearer abc, Bearer def", "Bearer abc,def", "Bearer abc def", "Bearer a=b", "Bearer ===", "Bearer {x}",
        "Bearer Bearer abc",
        "Bearer abc\u{0}def", "Bearer ab\u{e9}c", "Bearer token=\"abc\"",
    ])
    func malformed(_ value: String) {
        #expect(throws: TokenFault.malformedToken) { try token(in: value) }
    }

    @Test func exactlyOneField() {
        #expect(throws: TokenFault.missingToken) { try BearerCredential.require(fieldCount: 0) }
        #expect(throws: Never.self) { try BearerCredential.require(fieldCount: 1) }
        #expect(throws: TokenFault.malformedToken) { try BearerCredential.require(fieldCount: 2) }
    }
}
