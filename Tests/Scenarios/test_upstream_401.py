"""An upstream that says 401 to a minted token: the call is refused and the token forgotten; the challenge never
reaches the chat server, which would start a sign-in of its own."""

import pytest
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.refusal import assert_http_refused, assert_refused


async def test_refused_and_forgotten(proxy, provider, upstream):
    token = provider.user_token()
    await proxy.call(token)
    upstream.script(behaviour.unauthorized())
    assert_refused(await proxy.call(token), "upstream_rejected_token")
    assert len(upstream.requests) == 2 and len(provider.exchanges) == 1
    assert (await proxy.call(token)).json()["result"]
    assert len(provider.exchanges) == 2, "the rejected token is not handed out again"
    assert upstream.requests[2].token == provider.exchanges[1].minted


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_without_a_body(proxy, provider, upstream, method):
    upstream.always(behaviour.unauthorized())
    response = await proxy.request(method, "/tickets", token=provider.user_token())
    assert_http_refused(response, 502, "upstream_rejected_token")


async def test_initialize(proxy, provider, upstream):
    upstream.always(behaviour.unauthorized('Bearer resource_metadata="https://x.example/"'))
    assert_http_refused(await proxy.call(provider.user_token(), "initialize"), 502, "upstream_rejected_token")


async def test_body_that_comes_behind_its_head(proxy, provider, upstream):
    """Many clients write head and body apart; that must not turn an error of the call into one of the connection."""
    head, _, body = encode("POST", "/tickets", message(), token=provider.user_token()).partition(b"\r\n\r\n")
    upstream.always(behaviour.unauthorized())
    async with await proxy.connect() as client:
        await client.send(head + b"\r\n\r\n")
        await provider.exchanges.reaches(1)
        await client.send(body[:10])
        assert (await proxy.request("OPTIONS", "/tickets")).status == 204
        await client.send(body[10:])
        assert_refused(await client.response(), "upstream_rejected_token")


async def test_upload_too_large_to_hold(proxy, provider, upstream):
    """What has been streamed away cannot be sent again: refuse, and send nothing twice."""
    upstream.always(behaviour.unauthorized())
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"text": "x" * 3_000_000}}
    response = await proxy.request("POST", "/tickets", body, token=provider.user_token())
    if response.status == 200:
        assert_refused(response, "upstream_rejected_token")
    else:
        assert_http_refused(response, 502, "upstream_rejected_token")
    assert len(upstream.requests) <= 2
