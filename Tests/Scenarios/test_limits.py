"""Each limit that refuses or ends something is counted and named in the log by its setting."""

import asyncio
import socket
import time

import pytest
from fixtures import behaviour
from fixtures.client import Client, encode, message


async def unfinished_head(proxy, provider, upstream):
    async with await proxy.connect() as client:
        await client.send(b"POST /tickets HTTP/1.1\r\nHost: a\r\n")
        await client.left()


async def unfinished_body(proxy, provider, upstream):
    async with await proxy.connect() as client:
        await client.send(encode("POST", "/tickets", message(), token=provider.user_token())[:-5])
        await client.left()


async def long_head(proxy, provider, upstream):
    await proxy.request("POST", "/tickets", message(), [("X-Long", "x" * 600)], provider.user_token())


async def long_body(proxy, provider, upstream):
    await proxy.request("POST", "/tickets", bytes(2000), token=provider.user_token())


async def slow_answer(proxy, provider, upstream):
    upstream.script(behaviour.hang)
    await proxy.call(provider.user_token())


async def silent_stream(proxy, provider, upstream):
    async def stream(call):
        await call.start_stream()
        await call.event({"n": 1})
        await call.peer_closed()
        call.close()

    upstream.script(stream)
    async with await proxy.connect() as client:
        await client.send(encode("GET", "/tickets", token=provider.user_token()))
        await client.left()


@pytest.mark.parametrize(
    "limit, value, provoke",
    [
        ("timeouts.header", "300ms", unfinished_head),
        ("timeouts.body", "300ms", unfinished_body),
        ("timeouts.response", "300ms", slow_answer),
        ("timeouts.stream_idle", "300ms", silent_stream),
        ("limits.header_bytes", "512B", long_head),
        ("limits.body_bytes", "1KiB", long_body),
    ],
)
async def test_named_by_its_setting(start_proxy, provider, upstream, limit, value, provoke):
    proxy = await start_proxy(**{"OBO_" + limit.upper().replace(".", "_"): value})
    assert await proxy.metric("obo_limit_hits_total", limit=limit) == 0
    await provoke(proxy, provider, upstream)
    assert await proxy.hits(limit) == 1
    assert {record["setting"] for record in proxy.records("limit")} == {limit}


async def test_connect(start_proxy, provider):
    """A server whose queue is full: the kernel does not answer."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        with socket.create_connection(address), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(address)
            proxy = await start_proxy(
                OBO_SERVER_TICKETS_URL=f"http://127.0.0.1:{address[1]}/mcp", OBO_TIMEOUTS_CONNECT="300ms"
            )
            await proxy.call(provider.user_token())
            assert await proxy.hits("timeouts.connect") == 1


async def test_handshake(start_proxy, authority):
    certificate, key = authority.issue()
    proxy = await start_proxy(OBO_TLS_CERTIFICATE=certificate, OBO_TLS_KEY=key, OBO_TIMEOUTS_HEADER="300ms")
    async with await proxy.connect() as silent:
        await silent.left()
    assert await proxy.hits("timeouts.header") == 1


async def test_shutdown(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_TIMEOUTS_SHUTDOWN="500ms")
    upstream.script(behaviour.hang)
    call = asyncio.ensure_future(proxy.call(provider.user_token()))
    await upstream.requests.reaches(1)
    assert await proxy.stop() == 0
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    assert [record["setting"] for record in proxy.records("limit")] == ["timeouts.shutdown"]


async def test_crowd_at_the_admin_listener(start_proxy):
    """Whoever keeps connections open there does not keep the next probe out."""
    proxy = await start_proxy()
    crowd = [await Client.connect(proxy.admin) for _ in range(100)]
    assert (await proxy.ask("GET", "/healthz")).status == 200
    began = time.monotonic()
    assert await crowd[0].left() == b""
    assert time.monotonic() - began < 5, "before its ten seconds are over"
    for client in crowd:
        client.close()


async def test_idle_connection_is_no_limit(start_proxy, provider):
    proxy = await start_proxy(OBO_TIMEOUTS_IDLE="300ms")
    async with await proxy.connect() as client:
        assert (await client.request("POST", "/tickets", message(), token=provider.user_token())).status == 200
        assert await client.left() == b""
    assert not proxy.records("limit")
