"""Large bodies cross in constant memory, as fast as the slower side takes them, and no larger than allowed."""

import asyncio
import hashlib

import pytest
from fixtures.client import encode, message
from fixtures.refusal import assert_http_refused
from fixtures.upstream import Upstream
from fixtures.wire import Aborted

MIB = 1 << 20
BLOCK = bytes(range(256)) * 256  # 64 KiB


def sending(blocks, chunked, sent=None):
    async def behave(call):
        if chunked:
            await call.start_chunked()
        else:
            size = len(BLOCK) * blocks
            fields = [("Content-Type", "application/json"), ("Content-Length", size)]
            await call.reply(fields=fields, length=False)
        for number in range(blocks):
            await (call.chunk if chunked else call.send)(BLOCK)
            if sent is not None:
                sent.append(number)
        if chunked:
            await call.end()

    return behave


@pytest.mark.parametrize("chunked", [False, True], ids=["content-length", "chunked"])
async def test_download(proxy, provider, upstream, chunked):
    upstream.script(sending(160, chunked))
    response = await proxy.call(provider.user_token())
    assert len(response.body) == 10 * MIB
    assert hashlib.sha256(response.body).digest() == hashlib.sha256(BLOCK * 160).digest()


async def test_slow_reader(start_proxy, provider):
    """A client that does not read stops the upstream, instead of filling the proxy's memory."""
    sent = []
    async with Upstream(sndbuf=65536) as upstream:
        upstream.script(sending(1024, True, sent))
        proxy = await start_proxy(OBO_SERVER_TICKETS_URL=upstream.url)
        before = proxy.resident_bytes()
        async with await proxy.connect(rcvbuf=65536, limit=65536) as client:
            await client.send(encode("POST", "/tickets", message(), token=provider.user_token()))
            await client.head()
            stalled = await until_stalled(sent)
            assert stalled < 512, f"{stalled * 64} KiB left for a client that has read next to nothing"
            assert proxy.resident_bytes() - before < 8 * MIB
            received = 0
            async with asyncio.timeout(30):
                while chunk := await client.chunk():
                    received += len(chunk)
            assert received == 64 * MIB
            assert proxy.resident_bytes() - before < 8 * MIB


async def until_stalled(sent):
    """The number of blocks that were sent once it has not grown for a while."""
    seen = -1
    async with asyncio.timeout(10):
        while seen != len(sent) or not sent:
            seen = len(sent)
            await asyncio.sleep(0.3)
    return seen


async def upload(proxy, token, size, chunked):
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"x":"'
    body += b"x" * (size - len(body) - 3) + b'"}}'
    assert len(body) == size
    if not chunked:
        return body, await proxy.request("POST", "/tickets", body, token=token, timeout=30)
    head = encode("POST", "/tickets", None, [("Transfer-Encoding", "chunked")], token)
    pieces = [body[start : start + 50000] for start in range(0, size, 50000)]
    async with await proxy.connect() as client:
        framed = b"".join(b"%X\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        sending = asyncio.ensure_future(client.send(head + framed + b"0\r\n\r\n"))
        try:
            return body, await client.response(timeout=30)
        finally:
            sending.cancel()


@pytest.mark.parametrize("chunked", [False, True], ids=["content-length", "chunked"])
async def test_upload_at_the_limit(proxy, provider, upstream, chunked):
    body, response = await upload(proxy, provider.user_token(), 4 * MIB, chunked)
    assert response.json()["result"]
    assert upstream.requests[0].body == body


async def test_upload_above_the_limit(proxy, provider, upstream):
    _, response = await upload(proxy, provider.user_token(), 4 * MIB + 1, chunked=False)
    assert_http_refused(response, 413, "body_too_large")
    upstream.saw_nothing()


async def test_chunked_upload_above_the_limit(proxy, provider, upstream):
    """Its beginning may have left for the upstream already; it must not look like a whole request there."""
    try:
        _, response = await upload(proxy, provider.user_token(), 4 * MIB + 1, chunked=True)
        assert_http_refused(response, 413, "body_too_large")
    except Aborted:
        pass
    if upstream.connections:
        await upstream.closed_connections.reaches(1)
    upstream.saw_no_whole_request()


async def test_smaller_limit(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_LIMITS_BODY_BYTES="1KiB")
    token = provider.user_token()
    assert (await upload(proxy, token, 1024, chunked=False))[1].json()["result"]
    assert (await upload(proxy, token, 1025, chunked=False))[1].status == 413
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("length", ["99999999999", "18446744073709551615", "9223372036854775808"])
async def test_claimed_length_above_the_limit(proxy, provider, upstream, length):
    """Refused by what the head says, before a byte of the body has come."""
    async with await proxy.connect() as client:
        head = encode("POST", "/tickets", None, [("Content-Length", length)], provider.user_token())
        await client.send(head)
        assert (await client.response(timeout=5)).status in (400, 413)
        await client.left(timeout=10)
    upstream.saw_nothing()


async def test_upload_streams(proxy, provider, upstream):
    """The upstream sees the beginning long before the end has been sent."""
    upstream.reads_bodies = False
    begun = asyncio.Event()

    async def reading(call):
        call.request.body = await call.reader.readexactly(MIB)
        begun.set()
        call.request.body += await call.reader.readexactly(2 * MIB)
        await call.reply_json({"size": len(call.request.body)})

    upstream.script(reading)
    head = encode("POST", "/tickets", None, [("Content-Length", 3 * MIB)], provider.user_token())
    async with await proxy.connect() as client:
        await client.send(head + b"x" * (2 * MIB))
        async with asyncio.timeout(10):
            await begun.wait()
        await client.send(b"x" * MIB)
        assert (await client.response()).json() == {"size": 3 * MIB}


async def test_upload_to_a_slow_upstream(start_proxy, provider, upstream):
    """An upstream that does not read stops the client, instead of filling the proxy's memory."""
    upstream.reads_bodies = False
    gate = asyncio.Event()
    size = 48 * MIB

    async def late(call):
        call.reader._transport.pause_reading()
        await gate.wait()
        call.reader._transport.resume_reading()
        seen = 0
        while seen < size:
            seen += len(await call.reader.read(MIB))
        await call.reply_json({"size": seen})

    upstream.script(late)
    proxy = await start_proxy(OBO_LIMITS_BODY_BYTES="64MiB")
    before = proxy.resident_bytes()
    head = encode("POST", "/tickets", None, [("Content-Length", size)], provider.user_token())
    async with await proxy.connect() as client:
        client.writer.transport.set_write_buffer_limits(high=0)
        sent = []

        async def upload():
            await client.send(head)
            for number in range(size // len(BLOCK)):
                await client.send(BLOCK)
                sent.append(number)

        uploading = asyncio.ensure_future(upload())
        assert await until_stalled(sent) * len(BLOCK) < 24 * MIB
        assert proxy.resident_bytes() - before < 8 * MIB
        gate.set()
        await uploading
        assert (await client.response(timeout=30)).json() == {"size": size}
    assert proxy.resident_bytes() - before < 8 * MIB
