"""Azure's machines prove themselves with tokens of a managed identity, which the platform hands out on request."""

import asyncio
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from fixtures import behaviour
from fixtures.proxy import free_port
from fixtures.refusal import assert_refused
from fixtures.server import Server
from fixtures.token import SigningKey

IDENTITY = "0f1e2d3c-identity"


class Platform(Server):
    """The metadata service: a new token for each request."""

    def __init__(self):
        super().__init__()
        self.lifetime = 86400
        self.tokens = []

    def token(self):
        self.tokens.append(SigningKey.named("platform").sign({"sub": "identity", "n": len(self.tokens)}))
        return self.tokens[-1]

    async def default(self, call):
        # All strings, as Azure has them.
        await call.reply_json({"access_token": self.token(), "expires_in": str(self.lifetime), "token_type": "Bearer"})


@pytest.fixture
async def platform():
    async with Platform() as platform:
        yield platform


@pytest.fixture
def managed(platform):
    return {
        "OBO_CLIENT_SECRET": None,
        "OBO_MANAGED_IDENTITY_CLIENT_ID": IDENTITY,
        "OBO_MANAGED_IDENTITY_ENDPOINT": platform.origin + "/metadata/identity/oauth2/token",
    }


@pytest.fixture
async def proxy(start_proxy, managed):
    return await start_proxy(**managed)


def query(request):
    return {name: values for name, values in parse_qs(urlsplit(request.target).query).items()}


async def test_its_token_is_the_assertion(proxy, provider, platform):
    for user in ("alice", "bob"):
        assert (await proxy.call(provider.user_token(user))).json()["result"]
    # One token serves until shortly before its end.
    (request,) = platform.requests
    assert request.method == "GET" and request.head.value("metadata") == "true"
    assert urlsplit(request.target).path == "/metadata/identity/oauth2/token"
    assert query(request) == {
        "api-version": ["2018-02-01"],
        "resource": ["api://AzureADTokenExchange"],
        "client_id": [IDENTITY],
    }
    for exchange in provider.exchanges:
        assert exchange.form["client_assertion"] == platform.tokens[0]
        assert exchange.form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        assert exchange.form["client_id"] == provider.client_id and "client_secret" not in exchange.form
    assert platform.tokens[0] not in proxy.text


async def test_app_service(start_proxy, provider, platform):
    proxy = await start_proxy(
        OBO_CLIENT_SECRET=None,
        OBO_MANAGED_IDENTITY_CLIENT_ID=IDENTITY,
        OBO_MANAGED_IDENTITY_RESOURCE="api://AzureADTokenExchangeUSGov",
        IDENTITY_ENDPOINT=platform.origin + "/msi/token",
        IDENTITY_HEADER="only-for-guests",
    )
    end = str(int(time.time()) + 3600)
    platform.script(lambda call: call.reply_json({"access_token": platform.token(), "expires_on": end}))
    for user in ("alice", "bob"):
        assert (await proxy.call(provider.user_token(user))).json()["result"]
    (request,) = platform.requests
    assert request.head.value("x-identity-header") == "only-for-guests" and request.head.value("metadata") is None
    assert urlsplit(request.target).path == "/msi/token"
    assert query(request) == {
        "api-version": ["2019-08-01"],
        "resource": ["api://AzureADTokenExchangeUSGov"],
        "client_id": [IDENTITY],
    }
    assert "only-for-guests" not in proxy.text


@pytest.mark.parametrize(
    "answer",
    [
        behaviour.answer(429, b"Too Many Requests"),
        behaviour.answer(429, b"Too Many Requests", retry_after="1"),
        behaviour.answer(404),
        behaviour.answer(410),
        behaviour.answer(500),
        behaviour.close,
    ],
    ids=["429", "429, in a second", "404", "410", "500", "closed"],
)
async def test_it_is_asked_again(proxy, provider, platform, answer):
    platform.script(answer)
    assert (await proxy.call(provider.user_token())).json()["result"]
    assert len(platform.requests) == 2 and len(provider.exchanges) == 1


async def test_a_crowd_asks_once(proxy, provider, platform):
    gate = asyncio.Event()
    platform.script(behaviour.answer(429), behaviour.held(gate, platform.default))
    calls = [asyncio.ensure_future(proxy.call(provider.user_token(f"user{i}"))) for i in range(20)]
    await platform.requests.reaches(2)
    gate.set()
    for answer in await asyncio.gather(*calls):
        assert answer.json()["result"]
    assert len(platform.requests) == 2
    assert {exchange.form["client_assertion"] for exchange in provider.exchanges} == {platform.tokens[0]}


async def test_short_lives_are_not_kept(proxy, provider, platform):
    platform.lifetime = 0
    for user in ("alice", "bob"):
        assert (await proxy.call(provider.user_token(user))).json()["result"]
    assert [exchange.form["client_assertion"] for exchange in provider.exchanges] == platform.tokens
    assert len(platform.tokens) == 2


@pytest.mark.parametrize(
    "answer",
    [
        behaviour.json_answer({"error": "invalid_request", "error_description": "Identity not found"}, 400),
        behaviour.json_answer({"error": "forbidden"}, 403),
        behaviour.json_answer({"token_type": "Bearer"}),
        behaviour.answer(200, b"<html>"),
        behaviour.redirect(302, "http://127.0.0.1:9/token"),
    ],
    ids=["400", "403", "no token", "HTML", "redirect"],
)
async def test_a_refusal_is_the_configurations_fault(proxy, provider, platform, upstream, answer):
    platform.script(answer)
    assert_refused(await proxy.call(provider.user_token()), "client_rejected")
    assert len(platform.requests) == 1 and not provider.exchanges
    await proxy.lines.finds(lambda line: "managed identity" in line)
    upstream.saw_nothing()
    assert (await proxy.call(provider.user_token("bob"))).json()["result"]


async def test_a_platform_that_is_down(start_proxy, managed, provider, upstream):
    managed["OBO_MANAGED_IDENTITY_ENDPOINT"] = f"http://127.0.0.1:{free_port()}/token"
    proxy = await start_proxy(**managed, OBO_TIMEOUT="1s")
    began = time.monotonic()
    assert_refused(await proxy.call(provider.user_token()), {"exchange_timeout", "exchange_unavailable"})
    assert time.monotonic() - began < 5
    assert not provider.exchanges
    upstream.saw_nothing()


async def test_a_platform_that_is_silent(start_proxy, managed, provider, platform, upstream):
    proxy = await start_proxy(**managed, OBO_TIMEOUT="500ms")
    platform.always(behaviour.hang)
    began = time.monotonic()
    assert_refused(await proxy.call(provider.user_token()), "exchange_timeout")
    assert time.monotonic() - began < 3
    assert not provider.exchanges
    upstream.saw_nothing()


async def test_a_rejected_token_is_asked_for_anew(proxy, provider, platform):
    """The platform has another one: it is tried, once."""
    rejected = behaviour.json_answer({"error": "invalid_client"}, 401)
    provider.script(rejected)
    assert (await proxy.call(provider.user_token())).json()["result"]
    assert [exchange.form["client_assertion"] for exchange in provider.exchanges] == platform.tokens
    assert len(platform.tokens) == 2


async def test_the_same_token_is_not_tried_again(proxy, provider, platform, upstream):
    same = platform.token()
    platform.always(behaviour.json_answer({"access_token": same, "expires_in": "86400"}))
    provider.always(behaviour.json_answer({"error": "invalid_client"}, 401))
    assert_refused(await proxy.call(provider.user_token()), "client_rejected")
    assert len(provider.exchanges) == 1
    upstream.saw_nothing()
