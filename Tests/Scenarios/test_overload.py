"""More connections than allowed are turned away at once, and served again when there is room."""

import asyncio

from fixtures.upstream import result
from fixtures.wire import Aborted


async def attempt(proxy, token):
    """The answer, None when the connection is closed instead."""
    try:
        return await proxy.call(token, timeout=5)
    except (Aborted, ConnectionError):
        return None


async def test_connections(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_LIMITS_CONNECTIONS="5")
    token = provider.user_token()
    first = await proxy.call(token)
    assert first.json() == result(1)
    await proxy.settles("obo_open_connections", 0, side="client")
    idle = [await proxy.connect() for _ in range(5)]
    await proxy.settles("obo_open_connections", 5, side="client")
    seen = len(upstream.requests)
    turned_away = await attempt(proxy, token)
    assert turned_away is None or turned_away.status == 503
    assert len(upstream.requests) == seen
    for client in idle:
        client.close()
    async with asyncio.timeout(5):
        while (answer := await attempt(proxy, token)) is None or answer.status == 503:
            await asyncio.sleep(0.02)
    assert answer.json() == result(1)
    assert await proxy.metric("obo_refusals_total", reason="overloaded") >= 1
