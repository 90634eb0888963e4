"""SIGTERM: nothing new is taken, what is in flight is finished, event streams are ended, and the exit code is 0."""

import asyncio
import json
import signal

import pytest
from fixtures import behaviour
from fixtures.client import Client, encode, message
from fixtures.refusal import assert_error, assert_http_refused, assert_refused
from fixtures.upstream import result
from fixtures.wire import Aborted


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
    readiness = await proxy.ask("GET", "/readyz")
    assert readiness.status == 503
    assert readiness.json() == {"ready": False, "draining": True, "keys": "ok", "providers": {"default": "ok"}}
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


PROGRESS = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}}


@pytest.fixture
def streaming(upstream, provider):
    """A call that is answered by an event stream, which says these values, and after the gate those."""

    async def call(proxy, before, after, gate, body=None, method="POST", ends=True):
        async def stream(call):
            if before is None:
                await gate.wait()
            await call.start_stream()
            for value in before or []:
                await call.event(value)
            await gate.wait()
            for value in after:
                await call.event(value)
            await (call.end() if ends else call.peer_closed())

        upstream.script(stream)
        client = await proxy.connect()
        body = message() if body is None else body
        await client.send(encode(method, "/tickets", body if method == "POST" else None, (), provider.user_token()))
        await upstream.requests.reaches(1)
        if before is not None:
            await client.head()
            for value in before:
                assert await client.event() == value
        return client

    return call


@pytest.mark.parametrize("ids", [1, "two"])
async def test_call_answered_by_a_stream_is_finished(proxy, streaming, ids):
    """An official server's usual answer: what it says after SIGTERM still reaches the client, the result above all."""
    gate = asyncio.Event()
    client = await streaming(proxy, [PROGRESS], [PROGRESS, result(ids)], gate, message(request_id=ids))
    proxy.terminate()
    await refuses_connections(proxy.address)
    gate.set()
    assert [await client.event() for _ in range(3)] == [PROGRESS, result(ids), None]
    assert await proxy.exit(timeout=5) == 0


async def test_stream_that_begins_while_draining(proxy, streaming):
    gate = asyncio.Event()
    client = await streaming(proxy, None, [PROGRESS, result(1)], gate)
    proxy.terminate()
    await refuses_connections(proxy.address)
    gate.set()
    assert (await client.head()).status == 200
    assert [await client.event() for _ in range(3)] == [PROGRESS, result(1), None]
    assert await proxy.exit(timeout=5) == 0


async def test_call_too_large_to_be_held_is_finished(proxy, streaming):
    gate = asyncio.Event()
    client = await streaming(proxy, [PROGRESS], [result(1)], gate, message(text="x" * 100_000))
    proxy.terminate()
    await refuses_connections(proxy.address)
    gate.set()
    assert [await client.event(), await client.event()] == [result(1), None]
    assert await proxy.exit(timeout=5) == 0


LARGE = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x" * 200_000}}


@pytest.mark.parametrize(
    "before, body",
    [
        ([LARGE], message()),
        ([PROGRESS], [message(request_id=number) for number in range(65)]),
        ([PROGRESS], message(request_id="x" * 1100)),
        ([PROGRESS], [message(request_id=1, text="x" * 100_000)]),
    ],
    ids=["behind a large event", "large batch", "long id", "batch that is not held"],
)
async def test_call_that_cannot_be_followed_is_finished(proxy, streaming, before, body):
    """Nobody here knows whether it is answered; its server does."""
    gate = asyncio.Event()
    client = await streaming(proxy, before, [result(1)], gate, body)
    proxy.terminate()
    await refuses_connections(proxy.address)
    gate.set()
    assert [await client.event(), await client.event()] == [result(1), None]
    assert await proxy.exit(timeout=5) == 0


@pytest.mark.parametrize(
    "said, body",
    [
        ([PROGRESS, result(1)], message()),
        ([PROGRESS], {"jsonrpc": "2.0", "method": "notifications/x"}),
        ([PROGRESS], message("subscriptions/listen")),
    ],
    ids=["answered", "notification", "subscription"],
)
async def test_stream_that_owes_nothing_is_ended_at_once(proxy, streaming, said, body):
    client = await streaming(proxy, said, [], asyncio.Event(), body)
    proxy.terminate()
    assert await client.event() is None, "a well-formed end"
    assert await proxy.exit(timeout=5) == 0


async def test_call_that_takes_too_long_is_told(start_proxy, streaming):
    """Whatever its client does then beats waiting for a process that is gone."""
    proxy = await start_proxy(OBO_TIMEOUTS_SHUTDOWN="1s")
    client = await streaming(proxy, [PROGRESS], [], asyncio.Event())
    proxy.terminate()
    assert_error(await client.event(), "draining", 1)
    with pytest.raises(Aborted):
        await client.event()
    assert await proxy.exit(timeout=4) == 0
    (record,) = proxy.records("request")
    assert (record["status"], record["reason"]) == (200, "draining")


async def test_call_without_an_answer_is_told(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_TIMEOUTS_SHUTDOWN="1s")
    upstream.script(behaviour.hang)
    call = asyncio.ensure_future(proxy.call(provider.user_token()))
    await upstream.requests.reaches(1)
    proxy.terminate()
    assert_refused(await call, "draining")
    assert await proxy.exit(timeout=4) == 0


async def test_list_that_takes_too_long_is_told(start_proxy, provider, upstream):
    """It is waited for as a whole, so nothing of it has been said."""
    proxy = await start_proxy(OBO_TIMEOUTS_SHUTDOWN="1s", OBO_SERVER_TICKETS_TOOLS_ALLOW="*")

    async def slow(call):
        await call.start_chunked()
        await call.chunk(b'{"jsonrpc"')
        await call.peer_closed()

    upstream.script(slow)
    call = asyncio.ensure_future(proxy.call(provider.user_token(), "tools/list"))
    await upstream.requests.reaches(1)
    proxy.terminate()
    assert_refused(await call, "draining")
    assert await proxy.exit(timeout=4) == 0


async def test_upload_that_does_not_end_is_told(start_proxy, provider, upstream):
    """Without its id, which has not come: but in time."""
    proxy = await start_proxy(OBO_TIMEOUTS_SHUTDOWN="4s")
    upstream.reads_bodies = False
    upstream.script(behaviour.hang)
    async with await proxy.connect() as client:
        head = encode("POST", "/tickets", None, [("Transfer-Encoding", "chunked")], provider.user_token())
        await client.send(head + b"a\r\n" + b'{"jsonrpc"' + b"\r\n")
        await upstream.requests.reaches(1)
        proxy.terminate()
        assert_http_refused(await client.response(), 503, "draining")
        assert await proxy.exit(timeout=5) == 0


async def test_answers_on_the_older_transport_get_a_moment(start_proxy, provider, upstream):
    """They come on the stream of a GET, and nobody here knows which are still to come."""
    proxy = await start_proxy(OBO_SERVER_TICKETS_TYPE="sse")
    gate = asyncio.Event()

    async def stream(call):
        await call.start_stream()
        await call.event(PROGRESS)
        await gate.wait()
        await call.event(result(1))
        await call.peer_closed()

    upstream.script(stream)
    async with await proxy.connect() as client:
        await client.send(encode("GET", "/tickets", token=provider.user_token()))
        await client.head()
        assert await client.event() == PROGRESS
        proxy.terminate()
        await refuses_connections(proxy.address)
        gate.set()
        assert [await client.event(), await client.event()] == [result(1), None]
        assert await proxy.exit(timeout=5) == 0


async def test_leaves_in_time_whatever_hangs(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_TIMEOUTS_SHUTDOWN="1s")
    upstream.always(behaviour.hang)
    async with await proxy.connect() as client:
        await client.send(encode("POST", "/tickets", message(), token=provider.user_token()))
        await upstream.requests.reaches(1)
        proxy.terminate()
        assert await proxy.exit(timeout=4) == 0


async def test_hangup_from_the_first_moment(start_proxy):
    """A reload that is asked for before anybody can heed it is no reason to die."""
    proxy = await start_proxy(ready=False)
    proxy.terminate(signal.SIGHUP)
    await proxy.until_ready()
    assert await proxy.stop() == 0


async def test_it_is_told(proxy):
    assert await proxy.stop() == 0
    assert [record["event"] for record in map(json.loads, proxy.lines) if "drain" in record["event"]] == ["draining", "drained"]


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
