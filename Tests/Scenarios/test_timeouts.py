"""Whoever is slow with a request is not waited for longer than configured."""

import asyncio
import time

from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.refusal import assert_http_refused


async def closed_within(client, seconds):
    began = time.monotonic()
    answer = await client.left(timeout=seconds)
    assert time.monotonic() - began < seconds
    return answer


async def test_unfinished_head(start_proxy, upstream):
    proxy = await start_proxy(OBO_TIMEOUTS_HEADER="500ms")
    async with await proxy.connect() as client:
        await client.send(b"POST /tickets HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        answer = await closed_within(client, 4)
    assert not answer or answer.startswith(b"HTTP/1.1 408 ") or answer.startswith(b"HTTP/1.1 400 ")
    upstream.saw_nothing()


async def test_head_that_drips(start_proxy, upstream):
    """The time is for the whole head, not from byte to byte."""
    proxy = await start_proxy(OBO_TIMEOUTS_HEADER="500ms")
    async with await proxy.connect() as client:
        closed = asyncio.ensure_future(closed_within(client, 4))
        await client.send(b"POST /tickets HTTP/1.1\r\n")
        while not closed.done():
            await client.send(b"X: y\r\n")
            await asyncio.wait((closed,), timeout=0.1)
        await closed
    upstream.saw_nothing()


async def test_idle_connection(start_proxy, provider):
    proxy = await start_proxy(OBO_TIMEOUTS_IDLE="500ms")
    async with await proxy.connect() as client:
        assert (await client.request("POST", "/tickets", message(), token=provider.user_token())).status == 200
        assert await closed_within(client, 4) == b""


async def test_unfinished_body(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_TIMEOUTS_BODY="500ms")
    async with await proxy.connect() as client:
        await client.send(encode("POST", "/tickets", message(), token=provider.user_token())[:-5])
        answer = await closed_within(client, 5)
    assert not answer or answer.startswith(b"HTTP/1.1 4") or answer.startswith(b"HTTP/1.1 200"), answer[:80]
    if upstream.connections:
        await upstream.closed_connections.reaches(1)
    upstream.saw_no_whole_request()


async def test_silent_event_stream(start_proxy, provider, upstream):
    """An upstream that has said nothing for long is given up, although comments keep the client's side awake."""
    proxy = await start_proxy(OBO_TIMEOUTS_STREAM_IDLE="500ms", OBO_TIMEOUTS_SSE_KEEPALIVE="100ms")

    async def stream(call):
        await call.start_stream()
        await call.event({"n": 1})
        await call.peer_closed()
        call.close()

    upstream.script(stream)
    async with await proxy.connect() as client:
        await client.send(encode("GET", "/tickets", token=provider.user_token()))
        await client.head()
        assert await client.event() == {"n": 1}
        await closed_within(client, 5)
    await upstream.closed_connections.reaches(1, timeout=2)


async def test_patience_with_a_slow_tool(start_proxy, provider, upstream):
    """The idle and header times are for clients that owe a request, not for one that waits for its answer."""
    proxy = await start_proxy(OBO_TIMEOUTS_IDLE="300ms", OBO_TIMEOUTS_HEADER="300ms", OBO_TIMEOUTS_BODY="300ms")

    async def slow(call):
        await asyncio.sleep(1)
        await call.reply_json({"slow": True})

    upstream.script(slow)
    assert (await proxy.call(provider.user_token())).json() == {"slow": True}


async def test_patience_with_a_quiet_stream(start_proxy, provider, upstream):
    """The response time is for the answer's head, not for what a stream still has to say."""
    proxy = await start_proxy(OBO_TIMEOUTS_RESPONSE="300ms", OBO_TIMEOUTS_IDLE="300ms")

    async def quiet(call):
        await call.start_stream()
        await call.event({"n": 1})
        await asyncio.sleep(1)
        await call.event({"n": 2})
        await call.end()

    upstream.script(quiet)
    async with await proxy.connect() as client:
        await client.send(encode("POST", "/tickets", message(), token=provider.user_token()))
        await client.head()
        assert [await client.event() for _ in range(3)] == [{"n": 1}, {"n": 2}, None]


async def test_server_that_takes_no_body(start_proxy, provider, upstream):
    """The client can't send on because the server does not read: that is the server's fault."""
    proxy = await start_proxy(OBO_TIMEOUTS_BODY="500ms", OBO_TIMEOUTS_RESPONSE="500ms", OBO_LIMITS_BODY_BYTES="64MiB")
    upstream.reads_bodies = False
    upstream.script(behaviour.hang_unread)
    async with await proxy.connect() as client:
        sent = asyncio.ensure_future(
            client.send(encode("POST", "/tickets", bytes(48 << 20), token=provider.user_token()))
        )
        assert_http_refused(await client.response(), 504, "upstream_timeout")
        sent.cancel()
        await asyncio.gather(sent, return_exceptions=True)


async def test_comments_keep_their_pace(start_proxy, provider, upstream):
    """The pause before a comment counts from the last event, whenever that came."""
    proxy = await start_proxy(OBO_TIMEOUTS_SSE_KEEPALIVE="2s")

    async def stream(call):
        await call.start_stream()
        await asyncio.sleep(0.3)
        await call.event({"n": 1})
        await call.peer_closed()
        call.close()

    upstream.script(stream)
    async with await proxy.connect() as client:
        await client.send(encode("GET", "/tickets", token=provider.user_token()))
        await client.head()
        assert await client.event() == {"n": 1}
        began = time.monotonic()
        assert (await client.chunk()).startswith(b":")
        assert time.monotonic() - began < 3
