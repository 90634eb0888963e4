"""Descriptors run out: new work is refused, the operator gets through, nothing spins, and all is well afterwards."""

import asyncio
import signal
from pathlib import Path

from fixtures.client import Client, encode, message
from fixtures.refusal import assert_http_refused
from fixtures.upstream import result
from fixtures.wire import Aborted

FEW = (96, 96)


async def crowd(proxy, count=120):
    """More connections than there are descriptors for."""
    clients = [await proxy.connect() for _ in range(count)]
    await proxy.hits("open_files")
    return clients


async def test_operator_gets_through_and_all_recovers(start_proxy, provider):
    proxy = await start_proxy(open_files=FEW)
    token = provider.user_token()
    inside = await proxy.connect()
    assert (await inside.request("POST", "/tickets", message(), token=token)).json() == result(1)
    clients = await crowd(proxy)
    assert (await proxy.ask("GET", "/healthz")).status == 200
    assert (await proxy.ask("GET", "/readyz")).status == 200
    refused = await proxy.call(token)
    assert_http_refused(refused, 503, "overloaded")
    assert int(refused.value("retry-after")) > 0
    # Who is in is served, by a new connection to the server as well.
    assert (await inside.request("POST", "/tickets", message(), token=token)).json() == result(1)
    for client in clients:
        client.close()
    async with asyncio.timeout(10):
        while (answer := await proxy.call(token)).status == 503:
            await asyncio.sleep(0.02)
    assert answer.json() == result(1)
    inside.close()


async def test_operator_comes_in_the_same_moment(start_proxy):
    """Clients that all wait at the door when the proxy looks must not, even for that moment, get the descriptors that
    are kept for the operator."""
    proxy = await start_proxy(open_files=FEW)
    for _ in range(20):
        proxy.terminate(signal.SIGSTOP)
        clients = [await proxy.connect() for _ in range(120)]
        operators = [await Client.connect(proxy.admin) for _ in range(8)]
        for operator in operators:
            await operator.send(encode("GET", "/healthz"))
        proxy.terminate(signal.SIGCONT)
        assert [(await operator.response()).status for operator in operators] == [200] * 8
        for client in clients + operators:
            client.close()


async def test_nothing_spins(start_proxy, provider):
    """A listener with connections that can't be taken stays readable. Nor does anything fall over: the runtime looks at
    its threads once a second, for which it needs a descriptor, whoever else wants all of them."""
    proxy = await start_proxy(open_files=FEW)
    clients = await crowd(proxy)
    waiting = [await proxy.connect() for _ in range(50)]
    waiting += [await Client.connect(proxy.admin) for _ in range(50)]
    before = proxy.cpu_seconds()
    await asyncio.sleep(3)
    assert proxy.running and proxy.cpu_seconds() - before < 1.5
    assert len(list(Path(f"/proc/{proxy.pid}/fd").iterdir())) <= FEW[1] - 8, "a few are left for nobody"
    for client in clients + waiting:
        client.close()


async def test_connections_to_servers(start_proxy, provider, upstream):
    """Without a descriptor for its server a call is refused as what it is: our shortage, not the server's fault."""
    proxy = await start_proxy(open_files=FEW)
    token = provider.user_token()
    assert (await proxy.call(token)).json() == result(1)
    release = asyncio.Event()

    async def hold(call):
        await release.wait()
        await call.reply_json({})

    upstream.script(*[hold] * 90)
    clients = await crowd(proxy)
    for client in clients:
        await client.send(encode("GET", "/tickets", token=token))
    answers = [asyncio.ensure_future(answer(client)) for client in clients]
    assert await proxy.settles("obo_refusals_total", 1, timeout=10, server="tickets", reason="overloaded") >= 1
    assert await proxy.metric("obo_refusals_total", reason="upstream_unreachable") == 0
    release.set()
    statuses = [await each for each in answers]
    assert 200 in statuses
    assert set(statuses) <= {200, 503, None}
    for client in clients:
        client.close()


async def answer(client):
    try:
        return (await client.response(method="GET")).status
    except (Aborted, ConnectionError):
        return None


async def test_soft_limit_is_raised(start_proxy):
    proxy = await start_proxy(open_files=(64, 300), OBO_LIMITS_CONNECTIONS="20")
    assert await proxy.metric("process_max_fds") == 300
    assert not proxy.records("open_files")


async def test_warning_at_start(start_proxy):
    proxy = await start_proxy(open_files=(300, 300), OBO_LIMITS_CONNECTIONS="200")
    (warning,) = proxy.records("open_files")
    assert warning["level"] == "warning"
    assert warning["setting"] == "limits.connections"
    assert warning["open_files"] == "300"
