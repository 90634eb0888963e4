"""RFC 8693 from end to end: chat user, proxy, the demo's provider, MCP server; every message of it over the wire."""

import pytest
from demo_provider import (
    AUDIENCE,
    CLIENT_ID,
    CLIENT_SECRET,
    NO_VARIABLES,
    CertificateFiles,
    DemoProvider,
    configuration,
)
from fixtures.refusal import assert_refused
from fixtures.token import claims
from fixtures.upstream import result

TYPE = "urn:ietf:params:oauth:token-type:"
SECRET = f"client_secret: {CLIENT_SECRET}"


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
    async def start(credential=SECRET, audience=AUDIENCE, scopes="access_as_user"):
        settings = f'{credential}, grant: token-exchange, parameters: {{audience: "{audience}"}}'
        return await start_proxy(configuration(recorder, upstream, authority, settings, scopes), **NO_VARIABLES)

    return start


async def test_exchange(start, recorder, upstream):
    proxy = await start()
    token = await recorder.sign_in("ada")
    assert (await proxy.call(token)).json() == result(1)
    (request,) = recorder.token_requests
    assert request.form == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "subject_token": token,
        "subject_token_type": f"{TYPE}access_token",
        "audience": AUDIENCE,
        "scope": "access_as_user",
    }
    minted = claims(upstream.requests[0].token)
    assert (minted["aud"], minted["sub"]) == (AUDIENCE, "subject-ada")
    assert [call["outcome"] for call in await recorder.calls()] == ["minted"]


async def test_second_call_and_second_user(start, recorder, upstream):
    proxy = await start()
    ada, grace = await recorder.sign_in("ada"), await recorder.sign_in("grace")
    for token in (ada, grace, ada, grace):
        assert (await proxy.call(token)).json() == result(1)
    assert len(recorder.token_requests) == 2
    users = [claims(request.token)["sub"] for request in upstream.requests]
    assert users == ["subject-ada", "subject-grace"] * 2


async def test_with_a_basic_header(start, recorder, upstream):
    proxy = await start(f"{SECRET}, client_auth: basic")
    assert (await proxy.call(await recorder.sign_in("ada"))).json() == result(1)
    assert not {"client_id", "client_secret"} & recorder.token_requests[0].form.keys()


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
async def test_with_a_certificate(start, recorder, upstream, certificate, algorithm):
    proxy = await start(certificate.settings(algorithm))
    assert (await proxy.call(await recorder.sign_in("ada"))).json() == result(1)
    assert "client_secret" not in recorder.token_requests[0].form


@pytest.mark.parametrize("user, reason", [("carol", "consent_required"), ("heidi", "interaction_required")])
async def test_users_who_have_something_to_do(start, recorder, upstream, user, reason):
    proxy = await start()
    assert_refused(await proxy.call(await recorder.sign_in(user)), reason)
    upstream.saw_nothing()


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"audience": "api://nobody"}, "scope_misconfigured"),
        ({"scopes": "admin"}, "scope_misconfigured"),
        ({"credential": "client_secret: wrong"}, "client_rejected"),
    ],
    ids=["unknown audience", "unknown scope", "wrong secret"],
)
async def test_settings_that_are_wrong(start, recorder, upstream, changes, reason):
    proxy = await start(**changes)
    assert_refused(await proxy.call(await recorder.sign_in("ada")), reason)
    upstream.saw_nothing()
