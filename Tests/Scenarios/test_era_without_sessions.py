"""Streamable HTTP without sessions, MCP 2026-07-28: each request stands alone, and its stream is its life."""

import asyncio

import pytest
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.wire import Aborted

FIELDS = [
    ("MCP-Protocol-Version", "2026-07-28"),
    ("Mcp-Method", "tools/call"),
    ("Mcp-Name", "=?base64?w6RiYw==?="),
    ("Mcp-Param-Region", "us-west1"),
    ("mcp-param-Note", "=?base64?IGxpbmUxCmxpbmUyIA==?="),
    ("MCP-PARAM-X-Unknown", 'a, b ;"c"=?base64?no?= \t d'),
    ("Mcp-Param-Empty", ""),
    ("Mcp-Param-Region", "twice"),
    ("Mcp-Unheard-Of", "yes"),
]


async def test_mirrored_fields_go_on_byte_for_byte(proxy, provider, upstream):
    assert (await proxy.call(provider.user_token(), fields=FIELDS)).status == 200
    sent = "".join(f"{name}: {value}\r\n" for name, value in FIELDS)
    received = bytes(upstream.received).decode("latin-1")
    for name, value in FIELDS:
        assert f"\r\n{name}: {value}\r\n" in received, name
    order = [received.index(f"\r\n{name}: {value}\r\n") for name, value in FIELDS]
    assert order == sorted(order), sent


@pytest.mark.parametrize(
    "status, code", [(404, -32601), (400, -32020), (400, -32021), (400, -32022)], ids=lambda value: str(value)
)
async def test_errors_under_their_status(proxy, provider, upstream, status, code):
    text = b'{"jsonrpc": "2.0", "id": 1, "error": {"code": %d, "message": "no", "data": {"supported": []}}}' % code
    upstream.script(behaviour.answer(status, text, content_type="application/json"))
    response = await proxy.call(provider.user_token(), fields=FIELDS)
    assert (response.status, response.body) == (status, text)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_other_methods_are_the_servers_to_refuse(proxy, provider, upstream, method):
    upstream.script(behaviour.answer(405, b"", allow="POST"))
    response = await proxy.request(method, "/tickets", None, FIELDS[:1], provider.user_token())
    assert (response.status, response.value("allow")) == (405, "POST")


def listening(*steps):
    """A `subscriptions/listen` stream: each step is sent when the scenario says so, and then it stays open."""
    gates = [asyncio.Event() for _ in steps]

    async def behave(call):
        await call.start_stream([("X-Accel-Buffering", "no")])
        for gate, step in zip(gates, steps, strict=True):
            await gate.wait()
            await call.chunk(step)
        await call.peer_closed()
        call.close()

    return behave, gates


async def listen(client, token):
    fields = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "subscriptions/listen")]
    await client.send(encode("POST", "/tickets", message("subscriptions/listen", "sub"), fields, token))
    head = await client.head()
    assert head.status == 200 and head.value("x-accel-buffering") == "no"


async def test_subscription_outlives_the_response_time(start_proxy, provider, upstream):
    proxy = await start_proxy(
        OBO_TIMEOUTS_RESPONSE="200ms", OBO_TIMEOUTS_IDLE="200ms", OBO_TIMEOUTS_BODY="200ms", OBO_TIMEOUTS_HEADER="200ms"
    )
    script, (first, second) = listening(b"data: 1\n\n", b"data: 2\n\n")
    upstream.script(script)
    async with await proxy.connect() as client:
        await listen(client, provider.user_token())
        first.set()
        assert await client.event() == 1
        await asyncio.sleep(1)
        second.set()
        assert await client.event() == 2


async def test_upstreams_comments_keep_a_subscription_alive(start_proxy, provider, upstream):
    """What the server says counts as life, be it a comment: it need not have news within `stream_idle`."""
    proxy = await start_proxy(OBO_TIMEOUTS_STREAM_IDLE="2s", OBO_TIMEOUTS_SSE_KEEPALIVE="60s")

    async def commenting(call):
        await call.start_stream()
        for _ in range(12):
            await call.chunk(b": still here\n\n")
            await asyncio.sleep(0.25)
        await call.chunk(b"data: 1\n\n")
        await call.end()

    upstream.script(commenting)
    response = await proxy.call(provider.user_token())
    assert response.body == b": still here\n\n" * 12 + b"data: 1\n\n"


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_closed_response_stream_cancels(proxy, provider, upstream, how):
    script, (first,) = listening(b"data: 1\n\n")
    upstream.script(script)
    client = await proxy.connect()
    await listen(client, provider.user_token())
    first.set()
    assert await client.event() == 1
    getattr(client, how)()
    await upstream.closed_connections.reaches(1, timeout=2)


async def test_cancelled_while_the_server_is_still_silent(start_proxy, provider, upstream):
    """Also while the proxy's own comments are all that the client has seen."""
    proxy = await start_proxy(OBO_TIMEOUTS_SSE_KEEPALIVE="100ms")
    script, _ = listening()
    upstream.script(script)
    client = await proxy.connect()
    await listen(client, provider.user_token())
    assert (await client.chunk()).startswith(b":")
    client.close()
    await upstream.closed_connections.reaches(1, timeout=2)


async def test_subscription_that_breaks_says_so(proxy, provider, upstream):
    async def breaks(call):
        await call.start_stream()
        await call.event({"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged"})
        call.reset()

    upstream.script(breaks)
    with pytest.raises(Aborted) as broken:
        await proxy.request("POST", "/tickets", message("subscriptions/listen", "sub"), FIELDS[:1], provider.user_token())
    assert b'"id":"sub","error":' in broken.value.partial
