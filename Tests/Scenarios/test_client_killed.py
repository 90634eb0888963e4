"""A client that leaves takes the upstream's stream with it, at once: some servers refuse a second stream until then."""

import asyncio

import pytest
from fixtures.client import encode, message


async def events_until_closed(call):
    await call.start_stream()
    await call.event({"n": 1})
    await call.peer_closed()
    call.close()


@pytest.mark.parametrize("how", ["abort", "close"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_within_a_stream(proxy, provider, upstream, method, how):
    upstream.script(events_until_closed)
    client = await proxy.connect()
    body = message() if method == "POST" else None
    await client.send(encode(method, "/tickets", body, token=provider.user_token()))
    await client.head()
    assert await client.event() == {"n": 1}
    getattr(client, how)()
    await upstream.closed_connections.reaches(1, timeout=2)


@pytest.mark.parametrize("how", ["abort", "close"])
async def test_while_waiting_for_the_head(proxy, provider, upstream, how):
    async def silent(call):
        await call.peer_closed()
        call.close()

    upstream.script(silent)
    client = await proxy.connect()
    await client.send(encode("POST", "/tickets", message(), token=provider.user_token()))
    await upstream.requests.reaches(1)
    getattr(client, how)()
    await upstream.closed_connections.reaches(1, timeout=2)


async def test_within_an_upload(proxy, provider, upstream):
    """Half a body must not become a whole request."""
    upstream.reads_bodies = False
    ended = asyncio.Event()

    async def waiting(call):
        await call.peer_closed()
        ended.set()
        call.close()

    upstream.always(waiting)
    client = await proxy.connect()
    whole = encode("POST", "/tickets", message(text="x" * 200000), token=provider.user_token())
    await client.send(whole[:100000])
    await proxy.settles("obo_exchanges_total", 1, timeout=1)
    client.abort()
    if upstream.connections:
        await asyncio.wait_for(ended.wait(), 2)
    upstream.saw_no_whole_request()
    assert len(upstream.received) < len(whole)


async def test_nothing_is_left_behind(proxy, provider, upstream):
    upstream.always(events_until_closed)
    token = provider.user_token()
    for _ in range(20):
        client = await proxy.connect()
        await client.send(encode("GET", "/tickets", token=token))
        await client.head()
        client.abort()
    await upstream.closed_connections.reaches(20, timeout=5)
    async with asyncio.timeout(5):
        while await proxy.metric("obo_open_streams"):
            await asyncio.sleep(0.02)


async def test_half_closed_client_does_not_hang(proxy, provider, upstream):
    """A client that ends its side after the request may get its answer or none, but never a hang."""
    async with await proxy.connect() as client:
        await client.send(encode("POST", "/tickets", message(), token=provider.user_token()))
        client.writer.write_eof()
        answer = await client.left(timeout=5)
        assert not answer or answer.startswith(b"HTTP/1.1 200 ")


async def test_half_closed_while_the_close_is_the_end(proxy, provider, upstream):
    """HTTP/1.0: the answer's end is the close, so that a cut must be a reset."""

    async def unfinished(call):
        await call.start_chunked()
        await call.chunk(b"beginning")
        await call.peer_closed()
        call.close()

    upstream.script(unfinished)
    data = encode("POST", "/tickets", message(), token=provider.user_token())
    async with await proxy.connect() as client:
        await client.send(data.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        await client.head()
        assert await client.reader.readexactly(9) == b"beginning"
        client.writer.write_eof()
        with pytest.raises(ConnectionResetError):
            async with asyncio.timeout(5):
                await client.reader.read(1)
