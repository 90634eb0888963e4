/// Certificates with their keys, made by the openssl command for these tests alone, and what it said of them.
package enum Registered {
    /// For an RSA key, valid from 2026-11-22 on for a hundred years.
    package static let certificate = """
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

        """

    /// Its SHA-256 and SHA-1 thumbprints in base64url.
    package static let thumbprint = "xKUL_-qNDcd7yzYMY0JtiVYvd4xmiqzKpEqOl-hiSTY"
    package static let oldThumbprint = "B8Hip3wT-TdoCJIx9eryU-_eSdw"

    package static let key = """
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

    /// The key under the password `secret`.
    package static let encryptedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQImZzm929KsxgCAgPo
        MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAECBBCR0yBQyBZe1FVayu5EaHsxBIIE
        0IlOuFgaxbrWgnN+RwrNTFHzsaCRIMjjzJYL/FuRwKV7mmCukRwzQKXUHVZmnvLP
        2THdDxyCfdJQf97lrpL9EKkoede0g1mGGUVEjXOO3kiDFOzkYfDQmUbjtvINaCAn
        HQBiX/VOXxyYCo39ybkVz8jOG1RApEKfuW+VMVqRLyBTI9wHRaWt0ssq7WzGroGm
        JP5l7mx0qI6P8J6fYpUNqlQ7UtDv8iwL5Zp5ZI4loQyF4OFDC2oUCpLYlX474ePr
        UBSLk11dNM1xHoFHq5D5IUAkVUx3YtgA1m6affxHncu+5l4JpRhSWoz1phNhaL+g
        8FuEcVsZiEi+a91Q8v/2HCya8XqtsCZVeepCwaUC8VW6sv29mmXZEZZutBk+dh2w
        CG58NWOp4JPKdvVTdBuF+FlclVNyC6po9peEjbZfE7MwBL0y0yRMR6/8m2YOkN8v
        Rb50ZUHK/53xt8bdqxDwRrQxATzc+0qFvL2PhPUNx7voBtbT2arj8UmW8vlNH13b
        eiOyU6MINMSE5IhF8t4IO7MyN85aLok8dTDtz6M4463bW2rhuQgx9JhhA65jI+IG
        fqRIDeKuGh4djH0SF/W/sgNe23xwZP4uG/CMKTpwYO+GFz8re0pMWFz9ydzV+JLG
        e6OgJXdV/Vq5dqi0gI/z+iGhV/Id4oNjtjsHCagr8wYqFzOXBqn3XdD1LYu/AMS6
        ZOZ1soXDRd1T4h7w9OjkvBcwy53IjJrO+/xDzyX1IAmv09F4qHXPPlb4EE/Wc0td
        cHBetN48JIAGoLib1iNJwZ2PrLtizRWEZs6xx/1QeGMKmtihr5Y/REdDrV7LW7UT
        GIvijsmmDh67hFVKc3S0kwfg5wvdzOwsfLoz+95I1OonYmYz5BKYnor5sZ9Y0z6P
        6IQnvwWBRLOiCY83Z3wXCl39wD+GWkWQhvux3TaQkxdzEQ4fXNh7YTSQlOuVJTX9
        PMLzRpFI6/oSC4q+9zJjwzJ26bIUB/bM+bTSFO8DV/P9BcUBpiF49Qc1G4/i350A
        qC2yK1SQQ8FJzeW5g3Rmu+QeRAwzmPbb83U9MIGmsjPl2F382iVPcSuwQ70ZFHpO
        EX6Ksc3rLCzKtLjXFhCNfvlRGw5pNor21QfJFehumaV2IbKyQWZbeTNn1eWYK+va
        ePFGvKjr087gZA8wpCe+kn27xr7vw2JjMf4LGc9vAeacX2GYlVY14Zf+ys6SR4BS
        zgUAvd3HQ+eGDQXLWCM+yXJ87X8qHXeRlsg6EvDKdZW1kPab2tFcvS0U6Qt0maDc
        u/m1wkZ++58nxYvTM/HW4Qx9F1BmvuWCEZpKv4c0kitQty85nNUCIP5PWahi9GgK
        bh2YH10bxzofUnt0Vgl+eA3slG+sIOi2fQNkbBhbofxNRC1QXG8bSh3OL7DcJSMp
        hV5SyEOWFCTNTD4iDElUcaEi55QO44iyT/QUudkqfAAnUkwzTTH7pHhkh8Iny7Xe
        keCT9ivVqTqvOQl3p3sHCFDkGrH0en8JttqPvYJXn3/SKpePbf294VJzxysMN/nA
        7veonECvwrx6NywvAq6mvsCkooInI6tHvj3bIXZxKi8HOwVzgKsrk9QVdIh/R7i3
        D4508yubzMEXfcIHyaLP/jSNexkFPwjD3oy+v1rxpIyK
        -----END ENCRYPTED PRIVATE KEY-----

        """

    /// For an EC key.
    package static let otherCertificate = """
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

        """

    package static let otherKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglnnA/JCVMevJZ1Cw
        5sYDyoNpaQXQleVpjDPhA0ZhhZihRANCAAQiqxpOuHRHXbGd+W7tJBs3sahu+Psl
        t52XhRyzRG/1J5cXeYsCyhotv5vWxhfHdR951AhXe/OJ/XTp9S4K5hep
        -----END PRIVATE KEY-----

        """
}
