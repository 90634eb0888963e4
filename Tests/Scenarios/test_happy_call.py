"""A chat user's tool call goes through: exchanged once, minted token upstream, the answer as the upstream wrote it."""

import base64
from urllib.parse import unquote_plus

import pytest
from conftest import SCOPE
from fixtures.token import claims
from fixtures.upstream import result


async def test_call_is_exchanged_forwarded_and_answered(proxy, provider, upstream):
    user_token = provider.user_token("alice")
    response = await proxy.call(user_token, request_id=7)

    assert response.status == 200 and response.json() == result(7)
    assert response.value("content-type") == "application/json"
    (seen,) = upstream.requests
    assert (seen.method, seen.target) == ("POST", "/mcp")
    assert seen.token == provider.exchanges[0].minted
    assert claims(seen.token)["sub"] == "alice-pairwise-subject"


async def test_exchange_is_on_behalf_of(proxy, provider):
    user_token = provider.user_token("alice")
    await proxy.call(user_token)

    (exchange,) = provider.exchanges
    assert exchange.request.head.value("content-type").startswith("application/x-www-form-urlencoded")
    assert {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "requested_token_use": "on_behalf_of",
        "assertion": user_token,
        "scope": SCOPE,
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
    }.items() <= exchange.form.items()
    assert "resource" not in exchange.form


async def test_second_call_needs_no_exchange(proxy, provider, upstream):
    user_token = provider.user_token("alice")
    for request_id in range(5):
        assert (await proxy.call(user_token, request_id=request_id)).json() == result(request_id)
    assert len(provider.exchanges) == 1
    assert len({request.token for request in upstream.requests}) == 1


async def test_calls_share_one_client_connection(proxy, provider, upstream):
    user_token = provider.user_token("alice")
    async with await proxy.connect() as client:
        for request_id in range(5):
            body = {"jsonrpc": "2.0", "id": request_id, "method": "tools/list"}
            response = await client.request("POST", "/tickets", body, token=user_token)
            assert response.json() == result(request_id)
    assert len(upstream.connections) == 1, "the upstream connection is kept alive too"


async def test_notification_get_and_delete_are_forwarded(proxy, provider, upstream):
    user_token = provider.user_token("alice")
    notified = await proxy.call(user_token, "notifications/initialized", request_id=None)
    assert notified.status == 202 and notified.body == b""
    assert (await proxy.request("GET", "/tickets", token=user_token)).status == 405
    assert (await proxy.request("DELETE", "/tickets", token=user_token)).status == 405
    assert [request.method for request in upstream.requests] == ["POST", "GET", "DELETE"]
    assert len(provider.exchanges) == 1


async def test_secret_by_basic_is_form_encoded_first(start_proxy, provider, upstream):
    """RFC 6749 section 2.3.1: both halves are form-encoded before base64."""
    proxy = await start_proxy(OBO_CLIENT_AUTH="basic", OBO_CLIENT_SECRET="a b:c/d+é%")
    assert (await proxy.call(provider.user_token())).status == 200
    (exchange,) = provider.exchanges
    scheme, _, value = exchange.request.head.value("authorization").partition(" ")
    assert scheme.lower() == "basic"
    client_id, _, secret = base64.b64decode(value).decode().partition(":")
    assert (client_id, unquote_plus(secret)) == (provider.client_id, "a b:c/d+é%")
    assert not set(secret) & set(" :/é"), "encoded before base64"
    assert "client_secret" not in exchange.form


async def test_long_tokens(proxy, provider, upstream):
    """A user in many groups has a token of many kilobytes, and may get a longer one."""
    provider.script(provider.minting(access_token="m" * 20000))
    token = provider.user_token(groups=[f"group-{number:032}" for number in range(300)])
    assert len(token) > 12000
    assert (await proxy.call(token)).json() == result(1)
    assert upstream.requests[0].token == "m" * 20000


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_scheme_in_any_case(proxy, provider, upstream, scheme):
    """RFC 9110 section 11.1."""
    response = await proxy.call(None, fields=[("authorization", f"{scheme} {provider.user_token()}")])
    assert response.json() == result(1)
    assert upstream.requests[0].token == provider.exchanges[0].minted


async def test_exchanges_share_a_connection(proxy, provider):
    """A handshake for each login would be slow, and to some providers an attack."""
    for number in range(5):
        await proxy.call(provider.user_token(f"user{number}"))
    assert len(provider.exchanges) == 5
    assert len({exchange.request.connection for exchange in provider.exchanges}) == 1


async def test_provider_that_ends_its_connections(proxy, provider):
    """A kept connection that the provider has ended costs no attempt."""

    async def then_leave(call):
        await provider.default(call)
        call.close()

    provider.always(then_leave)
    for number in range(1, 4):
        closed = len(provider.closed_connections)
        assert (await proxy.call(provider.user_token(f"user{number}"))).json() == result(1)
        await provider.closed_connections.reaches(closed + 1)
        await proxy.ask("GET", "/healthz")
    assert len(provider.exchanges) == 3
