"""Servers of the older HTTP+SSE transport (MCP 2024-11-05): the stream says where to post, and what it says leads back
through the proxy, for the user it was said to and for nobody else."""

import asyncio
import re
import urllib.parse

import pytest
from fixtures import behaviour
from fixtures.client import Aborted, encode, message
from fixtures.refusal import assert_http_refused, reason_of
from fixtures.token import claims
from fixtures.upstream import Upstream, result

KEY = "a-session-key-of-enough-length-0123456789"
ANNOUNCED = re.compile(rb"/tickets/\S*[?&]obo=[\w-]{22}")


class SSEServer(Upstream):
    """A stream for each GET; what is posted to its session is answered there."""

    path = "/sse"

    def __init__(self):
        super().__init__()
        self.announcement = b"event: endpoint\ndata: /messages/?session_id=%d\n\n"
        self.streams = []

    async def default(self, call):
        if call.request.method == "GET":
            return await self.serve_stream(call)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(call.request.target).query)
        stream = self.streams[int(query["session_id"][0])]
        await call.reply(202, b"Accepted")
        if "id" in call.request.json():
            await stream.event(result(call.request.json()["id"]))

    async def serve_stream(self, call):
        self.streams.append(call)
        await call.start_stream()
        said = self.announcement
        await call.chunk(said % (len(self.streams) - 1) if b"%d" in said else said)
        await call.peer_closed(timeout=60)

    @property
    def posts(self):
        return [request for request in self.requests if request.method == "POST"]


@pytest.fixture
async def upstream():
    async with SSEServer() as server:
        yield server


@pytest.fixture
def variables(variables):
    return {**variables, "OBO_SERVER_TICKETS_TYPE": "sse"}


class Stream:
    """An open event stream and what has come on it."""

    def __init__(self, client):
        self.client, self.bytes = client, b""

    async def until(self, pattern):
        while not (found := re.search(pattern, self.bytes)):
            chunk = await self.client.chunk()
            assert chunk, f"the stream ended with {self.bytes!r}"
            self.bytes += chunk
        return found

    async def endpoint(self):
        return (await self.until(ANNOUNCED))[0].decode()

    async def broken(self):
        """Returns what came before the stream broke off."""
        with pytest.raises(Aborted):
            while chunk := await self.client.chunk():
                self.bytes += chunk
        return self.bytes


@pytest.fixture
async def listen(proxy):
    """Opens streams."""
    clients = []

    async def open_stream(token, at=proxy, target="/tickets", fields=()):
        client = await at.connect()
        clients.append(client)
        await client.send(encode("GET", target, fields=fields, token=token))
        head = await client.head()
        assert head.status == 200 and head.value("content-type") == "text/event-stream"
        assert head.value("content-length") is None
        return Stream(client)

    yield open_stream
    for client in clients:
        client.close()


async def post(proxy, token, endpoint, body=None, **options):
    return await proxy.request("POST", endpoint, message() if body is None else body, token=token, **options)


# The way


async def test_a_call(proxy, provider, upstream, listen):
    token = provider.user_token()
    stream = await listen(token)
    endpoint = await stream.endpoint()
    assert endpoint.startswith("/tickets/messages/?session_id=0&obo=")
    response = await post(proxy, token, endpoint)
    assert response.status == 202 and response.body == b"Accepted"
    await stream.until(rb"forty-two")
    assert [request.target for request in upstream.requests] == ["/sse", "/messages/?session_id=0"]
    assert len({request.token for request in upstream.requests}) == 1 and len(provider.exchanges) == 1
    assert token not in {request.token for request in upstream.requests}
    assert {record["path"] for record in proxy.records("request")} <= {"/tickets"}, "no session in the log"


async def test_everything_else_is_untouched(upstream, provider, listen):
    """Byte for byte, comments, ids and unknown fields included."""
    before = b"\xef\xbb\xbf: hello\r\n\r\nid: 1\r\nretry: 10\r\ndata: {}\r\n\r\n"
    after = b"data: a\r\rfoo: bar\n\n: x\n\nevent: message\ndata: /messages/?session_id=0\n\n"
    upstream.announcement = before + b"data:/m\nid\nevent:endpoint\r\n\n" + after
    stream = await listen(provider.user_token())
    await stream.until(rb"session_id=0\n\n")
    endpoint = (await stream.endpoint()).encode()
    assert stream.bytes == before + b"data: " + endpoint + b"\nid\nevent:endpoint\r\n\n" + after


# `{port}` is the upstream's.
SPELLINGS = {
    "LF": (b"event: endpoint\ndata: /m?s=1\n\n", "/m?s=1"),
    "CR": (b"event: endpoint\rdata: /m?s=1\r\r", "/m?s=1"),
    "CRLF": (b"event: endpoint\r\ndata: /m?s=1\r\n\r\n", "/m?s=1"),
    "a byte order mark": (b"\xef\xbb\xbfevent: endpoint\ndata: /m\n\n", "/m"),
    "no blanks": (b"event:endpoint\ndata:/m\n\n", "/m"),
    "data first": (b"data: /m\nevent: endpoint\n\n", "/m"),
    "comments": (b":\n: x\nevent: endpoint\n:\ndata: /m\n\n", "/m"),
    "behind other events": (b"data: x\n\nevent: ping\ndata: y\n\nevent: endpoint\ndata: /m\n\n", "/m"),
    "several lines": (b"event: endpoint\ndata: /m\ndata: ?s=1\ndata\n\n", "/m?s=1"),
    "relative": (b"event: endpoint\ndata: m?s=1\n\n", "/m?s=1"),
    "dots": (b"event: endpoint\ndata: ./a/../m\n\n", "/m"),
    "a query": (b"event: endpoint\ndata: ?s=1\n\n", "/sse?s=1"),
    "absolute": (b"event: endpoint\ndata: http://127.0.0.1:{port}/m?s=1\n\n", "/m?s=1"),
    "without scheme": (b"event: endpoint\ndata: //127.0.0.1:{port}/m\n\n", "/m"),
    "a fragment": (b"event: endpoint\ndata: /m?s=1#x\n\n", "/m?s=1"),
    "a root": (b"event: endpoint\ndata: /\n\n", "/"),
    "an obo of its own": (b"event: endpoint\ndata: /m?obo=1&s=1\n\n", "/m?obo=1&s=1"),
    "escapes": (b"event: endpoint\ndata: /m%2Fn?s=%26obo%3D\n\n", "/m%2Fn?s=%26obo%3D"),
    "long": (b"event: endpoint\ndata: /m?s=" + b"x" * 7900 + b"\n\n", "/m?s=" + "x" * 7900),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_spellings(proxy, provider, upstream, listen, spelling):
    """However it is spelt, and if it comes byte by byte."""
    said, target = SPELLINGS[spelling]
    said = said.replace(b"{port}", b"%d" % upstream.port)
    accept = behaviour.answer(202)

    async def in_pieces(call):
        await call.start_stream()
        for byte in said[-60:] if len(said) > 1000 else said:
            await call.chunk(bytes([byte]))
        await call.peer_closed(timeout=60)

    upstream.announcement = said
    token = provider.user_token()
    for number in range(2 if len(said) < 1000 else 1):
        if number:
            upstream.script(in_pieces)
        endpoint = await (await listen(token)).endpoint()
        upstream.script(accept)
        assert (await post(proxy, token, endpoint)).status == 202
        assert upstream.requests[-1].target == target


async def test_known_length(provider, upstream, listen):
    """A stream that knows its length is another length long when it is rewritten."""
    upstream.script(behaviour.answer(200, b"event: endpoint\ndata: /m\n\n", content_type="text/event-stream"))
    stream = await listen(provider.user_token())
    await stream.endpoint()
    assert await stream.client.chunk() == b"", "a clean end"


async def test_old_client(proxy, provider, upstream):
    async with await proxy.connect() as client:
        data = encode("GET", "/tickets", token=provider.user_token())
        await client.send(data.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        assert (await client.head()).status == 200
        async with asyncio.timeout(10):
            said = await client.reader.readuntil(b"\n\n")
    assert ANNOUNCED.search(said)


async def test_no_compression_is_asked_for(provider, upstream, listen):
    await (await listen(provider.user_token(), fields=[("Accept-Encoding", "gzip, br")])).endpoint()
    assert upstream.requests[0].head.values("accept-encoding") == ["identity"]


async def test_keep_alive_comments(start_proxy, provider, upstream, listen):
    """Between events, before the announcement as well; never inside of one that is held."""
    proxy = await start_proxy(OBO_TIMEOUTS_SSE_KEEPALIVE="100ms")
    go_on = asyncio.Event()

    async def stream(call):
        await call.start_stream()
        await go_on.wait()
        await call.chunk(b"event: endpoint\n")
        await asyncio.sleep(0.5)
        await call.chunk(b"data: /m\n\n")
        await call.peer_closed()

    upstream.script(stream)
    stream = await listen(provider.user_token(), at=proxy)
    await stream.until(rb"^:\n\n:\n\n")
    go_on.set()
    await stream.endpoint()
    await stream.until(rb"(:\n\n)+event: endpoint\ndata: \S+\n\n:\n\n")


# Whose it is


@pytest.fixture
async def announced(provider, listen):
    """What alice was told."""
    return await (await listen(provider.user_token("alice"))).endpoint()


async def test_another_user(proxy, provider, upstream, announced):
    response = await post(proxy, provider.user_token("bob"), announced)
    assert_http_refused(response, 404, "session_mismatch")
    assert not upstream.posts


async def test_two_users_at_once(proxy, provider, upstream, listen):
    """Each is answered on their own stream, and with their own token."""
    users = {name: provider.user_token(name) for name in ("alice", "bob")}
    streams = {name: await listen(token) for name, token in users.items()}
    endpoints = {name: await stream.endpoint() for name, stream in streams.items()}
    for name, other in (("alice", "bob"), ("bob", "alice")):
        response = await post(proxy, users[name], endpoints[other])
        assert_http_refused(response, 404, "session_mismatch")
    assert not upstream.posts
    for number, name in enumerate(users):
        assert (await post(proxy, users[name], endpoints[name], message(request_id=name))).status == 202
        await streams[name].until(name.encode())
        assert claims(upstream.posts[number].token)["sub"].startswith(name)
    assert b"bob" not in streams["alice"].bytes and b"alice" not in streams["bob"].bytes


FORGERIES = {
    "bare": lambda url: url.partition("&obo=")[0],
    "empty": lambda url: url[:-22],
    "altered": lambda url: url[:-2] + ("AA" if url[-2:] != "AA" else "BB"),
    "shortened": lambda url: url[:-1],
    "lengthened": lambda url: url + "A",
    "doubled": lambda url: url + "&" + url.partition("&")[2],
    "first": lambda url: "/tickets/messages/?" + url.partition("&")[2] + "&session_id=0",
    "escaped": lambda url: url.replace("obo=", "%6fbo="),
    "another session": lambda url: url.replace("session_id=0", "session_id=1"),
    "more query": lambda url: url.replace("&obo=", "&x=1&obo="),
    "query behind": lambda url: url + "&x=1",
    "another path": lambda url: url.replace("/messages/", "/admin/"),
    "no slash": lambda url: url.replace("/messages/", "/messages"),
    "two slashes": lambda url: url.replace("/messages/", "//messages/"),
    "the stream's": lambda url: "/tickets?" + url.partition("?")[2],
    "the server alone": lambda url: "/tickets",
    "a slash": lambda url: "/tickets/",
    "made up": lambda url: "/tickets/messages/?session_id=0&obo=" + "A" * 22,
    "an absolute URL": lambda url: "/tickets/http://127.0.0.1/?" + url.partition("?")[2],
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_forged(proxy, provider, upstream, announced, forgery):
    response = await post(proxy, provider.user_token("alice"), FORGERIES[forgery](announced))
    assert_http_refused(response, 404, "session_mismatch")
    assert not upstream.posts


async def test_another_servers(start_proxy, provider, upstream, listen):
    proxy = await start_proxy(
        OBO_SERVER_WIKI_URL=upstream.url, OBO_SERVER_WIKI_SCOPES="api://wiki/read", OBO_SERVER_WIKI_TYPE="sse"
    )
    token = provider.user_token()
    endpoint = await (await listen(token, at=proxy)).endpoint()
    response = await post(proxy, token, endpoint.replace("/tickets/", "/wiki/"))
    assert_http_refused(response, 404, "session_mismatch")
    assert not upstream.posts


async def test_survives_a_new_token(proxy, provider, upstream, announced):
    assert (await post(proxy, provider.user_token("alice"), announced)).status == 202
    assert len(provider.exchanges) == 2 and provider.exchanges[-1].minted == upstream.posts[0].token


async def test_other_workers_and_replicas(start_proxy, provider, listen):
    """Whoever has the key takes it; whoever has another one does not."""
    first = await start_proxy(OBO_SESSION_KEY=KEY, OBO_WORKERS="2")
    token = provider.user_token()
    endpoint = await (await listen(token, at=first)).endpoint()
    for _ in range(6):
        assert (await post(first, token, endpoint)).status == 202, "each on a connection of its own"
    replica = await start_proxy(OBO_SESSION_KEY=KEY)
    assert (await post(replica, token, endpoint)).status == 202
    stranger = await start_proxy()
    assert_http_refused(await post(stranger, token, endpoint), 404, "session_mismatch")


async def test_opaque_tokens(start_proxy, provider, upstream, listen):
    """The user is whom the minted token names."""
    proxy = await start_proxy(OBO_TOKENS="opaque")
    alice, bob = provider.user_token("alice"), provider.user_token("bob")
    endpoint = await (await listen(alice, at=proxy)).endpoint()
    assert (await post(proxy, alice, endpoint)).status == 202
    assert_http_refused(await post(proxy, bob, endpoint), 404, "session_mismatch")
    assert len(upstream.posts) == 1


# What else there is below a server's path


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_only_posts_below(proxy, provider, upstream, announced, method):
    response = await proxy.request(method, announced, token=provider.user_token("alice"))
    assert_http_refused(response, 404, "unknown_server")
    assert len(upstream.requests) == 1


async def test_preflight(start_proxy, announced):
    proxy = await start_proxy(OBO_ALLOWED_ORIGINS="https://chat.test")
    asks = [("Origin", "https://chat.test"), ("Access-Control-Request-Method", "POST")]
    response = await proxy.request("OPTIONS", announced, fields=asks)
    assert response.status == 204 and response.value("access-control-allow-origin") == "https://chat.test"


async def test_not_with_the_newer_transport(start_proxy, provider, upstream, announced):
    proxy = await start_proxy(OBO_SERVER_TICKETS_TYPE=None)
    response = await post(proxy, provider.user_token("alice"), announced)
    assert_http_refused(response, 404, "unknown_server")
    assert not upstream.posts


async def test_newer_transport_is_not_rewritten(start_proxy, provider, upstream, listen):
    proxy = await start_proxy(OBO_SERVER_TICKETS_TYPE=None)
    stream = await listen(provider.user_token(), at=proxy)
    await stream.until(rb"event: endpoint\ndata: /messages/\?session_id=0\n\n")


# What is not passed on

REFUSED = {
    "another host": b"event: endpoint\ndata: http://evil.test/m\n\n",
    "another port": b"event: endpoint\ndata: http://127.0.0.1:1/m\n\n",
    "another scheme": b"event: endpoint\ndata: https://127.0.0.1:{port}/m\n\n",
    "another host without scheme": b"event: endpoint\ndata: //evil.test/m\n\n",
    "a user": b"event: endpoint\ndata: http://127.0.0.1:{port}@evil.test/m\n\n",
    "a backslash": b"event: endpoint\ndata: /\\evil.test/m\n\n",
    "a script": b"event: endpoint\ndata: javascript:alert(1)\n\n",
    "escaped dots": b"event: endpoint\ndata: /%2e%2e/admin\n\n",
    "no ASCII": b"event: endpoint\ndata: /\xc3\xa9\n\n",
    "too long": b"event: endpoint\ndata: /m?s=" + b"x" * 9000 + b"\n\n",
    "a long event before": b"data: " + b"x" * 9000 + b"\n\nevent: endpoint\ndata: /m\n\n",
    "none for long": b": ping\n\n" * 9000,
    "an unfinished end": b"event: endpoint\ndata: /m\n",
}


@pytest.mark.parametrize("announcement", REFUSED)
async def test_bad_announcements(proxy, provider, upstream, announcement):
    """The client sees its stream break off, the operator reads why."""

    async def stream(call):
        await call.start_stream()
        await call.chunk(REFUSED[announcement].replace(b"{port}", b"%d" % upstream.port))
        await call.end()

    upstream.script(stream)
    async with await proxy.connect() as client:
        await client.send(encode("GET", "/tickets", token=provider.user_token()))
        assert (await client.head()).status == 200
        said = await Stream(client).broken()
    assert b"endpoint" not in said
    await proxy.lines.finds(lambda line: "event stream broken off" in line)
    await proxy.lines.finds(lambda line: '"event":"request"' in line and '"reason":"upstream_protocol"' in line)
    assert await proxy.metric("obo_refusals_total", reason="upstream_protocol", server="tickets") == 1


async def test_a_second_announcement(provider, upstream, listen):
    stream = await listen(provider.user_token())
    await stream.endpoint()
    await upstream.streams[0].chunk(b"event: endpoint\ndata: http://evil.test/m\n\n")
    assert b"evil" not in await stream.broken()


@pytest.mark.parametrize(
    "answer",
    [
        behaviour.answer(200, b"event: endpoint\ndata: http://evil.test/m\n\n", content_type="text/plain"),
        behaviour.answer(200, b"{}", content_type="application/json"),
        behaviour.answer(200, b"x", content_type="text/event-stream", content_encoding="gzip"),
        behaviour.redirect(307, "/sse/"),
    ],
    ids=["text", "JSON", "compressed", "redirect"],
)
async def test_no_event_stream(proxy, provider, upstream, answer):
    upstream.script(answer)
    response = await proxy.request("GET", "/tickets", token=provider.user_token())
    assert_http_refused(response, 502, "upstream_protocol")


@pytest.mark.parametrize("status", [404, 405, 503])
async def test_servers_refusal_is_relayed(proxy, provider, upstream, status):
    upstream.script(behaviour.answer(status, b"no"))
    response = await proxy.request("GET", "/tickets", token=provider.user_token())
    assert response.status == status and response.body == b"no"


async def test_encoding_that_is_none(provider, upstream, listen):
    """Some servers say so lest somebody compress the stream."""
    upstream.script(
        behaviour.answer(200, SPELLINGS["LF"][0], content_type="text/event-stream", content_encoding="none")
    )
    await (await listen(provider.user_token())).endpoint()


async def test_ends(proxy, provider, upstream, listen):
    """The server's abort is the client's, and the client's leaving ends the server's stream."""
    stream = await listen(provider.user_token())
    await stream.endpoint()
    upstream.streams[0].reset()
    await stream.broken()
    stream = await listen(provider.user_token())
    await stream.endpoint()
    stream.client.close()
    await upstream.closed_connections.finds(lambda writer: writer is upstream.streams[1].writer)


async def test_drain_ends_streams(proxy, provider, listen):
    stream = await listen(provider.user_token())
    await stream.endpoint()
    proxy.terminate()
    assert await stream.client.chunk() == b"", "a clean end between events"


# Refusals


async def test_refused_posts_by_status(proxy, provider, upstream, announced):
    """Nobody reads the body of an answer to a POST for a reply, so the status must tell."""
    expired = provider.user_token("alice", exp=1)
    for method in ("tools/call", "initialize"):
        response = await proxy.call(expired, method, request_id="x", target=announced)
        assert_http_refused(response, 401, "expired_token")
        assert response.json()["id"] == "x"
    batch = await post(proxy, expired, announced, [message(), message(request_id=2)])
    assert_http_refused(batch, 401, "expired_token")
    provider.always(behaviour.json_answer({"error": "temporarily_unavailable"}, 503))
    response = await post(proxy, provider.user_token("alice"), announced)
    assert_http_refused(response, 503, "exchange_unavailable")
    assert response.value("retry-after")
    assert_http_refused(await proxy.request("POST", announced, {}), 400)
    assert not upstream.posts


async def test_stopped_server(start_proxy, provider, upstream, announced, proxy):
    await upstream.stop()
    response = await post(proxy, provider.user_token("alice"), announced)
    assert_http_refused(response, 502, "upstream_unreachable")


async def test_401_to_the_stream(provider, upstream, listen):
    upstream.script(behaviour.unauthorized())
    await (await listen(provider.user_token())).endpoint()
    assert [request.method for request in upstream.requests] == ["GET", "GET"]
    assert upstream.requests[0].token != upstream.requests[1].token


async def test_401_to_a_post(proxy, provider, upstream, announced):
    """Renewed and sent once more; a second one is final, and told by status."""
    token = provider.user_token("alice")
    upstream.script(behaviour.unauthorized())
    assert (await post(proxy, token, announced)).status == 202
    assert [request.target for request in upstream.posts] == ["/messages/?session_id=0"] * 2
    upstream.script(behaviour.unauthorized(), behaviour.unauthorized())
    response = await post(proxy, token, announced)
    assert reason_of(response) == "upstream_rejected_token" and response.status == 502


async def test_strict(start_proxy, provider, announced):
    """What is posted to belongs to the server, whose metadata the challenge names."""
    proxy = await start_proxy(OBO_SERVER_TICKETS_ERRORS="strict")
    response = await post(proxy, provider.user_token("alice", exp=1), announced)
    assert response.status == 401 and reason_of(response) == "expired_token"
    assert '/.well-known/oauth-protected-resource/tickets"' in response.value("www-authenticate")
