"""An upstream that dies in the middle of its answer: the client sees an abort, never a well-formed end."""

import asyncio

import pytest
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.refusal import assert_http_refused, assert_refused
from fixtures.wire import Aborted

GONE = {"upstream_unreachable", "upstream_protocol"}


def dies(start, first, end):
    """Begins an answer, waits until the scenario has read the beginning, then ends the connection."""
    gate = asyncio.Event()

    async def behave(call):
        await call.send(start + first)
        await gate.wait()
        end(call)

    return behave, gate


JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize(
    "start, first",
    [
        (JSON + b"Content-Length: 100\r\n\r\n", b'{"half":'),
        (JSON + CHUNKED, b'8\r\n{"half":\r\n'),
        (JSON + CHUNKED, b'10\r\n{"half":'),
        (EVENTS + CHUNKED, b"9\r\ndata: x\n\n\r\n"),
    ],
    ids=["content-length", "chunked", "within a chunk", "event stream"],
)
async def test_within_the_body(proxy, provider, upstream, start, first, how):
    script, gate = dies(start, first, lambda call: getattr(call, how)())
    upstream.script(script)
    async with await proxy.connect() as client:
        await client.send(encode("POST", "/tickets", message(), token=provider.user_token()))
        head = await client.head()
        assert head.status == 200
        began = await client.reader.readexactly(4)
        gate.set()
        rest = began + await client.left()
        if head.chunked:
            assert not rest.endswith(b"0\r\n\r\n"), "a well-formed end"
        else:
            assert len(rest) < int(head.value("content-length"))


@pytest.mark.parametrize(
    "start, first",
    [(JSON + b"Content-Length: 100\r\n\r\n", b"{"), (JSON + CHUNKED, b"5\r\n{}")],
    ids=["content-length", "chunked"],
)
async def test_at_once_after_the_head(proxy, provider, upstream, start, first):
    upstream.script(behaviour.raw(start + first))
    try:
        response = await proxy.call(provider.user_token())
    except Aborted:
        return
    assert_refused(response, GONE)


async def test_malformed_chunk_within_the_body(proxy, provider, upstream):
    upstream.script(behaviour.raw(JSON + CHUNKED + b"2\r\n{}\r\nnonsense\r\n\r\n"))
    try:
        response = await proxy.call(provider.user_token())
    except Aborted:
        return
    assert_refused(response, GONE)


@pytest.mark.parametrize("ends", [behaviour.close, behaviour.reset], ids=["close", "reset"])
async def test_before_the_head(proxy, provider, upstream, ends):
    token = provider.user_token()
    upstream.always(ends)
    assert_refused(await proxy.call(token), GONE)
    assert len(upstream.requests) == 1, "a POST that may have been processed is not sent again"
    assert_http_refused(await proxy.request("GET", "/tickets", token=token), 502, GONE)


async def test_the_other_calls_go_on(proxy, provider, upstream):
    token = provider.user_token()
    upstream.script(behaviour.reset)
    await proxy.call(token)
    assert (await proxy.call(token)).json()["result"]
    assert len(provider.exchanges) == 1


async def test_body_that_ends_with_the_connection(proxy, provider, upstream):
    """Without length or chunks the upstream's FIN is the end, and a good one."""
    body = b'{"jsonrpc":"2.0","id":1,"result":{}}'
    upstream.script(behaviour.raw(JSON + b"\r\n" + body))
    assert (await proxy.call(provider.user_token())).body == body


async def test_body_that_ends_with_a_reset(proxy, provider, upstream):
    script, gate = dies(JSON + b"\r\n", b'{"half":', lambda call: call.reset())
    upstream.script(script)
    async with await proxy.connect() as client:
        await client.send(encode("POST", "/tickets", message(), token=provider.user_token()))
        await client.head()
        began = await client.reader.readexactly(4)
        gate.set()
        assert not (began + await client.left()).endswith(b"0\r\n\r\n")
