"""Whatever bytes come, from a client or an upstream, the process stays, and serves the next user."""

import asyncio
import os
import random

import pytest
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.upstream import result

ROUNDS = 300
INTERESTING = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b":",
    b",",
    b"\xff",
    b"9" * 25,
    b"%",
    b"chunked",
    b"0\r\n\r\n",
    b"\t",
]


def mutated(rng, data):
    """`data` with a few bytes left out, doubled, replaced or put in."""
    for _ in range(rng.randint(1, 4)):
        at, end = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
        end = min(end, at + 12)
        middle = rng.choice([b"", data[at:end] * 2, rng.choice(INTERESTING), rng.randbytes(rng.randint(1, 8))])
        data = data[:at] + middle + data[end:] or b"x"
    return data


def descriptors(proxy):
    return len(os.listdir(f"/proc/{proxy.pid}/fd"))


@pytest.mark.parametrize("seed", [1, 2])
async def test_requests(start_proxy, provider, upstream, seed):
    proxy = await start_proxy(OBO_TIMEOUTS_HEADER="1s", OBO_TIMEOUTS_BODY="1s", OBO_TIMEOUTS_IDLE="1s")
    upstream.always(behaviour.json_answer({}))
    token = provider.user_token()
    rng = random.Random(seed)
    good = encode("POST", "/tickets", message(), [("Connection", "close"), ("X-A", "b")], token)
    chunked = encode("POST", "/tickets", None, [("Transfer-Encoding", "chunked")], token)
    chunked += b'5;a=b\r\n{"a":\r\n2\r\n1}\r\n0\r\nX: y\r\n\r\n'
    await proxy.call(token)
    before = descriptors(proxy)

    async def throw(data):
        async with await proxy.connect() as client:
            await client.send(data)
            client.writer.write_eof()
            await client.left()

    for _ in range(ROUNDS // 10):
        await asyncio.gather(*(throw(mutated(rng, rng.choice([good, chunked]))) for _ in range(10)))
    upstream.always(None)
    assert (await proxy.call(token)).json() == result(1)
    async with asyncio.timeout(5):
        while descriptors(proxy) > before + 5:
            await asyncio.sleep(0.05)
    assert token.encode() not in bytes(upstream.received)


async def test_answers(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_TIMEOUTS_RESPONSE="1s", OBO_TIMEOUTS_STREAM_IDLE="1s")
    token = provider.user_token()
    rng = random.Random(3)
    plain = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"a":"bcd"}'
    chunked = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"9\r\ndata: x\n\n\r\n0\r\n\r\n"
    )

    async def garbage(call):
        await call.send(mutated(rng, rng.choice([plain, chunked])))
        call.close()

    async def ask():
        async with await proxy.connect() as client:
            await client.send(encode("POST", "/tickets", message(), [("Connection", "close")], token))
            return await client.left()

    await proxy.call(token)
    before = descriptors(proxy)
    upstream.always(garbage)
    for _ in range(ROUNDS // 10):
        for answer in await asyncio.gather(*(ask() for _ in range(10))):
            assert not answer or answer.startswith(b"HTTP/1.1 "), answer[:80]
    upstream.always(None)
    assert (await proxy.call(token)).json() == result(1)
    async with asyncio.timeout(5):
        while descriptors(proxy) > before + 5:
            await asyncio.sleep(0.05)


async def test_bodies_of_refused_requests(proxy, upstream):
    """A refusal has to read the body: any body."""
    rng = random.Random(4)
    whole = b'[{"jsonrpc":"2.0","id":"\\u00e9\\ud83d\\ude00","method":"tools/call","params":{"a":[1e5,-0.1,null]}}]'
    for _ in range(ROUNDS):
        body = mutated(rng, whole)
        response = await proxy.request("POST", "/tickets", body, token="{{X}}")
        assert response.status in (200, 400, 401), body
        response.json()
    upstream.saw_nothing()
