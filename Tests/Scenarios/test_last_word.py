"""An event stream that breaks off: the calls that wait in it are told why, and nothing else is."""

import asyncio
import json

import pytest
from fixtures.client import encode, message
from fixtures.refusal import assert_error
from fixtures.wire import Aborted, chunks

ASKED = [message(request_id=1), message("ping", "two"), {"jsonrpc": "2.0", "method": "notifications/x"}]
PROGRESS = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}}


def event(value, **fields):
    text = value if isinstance(value, str) else json.dumps(value)
    return "".join(f"{name}: {said}\n" for name, said in {**fields, "data": text}.items()).encode() + b"\n"


def answer(request_id, **members):
    return {"jsonrpc": "2.0", "id": request_id, **(members or {"result": {}})}


def reset(call):
    call.reset()


def end(call):
    call.close()


@pytest.fixture
def broken(proxy, provider, upstream):
    """Relays the pieces, breaks the stream once the client has them all, and returns what else the client got."""

    async def play(pieces, body=None, how=reset, method="POST", status=200, head=(), of=proxy, target="/tickets"):
        whole, read = b"".join(pieces), asyncio.Event()

        async def stream(call):
            await call.start_chunked("text/event-stream", head, status)
            for piece in pieces:
                await call.chunk(piece)
            await read.wait()
            how(call)
            await call.peer_closed()

        upstream.script(stream)
        body = message() if body is None else body
        async with await of.connect() as client:
            await client.send(encode(method, target, body if method == "POST" else None, (), provider.user_token()))
            assert (await client.head()).status == status
            got = b""
            with pytest.raises(Aborted):
                if not whole:
                    read.set()
                async with asyncio.timeout(10):
                    async for chunk in chunks(client.reader):
                        got += chunk
                        if len(got) >= len(whole):
                            read.set()
            assert got[: len(whole)] == whole
            return got[len(whole) :]

    return play


def errors(text):
    """The events of a last word, each a line of type and a line of data and no more."""
    assert text.endswith(b"\n\n")
    values = []
    for block in text[:-2].split(b"\n\n"):
        kind, data = block.split(b"\n")
        assert kind == b"event: message"
        values.append(json.loads(data.removeprefix(b"data: ")))
    return values


@pytest.mark.parametrize("request_id", [1, -7, 1.5, 123456789012345678901234567890, "one", "", 'h\u00e9 " \\ \n \U0001f600'])
async def test_id_is_kept(broken, request_id):
    (error,) = errors(await broken([event(PROGRESS)], message(request_id=request_id)))
    assert_error(error, "upstream_protocol", request_id)


@pytest.mark.parametrize("text", [b'"\\u0041\\/"', b"1.0", b"-0", b"1e2", b"9007199254740993"])
async def test_spelling_is_kept(broken, text):
    said = await broken([], b'{"jsonrpc":"2.0","id":%s,"method":"tools/call"}' % text)
    assert b'data: {"jsonrpc":"2.0","id":%s,"error":{' % text in said


def mid_chunk(call):
    call.writer.write(b"ff\r\n")
    call.close()


def bad_chunk(call):
    call.writer.write(b"nonsense\r\n")


@pytest.mark.parametrize("how", [reset, end, mid_chunk, bad_chunk])
async def test_however_it_breaks(broken, how):
    (error,) = errors(await broken([event(PROGRESS)], how=how))
    assert_error(error, "upstream_protocol", 1)


@pytest.mark.parametrize("pieces", [[], [b": hello\n\n"], [b"data: x\r\r"], [b"data: x\r\n", b"\r\n"], [b"\n"]], ids=repr)
async def test_whatever_came_before(broken, pieces):
    """At the very start, behind a comment, behind each kind of line end, behind what is no message."""
    assert len(errors(await broken(pieces))) == 1


async def test_events_in_the_same_read_as_the_fault(proxy, provider, upstream):
    """What came whole in chunks of its own reaches the client, though what follows is no chunk."""

    async def at_once(call):
        good = event(PROGRESS)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        await call.send(head + b"%x\r\n%s\r\n2\r\n\n\n\r\nzz\r\n" % (len(good), good))
        await call.peer_closed()

    upstream.script(at_once)
    with pytest.raises(Aborted) as cut:
        await proxy.call(provider.user_token())
    whole = event(PROGRESS) + b"\n\n"
    assert cut.value.partial.startswith(whole)
    assert len(errors(cut.value.partial[len(whole) :])) == 1


async def test_silence(start_proxy, broken):
    proxy = await start_proxy(OBO_TIMEOUTS_STREAM_IDLE="1s")
    (error,) = errors(await broken([event(PROGRESS)], how=lambda call: None, of=proxy))
    assert_error(error, "upstream_timeout", 1)


async def test_it_is_counted_and_logged(proxy, broken):
    (error,) = errors(await broken([]))
    assert await proxy.settles("obo_refusals_total", 1, server="tickets", reason="upstream_protocol") == 1
    await proxy.lines.finds(lambda line: '"reason":"upstream_protocol"' in line)
    (record,) = [entry for entry in proxy.records("request") if entry.get("reason")]
    assert record["status"] == 200
    assert record["request_id"] == error["error"]["data"]["request_id"]


ANSWERED = {
    "result": [event(answer(1))],
    "error": [event(answer(1, error={"code": -1, "message": "no"}))],
    "id last": [event('{"result":{},"jsonrpc":"2.0","id":1}')],
    "escaped name": [event('{"jsonrpc":"2.0","i\\u0064":1,"\\u0072esult":{}}')],
    "other spelling": [event('{"jsonrpc":"2.0","id":1.0,"result":{}}')],
    "then more": [event(answer(1)), event(PROGRESS), b": x\n\n"],
    "byte by byte": [bytes([byte]) for byte in event(answer(1)).replace(b"\n", b"\r\n")],
    "several lines": [b'data: {"jsonrpc":"2.0",\ndata:"id":1,\ndata: "result":{}}\n\n'],
    "named": [event(answer(1), event="message")],
    "type last": [b"data: " + json.dumps(answer(1)).encode() + b"\nevent: message\n\n"],
    "behind a mark": [b"\xef\xbb\xbf" + event(answer(1))],
    "in a batch": [event([PROGRESS, answer(1)])],
    "long": [event(answer(1, result={"text": "x" * 300000}))],
    "behind many": [event(PROGRESS) * 1000, event(answer(1))],
    "by CR": [event(answer(1)).replace(b"\n", b"\r"), b"data: {}\r", b"\r"],
}


@pytest.mark.parametrize("name", ANSWERED)
async def test_answered_call_is_left_alone(broken, name):
    assert await broken(ANSWERED[name]) == b""


LOOKALIKES = {
    "another id": event(answer(2)),
    "the id as a string": event(answer("1")),
    "null id": event(answer(None)),
    "nested": event({"jsonrpc": "2.0", "method": "x", "params": answer(1)}),
    "deeper": event({"jsonrpc": "2.0", "id": 5, "result": answer(1)}),
    "in a string": event({"jsonrpc": "2.0", "method": "x", "params": {"text": json.dumps(answer(1))}}),
    "a request of the server's": event({"jsonrpc": "2.0", "id": 1, "method": "ping"}),
    "of another type": event(answer(1), event="endpoint"),
    "a comment": b": " + event(answer(1)),
    "no JSON": event('{"jsonrpc":"2.0","id":1,"result":{}'),
    "no data": b'id:\nresult: {"id":1,"result":{}}\n\n',
}


@pytest.mark.parametrize("name", LOOKALIKES)
async def test_what_is_no_answer(broken, name):
    (error,) = errors(await broken([LOOKALIKES[name]]))
    assert_error(error, "upstream_protocol", 1)


@pytest.mark.parametrize(
    "said, waiting",
    [
        ([], [1, "two"]),
        ([event(answer("two"))], [1]),
        ([event(answer(1)), event(PROGRESS)], ["two"]),
        ([event([answer(1), answer("two")])], []),
    ],
    ids=["none", "second", "first", "both"],
)
async def test_batch(broken, said, waiting):
    text = await broken(said, ASKED)
    found = errors(text) if waiting else []
    assert [error["id"] for error in found] == waiting and (waiting or text == b"")


TORN = {
    "in its data": b'data: {"jsonrpc":"2.0","id":1,"res',
    "before its empty line": event(answer(1))[:-1],
    "by CRLF": event(PROGRESS).replace(b"\n", b"\r\n")[:-2],
    "after its type": b"event: message\n",
    "after one byte": b"d",
}


@pytest.mark.parametrize("name", TORN)
async def test_torn_event_is_not_mended(broken, name):
    """Whatever was added would become a part of it, or deliver it; unfinished it is dropped by every client."""
    assert await broken([event(PROGRESS), TORN[name]]) == b""


@pytest.mark.parametrize(
    "body",
    [
        {"jsonrpc": "2.0", "method": "notifications/x"},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": None, "method": "tools/call"},
        b"nonsense",
        [message(text="x" * 100000)],
    ],
    ids=["notification", "response", "null id", "nonsense", "batch that is not held"],
)
async def test_nobody_waits_under_a_known_id(broken, body):
    assert await broken([event(PROGRESS)], body) == b""


async def test_call_too_large_to_be_held(broken):
    (error,) = errors(await broken([event(PROGRESS)], message(request_id="large", text="x" * 100000)))
    assert_error(error, "upstream_protocol", "large")


async def test_get_stream(broken):
    assert await broken([event(PROGRESS)], method="GET") == b""


@pytest.mark.parametrize("pieces", [[event("", id="a/1")], [event(PROGRESS, id="a/1"), event(PROGRESS)]])
async def test_events_with_ids(broken, pieces):
    """Though a client could come back with the last one, most often there is nobody left to come back to."""
    (error,) = errors(await broken(pieces))
    assert_error(error, "upstream_protocol", 1)


@pytest.mark.parametrize(
    "status, head", [(200, [("Content-Encoding", "gzip")]), (500, [])], ids=["compressed", "no success"]
)
async def test_where_no_event_can_be_said(broken, status, head):
    assert await broken([event(PROGRESS)], status=status, head=head) == b""


async def test_good_end_without_an_answer(proxy, provider, upstream):
    """From 2025-11-25 on a server may end a stream and be polled for the answer."""

    async def ends(call):
        await call.start_stream()
        await call.chunk(event(PROGRESS))
        await call.end()

    upstream.script(ends)
    assert (await proxy.call(provider.user_token())).body == event(PROGRESS)


async def test_chunked_request(proxy, provider, upstream):
    async def dies(call):
        await call.start_stream()
        call.close()

    upstream.script(dies)
    fields = [("Transfer-Encoding", "chunked"), ("Content-Type", "application/json")]
    body = json.dumps(message(request_id="c")).encode()
    async with await proxy.connect() as client:
        head = encode("POST", "/tickets", None, fields, provider.user_token())
        await client.send(head + b"5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (body[:5], len(body) - 5, body[5:]))
        with pytest.raises(Aborted) as cut:
            await client.response()
    (error,) = errors(cut.value.partial)
    assert_error(error, "upstream_protocol", "c")


async def test_strict_server(start_proxy, broken):
    """The status has been given: what is left is JSON-RPC, there too."""
    proxy = await start_proxy(OBO_SERVER_TICKETS_ERRORS="strict")
    (error,) = errors(await broken([], of=proxy))
    assert_error(error, "upstream_protocol", 1)
