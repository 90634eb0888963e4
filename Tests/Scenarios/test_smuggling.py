"""Whatever two parsers could read in two ways is refused with 400 and the connection is closed: a second request hidden
in a first would go upstream with somebody else's token."""

import pytest
from fixtures.client import encode, message
from fixtures.refusal import assert_http_refused

BODY = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
HIDDEN = b"GET /tickets?hidden HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def post(fields, body=b"", start=b"POST /tickets HTTP/1.1", host=b"Host: 127.0.0.1\r\n"):
    """A request whose fields are exactly these bytes, with a good token."""
    return lambda token: start + b"\r\n" + host + b"Authorization: Bearer " + token + b"\r\n" + fields + b"\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"0\r\n\r\n"

AMBIGUOUS = {
    "CL.TE": post(b"Content-Length: 6\r\n" + CHUNKED, END + b"G"),
    "TE.CL": post(CHUNKED + b"Content-Length: 4\r\n", b"%x\r\n" % len(HIDDEN) + HIDDEN + b"\r\n" + END),
    "TE.TE, twice": post(CHUNKED + CHUNKED, END),
    "TE.TE, second unknown": post(CHUNKED + b"Transfer-Encoding: x\r\n", END),
    "TE, unknown": post(b"Transfer-Encoding: xchunked\r\n", END),
    "TE, chunked not last": post(b"Transfer-Encoding: chunked, identity\r\n", END),
    "TE, identity": post(b"Transfer-Encoding: identity\r\nContent-Length: 0\r\n"),
    "TE, gzip before chunked": post(b"Transfer-Encoding: gzip, chunked\r\n", END),
    "TE, quoted": post(b'Transfer-Encoding: "chunked"\r\n', END),
    "TE, vertical tab": post(b"Transfer-Encoding: \x0bchunked\r\n", END),
    "TE, parameter": post(b"Transfer-Encoding: chunked;x=1\r\n", END),
    "TE, space before the colon": post(b"Transfer-Encoding : chunked\r\n", END),
    "TE, folded": post(b"Transfer-Encoding:\r\n chunked\r\n", END),
    "TE, empty": post(b"Transfer-Encoding:\r\nContent-Length: 0\r\n"),
    "CL, two different": post(b"Content-Length: 40\r\nContent-Length: 41\r\n", BODY),
    "CL, list of two": post(b"Content-Length: 40, 41\r\n", BODY),
    "CL, plus": post(b"Content-Length: +40\r\n", BODY),
    "CL, minus": post(b"Content-Length: -40\r\n", BODY),
    "CL, hexadecimal": post(b"Content-Length: 0x28\r\n", BODY),
    "CL, underscore": post(b"Content-Length: 4_0\r\n", BODY),
    "CL, decimal point": post(b"Content-Length: 40.0\r\n", BODY),
    "CL, empty": post(b"Content-Length:\r\n", BODY),
    "CL, spaces within": post(b"Content-Length: 4 0\r\n", BODY),
    "CL, overflow to 40": post(b"Content-Length: 18446744073709551656\r\n", BODY),
    "CL, space before the colon": post(b"Content-Length : 40\r\n", BODY),
    "CL, folded": post(b"Content-Length:\r\n 40\r\n", BODY),
    "folded field": post(b"X-A: a\r\n b\r\nContent-Length: 40\r\n", BODY),
    "folded first field": lambda token: b"POST /tickets HTTP/1.1\r\n Host: 127.0.0.1\r\nContent-Length: 0\r\n\r\n",
    "bare LF after the request line": post(b"", start=b"POST /tickets HTTP/1.1\nX: y"),
    "bare LF after a field": post(b"X-A: a\nContent-Length: 40\r\n", BODY),
    "bare LF at the end of the head": lambda token: post(b"Content-Length: 40")(token)[:-2] + b"\n\n" + BODY,
    "bare CR in a field": post(b"X-A: a\rContent-Length: 3\r\nContent-Length: 40\r\n", BODY),
    "NUL in a field": post(b"X-A: a\0b\r\nContent-Length: 40\r\n", BODY),
    "NUL in a name": post(b"X-\0A: b\r\nContent-Length: 40\r\n", BODY),
    "control character in a field": post(b"X-A: a\x01b\r\nContent-Length: 40\r\n", BODY),
    "no colon": post(b"nonsense\r\nContent-Length: 40\r\n", BODY),
    "empty name": post(b": x\r\nContent-Length: 40\r\n", BODY),
    "name not ASCII": post(b"X-\xc3\xa9: b\r\nContent-Length: 40\r\n", BODY),
    "name with a bracket": post(b"X[A]: b\r\nContent-Length: 40\r\n", BODY),
    "no Host": post(b"Content-Length: 40\r\n", BODY, host=b""),
    "two Hosts": post(b"Host: b\r\nContent-Length: 40\r\n", BODY),
    "Host with a path": post(b"Content-Length: 40\r\n", BODY, host=b"Host: a/b\r\n"),
    "Host with a space": post(b"Content-Length: 40\r\n", BODY, host=b"Host: a b\r\n"),
    "Host with a user": post(b"Content-Length: 40\r\n", BODY, host=b"Host: a@b\r\n"),
    "two spaces in the request line": post(b"Content-Length: 40\r\n", BODY, b"POST  /tickets HTTP/1.1"),
    "tab in the request line": post(b"Content-Length: 40\r\n", BODY, b"POST\t/tickets HTTP/1.1"),
    "space in the target": post(b"Content-Length: 40\r\n", BODY, b"POST /tickets x HTTP/1.1"),
    "space before the method": post(b"Content-Length: 40\r\n", BODY, b" POST /tickets HTTP/1.1"),
    "method not a token": post(b"Content-Length: 40\r\n", BODY, b"PO(ST /tickets HTTP/1.1"),
    "control character in the target": post(b"Content-Length: 40\r\n", BODY, b"POST /tickets\x7f HTTP/1.1"),
}


@pytest.mark.parametrize("name", AMBIGUOUS)
async def test_head_is_refused(proxy, provider, upstream, name):
    token = provider.user_token().encode()
    async with await proxy.connect() as client:
        await client.send(AMBIGUOUS[name](token) + HIDDEN)
        answer = await client.left(timeout=5)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 ")), answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1, "one answer, then closed"
    upstream.saw_nothing()
    assert not provider.exchanges


BAD_CHUNKS = {
    "size is no number": b"xyz\r\nabc\r\n" + END,
    "size with a sign": b"+3\r\nabc\r\n" + END,
    "size with 0x": b"0x3\r\nabc\r\n" + END,
    "size empty": b"\r\nabc\r\n" + END,
    "size overflows": b"fffffffffffffffff\r\nabc\r\n" + END,
    "size overflows to 3": b"10000000000000003\r\nabc\r\n" + END,
    "size with a space before": b" 3\r\nabc\r\n" + END,
    "size ends in LF": b"3\nabc\r\n" + END,
    "size ends in CR": b"3\rabc\r\n" + END,
    "data longer than its size": b"3\r\nabcd\r\n" + END,
    "data ends in LF": b"3\r\nabc\n" + END,
    "LF in an extension": b"3;a\nb\r\nabc\r\n" + END,
    "CR in an extension": b"3;a\rb\r\nabc\r\n" + END,
    "NUL in an extension": b"3;\0\r\nabc\r\n" + END,
    "endless extension": b"3;" + b"a" * 100000 + b"\r\nabc\r\n" + END,
    "last chunk ends in LF": b"3\r\nabc\r\n0\n\n",
    "bad trailer": b"3\r\nabc\r\n0\r\nX : y\r\n\r\n",
    "folded trailer": b"3\r\nabc\r\n0\r\nX: y\r\n z\r\n\r\n",
    "endless trailers": b"3\r\nabc\r\n0\r\n" + b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 5000 + b"\r\n",
}


@pytest.mark.parametrize("name", BAD_CHUNKS)
async def test_chunk_is_refused(proxy, provider, upstream, name):
    """The head was good and may have gone upstream, but no whole request follows it, nor the hidden one."""
    async with await proxy.connect() as client:
        await client.send(post(CHUNKED, BAD_CHUNKS[name])(provider.user_token().encode()) + HIDDEN)
        answer = await client.left(timeout=5)
    assert answer.count(b"HTTP/1.1 ") <= 1
    if answer:
        assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 ", b"HTTP/1.1 431 ")), answer[:200]
    if upstream.connections:
        await upstream.closed_connections.reaches(1)
    upstream.saw_no_whole_request()
    assert b"hidden" not in bytes(upstream.received)


async def test_identical_lengths(proxy, provider, upstream):
    """May be taken for one or refused, but never for two messages."""
    async with await proxy.connect() as client:
        fields = b"Content-Length: 40\r\nContent-Length: 40\r\nConnection: close\r\n"
        await client.send(post(fields, BODY)(provider.user_token().encode()))
        answer = await client.left(timeout=5)
    assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 400")) and answer.count(b"HTTP/1.1 ") == 1
    for request in upstream.requests:
        assert len(request.head.values("content-length")) <= 1 and request.body == BODY


async def test_chunks_are_framed_anew(proxy, provider, upstream):
    """Extensions, odd sizes and trailers stay here."""
    body = b'A;ext="v"\r\n{"jsonrpc"\r\n01E\r\n:"2.0","id":1,"method":"ping"}\r\n0;x\r\nX-Trailer: secret\r\n\r\n'
    async with await proxy.connect() as client:
        await client.send(post(CHUNKED, body)(provider.user_token().encode()))
        assert (await client.response()).status == 200
    assert upstream.requests[0].body == BODY
    assert b"ext=" not in bytes(upstream.received) and b"X-Trailer" not in bytes(upstream.received)


async def test_minted_token_is_not_for_a_body_that_looks_like_a_request(proxy, provider, upstream):
    hidden = encode("POST", "/tickets", message(request_id="hidden"))
    async with await proxy.connect() as client:
        fields = b"Content-Length: %d\r\n" % len(hidden)
        upstream.script(answering_anything)
        await client.send(post(fields, hidden)(provider.user_token().encode()))
        assert (await client.response()).status == 200
    assert len(upstream.requests) == 1 and upstream.requests[0].body == hidden


async def answering_anything(call):
    await call.reply_json({})


async def test_head_too_large(proxy, provider, upstream):
    async with await proxy.connect() as client:
        await client.send(post(b"X-A: " + b"a" * 70000 + b"\r\nContent-Length: 0\r\n")(provider.user_token().encode()))
        answer = await client.left(timeout=5)
    assert answer.startswith(b"HTTP/1.1 431 "), answer[:60]
    upstream.saw_nothing()


async def test_a_long_target_is_a_large_head(proxy, provider, upstream):
    """There is one limit for all of a head."""
    token = provider.user_token()
    assert (await proxy.call(token, target="/tickets?" + "a" * 20000)).status == 200
    assert_http_refused(await proxy.call(token, target="/tickets?" + "a" * 70000), 431, "header_too_large")


async def test_head_without_end(proxy, upstream):
    """Refused at its limit, not kept until it ends."""
    async with await proxy.connect() as client:
        await client.send(b"POST /tickets HTTP/1.1\r\n" + b"X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 20000)
        answer = await client.left(timeout=5)
    assert not answer or answer.startswith(b"HTTP/1.1 431 ")
    upstream.saw_nothing()
