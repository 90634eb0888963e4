"""An event stream arrives event by event: each one is with the client before the upstream writes the next."""

import asyncio
import gzip
import json
import random

import pytest

from fixtures.client import encode, message


async def test_each_event_at_once(proxy, provider, upstream):
    read = asyncio.Event()

    async def stream(call):
        await call.start_stream([("Mcp-Session-Id", "s")])
        for number in range(10):
            await call.event({"n": number})
            await asyncio.wait_for(read.wait(), 5)
            read.clear()
        await call.end()

    upstream.script(stream)
    async with await proxy.connect() as client:
        await client.send(encode("POST", "/tickets", message(), token=provider.user_token()))
        head = await client.head()
        assert head.status == 200 and head.value("content-type") == "text/event-stream"
        for number in range(10):
            assert await client.event(timeout=5) == {"n": number}
            read.set()
        assert await client.event(timeout=5) is None, "the upstream's end is the client's end"


async def test_head_before_the_first_event(proxy, provider, upstream):
    """A chat server waits for the head of its GET before it goes on."""
    gate = asyncio.Event()

    async def stream(call):
        await call.start_stream()
        await gate.wait()
        await call.event({"first": True})
        await call.peer_closed()

    upstream.script(stream)
    async with await proxy.connect() as client:
        await client.send(encode("GET", "/tickets", token=provider.user_token()))
        assert (await client.head()).status == 200
        gate.set()
        assert await client.event() == {"first": True}


async def test_pieces_of_events_are_not_held_back(proxy, provider, upstream):
    """Bytes are relayed as they come, whole events or not."""
    read = asyncio.Event()

    async def stream(call):
        await call.start_stream()
        for piece in (b"da", b"ta: x", b"\n", b"\ndata: y\n\n"):
            await call.chunk(piece)
            await asyncio.wait_for(read.wait(), 5)
            read.clear()
        await call.end()

    upstream.script(stream)
    async with await proxy.connect() as client:
        await client.send(encode("POST", "/tickets", message(), token=provider.user_token()))
        await client.head()
        for piece in (b"da", b"ta: x", b"\n", b"\ndata: y\n\n"):
            assert await client.chunk() == piece
            read.set()
        assert await client.chunk() == b""


async def test_keep_alive_comments(start_proxy, provider, upstream):
    """On an idle stream comments keep the chat server's read timer from running out."""
    proxy = await start_proxy(OBO_TIMEOUTS_SSE_KEEPALIVE="200ms")

    async def stream(call):
        await call.start_stream()
        await call.event({"n": 1})
        await call.peer_closed()

    upstream.script(stream)
    async with await proxy.connect() as client:
        await client.send(encode("GET", "/tickets", token=provider.user_token()))
        await client.head()
        assert await client.event() == {"n": 1}
        for _ in range(2):
            comment = await client.chunk(timeout=5)
            assert comment.startswith(b":") and comment.endswith(b"\n")


async def test_many_streams_at_once(proxy, provider, upstream):
    """Fifty idle streams of one user, then one event on each."""
    gate = asyncio.Event()

    async def stream(call):
        await call.start_stream()
        await gate.wait()
        await call.event({"n": 1})
        await call.end()

    upstream.always(stream)
    token = provider.user_token()
    clients = [await proxy.connect() for _ in range(50)]
    for client in clients:
        await client.send(encode("GET", "/tickets", token=token))
    for client in clients:
        assert (await client.head()).status == 200
    assert await proxy.metric("obo_open_streams") == 50
    gate.set()
    for client in clients:
        assert await client.event() == {"n": 1}
        assert await client.event() is None
        client.close()


async def test_no_event_is_lost_or_out_of_order(start_proxy, provider, upstream):
    """300 streams of three users over two workers, with events in bursts and in pieces: to each stream its own."""
    proxy = await start_proxy(OBO_WORKERS="2")
    all_open = asyncio.Event()

    def wanted(stream):
        return [{"stream": stream, "n": number, "text": "x" * (number * 37 % 200)} for number in range(20)]

    async def stream(call):
        name = int(call.request.head.value("x-stream"))
        await call.start_stream()
        await all_open.wait()
        left = b"".join(b"data: %s\n\n" % json.dumps(event).encode() for event in wanted(name))
        chance = random.Random(name)
        while left:
            size = chance.randint(1, 700)
            await call.chunk(left[:size])
            left = left[size:]
            await asyncio.sleep(0)
        await call.end()

    async def take(client, name):
        assert (await client.head()).status == 200
        if len(upstream.requests) == 300:
            all_open.set()
        for event in wanted(name):
            assert await client.event() == event
        assert await client.event() is None

    upstream.always(stream)
    tokens = [provider.user_token(user) for user in ("alice", "bob", "carol")]
    clients = [await proxy.connect() for _ in range(300)]
    for name, client in enumerate(clients):
        await client.send(encode("GET", "/tickets", None, [("X-Stream", name)], tokens[name % 3]))
    await asyncio.gather(*(take(client, name) for name, client in enumerate(clients)))
    for client in clients:
        client.close()


def with_pauses(head, pieces):
    """Sends each piece after a pause in which several comments would fit."""

    async def behave(call):
        await call.send(head)
        for piece in pieces:
            await asyncio.sleep(0.5)
            await call.send(piece)
        call.close()

    return behave


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
UNTOUCHED = {
    "within an event": (STREAM, [b"data: on", b"e\n", b"\n"], True),
    "JSON": (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", [b'{"a":', b"1}"], False),
    "compressed events": (STREAM + b"Content-Encoding: gzip\r\n", [gzip.compress(b"data: x\n\n")], False),
    "events of a known length": (STREAM + b"Content-Length: 9\r\n", [b"data: x\n\n"], False),
}


@pytest.mark.parametrize("name", UNTOUCHED)
async def test_where_a_comment_would_do_harm(start_proxy, provider, upstream, name):
    """In front of a plain stream's first event a comment is welcome; everywhere else here it would be a corruption."""
    head, pieces, in_front = UNTOUCHED[name]
    proxy = await start_proxy(OBO_TIMEOUTS_SSE_KEEPALIVE="100ms")
    upstream.script(with_pauses(head + b"\r\n", pieces))
    response = await proxy.call(provider.user_token())
    whole = b"".join(pieces)
    assert response.body == whole or (in_front and response.body.endswith(whole)), response.body


async def test_stream_to_an_old_client(proxy, provider, upstream):
    """HTTP/1.0 has no chunks: the events come bare, one by one, and the close ends them."""
    read = asyncio.Event()

    async def stream(call):
        await call.start_stream()
        await call.event({"n": 1})
        await asyncio.wait_for(read.wait(), 5)
        await call.end()

    upstream.script(stream)
    async with await proxy.connect() as client:
        data = encode("POST", "/tickets", message(), token=provider.user_token())
        await client.send(data.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        assert not (await client.head()).chunked
        async with asyncio.timeout(5):
            assert await client.reader.readuntil(b"\r\n\r\n") == b'event: message\r\ndata: {"n": 1}\r\n\r\n'
        read.set()
        assert await client.left(timeout=5) == b""


MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    "pieces, expected",
    [
        ([MARK + b"data: x\n\n"], b"data: x\n\n"),
        ([MARK[:1], MARK[1:] + b"data: x\n\n"], b"data: x\n\n"),
        ([MARK[:2], MARK[2:], b"data: x\n\n"], b"data: x\n\n"),
        ([MARK[:2], b"data: x\n\n"], MARK[:2] + b"data: x\n\n"),
        ([MARK[:1], b"\xbc\x81: x\n\n"], b"\xef\xbc\x81: x\n\n"),
        ([b"data: x\n\n" + MARK + b"\n\n"], b"data: x\n\n" + MARK + b"\n\n"),
        ([MARK + MARK + b"data: x\n\n"], MARK + b"data: x\n\n"),
    ],
    ids=["whole", "cut", "cut twice", "the half of it", "another character", "later", "twice"],
)
async def test_mark_behind_a_comment(start_proxy, provider, upstream, pieces, expected):
    """A byte order mark is one only as the very first bytes: behind our comment it would spoil the first field."""
    proxy = await start_proxy(OBO_TIMEOUTS_SSE_KEEPALIVE="100ms")
    said = asyncio.Event()

    async def stream(call):
        await call.start_stream()
        await said.wait()
        for piece in pieces:
            await call.chunk(piece)
        await call.end()

    upstream.script(stream)
    async with await proxy.connect() as client:
        await client.send(encode("GET", "/tickets", token=provider.user_token()))
        await client.head()
        assert await client.chunk() == b":\n\n"
        said.set()
        got = b""
        while chunk := await client.chunk():
            got += chunk
        assert got.replace(b":\n\n", b"") == expected


async def test_mark_in_front(proxy, provider, upstream):
    async def stream(call):
        await call.start_stream()
        await call.chunk(MARK + b"data: x\n\n")
        await call.end()

    upstream.script(stream)
    assert (await proxy.call(provider.user_token())).body == MARK + b"data: x\n\n"


ODD = {
    "CR": b"data: a\rdata: b\r\revent: x\rdata:\r\r",
    "CRLF": b"data: a\r\ndata: b\r\n\r\n: c\r\n\r\n",
    "mixed": b"id: 1\r\ndata: a\ndata: b\r\r\n\n\r\n:\r\rretry: 10\n\n",
    "not UTF-8": b"data: \xff\xfe\x00\x80\n\n\x00\n\n",
    "a line without end": b"data: " + b"x" * 200000 + b"\n\n",
    "torn at a good end": b"data: a\n\ndata: b",
}


@pytest.mark.parametrize("size", [1, 7, 65536])
@pytest.mark.parametrize("name", ODD)
async def test_whatever_the_split(proxy, provider, upstream, name, size):
    """Byte for byte, whether the upstream writes single bytes or all at once."""
    text = ODD[name][:400] if size == 1 else ODD[name]

    async def stream(call):
        await call.start_stream()
        for start in range(0, len(text), size):
            await call.chunk(text[start : start + size])
        await call.end()

    upstream.script(stream)
    assert (await proxy.call(provider.user_token())).body == text


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=repr)
async def test_comments_between_events_only(start_proxy, provider, upstream, end):
    """Idle at every byte of two events: comments come in front of the first, between them, and nowhere else."""
    proxy = await start_proxy(OBO_TIMEOUTS_SSE_KEEPALIVE="60ms")
    events = [b"id: 1" + end + b"data: a" + end + end, b"data: b" + end + end]

    async def stream(call):
        await call.start_stream()
        for event in events:
            for byte in event:
                await asyncio.sleep(0.15)
                await call.chunk(bytes([byte]))
        await asyncio.sleep(0.15)
        await call.end()

    upstream.script(stream)
    body = (await proxy.call(provider.user_token())).body
    assert b":\n\n" in body
    assert body.replace(b":\n\n", b"") == b"".join(events)
    for event in events:
        # The LF of a CRLF may come behind a comment: the CR before it has ended the line.
        assert event.removesuffix(b"\n") in body
