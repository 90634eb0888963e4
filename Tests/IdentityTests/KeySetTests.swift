import JSON
import OpenSSL
import Testing

@testable import Identity

@Suite struct KeySetTests {
    @Test(arguments: ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[],"keys":[]}"#, "{\"keys\":[]", "\u{feff}{}"])
    func refusesOtherDocuments(_ text: String) {
        #expect(throws: KeySetFault.malformed) { try KeySet.read(text: text) }
    }

    @Test func anEmptySetIsNotGood() {
        for text in [#"{"keys":[]}"#, #"{"keys":[1,null,{}]}"#, #"{"keys":[{"kty":"oct","k":"AAAA"}]}"#] {
            #expect(throws: KeySetFault.noUsableKey) { try KeySet.read(text: text) }
        }
    }

    @Test(arguments: [JWSAlgorithm.rs256, .es512, .edDSA])
    func noChangedByteIsFatal(_ algorithm: JWSAlgorithm) throws {
        let good = try JSON.object(["keys": .array([Issuer(algorithm).jwk()])]).bytes
        for position in stride(from: 0, to: good.count, by: 3) {
            for byte in [UInt8(ascii: "\""), UInt8(ascii: "A")] {
                var changed = good
                changed[position] = byte
                let keys = try? KeySet.parse(changed.span)
                #expect((keys?.count ?? 1) == 1)
            }
        }
    }

    @Test func boundsTheNumberOfKeys() throws {
        let jwk = try Issuer().jwk()
        #expect(try KeySet.read(Array(repeating: jwk, count: 500)).count == 500)
        #expect(throws: KeySetFault.tooManyKeys) { try KeySet.read(Array(repeating: jwk, count: 501)) }
    }

    @Test(
        arguments: [
            ["use": "enc"], ["use": .integer(1)], ["key_ops": .array(["encrypt"])], ["key_ops": "verify"],
            ["alg": "RSA-OAEP"],
            ["alg": "ES384"], ["alg": "RS256"], ["alg": "HS256"], ["d": "AAAA"], ["kty": "XYZ"], ["kty": nil],
            ["crv": "P-384"],
            ["crv": "secp256k1"], ["x": "AAAA"], ["x": nil], ["y": "not base64!"],
        ] as [[String: JSON?]])
    func passesOverUselessKeys(_ changes: [String: JSON?]) throws {
        let issuer = try Issuer()
        #expect(throws: KeySetFault.noUsableKey) { try issuer.keys(changes) }
        #expect(try KeySet.read([issuer.jwk(changes), issuer.jwk()]).count == 1)
    }

    @Test(
        arguments: [
            ["use": "sig"], ["key_ops": .array(["verify"])], ["alg": "ES256"], ["extra": .array([])],
            ["x5c": .array(["abc"])],
        ] as [[String: JSON?]])
    func takesUsefulKeys(_ changes: [String: JSON?]) throws {
        let issuer = try Issuer()
        #expect(try accept(issuer.token(), issuer.keys(changes)).subject == "ann")
    }

    @Test func aKeyMayBeForOneAlgorithmOnly() throws {
        let issuer = try Issuer(.rs256)
        let keys = try issuer.keys(["alg": "PS256"])
        #expect(keys.candidates(keyID: "k1", algorithm: .ps256, issuer: Issuer.name).count == 1)
        #expect(keys.candidates(keyID: "k1", algorithm: .rs256, issuer: Issuer.name).isEmpty)
        #expect(throws: TokenFault.invalidSignature) { try accept(issuer.token(), keys) }
    }

    @Test func findsByName() throws {
        let (one, two, rsa) = (try Issuer(), try Issuer(), try Issuer(.rs256))
        let keys = try KeySet.read([one.jwk(["kid": "a"]), two.jwk(["kid": "b"]), rsa.jwk(["kid": "a"])])
        #expect(try accept(two.token(header: ["kid": "b"]), keys).subject == "ann")
        #expect(throws: TokenFault.invalidSignature) { try accept(two.token(header: ["kid": "a"]), keys) }
        #expect(throws: TokenFault.invalidSignature) { try accept(two.token(header: ["kid": "c"]), keys) }
        #expect(keys.contains(keyID: "b"))
        #expect(!keys.contains(keyID: "B"))
        // One name, two types: each finds its own.
        #expect(try accept(rsa.token(header: ["kid": "a"]), keys).subject == "ann")
        #expect(try accept(one.token(header: ["kid": "a"]), keys).subject == "ann")
    }

    @Test func withoutANameThereMustBeNoChoice() throws {
        let (one, two, rsa) = (try Issuer(), try Issuer(), try Issuer(.rs256))
        let nameless: [String: JSON?] = ["kid": nil]
        #expect(try accept(one.token(header: nameless), KeySet.read([one.jwk(), rsa.jwk()])).subject == "ann")
        #expect(throws: TokenFault.invalidSignature) {
            try accept(one.token(header: nameless), KeySet.read([one.jwk(), two.jwk(["kid": "k2"])]))
        }
    }

    @Test func saysWhatItsKeysAreGoodFor() throws {
        let issuer = try Issuer()
        #expect(try issuer.keys().algorithms(issuer: Issuer.name) == [.es256])
        #expect(try issuer.keys(["issuer": "https://other.example"]).algorithms(issuer: Issuer.name) == [])
        let rsa = try Issuer(.rs256)
        #expect(try rsa.keys(["alg": "PS256"]).algorithms(issuer: Issuer.name) == [.ps256])
        #expect(
            try rsa.keys().algorithms(issuer: Issuer.name) == [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512])
    }
}
