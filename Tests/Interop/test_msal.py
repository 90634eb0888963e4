"""MSAL for Python, Microsoft's own client of the On-Behalf-Of flow, and the proxy ask the same provider for the same
token; what each of them sends is compared. Differences are named here, and there are no others."""

import asyncio
import re

import msal
import pytest
import requests
from cryptography.hazmat.primitives import hashes
from demo_provider import CLIENT_ID, CLIENT_SECRET, NO_VARIABLES, SCOPE, CertificateFiles, DemoProvider, configuration
from fixtures.token import claims
from joserfc import jws, jwt
from joserfc.jwk import import_key

# What MSAL asks for besides: a refresh token and an ID token, neither of which the proxy would use or keep.
OPENID_SCOPES = {"openid", "profile", "offline_access"}
# MSAL's telemetry, by which Microsoft counts its libraries, and a hint for an account cache.
ONLY_MSAL_FORM = {"client_info"}
REGISTRY = jws.JWSRegistry(algorithms=["PS256", "RS256"])
REGISTRY.max_header_length = 8192  # MSAL's may hold a whole certificate
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def msal_client(recorder, authority, credential):
    http = requests.Session()
    http.trust_env = False
    http.verify = authority.file
    return msal.ConfidentialClientApplication(
        CLIENT_ID,
        client_credential=credential,
        authority=f"{recorder.origin}/demo",
        instance_discovery=False,
        http_client=http,
    )


async def by_msal(recorder, authority, credential, token):
    """(MSAL's answer, what it sent)."""

    def ask():
        return msal_client(recorder, authority, credential).acquire_token_on_behalf_of(token, [SCOPE])

    answer = await asyncio.to_thread(ask)
    return answer, recorder.token_requests[-1]


@pytest.fixture
def certificate(tmp_path):
    return CertificateFiles(tmp_path)


@pytest.fixture
async def recorder(authority, certificate):
    tls = authority.server_context()
    async with DemoProvider(tls, "--client-certificate", certificate.file) as recorder:
        yield recorder


@pytest.fixture
def start(start_proxy, recorder, upstream, authority):
    """Starts a proxy with a client credential, as settings of `exchange`."""

    async def start(credential=f"client_secret: {CLIENT_SECRET}"):
        return await start_proxy(configuration(recorder, upstream, authority, credential), **NO_VARIABLES)

    return start


async def by_proxy(proxy, recorder, token):
    """(the proxy's answer to a tool call, what it sent to the provider)."""
    answer = await proxy.call(token)
    return answer.json(), recorder.token_requests[-1]


def assert_alike(ours, theirs, credential_fields):
    """The same request but for what is named above, and the credential's own fields, which the caller compares."""
    assert theirs.form.keys() - ours.form.keys() == ONLY_MSAL_FORM
    assert ours.form.keys() - theirs.form.keys() == set()
    same = ours.form.keys() - {"scope"} - credential_fields
    assert {name: ours.form[name] for name in same} == {name: theirs.form[name] for name in same}
    assert ours.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert ours.form["requested_token_use"] == "on_behalf_of"
    assert ours.form["client_id"] == CLIENT_ID
    assert set(theirs.form["scope"].split()) == {ours.form["scope"]} | OPENID_SCOPES
    for name in ("content-type", "accept", "x-ms-lib-capability", "host"):
        assert ours.fields[name] == theirs.fields[name], name
    assert "authorization" not in ours.fields and "authorization" not in theirs.fields


async def test_secret(start, recorder, authority, upstream):
    token = await recorder.sign_in("ada")
    answer, theirs = await by_msal(recorder, authority, CLIENT_SECRET, token)
    assert claims(answer["access_token"])["aud"] == "api://tools"
    proxy = await start()
    reply, ours = await by_proxy(proxy, recorder, token)
    assert reply["result"] and claims(upstream.requests[0].token)["sub"] == "subject-ada"

    assert_alike(ours, theirs, set())
    assert ours.form["client_secret"] == CLIENT_SECRET and ours.form["assertion"] == token
    named = [set(call["form"]) for call in await recorder.calls()]
    assert named == [set(theirs.form), set(ours.form)], "the provider's own log says the same"


async def test_each_request_has_a_name_of_its_own(start, recorder, authority):
    """By `client-request-id` a request is found in the sign-in log at the other side."""
    token = await recorder.sign_in("ada")
    _, theirs = await by_msal(recorder, authority, CLIENT_SECRET, token)
    proxy = await start()
    _, one = await by_proxy(proxy, recorder, token)
    _, two = await by_proxy(proxy, recorder, await recorder.sign_in("ada"))
    names = [request.fields.get("client-request-id", "") for request in (theirs, one, two)]
    assert all(UUID.fullmatch(name) for name in names), names
    assert len(set(names)) == 3


@pytest.mark.parametrize(
    "user, error, reason",
    [("carol", "invalid_grant", "consent_required"), ("heidi", "interaction_required", "interaction_required")],
)
async def test_refusals_mean_the_same(start, recorder, authority, upstream, user, error, reason):
    token = await recorder.sign_in(user)
    answer, _ = await by_msal(recorder, authority, CLIENT_SECRET, token)
    assert answer["error"] == error
    proxy = await start()
    reply, _ = await by_proxy(proxy, recorder, token)
    assert reply["error"]["data"]["reason"] == reason
    upstream.saw_nothing()


# With a certificate: MSAL takes the newer way for a certificate, and the older one for a thumbprint.


def in_words(certificate, algorithm):
    """The credential for MSAL, and for the proxy."""
    credential = {"private_key": certificate.key_pem}
    if algorithm == "PS256":
        credential["public_certificate"] = certificate.pem
    else:
        credential["thumbprint"] = certificate.certificate.certificate.fingerprint(hashes.SHA1()).hex()
    return credential, certificate.settings(algorithm)


def assertion(request, certificate, algorithm):
    """(header, claims) of a client assertion whose signature is good."""
    key = import_key(certificate.pem, "RSA")
    token = jwt.decode(request.form["client_assertion"], key, [algorithm], REGISTRY)
    assert token.header["alg"] == algorithm
    return token.header, token.claims


@pytest.mark.parametrize("algorithm, name", [("PS256", "x5t#S256"), ("RS256", "x5t")])
async def test_certificate(start, recorder, authority, upstream, certificate, algorithm, name):
    for_msal, for_proxy = in_words(certificate, algorithm)
    token = await recorder.sign_in("ada")
    answer, theirs = await by_msal(recorder, authority, for_msal, token)
    assert claims(answer["access_token"])["aud"] == "api://tools"
    proxy = await start(for_proxy)
    reply, ours = await by_proxy(proxy, recorder, token)
    assert reply["result"] and claims(upstream.requests[0].token)["sub"] == "subject-ada"

    assert_alike(ours, theirs, {"client_assertion"})
    assert "client_secret" not in ours.form
    (our_header, our_claims), (their_header, their_claims) = (
        assertion(request, certificate, algorithm) for request in (ours, theirs)
    )
    # MSAL sends the certificate along, which Entra looks at only for certificates trusted by their issuer, and pads.
    assert their_header.keys() - our_header.keys() <= {"x5c"} and our_header.keys() == {"alg", "typ", name}
    assert our_header[name] == their_header[name].rstrip("=")
    assert our_header["typ"].upper() == their_header["typ"].upper() == "JWT"
    # Ours says from when on it is good, and is good for a shorter time.
    assert our_claims.keys() - their_claims.keys() == {"nbf"} and their_claims.keys() <= our_claims.keys()
    for claim in ("aud", "iss", "sub"):
        assert our_claims[claim] == their_claims[claim]
    assert our_claims["aud"] == f"{recorder.origin}/demo/oauth2/v2.0/token"
    assert 60 <= our_claims["exp"] - our_claims["iat"] <= their_claims["exp"] - their_claims["iat"] <= 600
    assert abs(our_claims["iat"] - their_claims["iat"]) < 60
    assert our_claims["jti"] != their_claims["jti"]


async def test_an_assertion_is_for_one_exchange(start, recorder, authority, certificate):
    """MSAL keeps one for nine minutes, which a provider that remembers `jti` refuses; the proxy makes another."""
    for_msal, for_proxy = in_words(certificate, "PS256")
    tokens = [await recorder.sign_in(user) for user in ("ada", "grace")]

    def ask_twice():
        client = msal_client(recorder, authority, for_msal)
        return [client.acquire_token_on_behalf_of(token, [SCOPE]) for token in tokens]

    answers = await asyncio.to_thread(ask_twice)
    assert "access_token" in answers[0] and answers[1]["error"] == "invalid_client"
    proxy = await start(for_proxy)
    for token in tokens:
        reply, _ = await by_proxy(proxy, recorder, token)
        assert reply["result"]
