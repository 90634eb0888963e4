"""SIGTERM: nothing new is taken, what is in flight is finished, event streams are ended, and the exit code is 0."""

import asyncio
import signal

import pytest
from fixtures import behaviour
from fixtures.client import Client, encode, message
from fixtures.upstream import result


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_idle(proxy, with_signal):
    async with await proxy.connect() as idle:
        assert (await idle.request("OPTIONS", "/tickets")).status == 204
        proxy.terminate(with_signal)
        assert await idle.left(timeout=5) == b""
        assert await proxy.exit(timeout=5) == 0


async def test_request_in_flight_is_finished(proxy, provider, upstream):
    gate = asyncio.Event()

    async def when_told(call):
        await gate.wait()
        await call.reply_json(result(1))

    upstream.script(when_told)
    call = asyncio.ensure_future(proxy.call(provider.user_token()))
    await upstream.requests.reaches(1)
    proxy.terminate()
    await refuses_connections(proxy.address)
    assert (await proxy.ask("GET", "/readyz")).status == 503
    gate.set()
    response = await call
    assert response.json() == result(1)
    assert await proxy.exit(timeout=5) == 0


async def test_exchange_in_flight_is_finished(proxy, provider, upstream):
    gate = provider.hold()
    call = asyncio.ensure_future(proxy.call(provider.user_token()))
    await provider.exchanges.reaches(1)
    proxy.terminate()
    await refuses_connections(proxy.address)
    gate.set()
    assert (await call).json() == result(1)
    assert await proxy.exit(timeout=5) == 0


async def test_event_stream_is_ended(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_TIMEOUTS_SHUTDOWN="3s")

    async def stream(call):
        await call.start_stream()
        await call.event({"n": 1})
        await call.peer_closed()

    upstream.script(stream)
    async with await proxy.connect() as client:
        await client.send(encode("GET", "/tickets", token=provider.user_token()))
        await client.head()
        assert await client.event() == {"n": 1}
        proxy.terminate()
        assert await client.event() is None, "a well-formed end: the chat server just reconnects"
        assert await proxy.exit(timeout=5) == 0


async def test_leaves_in_time_whatever_hangs(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_TIMEOUTS_SHUTDOWN="1s")
    upstream.always(behaviour.hang)
    async with await proxy.connect() as client:
        await client.send(encode("POST", "/tickets", message(), token=provider.user_token()))
        await upstream.requests.reaches(1)
        proxy.terminate()
        assert await proxy.exit(timeout=4) == 0


async def test_second_signal_in_the_middle_of_handshakes(start_proxy, authority):
    """The workers are not waited for, and what they are doing must not crash the process on its way out."""
    certificate, key = authority.issue()
    proxy = await start_proxy(OBO_TLS_CERTIFICATE=certificate, OBO_TLS_KEY=key, OBO_WORKERS="4")
    context = authority.client_context()
    shaken = asyncio.Event()

    async def knock():
        while True:
            try:
                (await Client.connect(proxy.address, tls=context)).close()
            except OSError:
                return
            shaken.set()

    knocking = [asyncio.ensure_future(knock()) for _ in range(24)]
    await shaken.wait()
    proxy.terminate(signal.SIGTERM)
    proxy.terminate(signal.SIGINT)
    assert await proxy.exit(timeout=5) == 0
    await asyncio.gather(*knocking)


async def refuses_connections(address):
    async with asyncio.timeout(5):
        while True:
            try:
                (await Client.connect(address)).close()
            except OSError:
                return
            await asyncio.sleep(0.02)
