"""One client that never lets up costs neither memory nor the others' turn."""

import asyncio
import socket
import time

from fixtures.client import encode


async def test_answers_that_nobody_takes(start_proxy):
    """Somebody who asks and asks and never reads is not served on: the answers would pile up in memory."""
    proxy = await start_proxy(OBO_LOG_LEVEL="notice")
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await loop.sock_connect(client, proxy.address)
        before = proxy.resident_bytes()
        try:
            async with asyncio.timeout(4):
                while True:
                    await loop.sock_sendall(client, encode("GET", "/unknown") * 1000)
        except TimeoutError:
            pass
        assert proxy.resident_bytes() - before < 4 << 20


async def test_a_client_that_always_has_a_next_request(proxy):
    """The others are served in between, not after."""
    async with await proxy.connect() as busy:
        flood = [asyncio.ensure_future(keep_asking(busy)), asyncio.ensure_future(busy.left(timeout=60))]
        waits = []
        for _ in range(10):
            began = time.monotonic()
            async with await proxy.connect() as other:
                assert (await other.request("OPTIONS", "/tickets")).status == 204
            waits.append(time.monotonic() - began)
        for task in flood:
            task.cancel()
        await asyncio.gather(*flood, return_exceptions=True)
    assert max(waits) < 0.3


async def keep_asking(client):
    while True:
        await client.send(encode("OPTIONS", "/tickets") * 1000)
