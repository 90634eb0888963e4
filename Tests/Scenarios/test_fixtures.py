"""The fixtures by themselves, without the proxy: a scenario can only be trusted as far as its peers can."""

from urllib.parse import urlencode

import pytest
from conftest import SCOPE
from fixtures import behaviour
from fixtures.client import Client, encode, message
from fixtures.provider import Provider
from fixtures.token import claims
from fixtures.upstream import Upstream
from fixtures.wire import Aborted


async def ask(server, method, target, body=None, tls=None):
    async with await Client.connect(("127.0.0.1", server.port), tls=tls) as client:
        return await client.request(method, target, body)


async def test_provider_discovers_signs_and_mints(provider):
    discovery = await ask(provider, "GET", provider.issuer + "/.well-known/openid-configuration")
    assert discovery.json()["jwks_uri"] == provider.jwks_uri
    assert (await ask(provider, "GET", provider.jwks_uri)).json()["keys"][0]["kid"] == "key-one"
    user_token = provider.user_token("alice")
    assert provider.key.verify(user_token)["sub"] == "alice-pairwise-subject"
    form = urlencode({"assertion": user_token, "scope": SCOPE}).encode()
    minted = (await ask(provider, "POST", provider.token_endpoint, form)).json()["access_token"]
    assert claims(minted)["aud"] == "api://tickets" and minted == provider.exchanges[0].minted


async def test_script_is_used_up_then_default(upstream):
    upstream.script(behaviour.answer(503), behaviour.redirect(302, "/elsewhere"))
    statuses = [(await ask(upstream, "POST", "/mcp", message())).status for _ in range(3)]
    assert statuses == [503, 302, 200]
    assert upstream.requests[2].json()["method"] == "tools/call"


@pytest.mark.parametrize("broken", [behaviour.close, behaviour.reset, behaviour.truncated()])
async def test_broken_answers_are_seen_as_aborts(upstream, broken):
    upstream.script(broken)
    with pytest.raises(Aborted):
        await ask(upstream, "POST", "/mcp", message())


async def test_chunked_stream_event_by_event(upstream):
    async def stream(call):
        await call.start_stream()
        for number in range(3):
            await call.event({"n": number})
        await call.end()

    upstream.script(stream)
    async with await Client.connect(("127.0.0.1", upstream.port)) as client:
        await client.send(encode("POST", "/mcp", message()))
        assert (await client.head()).value("content-type") == "text/event-stream"
        assert [await client.event() for _ in range(4)] == [{"n": 0}, {"n": 1}, {"n": 2}, None]


async def test_tls_with_the_test_authority(authority):
    async with Provider(tls=authority.server_context()) as provider:
        answer = await ask(provider, "GET", provider.jwks_uri, tls=authority.client_context())
        assert answer.status == 200 and provider.issuer.startswith("https:")


async def test_a_failing_script_fails_the_test():
    async def broken(_):
        raise ValueError("a mistake in a scenario")

    with pytest.raises(ValueError):
        async with Upstream() as upstream:
            upstream.script(broken)
            with pytest.raises(Aborted):
                await ask(upstream, "POST", "/mcp", message())
