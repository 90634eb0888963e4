"""Each bad user token is refused for its own reason, and the upstream sees nothing of it."""

import time

import pytest
from fixtures.refusal import assert_refused
from fixtures.token import SigningKey, base64url, decoded, hmac_signed, unsigned

FORGER = "forger"


def signed(**changes):
    return lambda provider: "Bearer " + provider.user_token(**changes)


def by_forger(**header):
    return lambda provider: "Bearer " + provider.user_token(key=SigningKey.named(FORGER), header=header)


def altered(provider):
    head, payload, signature = provider.user_token().split(".")
    other = provider.user_token("bob").split(".")[1]
    return f"Bearer {head}.{other}.{signature}"


def without_signature(provider):
    return "Bearer " + provider.user_token().rpartition(".")[0] + "."


def doubled_claim(provider):
    """Two `sub` members: which one counts is anybody's guess, so none does."""
    header, payload, _ = provider.user_token().split(".")
    claims = b'{"sub":"mallory",' + decoded(payload)[1:]
    content = f"{header}.{base64url(claims)}"
    return f"Bearer {content}.{base64url(b'x' * 256)}"


BAD = {
    "placeholder": (lambda _: "Bearer {{LIBRECHAT_OPENID_ACCESS_TOKEN}}", "placeholder_token"),
    "other placeholder": (lambda _: "Bearer {{LIBRECHAT_OPENID_TOKEN}}", "placeholder_token"),
    "empty value": (lambda _: "Bearer ", {"missing_token", "malformed_token"}),
    "no value": (lambda _: "Bearer", {"missing_token", "malformed_token"}),
    "other scheme": (lambda _: "Basic YWxpY2U6c2VjcmV0", {"missing_token", "malformed_token"}),
    "not a token": (lambda _: "Bearer opaque-text", "malformed_token"),
    "two parts": (lambda p: "Bearer " + p.user_token().rpartition(".")[0], "malformed_token"),
    "five parts": (lambda _: "Bearer e30.e30.e30.e30.e30", "malformed_token"),
    "header not JSON": (lambda _: f"Bearer {base64url(b'nonsense')}.e30.AAAA", "malformed_token"),
    "not base64url": (lambda p: "Bearer " + p.user_token().replace(".", ".+/", 1), "malformed_token"),
    "claims not an object": (lambda p: "Bearer " + p.key.sign([1, 2]), "malformed_token"),
    "two tokens in a list": (lambda p: f"Bearer {p.user_token()}, Bearer {p.user_token()}", "malformed_token"),
    "id token by nonce": (signed(nonce="n"), "id_token"),
    "id token by at_hash": (signed(at_hash="h"), "id_token"),
    "id token by c_hash": (signed(c_hash="h"), "id_token"),
    "id token by typ": (signed(typ="ID"), "id_token"),
    "id token, expired, for another audience": (signed(nonce="n", exp=1, aud="else"), "id_token"),
    "app-only token": (signed(idtyp="app"), "app_only_token"),
    "without exp": (signed(exp=None), {"malformed_token", "expired_token"}),
    "exp is text": (signed(exp="tomorrow"), {"malformed_token", "expired_token"}),
    "forged, unknown kid": (by_forger(), "invalid_signature"),
    "forged, known kid": (by_forger(kid="key-one"), "invalid_signature"),
    "forged, own key in the header": (
        by_forger(kid="key-one", jwk=SigningKey.named(FORGER).jwk()),
        {"invalid_signature", "malformed_token"},
    ),
    "claims of another token": (altered, "invalid_signature"),
    "signature left out": (without_signature, {"invalid_signature", "malformed_token"}),
    "doubled claim": (doubled_claim, {"invalid_signature", "malformed_token"}),
    "alg none": (
        lambda p: "Bearer " + unsigned(p.user_claims()),
        {"invalid_signature", "malformed_token"},
    ),
    "alg None": (
        lambda p: "Bearer " + unsigned(p.user_claims(), alg="None") + "AAAA",
        {"invalid_signature", "malformed_token"},
    ),
    "HS256 with the public key": (
        lambda p: "Bearer " + hmac_signed(p.user_claims(), p.key.public_pem(), "key-one"),
        {"invalid_signature", "malformed_token"},
    ),
    "RS256 called ES256": (signed(header={"alg": "ES256"}), {"invalid_signature", "malformed_token"}),
    "unknown crit": (
        signed(header={"crit": ["b64"], "b64": False}),
        {"invalid_signature", "malformed_token"},
    ),
    "wrong issuer": (signed(iss="https://login.example/other/v2.0"), "wrong_issuer"),
    "issuer with a slash more": (lambda p: "Bearer " + p.user_token(iss=p.issuer + "/"), "wrong_issuer"),
    "wrong audience": (signed(aud="00000003-0000-0000-c000-000000000000"), "wrong_audience"),
    "no audience": (signed(aud=None), {"wrong_audience", "malformed_token"}),
    "audience list without us": (signed(aud=["one", "two"]), "wrong_audience"),
    "expired": (lambda p: "Bearer " + p.user_token(exp=int(time.time()) - 120), "expired_token"),
    "not yet valid": (lambda p: "Bearer " + p.user_token(nbf=int(time.time()) + 600), "not_yet_valid"),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_token(proxy, provider, upstream, name):
    make, reason = BAD[name]
    response = await proxy.call(None, fields=[("Authorization", make(provider))])
    assert_refused(response, reason)
    upstream.saw_nothing()
    assert not provider.exchanges, "nor does the provider see it"


async def test_missing(proxy, provider, upstream):
    assert_refused(await proxy.call(None), "missing_token")
    upstream.saw_nothing()


async def test_two_fields(proxy, provider, upstream):
    token = provider.user_token()
    response = await proxy.call(token, fields=[("Authorization", f"Bearer {token}")])
    if response.status == 400:
        assert not provider.exchanges
    else:
        assert_refused(response, {"malformed_token", "missing_token"})
    upstream.saw_nothing()


async def test_missing_scope(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_REQUIRE_SCOPE="access_as_user")
    assert (await proxy.call(provider.user_token(scp="other access_as_user more"))).status == 200
    upstream.received.clear()
    assert_refused(await proxy.call(provider.user_token(scp="access_as_user_not other")), "missing_scope")
    assert_refused(await proxy.call(provider.user_token(scp=None)), "missing_scope")
    upstream.saw_nothing()


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": f"{'f2c7d1b0-8e44-4c1b-9a64-77f0c3f5a9d2'}"},
        {"aud": ["other", "api://f2c7d1b0-8e44-4c1b-9a64-77f0c3f5a9d2"]},
        {"exp": "skewed"},
        {"scp": "openid profile"},
    ],
    ids=["the client id", "a list with us", "expired within the clock skew", "any scope"],
)
async def test_good_ones_beside_them(proxy, provider, upstream, changes):
    if changes.get("exp") == "skewed":
        changes = {"exp": int(time.time()) - 20}
    response = await proxy.call(provider.user_token(**changes))
    if "exp" in changes and response.json().get("error"):
        # Accepted by validation, but a minted token is kept no longer than the user token: refusing is fine too.
        assert_refused(response, "expired_token")
    else:
        assert response.status == 200 and len(upstream.requests) == 1


async def test_a_refused_token_stays_refused_and_does_not_harm_others(proxy, provider, upstream):
    forged = provider.user_token(key=SigningKey.named(FORGER), header={"kid": "key-one"})
    for _ in range(3):
        assert_refused(await proxy.call(forged), "invalid_signature")
    assert (await proxy.call(provider.user_token())).json()["result"]
    assert len(upstream.requests) == 1
