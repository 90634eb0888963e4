"""More connections than allowed are turned away at once, work in flight goes on, and there is room again afterwards."""

import asyncio

import pytest
from fixtures.client import Client, encode, message
from fixtures.refusal import assert_http_refused
from fixtures.upstream import result


async def fill(proxy, count):
    """So many idle connections, all of them let in."""
    clients = [await proxy.connect() for _ in range(count)]
    assert await proxy.settles("obo_open_connections", count, side="client") == count
    return clients


def assert_turned_away(response):
    assert_http_refused(response, 503, "overloaded")
    assert int(response.value("retry-after")) > 0
    assert response.value("connection") == "close"


async def test_connections(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_LIMITS_CONNECTIONS="5")
    token = provider.user_token()
    idle = await fill(proxy, 5)
    assert_turned_away(await proxy.call(token))
    upstream.saw_nothing()
    for client in idle:
        client.close()
    async with asyncio.timeout(5):
        while (answer := await proxy.call(token)).status == 503:
            await asyncio.sleep(0.02)
    assert answer.json() == result(1)
    assert await proxy.metric("obo_refusals_total", reason="overloaded") >= 1
    assert await proxy.hits("limits.connections") >= 1


@pytest.mark.parametrize("workers", [1, 4])
async def test_the_limit_is_the_process_s(start_proxy, provider, workers):
    """The kernel spreads connections as it likes; each counts, wherever it ends up."""
    proxy = await start_proxy(OBO_LIMITS_CONNECTIONS="4", OBO_WORKERS=str(workers))
    inside = await fill(proxy, 4)
    for client in inside:
        assert (await client.request("POST", "/tickets", message(), token=provider.user_token())).json() == result(1)
    assert_turned_away(await proxy.call(provider.user_token()))
    for client in inside:
        client.close()


async def test_with_tls(start_proxy, provider, authority):
    certificate, key = authority.issue()
    proxy = await start_proxy(OBO_LIMITS_CONNECTIONS="1", OBO_TLS_CERTIFICATE=certificate, OBO_TLS_KEY=key)
    context = authority.client_context()
    async with await Client.connect(proxy.address, tls=context) as only:
        assert (await only.request("POST", "/tickets", message(), token=provider.user_token())).json() == result(1)
        async with await Client.connect(proxy.address, tls=context) as other:
            assert_turned_away(await other.request("POST", "/tickets", message(), token=provider.user_token()))
        assert (await only.request("POST", "/tickets", message(), token=provider.user_token())).json() == result(1)


async def test_work_in_flight_finishes(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_LIMITS_CONNECTIONS="2")
    answered = asyncio.Event()

    async def wait(call):
        await answered.wait()
        await call.reply_json(result(1))

    upstream.script(wait, wait)
    calls = [asyncio.ensure_future(proxy.call(provider.user_token())) for _ in range(2)]
    await upstream.requests.reaches(2)
    for response in await asyncio.gather(*(proxy.call(provider.user_token()) for _ in range(20))):
        assert_turned_away(response)
    answered.set()
    assert [(await call).json() for call in calls] == [result(1)] * 2


async def test_crowd(start_proxy, provider, upstream):
    """Hundreds at once: not all can be told why, but nobody is kept waiting, and one line a second is enough."""
    proxy = await start_proxy(OBO_LIMITS_CONNECTIONS="1")
    (inside,) = await fill(proxy, 1)
    crowd = [await proxy.connect() for _ in range(300)]
    async with asyncio.timeout(20):
        for client in crowd:
            await client.left()
    assert await proxy.hits("limits.connections", 300) == 300
    assert len(proxy.records("limit")) < 100
    assert (await inside.request("POST", "/tickets", message(), token=provider.user_token())).json() == result(1)


async def test_turned_away_and_never_leaving(start_proxy):
    """Whoever was turned away and goes on sending is not listened to for long."""
    proxy = await start_proxy(OBO_LIMITS_CONNECTIONS="1")
    (inside,) = await fill(proxy, 1)
    async with inside, await proxy.connect() as stubborn:
        sent = asyncio.ensure_future(keep_sending(stubborn))
        await stubborn.left(timeout=10)
        async with asyncio.timeout(10):
            await sent


async def keep_sending(client):
    """Until the peer resets."""
    while not client.writer.transport.is_closing():
        await client.send(encode("OPTIONS", "/tickets"))
        await asyncio.sleep(0.05)
