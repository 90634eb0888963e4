"""An upstream that cannot be reached, answers nonsense, redirects or is silent: the caller is told so, in time."""

import time

import pytest
from fixtures import behaviour
from fixtures.client import message
from fixtures.proxy import free_port
from fixtures.refusal import assert_http_refused, assert_refused
from fixtures.wire import Aborted

PROTOCOL = "upstream_protocol"


async def test_down(start_proxy, provider):
    proxy = await start_proxy(OBO_SERVER_TICKETS_URL=f"http://127.0.0.1:{free_port()}/mcp")
    token = provider.user_token()
    assert_refused(await proxy.call(token), "upstream_unreachable")
    assert_http_refused(await proxy.request("GET", "/tickets", token=token), 502, "upstream_unreachable")
    initialize = await proxy.call(token, "initialize")
    assert_http_refused(initialize, 502, "upstream_unreachable")


async def test_name_that_does_not_resolve(start_proxy, provider):
    proxy = await start_proxy(OBO_SERVER_TICKETS_URL="http://no-such-host.invalid/mcp", OBO_TIMEOUTS_CONNECT="2s")
    assert_refused(await proxy.call(provider.user_token()), {"upstream_unreachable", "upstream_timeout"})


async def test_second_address_is_tried(start_proxy, provider, upstream):
    """localhost is often ::1 first, where nobody listens."""
    proxy = await start_proxy(OBO_SERVER_TICKETS_URL=f"http://localhost:{upstream.port}/mcp")
    assert (await proxy.call(provider.user_token())).json()["result"]
    assert upstream.requests[0].head.value("host") == f"localhost:{upstream.port}"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 399])
async def test_redirects_are_not_relayed(proxy, provider, upstream, status):
    """A chat server blocks redirects to private addresses, and a followed one would carry the user's token along."""
    token = provider.user_token()
    upstream.always(behaviour.redirect(status, "http://elsewhere.example/mcp"))
    response = await proxy.call(token)
    assert_refused(response, PROTOCOL)
    assert response.value("location") is None and b"elsewhere" not in response.body
    assert_http_refused(await proxy.request("GET", "/tickets", token=token), 502, PROTOCOL)
    assert len(upstream.requests) == 2


async def test_not_modified_is_no_redirect(proxy, provider, upstream):
    upstream.script(behaviour.answer(304, b"", ETag='"a"'))
    response = await proxy.request("GET", "/tickets", None, [("If-None-Match", '"a"')], provider.user_token())
    assert (response.status, response.value("etag")) == (304, '"a"')


async def test_fault_behind_the_beginning_of_an_answer(proxy, provider, upstream):
    """Both in one read: the client sees an answer that breaks off, and no request without one."""

    async def at_once(call):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        await call.send(head + b"2\r\n{}\r\nzz\r\n")
        await call.peer_closed()

    upstream.script(at_once)
    with pytest.raises(Aborted) as cut:
        await proxy.call(provider.user_token())
    assert cut.value.partial == b"{}"
    assert await proxy.settles("obo_refusals_total", 1, server="tickets", reason="upstream_protocol") == 1


NONSENSE = {
    "not HTTP": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "binary": bytes(range(256)),
    "HTTP/2": b"HTTP/2 200\r\nContent-Length: 0\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length is a word": b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}",
    "negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
    "overflowing length": b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551618\r\n\r\n{}",
    "length and chunked": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13\r\n\r\n{}",
    "NUL in a field": b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n",
    "bare CR in a field": b"HTTP/1.1 200 OK\r\nX-A: a\rb\r\nContent-Length: 0\r\n\r\n",
    "space before the colon": b"HTTP/1.1 200 OK\r\nX-A : a\r\nContent-Length: 0\r\n\r\n",
    "endless head": b"HTTP/1.1 200 OK\r\n" + b"X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 40000,
    "switches protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
}


@pytest.mark.parametrize("name", NONSENSE)
async def test_nonsense(proxy, provider, upstream, name):
    upstream.script(behaviour.raw(NONSENSE[name]))
    token = provider.user_token()
    assert_refused(await proxy.call(token), PROTOCOL)
    assert (await proxy.call(token)).json()["result"], "the next call is served"


async def test_unasked_answer_is_not_the_next_ones(proxy, provider, upstream):
    """Bytes behind an answer would be taken for the answer to another user's call."""
    good = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"alice":"alone"}'
    planted = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"evil":"x"}'
    upstream.script(behaviour.raw(good + planted, then_close=False))
    assert (await proxy.call(provider.user_token("alice"))).json() == {"alice": "alone"}
    assert (await proxy.call(provider.user_token("bob"), request_id=2)).json()["id"] == 2


async def test_informational_answers_before_the_final_one(proxy, provider, upstream):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    upstream.script(behaviour.raw(hints + final))
    assert (await proxy.call(provider.user_token())).body == b"{}"


async def test_silent(start_proxy, provider, upstream):
    proxy = await start_proxy(OBO_TIMEOUTS_RESPONSE="500ms")
    upstream.always(behaviour.hang)
    token = provider.user_token()
    began = time.monotonic()
    assert_refused(await proxy.call(token), "upstream_timeout")
    assert_http_refused(await proxy.request("GET", "/tickets", token=token), 504, "upstream_timeout")
    assert time.monotonic() - began < 5
    await upstream.closed_connections.reaches(2, timeout=2)


async def test_closed_idle_connection_is_not_used_again(proxy, provider, upstream):
    """An upstream may end a kept connection at any time; the next POST takes another one."""

    async def then_leave(call):
        await call.reply_json({"jsonrpc": "2.0", "id": call.request.json()["id"], "result": {}})
        call.close()

    token = provider.user_token()
    upstream.always(then_leave)
    for number in range(1, 6):
        assert "result" in (await proxy.call(token, request_id=number)).json()
        await upstream.closed_connections.reaches(number)
        await proxy.ask("GET", "/healthz")
    assert len(upstream.requests) == 5


async def test_answer_before_the_whole_upload(proxy, provider, upstream):
    """An upstream may refuse early; what it says reaches the client."""
    upstream.reads_bodies = False
    early = (
        b"HTTP/1.1 413 Too Large\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    )
    upstream.script(behaviour.raw(early, then_close=False))
    response = await proxy.request("POST", "/tickets", message(text="x" * 1000000), token=provider.user_token())
    assert response.status == 413
