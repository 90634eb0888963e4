"""One proxy in the place of another, under load: nobody's request fails."""

import asyncio
import os
import signal

import pytest
from fixtures.client import Client, encode, message
from fixtures.manager import bound
from fixtures.proxy import free_port
from fixtures.upstream import result
from fixtures.wire import Aborted


class Load:
    """Callers on kept connections, and callers on one connection a call."""

    def __init__(self, address, token):
        self.address, self.token = address, token
        self.statuses, self.lost = [], 0
        self._over = asyncio.Event()

    async def __aenter__(self):
        kinds = [self._keep_calling] * 4 + [self._call_afresh] * 4
        self._tasks = [asyncio.ensure_future(kind()) for kind in kinds]
        return self

    async def __aexit__(self, *_):
        self._over.set()
        await asyncio.gather(*self._tasks)

    async def _ask(self, client):
        answer = await client.request("POST", "/tickets", message(), token=self.token)
        self.statuses.append(answer.status)
        return answer.value("connection") != "close"

    async def _keep_calling(self):
        """Stays on a connection until it is told to leave it."""
        while not self._over.is_set():
            async with await Client.connect(self.address) as client:
                while await self._ask(client) and not self._over.is_set():
                    pass

    async def _call_afresh(self):
        while not self._over.is_set():
            async with await Client.connect(self.address) as client:
                await self._ask(client)

    async def more(self, count=100):
        """So many further answers."""
        seen = len(self.statuses)
        while len(self.statuses) < seen + count:
            for task in self._tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.02)


async def streamed(call):
    """A tool's progress, and its result a little later: long enough for every restart to find some under way."""
    await call.start_stream()
    await call.event({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}})
    await asyncio.sleep(0.05)
    await call.event(result(1))
    await call.end()


async def test_calls_answered_by_event_streams(start_proxy, provider, upstream):
    """Each of them gets its result, also those that were waiting for it when their proxy was told to leave."""
    upstream.always(streamed)

    class Listening(Load):
        async def _ask(self, client):
            answer = await client.request("POST", "/tickets", message(), token=self.token)
            self.statuses.append(answer.status)
            self.lost += answer.body.count(b"data:") != 2
            return answer.value("connection") != "close"

    with bound() as listener:
        proxy = await start_proxy(inherits=[listener], OBO_WORKERS="2", OBO_LOG_LEVEL=None)
        async with Listening(proxy.address, provider.user_token()) as load:
            for _ in range(3):
                await load.more(50)
                following = await start_proxy(inherits=[listener], OBO_WORKERS="2", OBO_LOG_LEVEL=None)
                assert await proxy.stop() == 0
                proxy = following
            await load.more(50)
        assert set(load.statuses) == {200} and load.lost == 0


async def test_by_a_socket_that_outlives_them(start_proxy, provider):
    """Each has left before the next one begins: whoever connects meanwhile waits."""
    with bound() as listener:
        proxy = await start_proxy(inherits=[listener], OBO_WORKERS="2", OBO_LOG_LEVEL=None)
        async with Load(proxy.address, provider.user_token()) as load:
            for _ in range(2):
                await load.more()
                assert await proxy.stop() == 0
                proxy = await start_proxy(inherits=[listener], OBO_WORKERS="2", OBO_LOG_LEVEL=None)
            await load.more()
        assert set(load.statuses) == {200}


async def test_side_by_side_by_a_socket_that_outlives_them(start_proxy, provider):
    with bound() as listener:
        proxy = await start_proxy(inherits=[listener], OBO_LOG_LEVEL=None)
        async with Load(proxy.address, provider.user_token()) as load:
            for _ in range(2):
                await load.more()
                following = await start_proxy(inherits=[listener], OBO_LOG_LEVEL=None)
                assert await proxy.stop() == 0
                proxy = following
            await load.more()
        assert set(load.statuses) == {200}


async def drains(proxy):
    while (await proxy.ask("GET", "/readyz")).status != 503:
        await asyncio.sleep(0.01)


@pytest.fixture
def shared_port():
    return f"127.0.0.1:{free_port()}"


async def test_two_on_one_port(start_proxy, provider, shared_port):
    """The switch lets a second one in, and each of them gets calls."""
    settings = {"OBO_LISTEN": shared_port, "OBO_REUSE_PORT": "true"}
    first = await start_proxy(**settings, OBO_WORKERS="1")
    second = await start_proxy(**settings, OBO_WORKERS="2")
    token = provider.user_token()
    for each in (first, second):
        while not await each.metric("obo_requests_total", server="tickets"):
            assert (await first.call(token)).status == 200


async def test_one_alone_lets_nobody_in(start_proxy, run_binary, shared_port):
    await start_proxy(OBO_LISTEN=shared_port)
    code, _ = await run_binary("run", OBO_LISTEN=shared_port, OBO_REUSE_PORT="true", OBO_ADMIN_LISTEN="off")
    assert code == 71


async def test_who_waits_in_the_queue_is_served(start_proxy, provider, shared_port):
    """The kernel would reset them when the socket is closed."""
    proxy = await start_proxy(OBO_LISTEN=shared_port, OBO_REUSE_PORT="true", OBO_TIMEOUTS_SHUTDOWN="200s")
    token = provider.user_token()
    os.kill(proxy.pid, signal.SIGSTOP)
    waiting = [await Client.connect(proxy.address) for _ in range(20)]
    for client in waiting[:10]:
        await client.send(encode("POST", "/tickets", message(), token=token))
    proxy.terminate()
    os.kill(proxy.pid, signal.SIGCONT)
    for client in waiting[:10]:
        assert (await client.response()).status == 200
        client.close()
    # Those who had not asked yet as well.
    await drains(proxy)
    for client in waiting[10:]:
        answer = await client.request("POST", "/tickets", message(), token=token)
        assert (answer.status, answer.value("connection")) == (200, "close")
        client.close()
    assert await proxy.exit() == 0


async def test_a_request_on_its_way_to_an_open_connection_is_answered(start_proxy, provider):
    proxy = await start_proxy(OBO_TIMEOUTS_SHUTDOWN="200s")
    token = provider.user_token()
    async with await proxy.connect() as client:
        assert (await client.request("POST", "/tickets", message(), token=token)).status == 200
        proxy.terminate()
        await drains(proxy)
        answer = await client.request("POST", "/tickets", message(), token=token)
        assert (answer.status, answer.value("connection")) == (200, "close")
        assert await client.left() == b""
    assert await proxy.exit(timeout=5) == 0


async def test_by_a_shared_port(start_proxy, provider, shared_port):
    """Kept connections change over without a loss. A fresh one can still be lost between the kernel's handshake and the
    old socket's close, which only the kernel could prevent: its caller tries again."""
    settings = {"OBO_LISTEN": shared_port, "OBO_REUSE_PORT": "true", "OBO_LOG_LEVEL": None}
    proxy = await start_proxy(**settings)

    class Patient(Load):
        async def _ask(self, client):
            try:
                return await super()._ask(client)
            except Aborted:
                self.lost += 1
                return False

    async with Patient(proxy.address, provider.user_token()) as load:
        for _ in range(2):
            await load.more()
            following = await start_proxy(**settings)
            assert await proxy.stop() == 0
            proxy = following
        await load.more()
    assert set(load.statuses) == {200} and load.lost <= 2
