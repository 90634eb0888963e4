"""MSAL for Python, Microsoft's own client of the On-Behalf-Of flow, and the proxy ask the same provider for the same
token; what each of them sends is compared. Differences are named here, and there are no others."""

import asyncio
import re

import msal
import pytest
import requests
from demo_provider import CLIENT_ID, CLIENT_SECRET, NO_VARIABLES, SCOPE, DemoProvider, configuration
from fixtures.token import claims

# What MSAL asks for besides: a refresh token and an ID token, neither of which the proxy would use or keep.
OPENID_SCOPES = {"openid", "profile", "offline_access"}
# MSAL's telemetry, by which Microsoft counts its libraries, and a hint for an account cache.
ONLY_MSAL_FORM = {"client_info"}
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
async def recorder(authority):
    async with DemoProvider(authority.server_context()) as recorder:
        yield recorder


@pytest.fixture
def start(start_proxy, recorder, upstream, authority):
    """Starts a proxy with a client credential, as settings of `exchange`."""

    async def start(credential=f"client_secret: {CLIENT_SECRET}"):
        return await start_proxy(configuration(recorder, upstream, authority, exchange=credential), **NO_VARIABLES)

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
