"""A client that asks before it sends its body gets a sign to go on, or a final answer; never silence."""

import asyncio
import json

from fixtures import behaviour
from fixtures.client import encode, message
from fixtures.refusal import assert_refused

BODY = json.dumps(message(request_id="asked")).encode()


def asking(token):
    fields = [("Content-Type", "application/json"), ("Content-Length", len(BODY)), ("Expect", "100-continue")]
    return encode("POST", "/tickets", None, fields, token)


async def first_line(client):
    async with asyncio.timeout(5):
        return await client.reader.readuntil(b"\r\n\r\n")


async def test_go_on(proxy, provider, upstream):
    async with await proxy.connect() as client:
        await client.send(asking(provider.user_token()))
        assert (await first_line(client)).startswith(b"HTTP/1.1 100 ")
        await client.send(BODY)
        assert (await client.response()).json()["id"] == "asked"
    assert upstream.requests[0].body == BODY


async def test_body_without_waiting(proxy, provider, upstream):
    async with await proxy.connect() as client:
        await client.send(asking(provider.user_token()) + BODY)
        assert (await client.response()).json()["id"] == "asked"
    assert len(upstream.requests) == 1


async def test_refusal_with_an_id(proxy, upstream):
    """The id is in the body: either it is asked for, or the answer is final without it."""
    async with await proxy.connect() as client:
        await client.send(asking("{{X}}"))
        first = await first_line(client)
        if first.startswith(b"HTTP/1.1 100 "):
            await client.send(BODY)
            assert_refused(await client.response(), "placeholder_token", "asked")
        else:
            assert first.startswith((b"HTTP/1.1 4", b"HTTP/1.1 200"))
    upstream.saw_nothing()


async def test_too_large_is_said_before_the_body(proxy, provider, upstream):
    async with await proxy.connect() as client:
        fields = [("Content-Length", 99999999), ("Expect", "100-continue")]
        await client.send(encode("POST", "/tickets", None, fields, provider.user_token()))
        assert (await first_line(client)).startswith(b"HTTP/1.1 413 ")
    upstream.saw_nothing()


async def test_unknown_route_is_said_before_the_body(proxy, provider, upstream):
    async with await proxy.connect() as client:
        fields = [("Content-Length", 100), ("Expect", "100-continue")]
        await client.send(encode("POST", "/unknown", None, fields, provider.user_token()))
        assert (await first_line(client)).startswith(b"HTTP/1.1 404 ")
    upstream.saw_nothing()


async def test_go_on_is_said_once_to_a_request_that_is_sent_twice(proxy, provider, upstream):
    upstream.script(behaviour.unauthorized())
    async with await proxy.connect() as client:
        await client.send(asking(provider.user_token()))
        assert (await first_line(client)).startswith(b"HTTP/1.1 100 ")
        await client.send(BODY)
        assert (await client.response()).json()["id"] == "asked"
    assert [request.body for request in upstream.requests] == [BODY, BODY]
