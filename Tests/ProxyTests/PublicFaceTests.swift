import Configuration
import Testing

@testable import Proxy

@Suite struct PublicFaceTests {
    @Test(arguments: [
        (nil, "h:1", "http://h:1", ""), ("https://chat.example.com", "h", "https://chat.example.com", ""),
        ("https://chat.example.com/mcp/", "", "https://chat.example.com", "/mcp"),
        ("http://[::1]:80/a/b//", "h", "http://[::1]", "/a/b"),
    ])
    func isWhereClientsFindUs(_ url: String?, _ host: String, _ origin: String, _ prefix: String) throws {
        let face = PublicFace(try configured(url.map { ["OBO_PUBLIC_URL": $0] } ?? [:]))
        for path in ["/tickets", "/tickets/"] {
            #expect(face.resource(host: host, path: path) == "\(origin)\(prefix)\(path)")
            #expect(
                face.metadata(host: host, path: path)
                    == "\(origin)/.well-known/oauth-protected-resource\(prefix)\(path)")
        }
    }

    /// HTTP/1.0 without `Host`.
    @Test func isNowhereWithoutAHost() throws {
        let face = PublicFace(try configured())
        #expect(face.resource(host: "", path: "/tickets") == nil)
        #expect(face.metadata(host: "", path: "/tickets") == nil)
    }

    @Test func namesIssuersAndScope() throws {
        let face = PublicFace(try configured(["OBO_REQUIRE_SCOPE": "access_as_user"]))
        #expect(face.issuers == [tenant])
        #expect(face.scope == "access_as_user")
        #expect(try PublicFace(configured()).scope == nil)
    }
}
