"""Clients that are slow on purpose cost bounded memory, each of them and all together."""

import asyncio

from fixtures.client import Client, encode, message
from fixtures.refusal import reason_of

MEBIBYTE = 1 << 20
SIXTEEN = 16  # bodies of the largest size that may be held at once


async def test_half_heads(start_proxy):
    """What one may send before it says anything is bounded by limits.header_bytes, in buffers of twice that at most."""
    proxy = await start_proxy(OBO_LOG_LEVEL="notice", OBO_TIMEOUTS_HEADER="60s")
    before = proxy.resident_bytes()
    clients = [await proxy.connect() for _ in range(200)]
    for client in clients:
        await client.send(b"POST /tickets HTTP/1.1\r\nX: " + b"x" * 60_000)
    assert await proxy.settles("obo_open_connections", 200, side="client") == 200
    assert (await proxy.request("OPTIONS", "/tickets")).status == 204
    assert proxy.resident_bytes() - before < 200 * 150_000
    for client in clients:
        client.abort()


async def test_answers_that_nobody_takes(start_proxy, provider, upstream):
    """A server's answer is read as far as its client takes it."""
    proxy = await start_proxy(OBO_LOG_LEVEL="notice")
    token = provider.user_token()
    await proxy.call(token)

    async def large(call):
        await call.reply(200, bytes(16 * MEBIBYTE), [("Content-Type", "application/json")])

    upstream.script(*[large] * 50)
    before = proxy.resident_bytes()
    clients = [await Client.connect(proxy.address, rcvbuf=4096, limit=4096) for _ in range(50)]
    for client in clients:
        await client.send(encode("POST", "/tickets", message(), token=token))
    for client in clients:
        await client.head()
    assert (await proxy.call(token)).status == 200, "the others are served"
    assert proxy.resident_bytes() - before < 50 * 400_000
    for client in clients:
        client.abort()


async def test_bodies_of_refused_requests(start_proxy, provider):
    """A refusal is worded by its request's id, for which its body is read: by all together up to a bound, and beyond
    it the answer does without."""
    proxy = await start_proxy(OBO_LOG_LEVEL="notice", OBO_TIMEOUTS_BODY="60s")
    before = proxy.resident_bytes()
    clients = await half_bodies(proxy, "not.a.token")
    assert await proxy.hits("held_bodies", len(clients) - SIXTEEN) >= len(clients) - SIXTEEN
    assert proxy.resident_bytes() - before < 200 * MEBIBYTE
    answered = [asyncio.ensure_future(client.response()) for client in clients]
    done, waiting = await asyncio.wait(answered, return_when=asyncio.FIRST_COMPLETED)
    for response in (each.result() for each in done):
        assert response.status == 401 and reason_of(response) == "malformed_token"
    await end(clients, answered)


async def test_bodies_held_for_tool_rules(start_proxy, provider, upstream):
    """They go on as a whole or not at all. Refused bodies, which anybody can send, have a bound of their own."""
    proxy = await start_proxy(
        OBO_LOG_LEVEL="notice", OBO_TIMEOUTS_BODY="60s", OBO_SERVER_TICKETS_TOOLS_ALLOW="answer"
    )
    token = provider.user_token()
    await proxy.call(token)
    before = proxy.resident_bytes()
    clients = await half_bodies(proxy, token)
    refused = len(clients) - SIXTEEN
    assert await proxy.settles("obo_refusals_total", refused, timeout=10, reason="overloaded") >= refused
    assert await proxy.hits("held_bodies", refused) >= refused
    assert proxy.resident_bytes() - before < 200 * MEBIBYTE
    assert (await proxy.call(token)).status == 200, "small ones are never refused for it"
    await end(clients, [])
    large = message(padding="x" * MEBIBYTE)
    async with asyncio.timeout(10):
        while reason(await proxy.request("POST", "/tickets", large, token=token)) == "overloaded":
            await asyncio.sleep(0.05)


def reason(response):
    return reason_of(response) if b'"error"' in response.body else None


async def half_bodies(proxy, token, count=100):
    """So many requests of nearly 4 MiB, the last byte of each missing."""
    request = encode("POST", "/tickets", b" " * (4 * MEBIBYTE - 10), token=token)[:-1]
    clients = [await proxy.connect() for _ in range(count)]
    sending = [asyncio.ensure_future(client.send(request)) for client in clients]
    await asyncio.wait(sending, timeout=10)
    for task in sending:
        task.cancel()
    await asyncio.gather(*sending, return_exceptions=True)
    return clients


async def end(clients, tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for client in clients:
        client.abort()
