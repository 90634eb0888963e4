import Bytes
import OpenSSL

/// Certificates with their keys, made by the openssl command for these tests alone, good for a hundred years, and
/// what that command said of them.
enum Registered {
    static let thumbprint = "xKUL_-qNDcd7yzYMY0JtiVYvd4xmiqzKpEqOl-hiSTY"
    static let oldThumbprint = "B8Hip3wT-TdoCJIx9eryU-_eSdw"

    static func rsa() throws -> CertifiedKey { try CertifiedKey(certificate: Secret(rsaText)) }
    static func ellipticCurve() throws -> CertifiedKey { try CertifiedKey(certificate: Secret(ellipticCurveText)) }

    private static let rsaText = """
        -----BEGIN CERTIFICATE-----
        MIIDDzCCAfegAwIBAgIUfBNv+QxLuO58vJf0hJutdGoOT8cwDQYJKoZIhvcNAQEL
        BQAwFjEUMBIGA1UEAwwLY2xpZW50LnRlc3QwIBcNMjYxMTIyMDUwOTI2WhgPMjEy
        NjEwMjkwNTA5MjZaMBYxFDASBgNVBAMMC2NsaWVudC50ZXN0MIIBIjANBgkqhkiG
        9w0BAQEFAAOCAQ8AMIIBCgKCAQEAudos4QotPfiGGi2zE0WsvYOPL31ALn/vSTTo
        vAVPjbYozbh8F17aVoqqA7YxTPEGMXwFWPRQBGxUkyBYr+V2rzHjdXT2HRUbUIV/
        yCBam20ODW29hTV39eGer93aor0LYxs7n3aVmxuVH+xoAy+RNWtATQ8IeYCCptSS
        J99cuG7yyKI/IEqoXxxFf8uxCk0gHFrTaLveVIdLzO7+w8r99HYqncRY7Evtea2Y
        /O6PXG7TNenrlazXo/vZP89kJNCNRAn9rYZ7mxVB3MIY2uoQUREOOu1/ka7fTdy8
        Ptp2+7e9IEusEwJxgzzFqwvASD/IZGThBetbhruk/gNkPeN0IwIDAQABo1MwUTAd
        BgNVHQ4EFgQUzL1eVHGTgjQw0lSfAao9/FLxuw4wHwYDVR0jBBgwFoAUzL1eVHGT
        gjQw0lSfAao9/FLxuw4wDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOC
        AQEALNqHJc5cb7yQJQb5KvZIRhxOibEtmmN/RFsTnHW2HhIykamc9kfEfptgY0bs
        iL6fXyj8bmaVhuBvn1MtWHz2Vk5ItKp8N9Mxjkn4Ptgo4o2VHcKSYgycVXZcVFXC
        eFvAoAI5oh35bH4Lh5tFAYdQIZ21GmwU7sFL7bdH24ZzYwlO4PM3mdEhzfa80Rle
        0Ijw3imVPmF2a5xWCD80tyrjEajm3g5j7r6MFZTw3Zrae1g8g0U8aCNeRcxqogk/
        JKS132dvyVL/QYUvBShUnygK05LSm9bb6r7CRcYx99AFoGGzpXe6q/qzXz0T80NQ
        dq+u/6ZY9HelN7zm9oi0bOkzzg==
        -----END CERTIFICATE-----
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC52izhCi09+IYa
        LbMTRay9g48vfUAuf+9JNOi8BU+NtijNuHwXXtpWiqoDtjFM8QYxfAVY9FAEbFST
        IFiv5XavMeN1dPYdFRtQhX/IIFqbbQ4Nbb2FNXf14Z6v3dqivQtjGzufdpWbG5Uf
        7GgDL5E1a0BNDwh5gIKm1JIn31y4bvLIoj8gSqhfHEV/y7EKTSAcWtNou95Uh0vM
        7v7Dyv30diqdxFjsS+15rZj87o9cbtM16euVrNej+9k/z2Qk0I1ECf2thnubFUHc
        whja6hBREQ467X+Rrt9N3Lw+2nb7t70gS6wTAnGDPMWrC8BIP8hkZOEF61uGu6T+
        A2Q943QjAgMBAAECggEASddH5n+LGyifa05F7H3N1JwtKyKZ+f+lnFHzuCRqB7Vc
        v+OxFf3/RMwiIYhlTRskKUwLudyT4DYEYlJDOluyjIgHRfcbA9ILgLIR43sLVN5+
        61HzLzZfu6cRS/Ga+PagTBeZWFGevjo2xTDB4KYpDO7YZOV4qgGnp04k5cemiLYJ
        CcEriNdes8cy7xIciFWMZLz/XKCtsGbYCAex/vFtPWcPrMog4aFKrS7lFx84bZgd
        oLAGPRjApQcJAd/Yut1XhoTLe1pKAsU7nLfXfmxBX0t+OzGdhR+NwYyZIlf9eh/d
        lK+9khGYD3fqdNQetN7Ir98G3DZ1O03iwM/0GOmQGQKBgQD77Z78CuQIUC+01+M8
        QNe+WyI0LjmqzdXNIGk2yNuEBf+schA470fL0qzcZjeWRQ989+44dRsfhdfmIGub
        sqzx7pCtRd/g8pfDG2G3yBydeyUbTG8UjMNaMeA2lzOh7vEyv+lDdnljgVp8hjTg
        7XBxdiMD21HrOlz1MGwSUmZc2wKBgQC82yh90AFolQIjbx2JNSw1PUmC/bCgvBai
        EuWR9YsoZlYn7e8CdiZHSvk4/2D8QkbtghDFATnmqaTixMX9YcsZUn3kA9e6ooUh
        aikteD9VuowDEX7tW/fdXdW/2ACTqKl2KYfhFbVKbAGjsMRLmwjv+kT2qYv1yMNS
        h18uttlEWQKBgBnqqg5XuHm6dg3un6vVJ9ynV29yye/uWO5PRUOjiiGc1F6TJWQW
        CZbIR4ws388Pr7Y1c0ZPlci6ZimAcFGGIhCJcEzDAXMMwdwKdxUG+xqgToLubAb7
        LCWdN+mlyGQCRsHnyEFucLJx3jMtQ0dYZdbmRlfhOh4u1N1Ma/G+lFU9AoGBAKhM
        Wbo8unSbjatMIzMZ6oqLUk5ki5nB5B2M336CJf/bqt2sgLld1uDjpFMx6hkDazfP
        F+ioHhQ7i8/2cUZLdvXa+ItRDVep6yAK/iUiKrbYJlu5pLYbpjhknc53zJPJ0zKU
        8h0Y/lUTCSb5qQSDZaSOEBUMpMhkoAOU1bLIibgJAoGAFj7dP8YOwEnsKd1D5urj
        /wCNcKQkA8jDe68f6tUyHldgjpvUY6pHRvCTokw7uPeGGxXm1cT9mtVSKnCwN0jG
        Qpf43rcAAMQPHCSKE+Hz1R+Ib+cgX048GBRB2d6QwE2vR4wZEhqzxkVcVaqL609F
        l/ve7Nxkur33DcGRq+DccIQ=
        -----END PRIVATE KEY-----

        """

    private static let ellipticCurveText = """
        -----BEGIN CERTIFICATE-----
        MIIBgzCCASmgAwIBAgIUN5mD0xnCZ7kgqbY62dHxVlSHeUwwCgYIKoZIzj0EAwIw
        FjEUMBIGA1UEAwwLY2xpZW50LnRlc3QwIBcNMjYxMTIyMDUwOTI2WhgPMjEyNjEw
        MjkwNTA5MjZaMBYxFDASBgNVBAMMC2NsaWVudC50ZXN0MFkwEwYHKoZIzj0CAQYI
        KoZIzj0DAQcDQgAEIqsaTrh0R12xnflu7SQbN7Gobvj7Jbedl4Ucs0Rv9SeXF3mL
        AsoaLb+b1sYXx3UfedQIV3vzif106fUuCuYXqaNTMFEwHQYDVR0OBBYEFMG3LjO8
        dmZPFK6cdaYIHv1uJwu9MB8GA1UdIwQYMBaAFMG3LjO8dmZPFK6cdaYIHv1uJwu9
        MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhALKAQu9ZvOzl7/hk
        mEQQfiEpPuSNd5d8cSY2ICI3uEZgAiBK8b4UvyBWDPX3c/3S0Lj+llu/h8GqzHtm
        wQcdLNXfJA==
        -----END CERTIFICATE-----
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglnnA/JCVMevJZ1Cw
        5sYDyoNpaQXQleVpjDPhA0ZhhZihRANCAAQiqxpOuHRHXbGd+W7tJBs3sahu+Psl
        t52XhRyzRG/1J5cXeYsCyhotv5vWxhfHdR951AhXe/OJ/XTp9S4K5hep
        -----END PRIVATE KEY-----

        """
}
