"""HTTP/1.0 clients are answered and closed; other versions are refused."""

import asyncio

import pytest
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.upstream import result


def old(token, fields=(), host=True):
    data = encode("POST", "/tickets", message(), fields, token).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    return data if host else data.replace(b"Host: 127.0.0.1\r\n", b"", 1)


@pytest.mark.parametrize("host", [True, False], ids=["with Host", "without"])
@pytest.mark.parametrize("connection", [[], [("Connection", "keep-alive")]], ids=["", "keep-alive"])
async def test_answered_and_closed(proxy, provider, upstream, connection, host):
    async with await proxy.connect() as client:
        await client.send(old(provider.user_token(), connection, host))
        response = await client.response()
        assert response.status == 200 and response.json() == result(1)
        assert not response.chunked
        assert await client.left(timeout=5) == b""
    assert upstream.requests[0].version == "HTTP/1.1"


async def test_chunked_answer_is_ended_by_the_close(proxy, provider, upstream):
    async def chunked(call):
        await call.start_chunked()
        await call.chunk(b'{"in":')
        await call.chunk(b'"pieces"}')
        await call.end()

    upstream.script(chunked)
    async with await proxy.connect() as client:
        await client.send(old(provider.user_token()))
        response = await client.response()
        assert "transfer-encoding" not in response.head.names
        assert response.body == b'{"in":"pieces"}'


async def test_cut_answer_is_visible(proxy, provider, upstream):
    """Where the close is the end, only a reset can tell an abort."""
    gate = asyncio.Event()

    async def cut(call):
        await call.start_chunked()
        await call.chunk(b'{"half":')
        await gate.wait()
        call.close()

    upstream.script(cut)
    async with await proxy.connect() as client:
        await client.send(old(provider.user_token()))
        await client.head()
        assert await client.reader.readexactly(8) == b'{"half":'
        gate.set()
        with pytest.raises(ConnectionResetError):
            async with asyncio.timeout(5):
                while await client.reader.read(1000):
                    pass


async def test_refusals_too(proxy, upstream):
    async with await proxy.connect() as client:
        await client.send(old("{{X}}"))
        assert (await client.response()).json()["error"]["data"]["reason"] == "placeholder_token"
        assert await client.left(timeout=5) == b""
    upstream.saw_nothing()


async def test_transfer_encoding_in_an_old_request(proxy, provider, upstream):
    async with await proxy.connect() as client:
        head = encode("POST", "/tickets", None, [("Transfer-Encoding", "chunked")], provider.user_token())
        await client.send(head.replace(b"HTTP/1.1", b"HTTP/1.0", 1) + b"2\r\n{}\r\n0\r\n\r\n")
        assert (await client.response()).status == 400
        await client.left(timeout=5)
    upstream.saw_nothing()


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/0.9", "HTTP/1.2.3", "http/1.1", "HTTP/1", "HTTPS/1.1", ""])
async def test_other_versions(proxy, provider, upstream, version):
    async with await proxy.connect() as client:
        data = encode("POST", "/tickets", message(), token=provider.user_token())
        await client.send(data.replace(b"HTTP/1.1", version.encode(), 1))
        answer = await client.left(timeout=5)
        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 505")), answer[:60]
    upstream.saw_nothing()


async def test_http_2_preface(proxy, upstream):
    async with await proxy.connect() as client:
        await client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert (await client.left(timeout=5)).startswith((b"HTTP/1.1 400", b"HTTP/1.1 505"))
    upstream.saw_nothing()


async def test_connection_close_is_honoured(proxy, provider, upstream):
    async with await proxy.connect() as client:
        await client.send(encode("POST", "/tickets", message(), [("Connection", "close")], provider.user_token()))
        response = await client.response()
        assert response.json() == result(1)
        assert (response.value("connection") or "").lower() == "close"
        assert await client.left(timeout=5) == b""


async def test_upstream_of_version_1_0(proxy, provider, upstream):
    token = provider.user_token()
    body = b'{"jsonrpc":"2.0","id":1,"result":{}}'
    head = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n"
    upstream.script(
        behaviour.raw(head + b"\r\n" + body), behaviour.raw(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    )
    for _ in range(2):
        response = await proxy.call(token)
        assert response.version == "HTTP/1.1" and response.body == body
    assert (await proxy.call(token)).json() == result(1)
