"""joserfc, a JOSE library that this project did not write, is the other side: user tokens that it makes must be taken
or refused as the RFCs have it, whatever the algorithm, and it must find good what the RFCs publish."""

import base64
import json
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from fixtures import behaviour
from fixtures.credential import ClientCertificate, check_assertion, write
from fixtures.refusal import assert_refused
from fixtures.token import base64url, decoded, hmac_signed
from fixtures.upstream import result
from joserfc import jwe, jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey, import_key

# EdDSA as a name for Ed25519 is deprecated by RFC 9864, and what all issuers use.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated", 'ignore:JWS algorithm "none"')

PUBLISHED = json.loads((Path(__file__).parents[1] / "Corpora/jose/published.json").read_text())
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
FORGER = RSAKey.generate_key(2048, {"kid": "rsa"})
P256 = ECKey.generate_key("P-256", {"kid": "P-256"})
KEYS = [
    RSA,
    P256,
    ECKey.generate_key("P-384", {"kid": "P-384"}),
    ECKey.generate_key("P-521", {"kid": "P-521"}),
    OKPKey.generate_key("Ed25519", {"kid": "Ed25519"}),
]
KEY_FOR = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}
LENIENT = jws.JWSRegistry(algorithms=[*ALGORITHMS, "HS256", "none"], strict_check_header=False)


def key_for(alg):
    return next(key for key in KEYS if key.kid == KEY_FOR.get(alg, "rsa"))


def sign(payload, alg="RS256", key=None, **header):
    """`payload` is a dictionary or exact bytes; a header member that is None is left out."""
    key = key or key_for(alg)
    header = {"alg": alg, "typ": "JWT", "kid": key.kid, **header}
    header = {name: value for name, value in header.items() if value is not None}
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return jws.serialize_compact(header, data, key, registry=LENIENT)


def sign_parts(header, payload, alg="RS256"):
    """The same with exact bytes for the header too, which no library would write."""
    content = f"{base64url(header)}.{base64url(payload)}"
    model = LENIENT.get_alg(alg)
    return f"{content}.{base64url(model.sign(content.encode(), key_for(alg)))}"


def public(keys):
    return behaviour.json_answer({"keys": [key.as_dict(private=False) for key in keys]})


@pytest.fixture
def provider(provider):
    provider.keys_answer = public(KEYS)
    return provider


@pytest.fixture
async def proxy(start_proxy):
    return await start_proxy(OBO_ALGORITHMS=",".join(ALGORITHMS))


# What is taken


@pytest.mark.parametrize("alg", ALGORITHMS)
async def test_algorithm(proxy, provider, alg):
    assert (await proxy.call(sign(provider.user_claims(), alg))).json() == result(1)


GOOD = {
    "typ at+jwt": dict(typ="at+jwt"),
    "typ in full, in capitals": dict(typ="application/AT+JWT"),
    "no typ": dict(typ=None),
    "unknown members in the header": dict(x5t="AAAA", nested={"a": [1]}),
    "a certificate chain, which is not looked at": dict(x5c=["MIIB"]),
    "aud is an array": dict(claims={"aud": ["api://other", "api://f2c7d1b0-8e44-4c1b-9a64-77f0c3f5a9d2"]}),
    "dates with fractions": dict(claims={name: time.time() + off for name, off in [("exp", 600.5), ("nbf", -9.25)]}),
    "a date with an exponent": dict(claims={"exp": 4e9}),
    "a name of every kind of letter": dict(claims={"name": 'Zoë "Ω" \\ 𝔘 \u0000 \u2028'}),
    "scopes as an array": dict(claims={"scp": ["access_as_user", "other"]}),
}


@pytest.mark.parametrize("name", GOOD)
async def test_good(proxy, provider, name):
    header = dict(GOOD[name])
    claims = provider.user_claims(**header.pop("claims", {}))
    assert (await proxy.call(sign(claims, **header))).json() == result(1)


async def test_white_space_is_signed_too(proxy, provider):
    header = b'{ "alg" : "ES256",\r\n\t"kid":"P-256" }'
    claims = json.dumps(provider.user_claims(), indent=2).encode() + b"\n"
    assert (await proxy.call(sign_parts(header, claims, "ES256"))).json() == result(1)


async def test_no_kid_and_no_choice(proxy, provider):
    """There is one key of that kind, so nothing needs to name it."""
    assert (await proxy.call(sign(provider.user_claims(), "EdDSA", kid=None))).json() == result(1)


# What is refused


def unsecured(claims):
    return sign(claims, "none", OctKey.generate_key(256, {"kid": "rsa"}))


def signature_of(token, change):
    content, _, signature = token.rpartition(".")
    return f"{content}.{base64url(change(decoded(signature)))}"


def as_der(raw):
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


def with_salt(claims, length):
    """PS256 with another salt than the hash's length, which RFC 7518 section 3.5 demands."""
    content = sign(claims, "PS256").rpartition(".")[0]
    form = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=length)
    return f"{content}.{base64url(RSA.private_key.sign(content.encode(), form, hashes.SHA256()))}"


def stray_bits(token, part):
    """The same bytes to a decoder that overlooks the unused bits of the last letter."""
    parts = token.split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    text = parts[part]
    assert len(text) % 4, "no unused bits"
    other = alphabet[alphabet.index(text[-1]) ^ 1]
    parts[part] = text[:-1] + other
    assert base64.urlsafe_b64decode(parts[part] + "==") == base64.urlsafe_b64decode(text + "==")
    return ".".join(parts)


def filled(claims):
    """Claims whose encoding has unused bits at its end."""
    while not len(json.dumps(claims).encode()) % 3:
        claims["pad"] = claims.get("pad", "") + "x"
    return claims


def encrypted(claims):
    header = {"alg": "RSA-OAEP-256", "enc": "A256GCM"}
    return jwe.encrypt_compact(header, sign(claims).encode(), RSA, algorithms=list(header.values()))


def flattened(claims):
    value = {"protected": {"alg": "RS256", "kid": "rsa"}}
    return json.dumps(jws.serialize_json(value, json.dumps(claims).encode(), RSA, registry=LENIENT)).replace(" ", "")


def doubled(text, name, value):
    """JSON with one member twice, each reading alone being good."""
    return b"{" + json.dumps(name).encode() + b":" + json.dumps(value).encode() + b"," + text[1:]


def dump(claims):
    return json.dumps(claims, separators=(",", ":")).encode()


def padded(token, part):
    parts = token.split(".")
    parts[part] += "=" * (-len(parts[part]) % 4)
    return ".".join(parts)


HEADER = b'{"alg":"RS256","kid":"rsa"}'


def having(**header):
    return lambda claims: sign(claims, **header)


def headed(header, alg="RS256"):
    return lambda claims: sign_parts(header, dump(claims), alg)


def changed(change):
    """Other claims, in exact bytes."""
    return lambda claims: sign_parts(HEADER, change(dump(claims)))


def signed(change, alg="RS256"):
    """Another signature."""
    return lambda claims: signature_of(sign(claims, alg), change)


def hs256(secret):
    """Signed with what everybody knows."""
    return lambda claims: hmac_signed(claims, secret, "rsa")


MALFORMED, BAD_SIGNATURE = "malformed_token", "invalid_signature"
BAD = {
    "none": (lambda c: unsecured(c) + "AAAA", BAD_SIGNATURE),
    "none without a signature": (lambda c: unsecured(c), MALFORMED),
    "HS256 with the public key's PEM": (hs256(RSA.as_pem(private=False)), BAD_SIGNATURE),
    "HS256 with the public key's JWK": (hs256(json.dumps(RSA.as_dict(private=False)).encode()), BAD_SIGNATURE),
    "another key of the same name": (having(key=FORGER), BAD_SIGNATURE),
    "another key, its own in the header": (having(key=FORGER, jwk=FORGER.as_dict(private=False)), MALFORMED),
    "our key in the header": (having(jwk=RSA.as_dict(private=False)), MALFORMED),
    "an address of keys": (having(jku="https://id.example/keys"), MALFORMED),
    "an address of a certificate": (having(x5u="https://id.example/cert"), MALFORMED),
    "a name of no key": (having(kid="nobody"), BAD_SIGNATURE),
    "a name of a key of another kind": (having(kid="P-256"), BAD_SIGNATURE),
    "crit that nobody knows": (headed(b'{"alg":"RS256","kid":"rsa","crit":["x"],"x":1}'), MALFORMED),
    "crit that is known": (headed(b'{"alg":"RS256","kid":"rsa","crit":["exp"],"exp":1}'), MALFORMED),
    "empty crit": (headed(b'{"alg":"RS256","kid":"rsa","crit":[]}'), MALFORMED),
    "b64 false": (headed(b'{"alg":"RS256","kid":"rsa","b64":false,"crit":["b64"]}'), MALFORMED),
    "b64 true": (having(b64=True), MALFORMED),
    "typ of another purpose": (having(typ="logout+jwt"), MALFORMED),
    "alg in small letters": (headed(b'{"alg":"rs256","kid":"rsa"}'), BAD_SIGNATURE),
    "alg is a list": (headed(b'{"alg":["RS256"],"kid":"rsa"}'), MALFORMED),
    "alg twice": (headed(doubled(HEADER, "alg", "RS256")), MALFORMED),
    "kid twice": (headed(doubled(HEADER, "kid", "rsa")), MALFORMED),
    "exp twice": (changed(lambda claims: doubled(claims, "exp", 4e9)), MALFORMED),
    "sub twice, once in escapes": (changed(lambda claims: claims[:-1] + b',"\\u0073ub":"eve"}'), MALFORMED),
    "something behind the claims": (changed(lambda claims: claims + b"{}"), MALFORMED),
    "a byte order mark": (changed(lambda claims: b"\xef\xbb\xbf" + claims), MALFORMED),
    "claims that are no UTF-8": (changed(lambda claims: claims[:-1] + b',"name":"\xff"}'), MALFORMED),
    "exp in a text": (lambda c: sign({**c, "exp": str(c["exp"])}), MALFORMED),
    "something behind the signature": (lambda c: sign(c) + "AAAA", BAD_SIGNATURE),
    "a fourth part": (lambda c: sign(c) + ".AAAA", MALFORMED),
    "padding": (lambda c: sign(c) + "==", BAD_SIGNATURE),
    "padded claims": (lambda c: padded(sign(filled(c)), 1), MALFORMED),
    "stray bits in the signature": (lambda c: stray_bits(sign(c), 2), BAD_SIGNATURE),
    "stray bits in the claims": (lambda c: stray_bits(sign(filled(c)), 1), MALFORMED),
    "stray bits in the header": (lambda c: stray_bits(headed(HEADER + b" ")(c), 0), MALFORMED),
    "a flipped bit": (signed(lambda raw: raw[:-1] + bytes([raw[-1] ^ 1])), BAD_SIGNATURE),
    "a signature with a leading zero": (signed(lambda raw: b"\0" + raw), BAD_SIGNATURE),
    "ECDSA in DER": (signed(as_der, "ES256"), BAD_SIGNATURE),
    "ECDSA with zeros": (signed(lambda raw: bytes(64), "ES256"), BAD_SIGNATURE),
    "ECDSA's halves exchanged": (signed(lambda raw: raw[32:] + raw[:32], "ES256"), BAD_SIGNATURE),
    "PSS without salt": (lambda c: with_salt(c, 0), BAD_SIGNATURE),
    "PSS with the longest salt": (lambda c: with_salt(c, padding.PSS.MAX_LENGTH), BAD_SIGNATURE),
    "PKCS #1 called PSS": (headed(b'{"alg":"PS256","kid":"rsa"}', "RS256"), BAD_SIGNATURE),
    "encrypted to our own key": (encrypted, MALFORMED),
    "the JSON form": (flattened, MALFORMED),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad(proxy, provider, upstream, name):
    make, reason = BAD[name]
    response = await proxy.call(None, fields=[("Authorization", f"Bearer {make(provider.user_claims())}")])
    assert_refused(response, reason)
    upstream.saw_nothing()
    assert not provider.exchanges


async def test_no_kid_and_a_choice(start_proxy, provider, upstream):
    """Trying one key after another would let each of them stand for all."""
    provider.keys_answer = public([RSA, RSAKey.generate_key(2048, {"kid": "second"})])
    proxy = await start_proxy()
    assert_refused(await proxy.call(sign(provider.user_claims(), kid=None)), BAD_SIGNATURE)
    assert (await proxy.call(sign(provider.user_claims()))).json() == result(1)


async def test_algorithms_that_are_not_configured(start_proxy, provider, upstream):
    """By default those that issuers use; what a token says of itself adds none."""
    proxy = await start_proxy()
    for alg in ALGORITHMS:
        response = await proxy.call(sign(provider.user_claims(), alg))
        if alg in ("RS256", "PS256", "ES256", "EdDSA"):
            assert response.json() == result(1), alg
        else:
            assert_refused(response, BAD_SIGNATURE)


# What the proxy signs


@pytest.mark.parametrize("algorithm", ["PS256", "RS256", "ES256"])
async def test_client_assertions(start_proxy, provider, tmp_path, algorithm):
    """50 exchanges, 50 assertions: each good, and each another one."""
    provider.keys_answer = None
    certificate = ClientCertificate(kind="ec" if algorithm == "ES256" else "rsa")
    proxy = await start_proxy(
        OBO_CLIENT_SECRET=None,
        OBO_CERTIFICATE=write(tmp_path, "client.pem", certificate.pem + certificate.key_pem()),
        OBO_ASSERTION_ALGORITHM=None if algorithm == "ES256" else algorithm,
    )
    for number in range(50):
        assert (await proxy.call(provider.user_token(f"user{number}"))).json() == result(1)
    claims = [
        check_assertion(exchange, certificate, provider.token_endpoint, provider.client_id, algorithm)
        for exchange in provider.exchanges
    ]
    assert len(claims) == len({one["jti"] for one in claims}) == 50
    assert min(len(one["jti"]) for one in claims) >= 16


# What the RFCs publish


@pytest.mark.parametrize("vector", PUBLISHED["signatures"] + PUBLISHED["refused"], ids=lambda vector: vector["source"])
def test_published_signature(vector):
    """What the unit tests check with our code, another library finds good as well."""
    if vector["algorithm"] == "none":
        assert vector["token"].endswith(".")
        return
    key = import_key({name: value for name, value in vector["key"].items() if name not in ("use", "alg")})
    signed = jws.deserialize_compact(vector["token"], key, algorithms=[vector["algorithm"]])
    assert signed.protected["alg"] == vector["algorithm"] and signed.payload


def test_published_json_form():
    keys = {"RS256": 0, "ES512": 1, "HS256": 2}
    general = PUBLISHED["general"]
    signed = jws.deserialize_json(
        general["document"],
        lambda member: import_key(general["keys"][keys[member.headers()["alg"]]]),
        algorithms=list(keys),
    )
    assert len(signed.members) == 3


@pytest.mark.parametrize("vector", PUBLISHED["keySets"], ids=lambda vector: vector["source"])
def test_published_keys(vector):
    """Each is a key, whether or not we have a use for it."""
    for key in vector["keys"]:
        assert import_key(key).as_dict()["kty"] == key["kty"]


@pytest.mark.parametrize("vector", PUBLISHED["signatures"], ids=lambda vector: vector["source"])
async def test_token_by_published_key(start_proxy, provider, upstream, vector):
    """Everybody has these keys, so nobody should; but they show that keys are read as their authors meant them."""
    key = import_key(vector["key"])
    provider.keys_answer = public([key])
    proxy = await start_proxy(OBO_ALGORITHMS=vector["algorithm"])
    token = sign(provider.user_claims(), vector["algorithm"], key)
    assert (await proxy.call(token)).json() == result(1)
