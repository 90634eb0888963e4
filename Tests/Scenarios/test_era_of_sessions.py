"""Streamable HTTP with sessions, MCP 2025-03-26 to 2025-11-25: what passes between client and server is as they wrote it."""

import asyncio

import pytest
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.refusal import assert_error
from fixtures.wire import Aborted

VERSIONS = ["2025-03-26", "2025-06-18", "2025-11-25"]
UPSTREAMS_ID = "1868a90c-7c5b"


@pytest.fixture
async def session(proxy, provider, upstream):
    """A session's fields as the client has to send them."""
    upstream.script(behaviour.answer(200, b"{}", mcp_session_id=UPSTREAMS_ID, content_type="application/json"))
    begun = await proxy.call(provider.user_token(), "initialize", 0)
    return [("MCP-Session-Id", begun.value("mcp-session-id"))]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
async def test_version_and_session_go_upstream(proxy, provider, upstream, session, method, version):
    upstream.script(behaviour.answer(200, b"{}", content_type="application/json"))
    body = message() if method == "POST" else None
    fields = [*session, ("MCP-Protocol-Version", version)]
    assert (await proxy.request(method, "/tickets", body, fields, provider.user_token())).status == 200
    head = upstream.requests[-1].head
    assert head.value("mcp-session-id") == UPSTREAMS_ID
    assert head.value("mcp-protocol-version") == version


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","method":"notifications/initialized"}',
        b'{"jsonrpc":"2.0","id":"srv-1","result":{}}',
        b'[{"jsonrpc":"2.0","method":"notifications/x"},{"jsonrpc":"2.0","id":7,"result":{"roots":[]}}]',
    ],
    ids=["notification", "response", "batch of both"],
)
async def test_accepted_without_a_body(proxy, provider, upstream, session, body):
    upstream.script(behaviour.answer(202))
    response = await proxy.request("POST", "/tickets", body, session, provider.user_token())
    assert (response.status, response.body) == (202, b"")
    assert upstream.requests[-1].body == body


BATCH = (
    b'[ {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}},\n'
    b' {"jsonrpc":"2.0","method":"notifications/x"}, {"id":"\\u0031","method":"ping","jsonrpc":"2.0"} ]'
)


async def test_batch_answered_by_json(proxy, provider, upstream, session):
    answers = b'[{"jsonrpc":"2.0","id":"1","result":{}}, {"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}]'
    upstream.script(behaviour.answer(200, answers, content_type="application/json"))
    response = await proxy.request("POST", "/tickets", BATCH, session, provider.user_token())
    assert upstream.requests[-1].body == BATCH
    assert response.body == answers


async def test_batch_answered_by_events(proxy, provider, upstream, session):
    events = (
        b'data: {"jsonrpc":"2.0","id":"1","result":{}}\n\n'
        b'data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n'
        b'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n'
    )

    async def answer(call):
        await call.start_stream()
        await call.chunk(events)
        await call.end()

    upstream.script(answer)
    response = await proxy.request("POST", "/tickets", BATCH, session, provider.user_token())
    assert response.body == events


# What the upstream has to say by status, as the official servers say it.
VERDICTS = {
    "dead session": (404, b'{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Session not found"}}'),
    "no session": (400, b'{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request"},"id":null}'),
    "not acceptable": (406, b'{"jsonrpc":"2.0","error":{"code":-32000,"message":"Not Acceptable"},"id":null}'),
    "conflict": (409, b'{"jsonrpc":"2.0","error":{"code":-32000,"message":"Only one SSE stream"},"id":null}'),
    "media type": (415, b'{"jsonrpc":"2.0","error":{"code":-32000,"message":"Unsupported Media Type"},"id":null}'),
    "out of order": (500, b"Internal Server Error"),
}


@pytest.mark.parametrize("name", VERDICTS)
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
async def test_upstreams_verdict_is_passed_on(proxy, provider, upstream, session, method, name):
    status, text = VERDICTS[name]
    upstream.script(behaviour.answer(status, text, content_type="application/json", x_kept="yes"))
    body = message() if method == "POST" else None
    response = await proxy.request(method, "/tickets", body, session, provider.user_token())
    assert (response.status, response.body) == (status, text)
    assert response.value("content-type") == "application/json" and response.value("x-kept") == "yes"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_no_stream_here(proxy, provider, upstream, session, method):
    """405 tells a client that there is no stream to be had, or no session to end; it goes on without."""
    upstream.script(behaviour.answer(405, b'{"x":1}', allow="POST, OPTIONS", content_type="application/json"))
    response = await proxy.request(method, "/tickets", None, session, provider.user_token())
    assert (response.status, response.value("allow"), response.body) == (405, "POST, OPTIONS", b'{"x":1}')


async def test_session_is_ended(proxy, provider, upstream, session):
    upstream.script(behaviour.answer(204))
    response = await proxy.request("DELETE", "/tickets", None, session, provider.user_token())
    assert response.status == 204 and upstream.requests[-1].method == "DELETE"


async def test_polled_stream_is_resumed(proxy, provider, upstream, session):
    """2025-11-25: an id in front, the server ends the stream when it likes, and the client comes back for the rest."""
    first = b"id: 0/a~1\r\nretry: 250\r\ndata:\r\n\r\n" + b"id: 0/b\r\ndata: {}\r\n\r\n"
    second = b": again\n\nid: 0/c\rdata: x\rdata:  y\r\r"

    def streams(*pieces):
        async def answer(call):
            await call.start_stream()
            for piece in pieces:
                await call.chunk(piece)
            await call.end()

        return answer

    token = provider.user_token()
    upstream.script(streams(first[:9], first[9:]), streams(second))
    assert (await proxy.request("POST", "/tickets", message(), session, token)).body == first
    resumed = await proxy.request("GET", "/tickets", None, [*session, ("Last-Event-ID", "0/b")], token)
    assert resumed.body == second
    assert upstream.requests[-1].head.value("last-event-id") == "0/b"


async def test_stream_that_broke_can_be_resumed(proxy, provider, upstream, session):
    """The call is told, since most often nobody is left to go back to; who goes back all the same gets what was missed."""
    read = asyncio.Event()

    async def breaks(call):
        await call.start_stream()
        await call.chunk(b"id: 1\ndata: {}\n\n")
        await read.wait()
        call.reset()

    upstream.script(breaks)
    async with await proxy.connect() as client:
        await client.send(encode("POST", "/tickets", message(), session, provider.user_token()))
        await client.head()
        assert await client.chunk() == b"id: 1\ndata: {}\n\n"
        read.set()
        assert_error(await client.event(), "upstream_protocol", 1)
        with pytest.raises(Aborted):
            await client.event()
    await proxy.request("GET", "/tickets", None, [*session, ("Last-Event-ID", "1")], provider.user_token())
    assert upstream.requests[-1].head.value("last-event-id") == "1"


async def test_streams_side_by_side(proxy, provider, upstream, session):
    """A GET stream stays open while POSTs are answered beside it, and tells of what the server asks."""
    asked = asyncio.Event()

    async def listen(call):
        await call.start_stream()
        await asked.wait()
        await call.event({"jsonrpc": "2.0", "id": "s1", "method": "ping"})
        await call.end()

    token = provider.user_token()
    upstream.script(listen)
    async with await proxy.connect() as listener:
        await listener.send(encode("GET", "/tickets", None, session, token))
        assert (await listener.head()).status == 200
        assert (await proxy.call(token, fields=session)).json()["result"]
        asked.set()
        assert (await listener.event())["method"] == "ping"
        assert await listener.event() is None
