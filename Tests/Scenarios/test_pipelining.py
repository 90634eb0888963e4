"""Requests sent in one go are answered in their order, each for itself."""

import json

import pytest
from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.upstream import result


async def test_in_order(proxy, provider, upstream):
    token = provider.user_token()
    many = b"".join(encode("POST", "/tickets", message(request_id=number), token=token) for number in range(20))
    async with await proxy.connect() as client:
        await client.send(many)
        for number in range(20):
            assert (await client.response()).json()["id"] == number
    assert [request.json()["id"] for request in upstream.requests] == list(range(20))


async def test_refused_and_good_ones_mixed(proxy, provider, upstream):
    token = provider.user_token()
    requests = [
        encode("POST", "/tickets", message(request_id=1), token=token),
        encode("POST", "/tickets", message(request_id=2), token="{{X}}"),
        encode("GET", "/unknown", token=token),
        encode("POST", "/tickets", message(request_id=3), token=token),
        encode("OPTIONS", "/tickets"),
        encode("POST", "/tickets", message(request_id=4), token=token),
    ]
    async with await proxy.connect() as client:
        await client.send(b"".join(requests))
        answers = [await client.response() for _ in requests]
    assert [answer.status for answer in answers] == [200, 200, 404, 200, 204, 200]
    assert [answers[at].json()["id"] for at in (0, 1, 3, 5)] == [1, 2, 3, 4]
    assert "error" in answers[1].json()
    assert [request.json()["id"] for request in upstream.requests] == [1, 3, 4]


async def test_byte_by_byte(proxy, provider, upstream):
    data = encode("POST", "/tickets", message(request_id="slow"), token=provider.user_token())
    async with await proxy.connect() as client:
        for start in range(0, len(data), 7):
            await client.send(data[start : start + 7])
        assert (await client.response()).json()["id"] == "slow"


async def test_empty_lines_between(proxy, provider, upstream):
    """RFC 9112 section 2.2: a CRLF before a request line is passed over."""
    data = encode("POST", "/tickets", message(), token=provider.user_token())
    async with await proxy.connect() as client:
        await client.send(b"\r\n" + data + b"\r\n" + data)
        assert (await client.response()).status == 200
        assert (await client.response()).status == 200
    assert len(upstream.requests) == 2


async def test_get_with_a_body(proxy, provider, upstream):
    """Unusual, but framed: whatever becomes of it, the next request begins behind it."""
    token = provider.user_token()
    upstream.always(behaviour.json_answer({}))
    hidden = encode("POST", "/tickets", message(request_id="hidden"), token=token)
    data = encode("GET", "/tickets", None, [("Content-Length", len(hidden))], token) + hidden
    async with await proxy.connect() as client:
        await client.send(data + encode("POST", "/tickets", message(), [("Connection", "close")], token))
        answers = await client.left()
    assert answers.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 400 "))
    assert answers.count(b"HTTP/1.1 ") <= 2
    assert "hidden" not in {request.json().get("id") for request in upstream.requests if request.method == "POST"}


def piece(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.mark.parametrize("fault", ["none", "401", "closes"])
async def test_the_next_request_in_the_read_that_ends_a_body_in_chunks(proxy, provider, upstream, fault):
    """Whatever becomes of the first one, the second is another request, and perhaps another user's."""
    alice, bob = provider.user_token("alice"), provider.user_token("bob")
    upstream.reads_bodies = False

    async def early(call):
        if fault == "401":
            await call.reply(401, b"", [("Connection", "close")])
        call.close()

    async def take(call):
        await call.read_body()
        await call.reply_json(result(json.loads(call.request.body)["id"]))

    upstream.always(take)
    if fault != "none":
        upstream.script(early)
    first, second = (json.dumps(message(request_id=number)).encode() for number in ("first", "second"))
    async with await proxy.connect() as client:
        head = encode("POST", "/tickets", None, [("Transfer-Encoding", "chunked")], alice)
        await client.send(head + piece(first[:10]))
        await upstream.requests.reaches(1)
        if fault != "none":
            await upstream.closed_connections.reaches(1)
        rest = piece(first[10:]) + b"0\r\n\r\n"
        head = encode("POST", "/tickets", None, [("Transfer-Encoding", "chunked")], bob)
        await client.send(rest + head + piece(second) + b"0\r\n\r\n" + encode("POST", "/tickets", message(request_id=3), token=bob))
        answer = (await client.response()).json()
        assert answer["id"] == "first" and ("error" in answer) == (fault == "closes")
        assert (await client.response()).json() == result("second")
        assert (await client.response()).json() == result(3)
    for token in (alice, bob):
        assert token.encode() not in upstream.received
    assert [request.body for request in upstream.requests if request.complete][-2] == second
